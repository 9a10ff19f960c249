#!/bin/bash
# Ways to unlock: a key file, a kept key (unlock, lock), slots added and removed, a passphrase on a terminal; and nothing without one.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
file_key=$CLIPVAULT_KEY_FILE
unset CLIPVAULT_KEY_FILE

nothing() { setsid -w "$programs/clipvault" "$@" </dev/null >out 2>&1; } # no terminal
code=0; nothing ls || code=$?
[ "$code" != 0 ] || fail "it opened without any secret"
grep -q -e '--key-file' out || fail "it should name the ways to unlock: $(cat out)"
CLIPVAULT_KEY_FILE=$file_key nothing ls || fail "the key file by environment: $(cat out)"
mkdir creds; cp "$file_key" creds/clipvault.key
CREDENTIALS_DIRECTORY=$stage/creds nothing ls || fail "the systemd credential: $(cat out)"

# Kept by the kernel for a while, then forgotten.
if CLIPVAULT_KEY_FILE=$file_key "$programs/clipvault" unlock --for 5m >/dev/null 2>out; then
  nothing ls || fail "unlocked, but it asks again: $(cat out)"
  code=0; nothing slot add key-file --new-key-file thief.key || code=$?
  [ "$code" != 0 ] || fail "whoever finds the vault left open may add a way in of their own"
  vault lock >/dev/null
  code=0; nothing ls || code=$?
  [ "$code" != 0 ] || fail "locked, and still it opens"
else
  grep -q keyring out || fail "unlock failed: $(cat out)"
fi

slowly() { for line; do sleep 1.5; printf '%s\n' "$line"; done; sleep 3; } # as people type: after they were asked
# A passphrase, typed on a terminal (script gives us one); never in argv, never echoed.
export CLIPVAULT_KEY_FILE=$file_key
slowly 'correct horse' 'correct horse' | script -qec "$programs/clipvault slot add passphrase" /dev/null >typed 2>&1 || fail "$(cat typed)"
! grep -q 'correct horse' typed || fail "the passphrase was echoed"
unset CLIPVAULT_KEY_FILE
slowly 'correct horse' | script -qec "$programs/clipvault case list" /dev/null >typed 2>&1 || fail "the passphrase should open: $(cat typed)"
code=0; slowly 'wrong horse' | script -qec "$programs/clipvault case list" /dev/null >typed 2>&1 || code=$?
same "$code" 77 "a wrong passphrase"
grep -q "does not open" typed || fail "$(cat typed)"
