#!/bin/bash
# What the linker and the compiler can do against exploitation is on in what we ship.
set -euo pipefail
for program in build/release/clipvault build/release/clipvault-transcode build/release/clipvault-bridge; do
  [ -e "$program" ] || { echo "$program:1: was not built"; continue; }
  headers=$(readelf -W -h -l -d --dyn-syms "$program")
  has() { grep -qE "$1" <<<"$headers" || echo "$program:1: $2"; }
  has 'Type: +DYN' 'is not position independent'
  has 'GNU_RELRO' 'its relocations stay writable'
  has 'BIND_NOW' 'binds lazily, so that its table of functions stays writable'
  has 'GNU_STACK .* RW ' 'has an executable stack'
  has '__stack_chk_fail' 'has no stack protector'
  has '_chk@' 'was built without _FORTIFY_SOURCE'
  ! grep -qE 'LOAD .* RWE' <<<"$headers" || echo "$program:1: has memory that is writable and executable"
done
