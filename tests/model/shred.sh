#!/bin/bash
# The model of a destruction (shred.pml, which says what is modelled), gone through completely by spin: right as it is, and found
# wrong in each of the ways in which it is broken on purpose.
#   MODEL_BOUNDS="-DCUTS=2"   more of what may happen (some ten million states, minutes)
set -euo pipefail
model=$PWD/tests/model/shred.pml
for tool in spin gcc; do command -v $tool >/dev/null || { echo "needs $tool"; exit 77; }; done
work=$(mktemp -d "${TMPDIR:-/tmp}/model.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
read -ra bounds <<<"${MODEL_BOUNDS:-}"
spin -a "${bounds[@]}" "$model" >spin.out || { cat spin.out; exit 1; }
gcc -O1 -w -DCOLLAPSE -o pan pan.c

# explore FOLDER NUMBER: with -a, which looks for cycles as well, in which a job would never end; what was said in $said.
explore() {
  mkdir "$1"
  said=$(cd "$1" && BROKEN=$2 ../pan -a -m200000 2>&1)
  [[ $said != *"too small"* && $said != *"out of memory"* ]] || { echo "FAILED: $1 was not gone through completely: $said"; exit 1; }
}
right() {
  explore right 0
  [[ $said == *"errors: 0"* ]] || { echo "FAILED: $said"; cp right/*.trail .; ./pan -r | tail -n 60; exit 1; }
  echo "nothing lost, nothing back, every job ends: $(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' <<<"$said") states"
}
wrong() { # WHAT IS BROKEN, what must be said of it
  local number
  number=$(sed -n "s/^#define $1 *\([0-9]*\) .*/\1/p" "$model")
  explore "$1" "${number:?}"
  [[ $said == *"$2"* && $said == *"errors: 1"* ]] || { echo "FAILED: $1 was not found wrong: $said"; exit 1; }
  echo "found wrong: $1"
}
right & # there is more than one processor
pid=$!
for broken in KEYS_KEPT UPPER_KEY_KEPT LOWER_KEY_KEPT ROOT_UNDER_OLD_SECRET NEVER_OVERWRITTEN DONE_BEFORE_OVERWRITTEN; do
  wrong $broken "leaves_under" # a dead key comes back
done
for broken in OVERWRITTEN_BEFORE_COMMIT REDO_FROM_4 NO_REDO PLACE_TAKEN_AS_FOUND RETRY_WITHOUT_SYNC; do
  wrong $broken "v[now].e" # no place opens what a restart finds
done
wrong LOG_TAKEN_AS_FOUND "root==nodes" # half of a change
wrong JOB_FORGOTTEN "acceptance cycle"
wait $pid
