#!/bin/bash
# Whoever listens hears what happens, while it happens: their own uploads, and clips that came, expired, were withdrawn or are not to be
# seen any more; and nothing of a clip that they may not know of.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
ada=$(person "Ada" carer)
printf 'a lantern over water' >pw.ida
printf 'seven grey pebbles' >pw.sue
printf 'nine green bottles' >pw.pia
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
sue=$(ask user add --name sue --role supervisor --password-file pw.sue | get .user)
ask user add --name pia --role practitioner --password-file pw.pia >/dev/null
ask user link "$sue" "$ida" >/dev/null
own=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
family=$own
agreed=$(consent "$ada" supervision --media recording,still)
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t" -t 1 -c:v libx264 -preset ultrafast -qp 14 \
  -g 25 -pix_fmt yuv420p -y film.mp4
serve

# ---- who may listen
who nobody; call GET /api/events; answers 401
for name in ida sue pia; do sign_in $name "$(cat pw.$name)"; listen $name; done
grep -qi '^content-type: text/event-stream' heard.ida.head || fail "$(cat heard.ida.head)"
grep -qi '^cache-control: no-store' heard.ida.head || fail "$(cat heard.ida.head)"
same "$(curl -sS -b jar.ida -I -o /dev/null -w '%{http_code}' "$base/api/events")" 405 HEAD
who ida

# ---- an upload of one's own, from its beginning to the clip, of which those hear who may know of it
b64() { printf %s "$1" | base64 -w 0; }
tus=(-H "Tus-Resumable: 1.0.0")
call POST /api/uploads "" "${tus[@]}" -H "Upload-Length: $(stat -c %s film.mp4)" \
  -H "Upload-Metadata: filename $(b64 film.mp4),case $(b64 "$own"),persons $(b64 "$ada")"
answers 201
upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
call PATCH "$upload" "" "${tus[@]}" -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" --data-binary @film.mp4
answers 204
hears ida upload '.state == "live"'
hears ida upload '.state == "taking-in" and .permille > 0'
same "$(told ida upload | jq -r .state | uniq | paste -sd' ')" "arriving waiting taking-in live" "what became of the upload"
clip=$(told ida upload | jq -r 'select(.state == "live").clip')
same "$(told ida upload | jq -r .upload | sort -u)" "${upload##*/}"
hears ida clip ".clip == \"$clip\" and .change == \"came\""
hears sue clip ".clip == \"$clip\" and .change == \"came\""

soon=$(consent "$ada" research --media recording --until "$(date -u -d '+3 seconds' +%FT%TZ)") # in the middle of what follows

# ---- somebody's rights change: they load anew, and hear nothing of what they may not know of any more
ask user unlink "$sue" "$ida" >/dev/null
hears sue anew '.why == "rights"'
hold=$(ask hold place --clip "$clip" --reason inquiry --owner "the officer" --review 2199-01-01 | get .hold)
hears ida clip '.change == "changed"'
same "$(told sue clip | jq -r .change | paste -sd' ')" came "what sue heard of clips"
ask user link "$sue" "$ida" >/dev/null
for _ in $(seq 100); do [ "$(told sue anew | wc -l)" = 2 ] && break; sleep 0.05; done
same "$(told sue anew | wc -l)" 2 "how often sue's rights changed"
ask hold release "$hold" >/dev/null

# ---- what expires, what is withdrawn while it is seen
over=$(date -d "$(ask consent show "$soon" | get .expires_at)" +%s)
while [ "$(date +%s)" -le "$over" ]; do sleep 0.1; done
ask sweep >/dev/null
hears sue clip ".clip == \"$clip\" and .change == \"expired\" and .purposes == [\"research\"] and (.destroyed | not)"
# Somebody else is said to be in it: what runs goes on where they agreed to it as well, and is cut where they said nothing.
tom=$(person "Tom" carer) eve=$(person "Eve" carer)
consent "$tom" supervision --media recording >/dev/null
url=$(open_clip "$clip" supervision)
watch 1 "$url"
same "$(ask clip people "$clip" add "$tom" | get '.purposes | join(" ")')" supervision
call GET /metrics; grep -q '^clipvault_films_stopped_total 0$' answer.json || fail "stopped as somebody was added who agrees"
start=$(date +%s%3N)
same "$(ask clip people "$clip" add "$eve" | get .state)" quarantined
was_cut 1 "$start"
hears ida viewing ".clip == \"$clip\" and .why == \"not-allowed\""
same "$(ask clip people "$clip" remove "$eve" | get .state)" live
url=$(open_clip "$clip" supervision)
watch 1 "$url"
start=$(date +%s%3N)
call POST "/api/consents/$agreed/withdraw" '{}'; answers 200
was_cut 1 "$start"
for _ in $(seq 100); do [ "$(told ida viewing | wc -l)" = 2 ] && break; sleep 0.05; done
same "$(told ida viewing | jq -c '[.clip, .purpose, .why]' | uniq)" "[\"$clip\",\"supervision\",\"not-allowed\"]" "what was stopped"
same "$(told ida viewing | wc -l)" 2 "how often"
for name in ida sue; do hears $name clip ".clip == \"$clip\" and .change == \"withdrawn\" and .destroyed"; done
same "$(told sue viewing)" "" "what sue heard of the viewing of another"

# ---- an upload that ends with nothing: given up, and swept when its time is over (which here is written into its row)
begin_upload() {
  call POST /api/uploads "" "${tus[@]}" -H "Upload-Length: 1000000" \
    -H "Upload-Metadata: filename $(b64 part.mp4),case $(b64 "$own"),persons $(b64 "$ada")"
  answers 201
  upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
}
begin_upload
call DELETE "$upload" "" "${tus[@]}"; answers 204
hears ida upload ".upload == \"${upload##*/}\" and .state == \"gone\""
begin_upload
head -c 1000 film.mp4 >part
call PATCH "$upload" "" "${tus[@]}" -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" --data-binary @part
answers 204
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10); db.execute("UPDATE upload SET expires_ms = 1"); db.commit()' vault/index.db
ask sweep >/dev/null
hears ida upload ".upload == \"${upload##*/}\" and .state == \"gone\""
call GET "$upload"; answers 404

# ---- to nobody else
same "$(told sue upload)" "" "what sue heard of somebody's upload"
same "$(grep -c '^event: ' heard.pia)" 0 "what pia heard"
grep -q '^event: ' heard.sue || fail "the search finds nothing"

# ---- a page that comes back, pages that are too many, a page that went away, a session that ends
cp heard.ida first.ida
listen ida -H "Last-Event-ID: 7"
hears ida anew '.why == "interrupted"'
away=${listener:?}
listen ida; listen ida
call GET /api/events; answers 429 '.detail | contains("4 event streams")'
grep -qi '^retry-after: [1-9]' headers.txt || fail "$(cat headers.txt)"
kill "$away"
for _ in $(seq 40); do call GET /metrics; grep -q '^clipvault_event_streams 5$' answer.json && break; sleep 0.05; done
listen ida
call DELETE /api/session; answers 204
wait "${listener:?}" || fail "the stream did not end with its session"
call GET /api/events; answers 401
for _ in $(seq 40); do call GET /metrics; grep -q '^clipvault_event_streams 2$' answer.json && break; sleep 0.05; done
grep -q '^clipvault_event_streams 2$' answer.json || fail "$(grep event_streams answer.json)"
python3 "$tests/openapi.py" "$described" events first.ida heard.ida heard.sue heard.pia || fail "an event is not as openapi.json says"
end_server
