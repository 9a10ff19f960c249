#!/bin/bash
# Two uploads are taken in at a time, and what happens to one is nothing to the other: a withdrawal, a crash, the same file twice; a
# server that is ended or killed in the middle of both takes both up again.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
printf 'a lantern over water' >pw.ida
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
own=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
family=$own
for x in "$ada" "$ben"; do consent "$x" supervision --media recording,still >/dev/null; done

# Of a form that has to be encoded anew, so that there is something to do for a while.
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=12:allf=t" -t 5 -c:v mpeg4 -q:v 3 \
  -g 25 -y one.mp4
another() { # another NAME TIMES: other bytes, and as often as that
  ffmpeg -nostdin -loglevel error -stream_loop "$(($2 - 1))" -i one.mp4 -c copy -metadata comment="$1" -y "$1.mp4"
}
for name in a b c d e h; do another $name 1; done
for name in f g; do another $name 2; done

b64() { printf %s "$1" | base64 -w 0; }
part() { # part PATH OFFSET NAME
  call PATCH "$1" "" -H "Tus-Resumable: 1.0.0" -H "Upload-Offset: $2" -H "Content-Type: application/offset+octet-stream" \
    --data-binary "@$3"
  answers 204
}
most() { # most NAME PERSON: all of it but the end, which is in NAME.end; the upload's path is $upload
  local about size
  size=$(stat -c %s "$1.mp4")
  about="filename $(b64 "$1.mp4"),case $(b64 "$own"),persons $(b64 "$2"),kind $(b64 recording)"
  call POST /api/uploads "" -H "Tus-Resumable: 1.0.0" -H "Upload-Length: $size" -H "Upload-Metadata: $about"
  answers 201
  upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
  head -c $((size - 100)) "$1.mp4" >"$1.most"
  tail -c 100 "$1.mp4" >"$1.end"
  part "$upload" 0 "$1.most"
}
send_both() { # send_both NAME PERSON NAME PERSON: they are whole at nearly the same time; $first and $second are their paths
  most "$1" "$2"; first=$upload
  most "$3" "$4"; second=$upload
  part "$first" "$(stat -c %s "$1.most")" "$1.end"
  part "$second" "$(stat -c %s "$3.most")" "$3.end"
}
becomes() { # becomes PATH STATE…: within two minutes one of these; $got is which
  local path=$1 many=0
  shift
  until call GET "$path"; got=$(jq -r .state answer.json); [ "$got" != waiting ]; do
    many=$((many + 1)); [ $many -lt 1200 ] || fail "$path is still waiting"
    sleep 0.1
  done
  [[ " $* " == *" $got "* ]] || fail "$path became $got instead of $*: $(cat answer.json)"
}
workers() { pgrep -P "$server" -x clipvault-trans || true; } # what takes something in for the server
both_at_once() { # both_at_once OBJECTS: two workers, each of which has sent something that was sealed; before there were so many
  local pids=
  for _ in $(seq 600); do
    pids=$(workers)
    [ "$(wc -w <<<"$pids")" = 2 ] && [ "$(objects)" -ge $(($1 + 2)) ] && return
    sleep 0.05
  done
  fail "not two at a time: workers ${pids:-none}; $(objects) objects, $1 before"
}
objects() { find vault/objects -type f | wc -l; }

serve
sign_in ida "$(cat pw.ida)"
listen ida

