#!/bin/bash
# Somebody of the same uid, and whoever finds a core dump or the swap: a running process with keys lets itself be neither traced nor
# dumped nor read, its arena is locked, and what was planted (passphrase, key file, names) stands in no argument, no environment and on
# no terminal. The control is the same program that may be dumped (tests/attack/preload/dumpable.c): its dump holds the keys in the
# arena, and none of them anywhere else.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/flow/story.bash
. "$here/../flow/story.bash"
for tool in gcore sqlite3 python3 strace; do command -v $tool >/dev/null || skip "needs $tool"; done
[ "$(id -u)" != 0 ] || skip "root may trace everybody"
gcc -O1 -shared -fPIC -o dumpable.so "$here/preload/dumpable.c" -ldl
new_vault
kim=$(person "Plantedname Person" carer)
consent "$kim" supervision --media still,recording >/dev/null
film film.mp4 20 640x480
clip=$(take_in film.mp4 "$kim")
hexkey=$(sed 's/.* //' "$CLIPVAULT_KEY_FILE" | tr -d '\n')
cp -a vault pristine

# held COMMAND…: starts it with a reader in the way of its destruction, so that it stays, with keys, for seconds; $pid.
mkfifo hold
held() {
  rm -rf vault; cp -a pristine vault
  sqlite3 vault/keys.db <hold >reading 2>&1 &
  reader=$!
  exec 3>hold
  echo "BEGIN; SELECT count(*) FROM node;" >&3
  until [ -s reading ]; do kill -0 $reader || fail "$(cat reading)"; sleep 0.02; done
  "$@" >held.out 2>&1 3>&- &
  pid=$!
}
let_go() { exec 3>&-; wait $reader; wait "$pid" 2>/dev/null || true; }
# until_sealed: the change is in the log, and it waits for the reader
until_sealed() { for _ in $(seq 200); do [ "$(sqlite3 vault/index.db "SELECT count(*) FROM job WHERE state = 'pending'" 2>/dev/null)" != 1 ] || { sleep 0.5; return; }; sleep 0.05; done; fail "it did not come so far: $(cat held.out)"; }

# ---- as it is shipped
held "$programs/clipvault" consent withdraw --person "$kim"
until_sealed
refused() { ! "$@" >refused.out 2>&1 || fail "the same uid may: $*"; }
refused gcore -o taken "$pid"
refused timeout 5 strace -o traced -p "$pid"
for file in mem maps environ; do refused dd if="/proc/$pid/$file" of=read bs=1 count=1; done
[ -z "$(ls taken* 2>/dev/null)" ] || fail "there is a dump"
grep -q '^Max core file size  *0  *0 ' "/proc/$pid/limits" || fail "$(grep core "/proc/$pid/limits")"
locked=$(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
[ "$locked" -ge 4096 ] || fail "only $locked KiB are locked"
! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -iE "planted|$hexkey" || fail "a secret among its arguments"
ulimit -c unlimited 2>/dev/null || true
kill -ABRT "$pid"
let_go
[ -z "$(find . -maxdepth 2 -name 'core*')" ] || fail "a core file"

# ---- the control: it may be dumped; `preload` becomes it, in the background
preload() { exec env LD_PRELOAD="$stage/dumpable.so" ARENA="$stage/arena" "$@"; }
dump() { # WHAT PID: leaves what was found in $found
  gcore -o dump "$2" >gcore.out 2>&1 || skip "not even what allows it can be dumped here: $(tail -n 1 gcore.out)"
  found=$("${python:-python3}" "$here/remains.py" "dump.$2" arena vault/*.db vault/*.db-wal -- "hex:$hexkey" "$hexkey" "correct horse planted" Plantedname Zebrafink)
  rm "dump.$2"
  keys=$(sed -n 's/^keys //p' <<<"$found")
  [ "$keys" -ge 10 ] || fail "$1: only $keys keys are in the arena: this is not the moment"
}
clean() { ! grep -E '^(outside|found)' <<<"$found" || fail "$1: see above"; echo "$1: $keys keys in the arena, none outside"; }

held preload "$programs/clipvault" consent withdraw --person "$kim"
until_sealed
dump "a withdrawal" "$pid"
clean "a withdrawal"
let_go

held preload env LEAK=1 "$programs/clipvault" consent withdraw --person "$kim"
until_sealed
dump "leaking" "$pid"
grep -q '^outside' <<<"$found" || fail "the control: keys that leaked were not found"
let_go

# While a film is read, libcrypto's context holds the key of its stream (threat model, "In memory"), and nothing else is outside.
mkfifo pipe
rm -rf vault; cp -a pristine vault
preload "$programs/clipvault" export "$clip" --purpose supervision --to - >pipe 2>export.err &
pid=$!
exec 4<pipe
head -c 50000 <&4 >part
dump "an export" "$pid"
outside=$(grep -c '^outside' <<<"$found" || true)
[ "$outside" -le 1 ] || fail "an export: $outside keys outside the arena"
! grep '^found' <<<"$found" || fail "an export: see above"
echo "an export: $keys keys in the arena, $outside outside (libcrypto's)"
kill "$pid"
exec 4<&-
wait "$pid" 2>/dev/null || true

# ---- a passphrase, typed
slowly() { for line; do sleep 1.5; printf '%s\n' "$line"; done; sleep "${after:-3}"; }
slowly 'correct horse planted' 'correct horse planted' | script -qec "$programs/clipvault slot add passphrase" /dev/null >typed 2>&1 || fail "$(cat typed)"
rm -rf pristine; cp -a vault pristine
unset CLIPVAULT_KEY_FILE
held bash -c "{ sleep 1.5; echo 'correct horse planted'; sleep 9; } | script -qec 'env LD_PRELOAD=$stage/dumpable.so ARENA=$stage/arena $programs/clipvault consent withdraw --person $kim' typed.too"
until_sealed
inner=$(pgrep -f "^$programs/clipvault consent withdraw")
dump "opened with a passphrase" "$inner"
clean "opened with a passphrase"
! tr '\0' '\n' <"/proc/$inner/environ" | grep -i "planted" || fail "a secret in its environment"
let_go
! grep -a "correct horse" typed typed.too held.out || fail "the passphrase was shown"
! grep -raiE "plantedname|zebrafink|correct horse|$hexkey" vault || fail "a secret lies in the vault's folder"
