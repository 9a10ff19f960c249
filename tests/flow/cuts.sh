#!/bin/bash
# Whatever ends the right to see a film ends the streams that run of it, in the middle: an ended session, an account that is closed, a
# restriction, a grant that is taken back, a grant or a consent that runs out, a withdrawal. For each, how long it took is said; what is
# asserted is that nobody got the whole or begins anew, and of what destroys keys that the last byte came before it returned.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
# Nothing is asserted of a time but this, which a stream that is not cut would not keep either: its viewers give up after 30 s.
most_ms=10000
printf 'seven grey pebbles' >pw
sue=$(ask user add --name sue --role supervisor --password-file pw | get .user)
tom=$(ask user add --name tom --role supervisor --password-file pw | get .user)
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
for film in one other; do # large for their length, and of a kind that is copied
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t:all_seed=$RANDOM" -t 4 -c:v libx264 -preset ultrafast \
    -qp 14 -g 25 -pix_fmt yuv420p -y $film.mp4
done
consent=$(consent "$ada" supervision --media recording)
clip=$(take_in one.mp4 "$ada")
other=$(take_in other.mp4 "$ben") # waits in quarantine for a consent
serve
in_seconds() { date -u -d "+$1 seconds" +%FT%TZ; }
share() { ask grant "$1" --user "$2" --purpose supervision --until "$(in_seconds "$3")" | get .grant; } # CLIP USER SECONDS

# begin NAME CLIP COUNT: that many streams of the film run, for who is signed in.
begin() {
  what=$1
  url=$(open_clip "$2" supervision)
  watch "$3" "$url"
  count=$3
  start=$(date +%s%3N)
}
# asked_again: the address is nobody's any more.
asked_again() {
  status=$(curl -sS -b "jar.$me" -o /dev/null -w '%{http_code}' "$base$url")
  [[ $status == 40[134] ]] || fail "$what: the address afterwards: $status"
}
# ended: and they were cut, by what was done since.
ended() {
  done_ms=$(($(date +%s%3N) - start))
  echo "$what, which took $done_ms ms:"
  was_cut "$count" "$start"
  [ "$cut" -le $most_ms ] || fail "$what: the last byte came $cut ms after it began"
  asked_again
}
# ran_out AT: the same, of what nobody did.
ran_out() {
  start=$(($(date -d "$1" +%s) * 1000))
  echo "$what:"
  was_cut "$count" "$start"
  [ "$cut" -le $most_ms ] || fail "$what: the last byte came $cut ms after it"
  asked_again
}

sign_in sue "$(cat pw)"
grant=$(share "$clip" "$sue" 3600)
begin "a session that ends" "$clip" 4
call DELETE /api/session; answers 204
ended

sign_in sue "$(cat pw)"
began=$(date +%s%3N)
begin "a restriction" "$clip" 64
patience=$((2 + ($(date +%s%3N) - began) / 500)) # twice what it takes here until so many streams run, in s
frozen=$(ask restrict --clip "$clip" --reason "contested" | get .hold)
ended
call POST "/api/clips/$clip/open" '{"purpose":"supervision"}'; answers 403
ask unrestrict "$frozen" >/dev/null

begin "a grant that is taken back" "$clip" 4
ask grant revoke "$grant" >/dev/null
ended
until=$(in_seconds $patience)
share "$clip" "$sue" $patience >/dev/null
begin "a grant that runs out" "$clip" 4
ran_out "$until"

until=$(in_seconds $((patience + 1)))
consent "$ben" supervision --media recording --until "$until" >/dev/null
share "$other" "$sue" 3600 >/dev/null
begin "a consent that runs out" "$other" 8
ran_out "$until"

sign_in tom "$(cat pw)"
share "$clip" "$tom" 3600 >/dev/null
begin "an account that is closed" "$clip" 4
ask user disable "$tom" >/dev/null
ended

who sue
share "$clip" "$sue" 3600 >/dev/null
begin "a withdrawal" "$clip" 16
ask consent withdraw "$consent" >withdrawn.json
ended
[ "$cut" -le "$done_ms" ] || fail "the last byte came $cut ms after the withdrawal began, which took $done_ms ms"
get .certificate <withdrawn.json >/dev/null
call POST "/api/clips/$clip/open" '{"purpose":"supervision"}'
[ "$status" = 403 ] || [ "$status" = 404 ] || fail "opened after the withdrawal: $status"

end_server
ask audit list >log.json
stopped=$(jq '[.[] | select(.did == "viewing.ended" and (.details | contains("it was stopped")))] | length' log.json)
[ "$stopped" -ge 7 ] || fail "the log knows of $stopped streams that were stopped"
vault check >/dev/null
