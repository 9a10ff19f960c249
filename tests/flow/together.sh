#!/bin/bash
# One process holds the vault open; others reach it there. A withdrawal does not wait for a film, and stops what it concerns.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
consent "$ada" supervision --media recording,still >/dev/null
consent "$ben" supervision --media recording,still >/dev/null
film long.mp4 20 1280x720
film other.mp4 1

wait_for() { # wait_for FILE: until it is there, 20 s at most
  for _ in $(seq 200); do [ -e "$1" ] && return; sleep 0.1; done
  fail "$1 did not appear"
}

# While a film is taken in, other commands are answered, and the one whose person withdraws stops.
"$programs/clipvault" --json ingest long.mp4 --case "$family" --person "$ada" >ingest.out 2>ingest.err &
pid=$!
wait_for vault/control
until [ -n "$(ls vault/objects)" ]; do kill -0 $pid || fail "the ingest ended too early: $(cat ingest.out ingest.err)"; sleep 0.05; done
start=$(date +%s%N)
ask person list | jq -e 'length == 2' >/dev/null || fail "a list during an ingest"
ask consent withdraw --person "$ada" | jq -e '.state == "done"' >/dev/null || fail "withdrawal during an ingest"
took=$((($(date +%s%N) - start) / 1000000))
kill -0 $pid 2>/dev/null || [ -s ingest.out ] || fail "the ingest vanished"
code=0; wait $pid || code=$?
same "$code" 65 "the ingest whose only person withdrew"
jq -e '.refused[0].reason | contains("withdrew")' ingest.out >/dev/null || fail "$(cat ingest.out)"
same "$(find vault/objects -type f | wc -l)" 0 "nothing of it was kept"
[ "$took" -lt 10000 ] || fail "the withdrawal took $took ms"

# One of two people withdraws another purpose: the film in hand is not concerned.
consent "$ada" supervision,research --media recording,still >/dev/null
"$programs/clipvault" --json ingest long.mp4 --case "$family" --person "$ada" --person "$ben" >ingest.out 2>ingest.err &
pid=$!
until [ -n "$(ls vault/objects)" ]; do kill -0 $pid || fail "the ingest ended too early: $(cat ingest.out ingest.err)"; sleep 0.05; done
ask consent withdraw --person "$ada" --purpose research >/dev/null
# A form that somebody else's consent brings is taken in meanwhile; neither it nor what is tidied away after it touches the film.
cas=$(person "Cas" carer)
echo "scan" >form.txt
consent "$cas" supervision --form form.txt >/dev/null
ask consent record --person "$cas" --purpose research >/dev/null
# A second lasting command waits for its turn, and says so when it may not wait.
expect 75 --wait 0 ingest other.mp4 --case "$family" --person "$ben"
says "ingest"
wait $pid || fail "the ingest was stopped without reason: $(cat ingest.out ingest.err)"
clip=$(jq -er '.ingested[0].clip' ingest.out)
same "$(purposes "$clip")" supervision
vault export "$clip" --purpose supervision --to whole.mp4 >/dev/null
vault check >/dev/null

# Bytes that change under the ingest are not taken in under the hash of others, not even with the old time put back.
cp long.mp4 moving.mp4
printf x | dd of=moving.mp4 bs=1 seek=100000 conv=notrunc status=none # a file of its own
cp --preserve=timestamps moving.mp4 kept.mp4
before=$(find vault/objects -type f | wc -l)
"$programs/clipvault" --json ingest moving.mp4 --case "$family" --person "$ben" >ingest.out 2>ingest.err &
pid=$!
until [ "$(find vault/objects -type f | wc -l)" -gt "$before" ]; do kill -0 $pid || break; sleep 0.05; done
printf y | dd of=moving.mp4 bs=1 seek=200000 conv=notrunc status=none
touch -r kept.mp4 moving.mp4
code=0; wait $pid || code=$?
same "$code" 65 "a file that changed: $(cat ingest.out)"
jq -e '.refused[0].reason | contains("was changed")' ingest.out >/dev/null || fail "$(cat ingest.out)"

# An export that is under way stops in the middle when somebody's consent goes.
mkfifo pipe
"$programs/clipvault" export "$clip" --purpose supervision --to - >pipe 2>export.err &
pid=$!
exec 3<pipe
head -c 200000 <&3 >first.part
ask consent withdraw --person "$ben" | jq -e '.clips_lost | length == 1' >/dev/null || fail "withdrawal during an export"
cat <&3 >rest.part
exec 3<&-
code=0; wait $pid || code=$?
same "$code" 77 "an export whose consent went away"
grep -q "not allowed any more" export.err || fail "$(cat export.err)"
total=$(($(stat -c %s first.part) + $(stat -c %s rest.part)))
full=$(jq -r '.ingested[0].frames' ingest.out)
[ "$total" -lt 4000000 ] || fail "$total bytes left of a film of $full frames"
same "$(state "$clip")" shredded

# Two withdrawals at once: both are done, none is lost.
for _ in 1 2 3 4; do consent "$ben" supervision --media still >/dev/null; done
picture p.png
clip=$(take_in p.png "$ben")
for con in $(ask consent list --person "$ben" | jq -r '.[] | select(.purposes[].state == "live") | .consent'); do
  "$programs/clipvault" --json consent withdraw "$con" >"w-$con" 2>&1 &
done
wait
same "$(state "$clip")" shredded
vault check --deep >/dev/null

# An export ends when its time is over, as it ends when somebody withdraws: to a reader that dawdles, and with its file removed.
eve=$(person "Eve" carer)
film slow.mp4 20 1280x720
clip=$(take_in slow.mp4 "$eve")
consent "$eve" supervision --media recording --until "$(date -u -d '+4 seconds' +%FT%TZ)" >/dev/null
"$programs/clipvault" export "$clip" --purpose supervision --to - >pipe 2>export.err &
pid=$!
exec 3<pipe
head -c 100000 <&3 >first.part
sleep 6
cat <&3 >rest.part
exec 3<&-
code=0; wait $pid || code=$?
same "$code" 77 "an export whose time ran out: $(cat export.err)"
[ "$(stat -c %s rest.part)" -lt 400000 ] || fail "$(stat -c %s rest.part) bytes left after the end"
expect 77 export "$clip" --purpose supervision --to late.mp4

# A withdrawal does not wait for a check, and what ended under its eyes is no problem.
fay=$(person "Fay" carer) gus=$(person "Gus" carer)
for x in "$fay" "$gus"; do consent "$x" supervision --media still >/dev/null; done
for i in $(seq 16); do picture "c$i.png"; done
ask ingest c?.png --case "$family" --person "$fay" >/dev/null
ask ingest c1?.png --case "$family" --person "$gus" >/dev/null
"$programs/clipvault" check --deep >check.out 2>&1 &
pid=$!
until [ -S vault/control ]; do kill -0 $pid 2>/dev/null || break; done
ask consent withdraw --person "$fay" >/dev/null
wait $pid || fail "$(head -n 3 check.out)"

# An export that is killed leaves nothing half-written behind.
consent "$ben" supervision --media recording >/dev/null
film third.mp4 30 1280x720
clip=$(take_in third.mp4 "$ben")
"$programs/clipvault" export "$clip" --purpose supervision --to killed.mp4 >/dev/null 2>&1 &
pid=$!
sleep 0.01
kill -9 $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
[ ! -e killed.mp4 ] || cmp -s killed.mp4 <("$programs/clipvault" export "$clip" --purpose supervision --to - 2>/dev/null) || fail "a killed export left a piece of a film"
vault check >/dev/null
