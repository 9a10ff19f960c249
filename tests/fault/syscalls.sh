#!/bin/bash
# Every system call that writes, in a withdrawal, a refusal, a shred, a removed slot and an ingest: killed before it, and failing with
# EIO or ENOSPC in its place (strace injects both). After each the next command goes on: what was decided ends, nothing else does,
# check --deep is clean, and the archivist with every old file and every secret opens nothing that ended.
#   FAULT_STRIDE=1   every call, some minutes; by default every fifteenth of each kind, from another one each time
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm # a thousand vaults are copied, and no power fails here
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/flow/story.bash
. "$here/../flow/story.bash"
# shellcheck source=tests/fault/injected.bash
. "$here/injected.bash"

new_vault
ada=$(person "Ada" child) ben=$(person "Ben" carer)
consent "$ada" supervision --media still >/dev/null
consent "$ben" supervision,research --media still >/dev/null
picture a.png; picture b.png; picture c.png
both=$(take_in a.png "$ada" "$ben") # ends with Ada
bens=$(take_in b.png "$ben")        # stays
old=$(ask slot add key-file --new-key-file old.key | get .slot)
vault export "$both" --purpose supervision --to both.jpg >/dev/null
vault export "$bens" --purpose supervision --to bens.jpg >/dev/null
vault ls >/dev/null
cp -a vault pristine

# What must hold after each command, with or without the fault. $1: whether the command said that it was done.
after_ending() { # the clip of both has ended, or nothing has happened and saying it again ends it
  opens "$bens" bens.jpg || fail "$where: a clip that nobody ended is lost: $(cat export.out)"
  if [ "$1" = finished ] || [ "$(state "$both")" != live ]; then
    ! opens "$both" both.jpg || fail "$where: it had ended"
  else
    opens "$both" both.jpg || fail "$where: it has not ended, and does not open: $(cat export.out)"
  fi
  whole
  [ "$(state "$both")" = shredded ] || vault "${command[@]}" >again.out 2>&1 || fail "$where: again: $(cat again.out)"
  same "$(state "$both")" shredded "$where: in the end"
  archivist "$both" both.jpg "$CLIPVAULT_KEY_FILE" old.key
  whole
}
after_slot() {
  opens "$bens" bens.jpg || fail "$where: a clip is lost: $(cat export.out)"
  opens "$both" both.jpg || fail "$where: a clip is lost: $(cat export.out)"
  [ "$1" != finished ] || ! vault --key-file old.key ls >/dev/null 2>&1 || fail "$where: a removed slot opens"
  whole
  vault slot list | grep -q "$old" && vault slot remove "$old" >/dev/null
  ! vault --key-file old.key ls >/dev/null 2>&1 || fail "$where: a removed slot opens"
  opens "$bens" bens.jpg || fail "$where: a clip is lost in the end: $(cat export.out)"
}
after_ingest() {
  local live
  opens "$bens" bens.jpg || fail "$where: a clip is lost: $(cat export.out)"
  live=$(ask ls --state live | jq length)
  [ "$1" != finished ] || same "$live" 3 "$where: it was taken in"
  whole
  [ "$live" = 3 ] || vault "${command[@]}" >again.out 2>&1 || fail "$where: again: $(cat again.out)"
  same "$(ask ls --state live | jq length)" 3 "$where: in the end"
  whole
}

try() { # NAME AFTER COMMAND…
  local name=$1 after=$2 call n how count told
  shift 2
  command=("$@")
  see "$@"
  "$after" finished
  for call in $calls; do
    see "$@"
    count=$(count_of "$call")
    for ((n = count < first ? 1 : first; n <= count; n += stride)); do
      for how in signal=SIGKILL error=EIO error=ENOSPC; do
        where="$name, $how at $call $n of $count"
        rm -rf vault; cp -a pristine vault
        injected "$how" "$call" "$n" "$@"
        told=
        case $how:$code in
          *:0) told=finished ;;
          signal=*:137 | error=*:7[45] | error=*:73 | error=*:65) ;;
          *) fail "$where: exit code $code: $(cat out)" ;;
        esac
        "$after" "$told"
      done
    done
  done
  echo "$name: $points points so far"
}

# The control: the attack itself works while nothing has ended, and with the old effaceable store for ever.
cp -a pristine vault.kept
opens "$both" both.jpg || fail "the control: it should open before"
try withdraw after_ending consent withdraw --person "$ada"
try refuse after_ending consent record --person "$ada" --refuse supervision --media still --case "$family"
try shred after_ending shred "$both" --reason fault
try slot after_slot slot remove "$old"
try ingest after_ingest ingest c.png --case "$family" --person "$ben"
rm -rf vault; cp -a pristine vault
vault consent withdraw --person "$ada" >/dev/null
cp -a pristine/effaceable pristine/keys.db pristine/index.db vault/; rm -rf vault/objects; cp -a pristine/objects vault/
opens "$both" both.jpg || fail "the control: with the old effaceable store it opens: $(cat export.out)"
echo "$points points, every ${stride}th call, from the ${first}th"
