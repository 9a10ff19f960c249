#!/bin/bash
# Where we end TLS ourselves it is 1.3 and nothing older, cookies are bound to this host, and a browser hears to come by TLS alone from
# now on (HSTS), of every answer; where somebody else ends TLS, or nobody does, that is not ours to say.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/flow/proxying.bash
. "$OLDPWD/tests/flow/proxying.bash"
new_vault
printf 'a lantern over water' >pw.ida
ask user add --name ida --role practitioner --password-file pw.ida >/dev/null
certificate
promised() { grep -ci '^strict-transport-security:' headers.txt || true; }

serve --tls-cert chain.pem --tls-key key.pem
port=${base##*:}
base=https://localhost:$port
who nobody
for path in /healthz / /api/me /api/nothing; do
  curl -sS -o /dev/null -D headers.txt "$base$path"
  grep -qi '^strict-transport-security: max-age=[1-9][0-9]*.$' headers.txt || fail "$path without HSTS: $(cat headers.txt)"
done
sign_in ida "$(cat pw.ida)"
same "$(promised)" 1 "HSTS where we end TLS"
grep -qi '^set-cookie: __Host-clipvault=[0-9a-f]\{64\}; Path=/; HttpOnly; SameSite=Lax; Secure' headers.txt || fail "$(cat headers.txt)"
call GET /api/me; answers 200 '.name == "ida"'
! curl -sS --tls-max 1.2 -o /dev/null "$base/healthz" 2>/dev/null || fail "TLS 1.2 is spoken"
! curl -sS -o /dev/null "http://localhost:$port/healthz" 2>/dev/null || fail "it is answered without TLS"
end_server

serve
who nobody
call GET /healthz; answers 200
same "$(promised)" 0 "HSTS without TLS"
end_server
serve_unix
status=$(curl -sS --unix-socket http.sock -o answer.json -D headers.txt -w '%{http_code}' http://localhost/healthz)
same "$status $(promised)" "200 0" "HSTS behind a proxy, which says it itself"
end_server
