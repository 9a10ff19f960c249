#!/bin/bash
# Killed (SIGKILL) at every step of taking in, agreeing, withdrawing, correcting, sweeping and shredding: the next command
# completes or removes; nothing acknowledged is lost, nothing shredded comes back, check --deep is clean.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
points=0 reached=0

shreds="job-decided shred-1 shred-2 shred-3 shred-4 shred-5 shred-6 job-keys-gone job-concluded ciphertext-deleted"
ingests="ingest-sealed ingest-keys ingest-commit"

# killed_at POINT COMMAND…: runs it to be killed there. Returns 1 if the point was not passed.
killed_at() {
  local point=$1 code=0
  shift
  points=$((points + 1))
  { CLIPVAULT_TEST_CRASH=$point "$programs/clipvault" "$@" >killed.out 2>&1 || code=$?; } 2>/dev/null
  if [ "$code" = 137 ]; then reached=$((reached + 1)); return 0; fi
  [ "$code" = 0 ] || fail "at $point: exit code $code: $(cat killed.out)"
  return 1
}
whole() { # whole POINT: everything fits together
  vault check --deep >check.out 2>&1 || fail "after a kill at $1: $(cat check.out)"
  vault audit verify >/dev/null || fail "the audit log after a kill at $1"
}

new_vault
keeper=$(person "Kim" carer)
consent "$keeper" intervention,supervision --media still >/dev/null
picture keep.png
keep=$(take_in keep.png "$keeper")

# Taking in: before the commit there is nothing of it, after it everything.
for point in $ingests; do
  picture "$point.png"
  killed_at "$point" ingest "$point.png" --case "$family" --person "$keeper" || fail "$point was not passed"
  same "$(ask ls --state live | jq length)" 1 "live clips after a kill at $point"
  same "$(find vault/objects -type f | wc -l)" 2 "objects after a kill at $point and one more command"
  whole "$point"
  clip=$(take_in "$point.png" "$keeper") # the same file can be taken in again
  ask shred "$clip" --reason tidy >/dev/null
  same "$(ask ls --state live | jq length)" 1
done

# Withdrawing: once decided it is done by the next command, whatever the step.
for point in $shreds; do
  ann=$(person "Ann" carer)
  consent "$ann" supervision --media still >/dev/null
  picture "w-$point.png"
  clip=$(take_in "w-$point.png" "$ann" "$keeper")
  killed_at "$point" consent withdraw --person "$ann" || fail "$point was not passed by a withdrawal"
  expect 77 export "$clip" --purpose supervision --to never.jpg
  same "$(state "$clip")" shredded "after a kill at $point"
  ask certificate list | jq -e 'length > 0' >/dev/null
  whole "$point"
done

# From many clips: the consent's own key dies first, and the clips are gone through afterwards, by whoever comes next.
for point in job-postponed job-begun; do
  ann=$(person "Ann" carer)
  consent "$ann" supervision --media still >/dev/null
  many=()
  for n in $(seq 17); do picture "m-$point-$n.png"; many+=("m-$point-$n.png"); done
  ask ingest "${many[@]}" --case "$family" --person "$ann" >many.json
  clip=$(get '.ingested[0].clip' <many.json)
  killed_at "$point" consent withdraw --person "$ann" || fail "$point was not passed by a withdrawal from many clips"
  expect 77 export "$clip" --purpose supervision --to never.jpg
  same "$(ask ls --person "$ann" --state live | jq length)" 0 "what lives after a kill at $point"
  same "$(ask ls --state shredded | jq --slurpfile m many.json '[.[].clip] - ([.[].clip] - [$m[0].ingested[].clip]) | length')" 17
  last=$(ask certificate list | get '.[-1].certificate')
  same "$(vault certificate show "$last" --format json | jq '[.items[] | select(.kind == "destroyed")] | length')" 17
  whole "$point"
done

# Shredding, sweeping, correcting who is in it, refusing, removing a slot.
for point in $shreds; do
  picture s.png
  clip=$(take_in s.png "$keeper")
  killed_at "$point" shred "$clip" --reason "test of $point" || fail "$point was not passed by a shred"
  same "$(state "$clip")" shredded
  whole "$point"

  bob=$(person "Bob" carer)
  picture p.png
  clip=$(take_in p.png "$keeper")
  if killed_at "$point" clip people "$clip" add "$bob"; then :; fi
  same "$(state "$clip")" quarantined "a person without consent was added, killed at $point"
  expect 77 export "$clip" --purpose supervision --to never.jpg
  whole "$point"
  if killed_at "$point" consent record --person "$bob" --purpose supervision --media still; then :; fi
  ask ls >/dev/null
  same "$(state "$clip")" live "the missing consent was recorded, killed at $point"
  vault export "$clip" --purpose supervision --to ok.jpg >/dev/null; rm ok.jpg
  if killed_at "$point" consent record --person "$bob" --refuse supervision --media still; then :; fi
  same "$(state "$clip")" shredded "refused, killed at $point"
  whole "$point"

  ask slot add key-file --new-key-file "$point.key" >slot.json
  if killed_at "$point" slot remove "$(jq -r .slot slot.json)"; then :; fi
  vault ls >/dev/null
  if [ "$(ask slot list | jq length)" = 1 ]; then expect 77 --key-file "$point.key" ls; fi
  whole "$point"
done

# Expiry.
for point in $shreds; do
  picture e.png
  clip=$(ask ingest e.png --case "$family" --person "$keeper" --expires 2030-01-01 | get '.ingested[0].clip')
  export CLIPVAULT_TEST_NOW=2030-01-02T00:00:00Z CLIPVAULT_TEST_JUMP_OK=1
  killed_at "$point" sweep || fail "$point was not passed by a sweep"
  same "$(state "$clip")" shredded "after a sweep killed at $point"
  whole "$point"
  vault check --deep >/dev/null
  # Back to now: this vault has seen 2030, so a new one goes on.
  unset CLIPVAULT_TEST_NOW CLIPVAULT_TEST_JUMP_OK
  rm -rf vault
  new_vault
  keeper=$(person "Kim" carer)
  consent "$keeper" intervention,supervision --media still >/dev/null
  keep=$(take_in keep.png "$keeper")
done

vault export "$keep" --purpose supervision --to keep.jpg >/dev/null
[ "$reached" -ge 50 ] || fail "only $reached of $points kills happened"
echo "$points points tried, $reached kills"
