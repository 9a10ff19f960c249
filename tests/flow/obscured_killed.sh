#!/bin/bash
# Killed (SIGKILL) at every step of confirming marks, for the first time and anew, and of dropping: what is left is whole, it covers
# what it says, and the next confirmation goes through.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
points=0 reached=0
new_vault
ada=$(person "Ada" carer)
consent "$ada" intervention --media still >/dev/null
consent "$ada" external_training --media still --identifiability obscured >/dev/null

killed_at() { # killed_at POINT COMMAND…
  local point=$1 code=0
  shift
  points=$((points + 1))
  { CLIPVAULT_TEST_CRASH=$point "$programs/clipvault" "$@" >killed.out 2>&1 || code=$?; } 2>/dev/null
  [ "$code" != 137 ] || reached=$((reached + 1))
  [ "$code" = 0 ] || [ "$code" = 137 ] || fail "at $point: exit code $code: $(cat killed.out)"
}
whole() {
  vault ls >/dev/null # whatever is pending is finished by the next command
  vault check --deep >check.out 2>&1 || fail "after a kill at $1: $(cat check.out)"
  vault audit verify >/dev/null || fail "the audit log after a kill at $1"
}
is() { # is CLIP yes|no OBJECTS
  may "$1" external_training "$2"
  same "$(find vault/objects -type f | wc -l)" "$3" "objects"
  [ "$2" = no ] || vault export "$1" --purpose external_training --to out.jpg >/dev/null
  [ "$2" = yes ] || expect 77 export "$1" --purpose external_training --to out.jpg
  rm -f out.jpg
}

picture face.png
clip=$(take_in face.png "$ada")
printf 'person %s fill\n0 100 100 64 64\n' "$ada" >marks
vault obscure mark "$clip" --file marks >/dev/null
one=$(find vault/objects -type f | wc -l)

# For the first time: before the commit there is nothing of it.
for point in obscure-sealed obscure-ended obscure-commit; do
  killed_at "$point" obscure confirm "$clip" --through end
  whole "$point"
  is "$clip" no "$one"
done
same "$reached" 3 "kills of a first confirmation"
vault obscure confirm "$clip" --through end >/dev/null
both=$(find vault/objects -type f | wc -l)

# Anew: until the end of the earlier one is decided it stands; then there is none, until the commit.
killed_at obscure-sealed obscure confirm "$clip" --through end
whole obscure-sealed
is "$clip" yes "$both"
for point in job-decided shred-1 shred-2 shred-3 shred-4 shred-5 shred-6 job-keys-gone job-concluded obscure-ended obscure-commit; do
  killed_at "$point" obscure confirm "$clip" --through end
  whole "$point"
  is "$clip" no "$one"
  vault obscure confirm "$clip" --through end >/dev/null
  is "$clip" yes "$both"
done
for point in job-decided shred-3 job-keys-gone ciphertext-deleted; do
  killed_at "$point" obscure drop "$clip"
  whole "$point"
  is "$clip" no "$one"
  vault obscure confirm "$clip" --through end >/dev/null
done

# A withdrawal while the rendition is made: nothing of it is kept. The worker is held up by a film that takes its time.
consent "$ada" intervention --media recording >/dev/null
consent "$ada" external_training --media recording --identifiability obscured >/dev/null
film long.mp4 20 1280x720
film=$(take_in long.mp4 "$ada")
before=$(find vault/objects -type f | wc -l)
vault obscure mark "$film" --file marks >/dev/null
code=0
vault obscure confirm "$film" --through end >confirm.out 2>&1 &
confirming=$!
while [ "$(find vault/objects -type f | wc -l)" = "$before" ] && kill -0 "$confirming" 2>/dev/null; do sleep 0.02; done
ask consent withdraw --person "$ada" --purpose intervention | jq -e '.state == "done"' >/dev/null || fail "a withdrawal while a film is obscured"
wait "$confirming" || code=$?
same "$code" 77 "a confirmation during which its use ended: $(cat confirm.out)"
may "$film" external_training no
vault check --deep >/dev/null
vault audit verify >/dev/null

[ "$reached" -ge 19 ] || fail "only $reached of $points kills happened"
echo "$points points tried, $reached kills"
