#!/bin/bash
# People use the vault from browsers: they sign in, list, see a film under Range as long as they may, and not a moment longer. Commands
# reach the vault through the server, and it ends in order.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
seed=0
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
printf 'a lantern over water' >pw.ida
printf 'seven grey pebbles' >pw.sue
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
ask user add --name sue --role supervisor --password-file pw.sue >/dev/null
# Large for their length, and of a kind that is copied and not encoded again.
for film in big other third; do
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t:all_seed=$((++seed))" -t 4 -c:v libx264 \
    -preset ultrafast -qp 14 -g 25 -pix_fmt yuv420p -y $film.mp4
done
consent "$ada" supervision --media recording,still >/dev/null
third=$(take_in third.mp4 "$ada") # the operator's own
family=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
consent=$(consent "$ada" supervision --media recording,still)
consent "$ben" supervision --media recording,still >/dev/null
clip=$(take_in big.mp4 "$ada")
other=$(take_in other.mp4 "$ben")
expect 64 serve --listen 0.0.0.0:0; says "tls"
expect 64 serve --listen nowhere; says "ADDRESS:PORT"
expect 64 serve --tls-cert pw.ida; says "belong together"
serve

# ---- signing in
who nobody
call GET /healthz; answers 200 '.status == "ok"'
call GET /api/me; answers 401 '.status == 401 and .type == "about:blank" and (.detail | contains("sign in"))'
grep -qi '^content-type: application/problem+json' headers.txt || fail "$(cat headers.txt)"
call POST /api/session '{"name":"ida","password":"wrong wrong wrong"}'; answers 401 '.detail | contains("not right")'
call POST /api/session '{"name":"ida"}'; answers 400
call POST /api/session '{"name":"ida","pass":"x"}'; answers 400 '.detail | contains("pass")'
sign_in ida "$(cat pw.ida)"
same "$(grep -ci '^set-cookie:' headers.txt)" 1 "cookies"
grep -qi '^set-cookie: clipvault=[0-9a-f]\{64\}; Path=/; HttpOnly; SameSite=Lax' headers.txt || fail "$(cat headers.txt)"
call GET /api/me; answers 200 '.name == "ida" and .roles == ["practitioner"] and (.csrf | length == 64)'

# ---- what the commands say, the API says
call GET /api/clips; answers 200 '.clips | length == 2'
call GET "/api/clips?person=$ada"; answers 200 ".clips | length == 1 and .[0].clip == \"$clip\""
call GET "/api/clips?state=nonsense"; answers 400
call GET "/api/clips?colour=red"; answers 400
call GET "/api/clips/$clip"; answers 200 ".clip == \"$clip\" and .people == [\"$ada\"]"
call GET /api/clips/clp_aaaaaaaaaaaaaaaaaaaaaaaaaa; answers 404
call GET /api/consents; answers 200 '.consents | length == 3'
call GET /api/nothing; answers 404
call PUT /api/clips; answers 405
grep -qi '^allow: GET' headers.txt || fail "$(cat headers.txt)"

# ---- a film
call POST "/api/clips/$clip/open" '{"purpose":"research"}'; answers 403 ".detail | contains(\"$ada\")"
call POST "/api/clips/$clip/open" '{}'; answers 400
url=$(open_clip "$clip" supervision)
curl -sS -b jar.ida -o whole.mp4 "$base$url"
size=$(stat -c %s whole.mp4)
ffprobe -v error -show_entries stream=codec_name -of csv=p=0 whole.mp4 | grep -q h264 || fail "that is no film"

range() { # range RANGE STATUS [FIRST LAST] [CURL OPTION…]
  local asked=$1 wanted=$2 first=${3:-} last=${4:-}
  shift $(($# < 4 ? $# : 4))
  status=$(curl -sS -b "jar.$me" -H "Range: $asked" -o part -D headers.txt -w '%{http_code}' "$@" "$base$url")
  same "$status" "$wanted" "Range: $asked"
  grep -qi '^cache-control: no-store' headers.txt || fail "without no-store: $asked"
  case $wanted in
    206) grep -qi "^content-range: bytes $first-$last/$size" headers.txt || fail "Range: $asked: $(cat headers.txt)"
      cmp -s part <(dd if=whole.mp4 bs=64K skip="$first" count=$((last - first + 1)) iflag=skip_bytes,count_bytes status=none) || fail "the bytes of $asked" ;;
    416) grep -qi "^content-range: bytes \*/$size" headers.txt || fail "Range: $asked: $(cat headers.txt)" ;;
    200) cmp -s part whole.mp4 || fail "the bytes of $asked" ;;
  esac
}
range bytes=0- 206 0 $((size - 1))
range bytes=0-0 206 0 0
range bytes=65000-66000 206 65000 66000
range bytes=65536-131071 206 65536 131071
range "bytes=$((size - 70000))-" 206 $((size - 70000)) $((size - 1))
range bytes=-1 206 $((size - 1)) $((size - 1))
range bytes=-70000 206 $((size - 70000)) $((size - 1))
range bytes=-99999999999999999999 206 0 $((size - 1))
range "bytes=$((size - 5))-99999999999999999999999" 206 $((size - 5)) $((size - 1))
range "bytes=$size-" 416
range bytes=99999999999999999999999- 416
range bytes=18446744073709551615-18446744073709551616 416
range bytes=-0 416
range bytes=5-2 416
range bytes=0-1,3-4 416
range bytes=a-b 416
range lines=0-1 200
etag=$(curl -sS -b jar.ida -r 0-0 -o /dev/null -D - "$base$url" | sed -n 's/\r$//; s/^ETag: //p')
range bytes=0-9 206 0 9 -H "If-Range: $etag"
range bytes=0-9 200 '' '' -H 'If-Range: "another"'
range bytes=0-9 200 '' '' -H "If-Range: W/$etag"
same "$(curl -sS -b jar.ida -I -o /dev/null -w '%{http_code} %header{content-length}' "$base$url")" "200 $size" HEAD

