#!/bin/bash
# Strangers at the server, a neighbour in the same house, somebody who changes what lies on the disk, and a bridge that was taken over:
# none of them sees more than they may (docs/threat-model.md, A8 to A11).
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
printf 'a lantern over water' >pw.ida
printf 'seven grey pebbles' >pw.eve
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
eve=$(ask user add --name eve --role practitioner --password-file pw.eve | get .user)
family=$(ask case open --title "Eve's" --practitioner "$eve" | get .case)
family=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,still >/dev/null
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t" -t 3 -c:v libx264 -preset ultrafast -qp 14 -g 25 \
  -pix_fmt yuv420p -y film.mp4
clip=$(take_in film.mp4 "$ada")
serve
code() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }

# ---- other people's sites
sign_in ida "$(cat pw.ida)"
body='{"purpose":"supervision"}'
open() { code -b jar.ida -d "$body" "$@" "$base/api/clips/$clip/open"; }
same "$(open -H "Origin: $base" -H "X-CSRF: $csrf")" 200 "as it should be"
same "$(open -H "Origin: $base")" 403 "without the token"
same "$(open -H "Origin: $base" -H "X-CSRF: ${csrf//[0-9]/a}")" 403 "with another token"
same "$(open -H "X-CSRF: $csrf")" 403 "without Origin"
same "$(open -H "Origin: https://evil.example" -H "X-CSRF: $csrf")" 403 "from elsewhere"
same "$(open -H "Origin: null" -H "X-CSRF: $csrf")" 403 "from nowhere"
same "$(open -H "Origin: ${base/http/https}" -H "X-CSRF: $csrf")" 403 "from another scheme"
same "$(open -H "Origin: $base.evil.example" -H "X-CSRF: $csrf")" 403 "from a longer name"
same "$(open -H "Origin: $base" -H "X-CSRF: $csrf" -H "Sec-Fetch-Site: cross-site")" 403 "as another site's"
same "$(open -H "Origin: $base" -H "X-CSRF: $csrf" -H "Sec-Fetch-Site: same-site")" 403 "as a neighbour site's"
same "$(open -H "Origin: $base" -H "X-CSRF: $csrf" -H "Sec-Fetch-Site: same-origin")" 200 "as our own page"
same "$(code -d '{"name":"ida","password":"x"}' -H "Origin: https://evil.example" "$base/api/session")" 403 "signing somebody in from elsewhere"

# ---- a session that somebody planted is not the one that signs in
before=$(awk '/clipvault/ {print $7}' jar.ida)
sign_in ida "$(cat pw.ida)"
[ "$before" != "$(awk '/clipvault/ {print $7}' jar.ida)" ] || fail "the session was kept over signing in"
same "$(code -b "clipvault=$before" "$base/api/me")" 401 "the session from before"
same "$(code -b "clipvault=$(printf '%064d' 0)" "$base/api/me")" 401 "a session made up"
same "$(code -b "clipvault=short" "$base/api/me")" 401 "no session at all"

# ---- addresses of films: forged, somebody else's, used
url=$(open_clip "$clip" supervision)
same "$(code -b jar.ida "$base$url")" 200
last=${url: -1}; [ "$last" != 0 ] && forged=${url%?}0 || forged=${url%?}1
same "$(code -b jar.ida "$base$forged")" 404 "a forged address"
same "$(code -b jar.ida "$base/ticket/${url##*/}")" 404 "a session's address as a ticket"
same "$(code -b jar.ida "$base/film/x")" 404
sign_in eve "$(cat pw.eve)"
same "$(code -b jar.eve "$base$url")" 403 "somebody else's address"
call POST "/api/clips/$clip/open" "$body"; answers 403
call POST "/api/clips/$clip/ticket" "$body"; answers 403
who ida
call POST "/api/clips/$clip/ticket" "$body"; answers 200
ticket=$(jq -r .url answer.json)
same "$(code -A player "$ticket")" 200 "a ticket"
same "$(code -A player "$ticket")" 403 "the same ticket again"
same "$(code -A thief -r 100- "$ticket")" 403 "the same ticket in other hands"
same "$(code -b jar.ida "$base/film/${ticket##*/}")" 404 "a ticket as a session's address"

# ---- paths, bodies, headers
for path in /api/clips/../../etc/passwd /api/../api/clips /film/../api/clips '/api/clips/%2e%2e/session' //api/clips /api/clips%00 '/api/clips/a%2fb' /.git/config; do
  same "$(code --path-as-is -b jar.ida "$base$path")" 404 "$path"
done
head -c 100000 /dev/zero | tr '\0' ' ' >large
same "$(code -b jar.ida -H "Origin: $base" -H "X-CSRF: $csrf" --data-binary @large "$base/api/cases")" 413 "a large body"
code -b jar.ida -H "Origin: $base" -H "X-CSRF: $csrf" -H 'Transfer-Encoding: chunked' --data-binary @large "$base/api/cases" >large.code 2>/dev/null || true
[ "$(cat large.code)" != 200 ] || fail "a large body in chunks"
for json in '[]' '{' '{"person":{"a":1}}' '{"person":"a","person":"b"}' '{"person":"a\u0000b"}' "$(printf '{"person":%s}' "$(printf '[%.0s' $(seq 3000))")"; do
  call POST /api/consents "$json"; answers 400
done
{ printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n'; head -c 200000 /dev/zero | tr '\0' 'a'; } | timeout 5 curl -sS --max-time 1 "telnet://${base#http://}" >bomb.out 2>/dev/null || true
grep -q ' 200 ' bomb.out && fail "a header of 200 KB was taken"
call GET /healthz; answers 200

# ---- what lies on the disk is changed under a film that is being seen: a piece that is short enough to be read before its head is sent
body_file=$(find vault/objects -type f -size +100k -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
size=$(stat -c %s "$body_file")
cp "$body_file" body.whole
film=$(curl -sS -b jar.ida -I -o /dev/null -w '%header{content-length}' "$base$url")
spoil() { printf 'x' | dd of="$body_file" bs=1 seek=$((size - 100000)) conv=notrunc status=none; }
piece() { curl -sS -b jar.ida -r "$((film - 100200))-$((film - 99800))" -o piece -w '%{http_code} %{size_download}' "$base$url"; }
same "$(piece)" "206 401" "a piece of what was sealed"
spoil
! got=$(piece 2>curl.err) || fail "a piece of what was not sealed: $got"
same "$got" "206 0" "a piece of what was not sealed ($(cat curl.err))"
for _ in $(seq 40); do call GET /metrics; grep -q '^clipvault_faults_total 1' answer.json && break; sleep 0.05; done
grep -q '^clipvault_faults_total 1' answer.json || fail "no fault was counted"
cp body.whole "$body_file"

# ---- and one that runs
url=$(open_clip "$clip" supervision)
watch 1 "$url"
spoil
for _ in $(seq 100); do [ -e /proc/$viewers ] || break; sleep 0.1; done
was_cut 1 "$(date +%s%3N)"
for _ in $(seq 40); do call GET /metrics; grep -q '^clipvault_faults_total 2' answer.json && break; sleep 0.05; done
grep -q '^clipvault_faults_total 2' answer.json || fail "no second fault was counted"
same "$(code -b jar.ida "$base$url")" 404 "a film that was changed"
end_server
ask audit list | jq -e 'map(select(.did == "viewing.stopped" and (.details | contains("changed")))) | length == 2' >/dev/null || fail "no alarm in the log"

# ---- a bridge that was taken over gets nothing
mkdir taken
cp "$programs/clipvault" taken/ && cp "$programs/tests/captured_bridge" taken/clipvault-bridge
"$stage/taken/clipvault" serve --listen 127.0.0.1:0 >serve.out 2>serve.err & server=$! # ended by leave, if it comes to that
for _ in $(seq 200); do grep -q 'captured: done' serve.err && break; sleep 0.05; done
grep -q 'captured: done' serve.err || fail "the captured bridge got stuck: $(cat serve.err)"
! grep -q GRANTED serve.err || fail "$(grep GRANTED serve.err)"
same "$(grep -c ': 40[134]$' serve.err)" 29 "refusals: $(cat serve.err)"
same "$(grep -c ': 200$' serve.err)" 1 "answers (health): $(cat serve.err)"
ask person list >/dev/null # the vault goes on
end_server
touch nonsense
"$stage/taken/clipvault" serve --listen 127.0.0.1:0 >serve.out 2>serve.err || same $? 69 "a bridge that only talks nonsense"
grep -q 'does not stay alive' serve.err || fail "$(cat serve.err)"
rm nonsense
vault check >/dev/null 2>&1 || same $? 65 "the object that was changed"
