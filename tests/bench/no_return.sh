#!/bin/bash
# From the command to the point of no return of the consent's own key: for a person in 1 clip and in many, in turns. The process is
# killed right behind that point (a build with test hooks: make TEST_CLOCK=1), and its life is the time. Then the whole command, in
# which the clips' own keys follow in a batch.
#   tests/bench/no_return.sh [rounds] [clips] [folder…]     default: 7 10000 $TMPDIR /dev/shm
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7} many=${2:-10000}
folders=("${@:3}")
[ ${#folders[@]} -gt 0 ] || folders=("${TMPDIR:-/tmp}" /dev/shm)
make -s all benches
make -s all TEST_CLOCK=1
fill=build/release/bench/bench_clips hooks=build/hooks/clipvault
purposes=supervision,service_training

vault() { "$hooks" --vault "$work/$1" "${@:2}"; }
make_vault() { # NAME CLIPS
  local kase person
  export CLIPVAULT_KEY_FILE=$work/$1.key
  vault "$1" init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
  kase=$(vault "$1" --json case open --title bench | jq -r .case)
  person=$(vault "$1" --json person add --name one | jq -r .person)
  vault "$1" consent record --person "$person" --purpose $purposes >/dev/null
  "$fill" "$work/$1" "$CLIPVAULT_KEY_FILE" "$kase" "$2" "$person"
  echo "$person" >"$work/$1.person"
}
timed() { # NAME POINT: appends wall and CPU in ms to NAME.POINT
  local spent TIMEFORMAT='%R %U %S'
  rm -rf "$work/copy"; cp -a "$work/$1" "$work/copy"; sync -f "$work"
  export CLIPVAULT_KEY_FILE=$work/$1.key
  spent=$({ time CLIPVAULT_TEST_CRASH=$2 vault copy consent withdraw --person "$(cat "$work/$1.person")" >/dev/null 2>&1 || true; } 2>&1 | tail -n 1)
  awk '{print $1 * 1000, ($2 + $3) * 1000}' <<<"$spent" >>"$work/$1.$2"
}
median() { cut -d' ' -f"$2" "$work/$1" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

for folder in "${folders[@]}"; do
  work=$(mktemp -d "$folder/no_return.XXXXXX")
  trap 'rm -rf "$work"' EXIT INT TERM
  make_vault one 1
  make_vault many "$many"
  for ((i = 0; i < rounds; i++)); do
    timed one job-keys-gone
    timed many job-begun
    timed one none
    timed many none
  done
  printf 'consent withdraw on %s, median of %s rounds, from start to\n' "$(stat -f -c %T "$folder")" "$rounds"
  printf "  %-46s %9s %9s\n" '' 'wall ms' 'CPU ms'
  row() { printf "  %-46s %9.0f %9.0f\n" "$1" "$(median "$2" 1)" "$(median "$2" 2)"; }
  row "no return of the consent's key, 1 clip" one.job-keys-gone
  row "no return of the consent's key, $many clips" many.job-begun
  awk -v a="$(median one.job-keys-gone 1)" -v b="$(median many.job-begun 1)" 'BEGIN{printf "  ratio: %.2f (goal: at most 1.5)\n", b / a}'
  row "the end, 1 clip" one.none
  row "the end, $many clips, whose keys and rows follow" many.none
  rm -rf "$work"
done
