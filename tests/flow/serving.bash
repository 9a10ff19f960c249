# Sourced by stories that need a running server, after story.bash: starts and ends one, and speaks to it as a browser would.

tests=$(dirname "${BASH_SOURCE[0]}")
tests=$(cd "$OLDPWD" && cd "$tests" && pwd)
described=$tests/../../player-bridge/openapi.json

# serve [OPTION…]: until it is ready; $base is its address, $server its process. At $listen, if that is set.
serve() {
  "$programs/clipvault" serve --listen "${listen:-127.0.0.1:0}" "$@" >serve.out 2>serve.err &
  server=$!
  trap leave EXIT
  for _ in $(seq 100); do
    grep -q '^listening on ' serve.out && break
    kill -0 "$server" 2>/dev/null || fail "serve ended: $(cat serve.out serve.err)"
    sleep 0.05
  done
  base=$(sed -n 's/^listening on //p' serve.out)
  [ -n "$base" ] || fail "serve did not get ready: $(cat serve.err)"
}
# A story that ends early leaves nothing running.
leave() {
  local code=$?
  [ -z "${server:-}" ] || kill -9 "$server" 2>/dev/null || true
  (exit "$code")
  ending
}
# end_server [CODE]: ends it in order.
end_server() {
  local code=0
  as_described
  kill "$server"
  wait "$server" || code=$?
  server=
  same "$code" "${1:-0}" "the exit code of serve ($(cat serve.err))"
}

# who NAME: as whom the following calls are made; a jar of cookies and a token for each.
who() { me=$1; csrf=$(cat "csrf.$me" 2>/dev/null || true); }
call() { # call METHOD PATH [JSON] [CURL OPTION…]; the answer is in answer.json, $status is its number
  local method=$1 path=$2 json=${3:-}
  shift 2; shift || true
  local more=()
  [ -z "$json" ] || more+=(-d "$json")
  [ "$method" = GET ] || more+=(-H "Origin: $base" -H "X-CSRF: $csrf")
  : >answer.json
  status=$(curl -sS -o answer.json -D headers.txt -w '%{http_code}' -b "jar.$me" -c "jar.$me" -X "$method" "${more[@]}" "$@" "$base$path")
  keep_call "$method" "$path"
}
# keep_call METHOD PATH: what was asked and answered last, to be held against player-bridge/openapi.json when the server ends.
calls=0
keep_call() {
  calls=$((calls + 1))
  local name=$BASHPID.$calls # some are made in subshells
  mkdir -p calls
  cp answer.json "calls/$name.body"
  cp headers.txt "calls/$name.head"
  echo "$name $1 $2 $status" >>calls/list
}
# as_described [--every TAG…]: the answers were as the server itself describes them.
as_described() {
  [ ! -e calls/list ] || python3 "$tests/openapi.py" "$described" answers calls "$@" || fail "an answer is not as openapi.json says"
}
answers() { # answers STATUS [JQ FILTER THAT HOLDS]
  same "$status" "$1" "the answer is: $(head -c 600 answer.json)"
  [ -z "${2:-}" ] || jq -e "$2" answer.json >/dev/null || fail "expected $2 of $(head -c 600 answer.json)"
}
sign_in() { # sign_in NAME PASSWORD
  who "$1"
  call POST /api/session "{\"name\":\"$1\",\"password\":\"$2\"}"
  answers 200
  jq -r .csrf answer.json >"csrf.$1"
  who "$1"
}
# listen NAME [CURL OPTION…]: what the session of NAME hears (GET /api/events) goes to heard.NAME; its process is $listener.
listen() {
  rm -f "heard.$1" "heard.$1.head"
  curl -sSN -b "jar.$1" -o "heard.$1" -D "heard.$1.head" "${@:2}" "$base/api/events" 2>/dev/null &
  listener=$!
  for _ in $(seq 100); do grep -qs '^: ' "heard.$1" && return; kill -0 $listener 2>/dev/null || break; sleep 0.05; done
  fail "the events of $1 did not begin: $(cat "heard.$1.head")"
}
# told NAME EVENT: the JSON of all of them that were heard.
told() { awk -v event="event: $2" '$0 == event { getline; sub(/^data: /, ""); print }' "heard.$1"; }
# hears NAME EVENT JQ: within 5 s one for which the filter holds.
hears() {
  for _ in $(seq 100); do
    [ -z "$(told "$1" "$2" | jq -c "select($3)")" ] || return 0
    sleep 0.05
  done
  fail "$1 did not hear $2: $3, but $(cat "heard.$1")"
}
open_clip() { # open_clip CLIP PURPOSE; prints the path of the film
  call POST "/api/clips/$1/open" "{\"purpose\":\"$2\"}"
  answers 200 >&2
  jq -er .url answer.json
}

# watch COUNT PATH: so many slow viewers, who have begun when this returns.
watch() {
  local address=${base#*://}
  rm -f viewers.out
  python3 "$tests/viewers.py" "${address%:*}" "${address##*:}" "$2" "$(awk '/clipvault/ {print $6 "=" $7}' "jar.$me")" "$1" >viewers.out 2>viewers.err &
  viewers=$!
  for _ in $(seq 200); do grep -qs watching viewers.out && return; kill -0 $viewers || break; sleep 0.05; done
  fail "the viewers did not begin: $(cat viewers.err)"
}
# was_cut COUNT SINCE_MS: none of them got the whole; $cut is when the last byte came, in ms since then.
was_cut() {
  wait $viewers || fail "$(cat viewers.err)"
  same "$(tail -n 1 viewers.out | jq -r '"\(.viewers) \(.whole)"')" "$1 0" "viewers, and those that got all of it"
  cut=$(($(tail -n 1 viewers.out | jq .last_byte_ms) - $2))
  echo "$1 streams: the last byte came after $cut ms, the last connection ended after $(($(tail -n 1 viewers.out | jq .last_end_ms) - $2)) ms"
}
# app_code URI: what an authenticator app that has this shows now.
app_code() {
  python3 -c 'import base64,hmac,struct,sys,time,urllib.parse as u
k=base64.b32decode(u.parse_qs(u.urlparse(sys.argv[1]).query)["secret"][0]); h=hmac.digest(k,struct.pack(">Q",int(time.time())//30),"sha1"); o=h[19]&15
print("%06d"%((struct.unpack(">I",h[o:o+4])[0]&0x7fffffff)%10**6))' "$1"
}
