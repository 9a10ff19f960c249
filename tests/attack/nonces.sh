#!/bin/bash
# No (key, nonce) pair seals twice, in any process: a story of taking in, killed and again, consents, obscuring, cutting, destroying,
# killed at each step and resumed, slots that come and go, is run with every pair recorded (tests/attack/preload/nonces.c), and no pair
# is met twice. The control: with nonces that are not random, some are.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/flow/story.bash
. "$here/../flow/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
! nm -D "$programs/clipvault" 2>/dev/null | grep -q __asan_init || skip "a sanitizer wants to be the first library"
gcc -O1 -shared -fPIC -o nonces.so "$here/preload/nonces.c" -lsodium -lcrypto -ldl
watched() { LD_PRELOAD=$stage/nonces.so NONCES=$stage/pairs "$programs/clipvault" "$@"; }
vault() { watched "$@"; }
ask() { watched --json "$@"; }
killed_at() { # POINT COMMAND…
  local point=$1
  shift
  { CLIPVAULT_TEST_CRASH=$point vault "$@" >killed.out 2>&1 && fail "$point was not passed"; } 2>/dev/null || true
}
twice() { xxd -p -c 40 "$1" | sort | uniq -d | wc -l; }

new_vault
kim=$(person "Kim" carer)
consent "$kim" supervision --media still,recording,clip >/dev/null
film long.mp4 2
for point in ingest-sealed ingest-keys ingest-commit; do killed_at "$point" ingest long.mp4 --case "$family" --person "$kim"; done
clip=$(take_in long.mp4 "$kim") # the same bytes, again
vault cut "$clip" --in 0 --out 10 >/dev/null
vault still "$clip" --at 3 >/dev/null
vault export "$clip" --purpose supervision --to seen.mp4 >/dev/null
for point in job-decided shred-1 shred-2 shred-3 shred-4 shred-5 shred-6 job-keys-gone job-concluded ciphertext-deleted; do
  picture p.png
  clip=$(take_in p.png "$kim")
  killed_at "$point" shred "$clip" --reason nonces
  vault ls >/dev/null # resumes
done
# Killed while a film is sealed, anywhere, and by a fork's parent.
film other.mp4 4 1280x720
for wait in 0.2 0.5 0.8; do
  { watched ingest other.mp4 --case "$family" --person "$kim" >/dev/null 2>&1 & } 2>/dev/null
  pid=$!
  sleep $wait
  kill -9 $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
done
[ "$(ask ls --state live | jq length)" -ge 3 ] || fail "too little was taken in"
slot=$(ask slot add key-file --new-key-file new.key | get .slot)
vault slot remove "$slot" >/dev/null
vault consent withdraw --person "$kim" >/dev/null
vault check --deep >/dev/null

pairs=$(($(stat -c %s pairs) / 40))
keys=$(xxd -p -c 40 pairs | cut -c 1-32 | sort -u | wc -l)
[ "$pairs" -gt 250 ] || fail "only $pairs pairs were recorded"
same "$(twice pairs)" 0 "pairs that sealed twice, of $pairs"

# The controls.
cp pairs planted; head -c 40 pairs >>planted
same "$(twice planted)" 1 "a pair that was planted"
rm -rf vault
LD_PRELOAD=$stage/nonces.so NONCES=$stage/fixed NONCES_FIXED=1 "$programs/clipvault" init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
LD_PRELOAD=$stage/nonces.so NONCES=$stage/fixed NONCES_FIXED=1 "$programs/clipvault" case open --title "Twice" >/dev/null
[ "$(twice fixed)" -gt 0 ] || fail "the control: nonces that are not random were not met twice"
echo "$pairs pairs under $keys keys, none twice"
