#!/bin/bash
# From the command to the point of no return of the consent's own key: for a person in 1 clip and in many, in turns. The process is
# killed right behind that point (a build with test hooks: make TEST_CLOCK=1), and its life is the time. Then the whole command, in
# which the clips' own keys follow in a batch.
#   tests/bench/no_return.sh [rounds] [clips] [folder…]     default: 7 10000 $TMPDIR /dev/shm
#
#: title    To the point of no return
#: what     From the start of `clipvault consent withdraw` until the consent's key is gone for good, where the person is in one clip and where they are in many: the process is killed right behind that point.
#: limits   Starting and opening the vault; and on a disk the syncs up to that point. It must not grow with the clips, whose own keys follow.
#: needs    jq
#: tiny     1 20 /dev/shm
#: quick    5 500
#: full     7 10000
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-7} many=${2:-10000}
folders=("${@:3}")
[ ${#folders[@]} -gt 0 ] || folders=("${TMPDIR:-/tmp}" /dev/shm)
fill=${CLIPVAULT:-$PWD/build/release}/bench/bench_clips hooks=${CLIPVAULT_HOOKS:-$PWD/build/hooks}/clipvault
[ -x "$fill" ] || make -s build/release/bench/bench_clips
[ -x "$hooks" ] || make -s all TEST_CLOCK=1
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
timed() { # NAME POINT: appends wall and CPU seconds
  local spent TIMEFORMAT='%R %U %S'
  rm -rf "$work/copy"; cp -a "$work/$1" "$work/copy"; sync -f "$work"
  export CLIPVAULT_KEY_FILE=$work/$1.key
  spent=$({ time CLIPVAULT_TEST_CRASH=$2 vault copy consent withdraw --person "$(cat "$work/$1.person")" >/dev/null 2>&1 || true; } 2>&1 | tail -n 1)
  awk '{print $1, $2 + $3}' <<<"$spent" >>"$work/$1.$2.s"
}

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
  printf 'consent withdraw on %s, %s rounds, from start to: median (lowest-highest)\n' "$(stat -f -c %T "$folder")" "$rounds"
  printf "  %-52s %-18s %s\n" '' 'wall ms' 'CPU ms'
  row() { printf "  %-52s %-18s %s\n" "$1" "$(spread "$2" 1 %.0f 1000)" "$(spread "$2" 2 %.0f 1000)"; }
  row "no return of the consent's key, 1 clip" one.job-keys-gone
  row "no return of the consent's key, $many clips" many.job-begun
  echo "  the second in terms of the first: $(ratio many.job-begun one.job-keys-gone 1) (goal: at most 1.5)"
  row "the end, 1 clip" one.none
  row "the end, $many clips, whose keys and rows follow" many.none
  rm -rf "$work"
done