# ---- two people's films: one withdraws, and the other's goes on
send_both a "$ada" b "$ben"
both_at_once 0
start=$(date +%s%N)
ask consent withdraw --person "$ada" >/dev/null
took=$((($(date +%s%N) - start) / 1000000))
becomes "$first" refused
jq -e '.reason | contains("withdrew")' answer.json >/dev/null || fail "$(cat answer.json)"
becomes "$second" live
echo "a withdrawal while two were taken in: $took ms"
for path in "$first" "$second"; do
  same "$(told ida upload | jq -s --arg u "${path##*/}" 'map(select(.upload == $u and .state == "taking-in")) | length > 0')" true "was told of"
done
# Each is told of while the other is under way as well.
told ida upload | jq -es --arg a "${first##*/}" --arg b "${second##*/}" \
  '(map(.upload == $a and .state == "refused") | index(true)) as $over | .[:$over] | map(select(.state == "taking-in").upload) | unique == ([$a, $b] | sort)' \
  >/dev/null || fail "not told of both at once: $(told ida upload)"

# ---- the same file twice at once, of the same person: one clip
before=$(objects)
cp c.mp4 again.mp4
send_both c "$ben" again "$ben"
both_at_once "$before"
becomes "$first" live duplicate; one=$got
twin=$(jq -r .clip answer.json)
becomes "$second" live duplicate
same "$(jq -r .clip answer.json)" "$twin" "what both became"
same "$(printf '%s\n' "$one" "$got" | sort | xargs)" "duplicate live"
same "$(ask ls --state live | jq length)" 2 "clips"
! grep "tried again" serve.err || fail "the second of two that are the same was a failure of the vault"

# ---- one is too much for the decoder (of this signal a sanitizer makes nothing of its own)
before=$(objects)
send_both d "$ben" e "$ben"
both_at_once "$before"
kill -ABRT "$(workers | sed -n 1p)"
becomes "$first" live refused; one=$got
[ "$one" = live ] || jq -e '.reason | contains("crashed the decoder (SIGABRT)")' answer.json >/dev/null || fail "$(cat answer.json)"
becomes "$second" live refused
same "$(printf '%s\n' "$one" "$got" | sort | xargs)" "live refused"

# ---- a cut goes on when somebody who may not see that film ends another one meanwhile
for path in "$first" "$second"; do call GET "$path"; [ "$(jq -r .state answer.json)" != live ] || other=$(jq -r .clip answer.json); done
before=$(objects)
(call POST "/api/clips/$twin/cut" '{"in":1,"out":"4.5"}'; echo "$status" >cut.status; cp answer.json cut.json) &
cutting=$!
until [ "$(objects)" -gt "$before" ]; do kill -0 $cutting || fail "the cut ended too early: $(cat cut.json)"; sleep 0.02; done
ask shred "$other" --reason "beside a cut" >/dev/null
until expect 75 --wait 0 check; [[ $said == *"that lasts"* ]]; do sleep 0.02; done # not while the server itself is at work
vault --wait 60 check >/dev/null # for its turn
wait $cutting
same "$(cat cut.status)" 200 "a cut while another film was ended: $(cat cut.json)"

# ---- a hold that comes while a film is obscured anew keeps the rendition that is there
call POST "/api/clips/$twin/obscure" "{\"marks\":\"person $ben fill\\n0 0 0 640 360\\n\"}"; answers 200
call POST "/api/clips/$twin/obscure/confirm" '{"through":"end"}'; answers 200 '.rendition == "obscured"'
kept=$(ask obscure show "$twin" | jq -r .confirmed.at)
before=$(objects)
(call POST "/api/clips/$twin/obscure/confirm" '{"through":"end"}'; echo "$status" >anew.status; cp answer.json anew.json) &
making=$!
until [ "$(objects)" -gt "$before" ]; do kill -0 $making || fail "it was made too early: $(cat anew.json)"; sleep 0.02; done
hold=$(ask hold place --clip "$twin" --reason inquiry --owner Ole --review 2099-01-31 | get .hold)
wait $making
same "$(cat anew.status)" 403 "obscured anew under a hold: $(cat anew.json)"
grep -q "a hold or restriction keeps" anew.json || fail "$(cat anew.json)"
same "$(ask obscure show "$twin" | jq -r .confirmed.at) $(objects)" "$kept $before" "the rendition that is kept"
vault hold release "$hold" >/dev/null
vault check --deep >/dev/null

# ---- whoever loses the case while their film is taken in has no clip of it
printf 'nine green bottles' >pw.pia
pia=$(ask user add --name pia --role practitioner --password-file pw.pia | get .user)
most h "$ben"
part "$upload" "$(stat -c %s h.most)" h.end
for _ in $(seq 600); do [ -z "$(workers)" ] || break; sleep 0.05; done
ask case assign "$own" --practitioner "$pia" >/dev/null
becomes "$upload" refused
jq -e '.reason | contains("case")' answer.json >/dev/null || fail "$(cat answer.json)"
ask case assign "$own" --practitioner "$ida" >/dev/null

# ---- a command that lasts runs beside them, and neither waits; then the server is ended in order, and after that killed
before=$(objects)
send_both f "$ben" g "$ben"
both_at_once "$before"
picture p.png
ask ingest p.png --case "$own" --person "$ben" | jq -e '.ingested | length == 1' >/dev/null || fail "an ingest beside two uploads"
same "$(workers | wc -l)" 2 "under way after a picture was taken in on the command line"
before=$((before + 2))
taking=$(workers)
# One whose worker is ended by somebody else waits to be tried again, which is nothing to the other.
kill -KILL "$(sed -n 1p <<<"$taking")"
hears ida upload "(.upload == \"${first##*/}\" or .upload == \"${second##*/}\") and .state == \"waiting\" and (has(\"length\") | not)"
same "$(workers)" "$(sed -n 2p <<<"$taking")" "under way after one of two workers was ended"
end_server
for pid in $taking; do [ ! -e "/proc/$pid" ] || fail "worker $pid outlived the server"; done
same "$(objects)" "$before" "objects after the server was ended"
serve
sign_in ida "$(cat pw.ida)"
both_at_once "$before"
kill -9 "$server"
wait "$server" 2>/dev/null || true
serve
sign_in ida "$(cat pw.ida)"
becomes "$first" live
becomes "$second" live
same "$(ls vault/spool)" "" "the spool"
end_server
vault check --deep >check.out || fail "$(cat check.out)"
same "$(ask ls --state live | jq length)" 5 "clips at the end"
vault audit verify >/dev/null
