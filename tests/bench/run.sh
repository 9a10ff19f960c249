#!/bin/bash
# Runs the measurements of this folder one after the other and prints their tables. Nothing else should run meanwhile.
#   tests/bench/run.sh [NAME…]     default: all, e.g. seal shred ingest
# Each is a script that finds the release programs in $CLIPVAULT, the programs that measure in $BENCH, and has $TMPDIR
# to itself; it prints a table and says with which command each figure was taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
names=("$@")
export CLIPVAULT=$PWD/build/release BENCH=$PWD/build/release/bench
[ $# -gt 0 ] || mapfile -t names < <(find tests/bench -name "*.sh" ! -name run.sh -printf "%f\n" | sed "s/\.sh$//" | sort)
printf '%s, %s cores, %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)" "$(uname -sr)"
failed=0
for name in "${names[@]}"; do
  printf '\n== %s\n' "$name"
  folder=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-bench.XXXXXX")
  TMPDIR=$folder bash "tests/bench/$name.sh" || { echo "$name failed"; failed=1; }
  rm -rf "$folder"
done
exit $failed
