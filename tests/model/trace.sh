#!/bin/bash
# Model and code stay together: real destructions, undisturbed, killed at each step and finished by the next command, with a failing
# fsync and with a reader in the way, tell their steps (CLIPVAULT_TEST_TRACE), and spin is asked whether the model can take the
# same ones. A sequence that was doctored it must not be able to take.
model=$PWD/tests/model/shred.pml
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
for tool in spin gcc sqlite3; do command -v $tool >/dev/null || skip "needs $tool"; done

python=$(command -v python3) || skip "needs python3"

# follows BOUNDS TRACE…: the model can go along with one of them to the end. Epochs of a trace begin at 1, as the model's do.
follows() {
  local bounds
  read -ra bounds <<<"$1"
  shift
  rm -rf spin; mkdir spin
  "$python" - "$@" >spin/trace.pml <<'P'
import re, sys
print("active proctype real() {\n  if")
for file in sys.argv[1:]:
    steps = [line.split() for line in open(file)]
    base = int(steps[0][1]) - 1
    print("  :: true ->")
    for step, epoch, place in steps:
        if re.fullmatch("shred-[1-6]", step): print(f"    tell!{step.replace('-', '_')}, 0, 0;")
        elif step in ("opened", "again", "placed", "sealed", "emptied"): print(f"    tell!{step}, {int(epoch) - base}, {place};")
    print("    assert(false)")
print("  fi\n}")
P
  (cd spin && cp "$model" . && spin -a -DTRACE -DMOST=31 -DSHREDS=20 -DCUTS=0 "${bounds[@]}" shred.pml >spin.out && gcc -O0 -w -DSAFETY -DCOLLAPSE -o pan pan.c) ||
    fail "$(cat spin/spin.out)"
  said=$(cd spin && ./pan -E -m200000 2>&1)
  [[ $said != *"too small"* ]] || fail "not gone through completely: $said"
  [[ $said != *"assertion violated"* || $said == *"assertion violated 0 "* ]] || fail "the model itself is wrong here: $said"
  [[ $said == *"assertion violated 0 "* ]]
}
accepted() { follows "$1" "$2" || { cat "$2"; fail "$2: not a run of the model"; }; echo "$2: $(wc -l <"$2") steps"; }
rejected() { ! follows "$@" || fail "the model takes what never happened: one of $*"; }

new_vault
kim=$(person "Kim" carer)
consent "$kim" supervision --media still >/dev/null
picture a.png
clip=$(take_in a.png "$kim")

export CLIPVAULT_TEST_TRACE=$stage/plain
vault shred "$clip" --reason trace >/dev/null
unset CLIPVAULT_TEST_TRACE
accepted "-DKILLS=0 -DFAULTS=0 -DREADERS=0" plain

# Killed at each step, each time finished by the next command.
kills=0
for point in 1 2 3 4 5 6; do
  picture "$point.png"
  clip=$(take_in "$point.png" "$kim")
  export CLIPVAULT_TEST_TRACE=$stage/killed
  { CLIPVAULT_TEST_CRASH=shred-$point vault shred "$clip" --reason trace >/dev/null 2>&1 && fail "shred-$point was not passed"; } 2>/dev/null || true
  vault ls >/dev/null
  unset CLIPVAULT_TEST_TRACE
  same "$(state "$clip")" shredded "killed at shred-$point"
  kills=$((kills + 1))
done
accepted "-DKILLS=$kills -DFAULTS=0 -DREADERS=0" killed
rejected "-DKILLS=$((kills - 1)) -DFAULTS=0 -DREADERS=0" killed # one kill was not told to the model

# A reader who stays, then goes; and a sync that fails.
picture r.png
clip=$(take_in r.png "$kim")
mkfifo hold
sqlite3 vault/keys.db <hold >reading 2>&1 &
reader=$!
exec 3>hold
echo "BEGIN; SELECT count(*) FROM node;" >&3
until [ -s reading ]; do kill -0 $reader || fail "$(cat reading)"; sleep 0.02; done
export CLIPVAULT_TEST_TRACE=$stage/disturbed
expect 75 shred "$clip" --reason trace
exec 3>&-
wait $reader
vault ls >/dev/null
unset CLIPVAULT_TEST_TRACE
same "$(state "$clip")" shredded "a reader was in the way"
faults=0
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
  for sync in 7 8 9 11 13 14; do # of the places, the log, keys.db; see strace -e fdatasync
    picture "f$sync.png"
    clip=$(take_in "f$sync.png" "$kim")
    export CLIPVAULT_TEST_TRACE=$stage/disturbed
    strace -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:error=EIO:when=$sync "$programs/clipvault" shred "$clip" --reason trace >out 2>&1 &&
      fail "fdatasync $sync failed, and nobody noticed"
    vault ls >/dev/null
    unset CLIPVAULT_TEST_TRACE
    same "$(state "$clip")" shredded "fdatasync $sync failed"
    faults=$((faults + 1))
  done
fi
accepted "-DKILLS=0 -DFAULTS=$faults -DREADERS=1" disturbed

# Doctored: a step left out, two exchanged, a place or an epoch that is not the one.
doctored() { # NAME PYTHON that changes the list `t`
  "$python" - "$2" plain >"$1" <<'P'
import sys
known = ("opened", "again", "placed", "sealed", "emptied", "shred-")
t = [line for line in open(sys.argv[2]).read().splitlines() if line.startswith(known)]
at = {line.split()[0]: n for n, line in enumerate(t)}
exec(sys.argv[1])
print("\n".join(t))
P
}
doctored overwritten_before_checkpoint 'w = t.pop(at["shred-6"] - 1); t.insert(at["shred-4"], w)'
doctored no_checkpoint 't = [l for n, l in enumerate(t) if not (l.startswith("emptied") and n < at["shred-5"])]'
doctored never_overwritten 'del t[at["shred-6"] - 1]'
doctored wrong_place 'n = at["shred-2"] - 1; s = t[n].split(); t[n] = f"{s[0]} {s[1]} {1 - int(s[2])}"'
doctored same_epoch 'n = at["sealed"]; s = t[n].split(); t[n] = f"{s[0]} {int(s[1]) - 1} {s[2]}"'
rejected "-DKILLS=2 -DFAULTS=1 -DREADERS=1" overwritten_before_checkpoint no_checkpoint never_overwritten wrong_place same_epoch
echo "$kills kills, $faults failed syncs, 1 reader; 5 doctored traces rejected"