# To that session only; other people by their own right.
same "$(curl -sS -o /dev/null -w '%{http_code}' "$base$url")" 401 "without a session"
sign_in sue "$(cat pw.sue)"
same "$(curl -sS -b jar.sue -o /dev/null -w '%{http_code}' "$base$url")" 403 "in another session"
call POST "/api/clips/$clip/open" '{"purpose":"supervision"}'; answers 403
who ida

# ---- by a grant: a viewing is counted once, goes on to its end, and ends with the grant
sue=$(ask user list | jq -r '.[] | select(.name == "sue") | .user')
grant=$(ask grant "$third" --user "$sue" --purpose supervision --until "$(date -u -d '+1 day' +%F)" --views 1 | get .grant)
who sue
url=$(open_clip "$third" supervision)
same "$(curl -sS -b jar.sue -r 0-9 "$base$url" | wc -c)" 10
watch 2 "$url"
call POST "/api/clips/$third/open" '{"purpose":"supervision"}'; answers 403
same "$(curl -sS -b jar.sue -r 5000-5009 "$base$url" | wc -c)" 10
start=$(date +%s%3N)
ask grant revoke "$grant" >/dev/null
was_cut 2 "$start"
call POST "/api/clips/$third/open" '{"purpose":"supervision"}'; answers 403
who ida
url=$(open_clip "$clip" supervision)

# ---- for a player: once
call POST "/api/clips/$other/ticket" '{"purpose":"supervision"}'; answers 200
ticket=$(jq -r .url answer.json)
[[ $ticket == "$base"/ticket/* ]] || fail "$ticket"
curl -sS -o once.mp4 "$ticket"
same "$(curl -sS -r 100-199 -o part -w '%{http_code}' "$ticket")" 206 "a seek"
cmp -s part <(dd if=once.mp4 bs=100 skip=1 count=1 status=none) || fail "the bytes after a seek"
same "$(curl -sS -o /dev/null -w '%{http_code}' "$ticket")" 403 "a second time"
same "$(curl -sS -A other -r 100-199 -o /dev/null -w '%{http_code}' "$ticket")" 403 "from another program"
if command -v mpv >/dev/null; then
  call POST "/api/clips/$clip/ticket" '{"purpose":"supervision"}'; answers 200
  mpv --no-config --vo=null --ao=null --untimed --start=4 --length=1 "$(jq -r .url answer.json)" >mpv.out 2>&1 || fail "mpv: $(tail -n 5 mpv.out)"
fi

# ---- commands reach the vault through the server
ask person list | jq -e 'length == 2' >/dev/null || fail "a command through the server"
call POST /api/consents "{\"person\":\"$ben\",\"purpose\":[\"research\"],\"media\":\"recording\",\"case\":\"$family\"}"; answers 200 '.consent | startswith("con_")'
picture p.png
take_in p.png "$ben" >/dev/null & taking=$!
call GET /api/clips; answers 200
wait $taking || fail "taking in while serving"

# ---- a "no" in mid-stream: 64 viewers, cut before the withdrawal returns (250 ms on a quiet machine: the line above says how long;
# CUT_MS=250 insists)
watch 64 "$url"
start=$(date +%s%3N)
call POST "/api/consents/$consent/withdraw" '{}'; answers 200 '.state == "done" and (.certificate | startswith("crt_"))'
took=$(($(date +%s%3N) - start))
was_cut 64 $start
[ "$cut" -le "$took" ] || fail "the last byte came $cut ms after the withdrawal began, which took $took ms"
[ "$cut" -le "${CUT_MS:-5000}" ] || fail "the last byte came $cut ms after the withdrawal began"
same "$(curl -sS -b jar.ida -o /dev/null -w '%{http_code}' "$base$url")" 404 "after the withdrawal"

# ---- a session that ends takes its films with it
url=$(open_clip "$other" supervision)
watch 2 "$url"
start=$(date +%s%3N)
call DELETE /api/session; answers 204
was_cut 2 $start
call GET /api/me; answers 401

# ---- what was seen is in the log, and it ends in order
sign_in ida "$(cat pw.ida)"
url=$(open_clip "$other" supervision)
curl -sS -b jar.ida -r 0-1000 -o /dev/null "$base$url"
end_server
[ ! -e vault/control ] || fail "the control socket is still there"
ask audit list >log.json
grep -q 'viewing.began' log.json || fail "no viewing in the log"
jq -e 'map(select(.did == "viewing.ended")) | length >= 4' log.json >/dev/null || fail "$(jq -c 'map(select(.did | startswith("viewing")))' log.json)"
jq -e 'map(select(.did == "viewing.ended" and (.details | contains("it was stopped")))) | length >= 1' log.json >/dev/null || fail "no stop in the log"
vault audit verify >/dev/null
vault check >/dev/null
