#!/bin/bash
# What the unit tests reach, from a build with COVERAGE=1: a line for each source and for the whole.
#   tests/coverage.sh build/hooks-cov
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?folder of the build}
find "$build/obj" -name '*.gcda' -delete
for program in "$build"/tests/test_*; do
  "$program" >/dev/null 2>&1 || echo "$program fails; its lines count all the same" >&2
done
find "$build/obj" -name '*.gcno' ! -path '*/tests/*' | sort | while read -r notes; do
  source=${notes#"$build/obj/"}
  source=${source%.gcno}.c
  gcov -n -o "$notes" "$source" 2>/dev/null |
    awk -v source="$source" -F"[:% ]+" -v quote="'" '$0 == "File " quote source quote {mine = 1; next} mine && /^Lines executed/ {print source, $3, $5; exit}'
done | awk '
  { lines[$1] = $3; hit = $2 * $3 / 100; all += $3; reached += hit; printf "%6.1f %%  %4d  %s\n", $2, $3, $1 }
  END { if (all) printf "%6.1f %%  %4d  the whole\n", 100 * reached / all, all }'
