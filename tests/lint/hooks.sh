#!/bin/bash
# What makes testing possible is not in what we ship: no test hooks, no cage widened for sanitizers or opened to show a layer.
set -euo pipefail
for program in build/release/clipvault build/release/clipvault-transcode build/release/clipvault-bridge; do
  [ -e "$program" ] || { echo "$program:1: was not built"; continue; }
  strings -a "$program" | grep -oE 'CLIPVAULT_TEST_[A-Z_]*|widened for sanitizers|this cage is opened for a test' | sort -u | sed "s|^|$program:1: holds |" || true
  nm "$program" | grep -oE '__(asan|ubsan|tsan|msan|gcov|llvm_profile)_[a-z_]*' | sort -u | sed -n "1,3s|^|$program:1: calls |p" || true
done
# The words looked for must be the right ones: the other build has them.
if [ -e build/hooks/clipvault ]; then
  strings -a build/hooks/clipvault | grep -c CLIPVAULT_TEST_NOW >/dev/null || echo "build/hooks/clipvault:1: has no CLIPVAULT_TEST_NOW: this check is blind"
else
  echo "build/hooks/clipvault:1: was not built"
fi
# A worker holds them once for each of the two files that know the layers: a layer is not opened by one of them unseen.
worker=build/hooks-cage-none/clipvault-transcode
if [ -e "$worker" ]; then
  [ "$(strings -a "$worker" | grep -c 'this cage is opened for a test')" = 2 ] || echo "$worker:1: does not say what it is: this check is blind"
else
  echo "$worker:1: was not built"
fi
