#!/bin/bash
# Fuzzes each target that is built (build/fuzz/fuzz_*, see `make fuzz`), or those that ONLY="container wire" names, for FUZZ_SECONDS; 0
# only says what there is.
# Starts from tests/fuzz/corpus/X/, tests/vectors/X/ and (media) what is made on the spot, keeps what it learns in build/fuzz/corpus/X/ and what it finds in
# build/fuzz/found/. JOBS (2) run at a time, each on a processor of its own. The last line is `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${FUZZ_SECONDS:=20}" "${JOBS:=$(($(nproc) > 1 ? 2 : 1))}"
shopt -s nullglob
passed=0 failed=0
mkdir -p build/fuzz/found

# fuzz NAME: its words in build/fuzz/NAME.log, its exit code in build/fuzz/NAME.code
fuzz() {
  local name=$1 folder seeds=() code=0 slow
  mkdir -p "build/fuzz/corpus/$name"
  for folder in "tests/fuzz/corpus/$name" "tests/vectors/$name" "build/fuzz/seeds/$name"; do [ ! -d "$folder" ] || seeds+=("$folder"); done
  [ "$name" != media ] || slow=60 # a whole film
  "build/fuzz/fuzz_$name" -max_total_time="$FUZZ_SECONDS" -timeout="${slow:-10}" -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/found/$name-" "build/fuzz/corpus/$name" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1 || code=$?
  echo "$code" >"build/fuzz/$name.code"
}
tell() { # NAME
  if [ "$(cat "build/fuzz/$1.code" 2>/dev/null)" = 0 ]; then
    passed=$((passed + 1))
    printf 'ok       fuzz/%-20s %s inputs tried%s\n' "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$1.log")" \
      "$(awk '/^(media|scarce): [0-9]/ {last[$1] = $0} END {for (k in last) printf "; %s", last[k]}' "build/fuzz/$1.log")"
  else
    failed=$((failed + 1))
    printf 'FAILED   fuzz/%s\n' "$1"
    tail -n 60 "build/fuzz/$1.log" | sed 's/^/    | /'
  fi
}
names=()
for target in build/fuzz/fuzz_*; do
  [ -n "${ONLY:-}" ] && [[ " $ONLY " != *" ${target##*/fuzz_} "* ]] || names+=("${target##*/fuzz_}")
done
if [ ${#names[@]} = 0 ]; then
  echo "run.sh: no target is called ${ONLY:-anything}; make fuzz FUZZ_SECONDS=0 lists them" >&2
  exit 64
fi
if [ "$FUZZ_SECONDS" = 0 ]; then
  printf 'built    fuzz/%s\n' "${names[@]}"
  exit
fi
rm -f build/fuzz/*.code
# What goes wrong only where memory runs out is seen: one leak and one crash, planted.
for plant in leak crash; do
  if SCARCE_PLANT=$plant build/fuzz/fuzz_tus -artifact_prefix=build/fuzz/planted- tests/fuzz/corpus/tus/metadata >build/fuzz/planted.log 2>&1 ||
    ! grep -q '^scarce: allocation .* was refused, and' build/fuzz/planted.log; then
    failed=$((failed + 1))
    echo "FAILED   fuzz/scarce: a planted $plant was not seen"
    tail -n 20 build/fuzz/planted.log | sed 's/^/    | /'
  else
    passed=$((passed + 1))
    echo "ok       fuzz/scarce              a planted $plant is seen"
  fi
done
rm -f build/fuzz/planted*
[[ " ${names[*]} " != *" media "* ]] || tests/fuzz/media_seeds.sh build/fuzz/seeds/media
for name in "${names[@]}"; do
  [ "$(jobs -pr | wc -l)" -lt "$JOBS" ] || wait -n || true
  fuzz "$name" &
done
wait
for name in "${names[@]}"; do tell "$name"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
