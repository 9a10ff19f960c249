#!/bin/bash
# Fuzzes each target that is built (build/fuzz/fuzz_*, see `make fuzz`) for FUZZ_SECONDS; 0 only says what there is.
# Starts from tests/fuzz/corpus/X/ and tests/vectors/X/, keeps what it learns in build/fuzz/corpus/X/ and what it finds in
# build/fuzz/found/. The last line is `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${FUZZ_SECONDS:=20}"
shopt -s nullglob
passed=0 failed=0
mkdir -p build/fuzz/found
for target in build/fuzz/fuzz_*; do
  name=${target##*/fuzz_}
  if [ "$FUZZ_SECONDS" = 0 ]; then echo "built    fuzz/$name"; continue; fi
  mkdir -p "build/fuzz/corpus/$name"
  seeds=()
  for folder in "tests/fuzz/corpus/$name" "tests/vectors/$name"; do [ ! -d "$folder" ] || seeds+=("$folder"); done
  if "$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/found/$name-" "build/fuzz/corpus/$name" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1; then
    passed=$((passed + 1))
    printf 'ok       fuzz/%-20s %s inputs tried\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log")"
  else
    failed=$((failed + 1))
    printf 'FAILED   fuzz/%s\n' "$name"
    tail -n 60 "build/fuzz/$name.log" | sed 's/^/    | /'
  fi
done
[ "$FUZZ_SECONDS" = 0 ] || echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
