#!/bin/bash
# What all share nobody uses up who may sign in: of what waits, of uploads that come and of event streams one account has its part, hears
# in words that it is enough (429, with when to try again), and somebody else goes on meanwhile.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
printf 'a lantern over water' >pw.ida
printf 'nine green bottles' >pw.ulf
declare -A user cases person clip
picture p.png
for name in ida ulf; do
  user[$name]=$(ask user add --name "$name" --role practitioner --password-file "pw.$name" | get .user)
  cases[$name]=$(ask case open --title "of $name" --practitioner "${user[$name]}" | get .case)
  family=${cases[$name]}
  person[$name]=$(person "of $name" carer)
  consent "${person[$name]}" supervision --media recording,still >/dev/null
  film $name.mp4 2
  clip[$name]=$(take_in $name.mp4 "${person[$name]}")
done
serve
for name in ida ulf; do sign_in $name "$(cat pw.$name)"; done
later() { # the last answer: enough for now, in words, and when again
  answers 429 ".error == \"busy\" and (.detail | contains(\"$1\"))"
  grep -qi '^retry-after: [1-9][0-9]*.$' headers.txt || fail "it does not say when: $(cat headers.txt)"
}
as_both() { # as_both NUMBER: asks for a still, as one of many at once
  status=$(curl -sS -o "still.$1" -D "still.$1.head" -w '%{http_code}' -b "jar.$me" -H "Origin: $base" -H "X-CSRF: $csrf" -d '{"at":"5"}' "$base/api/clips/${clip[$me]}/still")
  echo "$status" >"still.$1.status"
}

# ---- what waits for its turn: four of one account (and one that is being made)
who ida
asking=()
for n in $(seq 12); do as_both "$n" & asking+=($!); done
who ulf; as_both other & asking+=($!)
wait "${asking[@]}"
same "$(cat still.other.status)" 200 "what somebody else asks for"
made=$(cat still.[0-9]*.status | grep -c 200 || true) refused=$(cat still.[0-9]*.status | grep -c 429 || true)
echo "of 12 that one account asks for at once $made are made and $refused refused"
same $((made + refused)) 12 "made and refused: $(cat still.[0-9]*.status | tr '\n' ' ')"
[ "$made" -ge 4 ] && [ "$refused" -ge 1 ] || fail "$made were made, $refused refused"
n=$(grep -l 429 still.[0-9]*.status | sed -n '1s/.*still\.\([0-9]*\).*/\1/p')
cp "still.$n" answer.json; cp "still.$n.head" headers.txt; status=429
later "wait already"

# ---- uploads that come at a time: four of one account
b64() { printf %s "$1" | base64 -w 0; }
tus=(-H "Tus-Resumable: 1.0.0")
create() {
  call POST /api/uploads "" "${tus[@]}" -H "Upload-Length: 1000" \
    -H "Upload-Metadata: filename $(b64 f.mp4),case $(b64 "${cases[$me]}"),persons $(b64 "${person[$me]}"),kind $(b64 recording)"
  answers 201
  upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
}
head -c 300 /dev/urandom >some
piece() { call PATCH "$upload" "" "${tus[@]}" -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" --data-binary @some; }
who ida
rm -f enough; senders=()
for n in 1 2 3 4; do
  create
  (cat some; for _ in $(seq 600); do [ ! -e enough ] || break; sleep 0.05; done) | curl -sS -o /dev/null -b jar.ida -X PATCH -H "Origin: $base" -H "X-CSRF: $csrf" \
    "${tus[@]}" -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" -H "Transfer-Encoding: chunked" -T - "$base$upload" 2>/dev/null &
  senders+=($!)
done
for _ in $(seq 100); do [ "$(find vault/spool -type f | wc -l)" -lt 4 ] || break; sleep 0.05; done
create; fifth=$upload
piece; later "uploads of yours"
who ulf; create; piece; answers 204
touch enough
wait "${senders[@]}"
who ida; upload=$fifth; piece; answers 204

# ---- the two places for bodies with a form: taken by nobody who has not signed in, and one by each who has
head -c 300000 /dev/urandom >form.jpg
send_form() {
  printf '{"person":"%s","purpose":"research","form":"%s"}' "${person[$me]}" "$(base64 -w 0 form.jpg)" >body.json
  call POST /api/consents @body.json
}
begin_form() { # begin_form [CURL'S HEADERS…]: most of it does not come; $begun is its connection
  exec {begun}<>"/dev/tcp/127.0.0.1/${base##*:}"
  { printf 'POST /api/consents HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n' "${base#http://}" "$base"; [ $# = 0 ] || printf '%s\r\n' "$@"
    printf 'Content-Length: 6000000\r\n\r\n'; head -c 100000 form.jpg; } >&"$begun"
}
who ida
for _ in 1 2 3; do begin_form; begin_form "Cookie: clipvault=$(printf '%064d' 7)" "X-CSRF: $(printf '%064d' 7)"; done
sleep 0.3
send_form; answers 200
session="Cookie: clipvault=$(awk '/clipvault/ {print $7}' jar.ida)"
begin_form "$session" "X-CSRF: $(printf '%064d' 7)" # without its token
begin_form "$session" "X-CSRF: $csrf"
sleep 0.3
send_form; later "another form of yours"
who ulf; send_form; answers 200
who nobody; csrf=$(printf '%064d' 7)
curl -sS -o answer.json -w '%{http_code}' -H "Origin: $base" -d @body.json "$base/api/consents" >code
same "$(cat code)" 401 "a form of nobody"
exec {begun}>&-
for _ in $(seq 40); do who ida; send_form; [ "$status" = 429 ] || break; sleep 0.1; done
answers 200

# ---- event streams: four of a session (tests/flow/events.sh), sixteen of an account
listeners=()
for n in 1 2 3 4 5; do
  rm -f jar.ida
  sign_in ida "$(cat pw.ida)"
  [ "$n" != 5 ] || break
  for _ in 1 2 3 4; do listen ida; listeners+=("$listener"); done
done
call GET /api/events; later "16 event streams"
listen ulf; listeners+=("$listener")
kill "${listeners[@]}"
end_server
vault check >/dev/null
