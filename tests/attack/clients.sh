#!/bin/bash
# Hostile clients, at the server itself and through the proxies' files that are shipped (docs/threat-model.md, A11): those who connect and
# say nothing, or too much, or what two programs might read in different ways; who guess, plant and replay. The server answers others meanwhile.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/flow/proxying.bash
. "$OLDPWD/tests/flow/proxying.bash"
new_vault
printf 'a lantern over water' >pw.ida
printf 'seven grey pebbles' >pw.sue
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
ask user add --name sue --role supervisor --password-file pw.sue >/dev/null
family=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,still >/dev/null
picture p.png
clip=$(take_in p.png "$ada")
clients() { python3 "$tests/../attack/clients.py" "$@" || fail "$1"; }

# ---- at the server itself
serve
at=${base#http://}
clients bombs "${at%:*}" "${at##*:}"
clients paths "${at%:*}" "${at##*:}"
clients smuggle "${at%:*}" "${at##*:}"
clients crowd "${at%:*}" "${at##*:}"
clients timing "${at%:*}" "${at##*:}" ida sue
who nobody
# What only a proxy may say is nothing here.
for said in 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8; do
  call POST /api/session '{"name":"nobody","password":"wrong wrong wrong"}' -H "X-Forwarded-For: $said"
  [ "$status" != 429 ] || break
done
answers 429
end_server

# ---- through the proxies
code() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
certificate
serve_unix
for which in nginx apache; do
  command -v "${which/apache/apache2}" >/dev/null || { echo "$which is not here"; continue; }
  rm -rf log
  secure=$(free_port) plain=$(free_port)
  adapted "$shipped/$which.conf" >site.conf
  "${which}_on" "$stage/site.conf"
  clients paths localhost "$secure" chain.pem
  clients smuggle localhost "$secure" chain.pem log/clipvault.log http.sock

  # A session that somebody planted is not the one that signs in.
  who ida
  planted=$(printf '%064d' 7)
  rm -f jar.ida
  status=$(curl -sS -o answer.json -c jar.ida -w '%{http_code}' -H "Origin: $base" -H "Cookie: __Host-clipvault=$planted" -d "{\"name\":\"ida\",\"password\":\"$(cat pw.ida)\"}" "$base/api/session")
  answers 200
  jq -r .csrf answer.json >csrf.ida; who ida
  key=$(awk '/clipvault/ {print $7}' jar.ida)
  [ "$key" != "$planted" ] || fail "the planted session was kept"
  same "$(code -H "Cookie: __Host-clipvault=$planted" "$base/api/me")" 401 "the planted session"
  same "$(code -H "Cookie: __Host-clipvault=$planted; __Host-clipvault=$key" "$base/api/me")" 401 "a planted session before ours"
  same "$(code -H "Cookie: clipvault=$key" "$base/api/me")" 401 "our key under a name that others may set"

  # Tickets: forged, replayed, in other hands.
  call POST "/api/clips/$clip/ticket" '{"purpose":"supervision"}'; answers 200
  ticket=$(jq -r .url answer.json)
  for _ in $(seq 20); do same "$(code "$base/ticket/$(head -c 32 /dev/urandom | xxd -p -c 64)")" 404 "a forged ticket"; done
  same "$(code "${ticket%?}")" 404 "a ticket that is cut"
  same "$(code "${ticket}0")" 404 "a ticket that is longer"
  same "$(code -A player "$ticket")" 200 "a ticket"
  same "$(code -A player "$ticket")" 403 "the same ticket again"
  same "$(code -A thief -r 1- "$ticket")" 403 "the same ticket in other hands"
  same "$(code -A player -b jar.ida "$base/film/${ticket##*/}")" 404 "a ticket as a session's address"
  call DELETE /api/session; answers 204
  same "$(code -A player -r 1- "$ticket")" 404 "a ticket of a session that has ended"
  proxy_ends
done
end_server
vault check >/dev/null
