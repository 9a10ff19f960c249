#!/bin/bash
# Single sign-on: what a proxy says of somebody is believed on the Unix socket, with the secret that only it has, of whom an officer has
# said it, and nowhere else.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/flow/proxying.bash
. "$OLDPWD/tests/flow/proxying.bash"
new_vault
printf 'a lantern over water' >pw.ida
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
sue=$(ask user add --name sue --role supervisor | get .user)
issuer=https://login.example/tenant/v2.0

# ---- an officer says who is who
ask user identity "$ida" | jq -e '.issuer == null and .subject == null' >/dev/null
expect 64 user identity "$ida" --issuer $issuer; says "belong together"
expect 64 user identity "$ida" --issuer $issuer --subject x --none
expect 64 user identity "$ida" --issuer '' --subject x; says "1 to 255"
expect 64 user identity "$ida" --issuer $issuer --subject "$(printf 'a%.0s' $(seq 256))"
ask user identity "$ida" --issuer $issuer --subject AAAA-1 | jq -e ".issuer == \"$issuer\" and .subject == \"AAAA-1\"" >/dev/null
expect 77 user identity "$sue" --issuer $issuer --subject AAAA-1; says "another user"
ask user identity "$sue" --issuer $issuer --subject aaaa-1 >/dev/null # as they are: another one
! grep -rqa AAAA-1 vault || fail "an identity lies in the vault in clear"

# ---- the secret
printf short >short; openssl rand -hex 32 >secret
expect 64 serve --listen 127.0.0.1:0 --sign-on-secret secret; says "unix:"
expect 65 serve --listen "unix:$stage/http.sock" --sign-on-secret short; says "32 to 256"
serve_unix --sign-on-secret secret
curl -sS --unix-socket http.sock http://localhost/healthz | jq -e '.sign_on == true' >/dev/null || fail "the page is not told of a button"
base=http://localhost
sign_on() { # sign_on CURL-OPTION…
  status=$(curl -sS --unix-socket http.sock -o answer.json -D headers.txt -w '%{http_code}' -X POST -H "Origin: ${origin:-https://localhost}" "$@" "$base/api/session/sign-on")
}
proof="X-Clipvault-Sign-On: $(cat secret)"
is() { claims=(-H "OIDC_CLAIM_iss: $1" -H "OIDC_CLAIM_sub: $2"); }
is $issuer AAAA-1
sign_on -H "$proof" "${claims[@]}"; answers 200 ".user == \"$ida\" and (.csrf | length == 64)"
same "$(grep -ci '^set-cookie: __Host-clipvault=' headers.txt)" 1 "cookies"
key=$(sed -n 's/\r$//; s/^[Ss]et-[Cc]ookie: __Host-clipvault=\([0-9a-f]*\);.*/\1/p' headers.txt)
me() { curl -sS --unix-socket http.sock -o answer.json -w '%{http_code}' -H "Cookie: __Host-clipvault=$key" "$base/api/me"; }
same "$(me)" 200 "the session"
jq -e '.name == "ida"' answer.json >/dev/null || fail "$(cat answer.json)"

# ---- nothing else is believed
sign_on "${claims[@]}"; answers 403 '.detail | contains("proxy")'
sign_on -H "X-Clipvault-Sign-On: " "${claims[@]}"; answers 403
sign_on -H "${proof%?}" "${claims[@]}"; answers 403
sign_on -H "${proof}0" "${claims[@]}"; answers 403
sign_on -H "$proof"; answers 403 '.detail | contains("does not say who")'
sign_on -H "$proof" -H "OIDC_CLAIM_sub: AAAA-1"; answers 403
sign_on -H "$proof" -H "OIDC_CLAIM_iss: $issuer" -H "OIDC_CLAIM_email: ida@example.org"; answers 403
sign_on -H "$proof" -H "X-Auth-Request-User: ida" -H "X-Auth-Iss: $issuer" -H "OIDC-CLAIM-sub: AAAA-1"; answers 403
origin=https://evil.example sign_on -H "$proof" "${claims[@]}"; answers 403
sign_on -H "$proof" -d '{"issuer":"x"}' "${claims[@]}"; answers 400
for other in "$issuer/ AAAA-1" "$issuer AAAA-10" "$issuer AAAA" "https://other.example AAAA-1" "${issuer^^} AAAA-1" "AAAA-1 $issuer" "$issuer ida"; do
  # shellcheck disable=SC2086
  is $other
  sign_on -H "$proof" "${claims[@]}"; answers 403 '.detail | contains("officer")'
done
# In no other request do they mean anything.
same "$(curl -sS --unix-socket http.sock -o answer.json -w '%{http_code}' -H "$proof" -H "OIDC_CLAIM_iss: $issuer" -H "OIDC_CLAIM_sub: AAAA-1" "$base/api/me")" 401 "without a session"

# ---- what cannot be taken back: only if the provider asked them a moment ago, and says so (OIDC_CLAIM_auth_time)
token() { key=$(sed -n 's/\r$//; s/^[Ss]et-[Cc]ookie: __Host-clipvault=\([0-9a-f]*\);.*/\1/p' headers.txt); csrf=$(jq -r .csrf answer.json); }
step() { # step [CURL-OPTION…]: withdraws a consent that nobody gave, which is looked for once it is known that they may
  status=$(curl -sS --unix-socket http.sock -o answer.json -w '%{http_code}' -H "Cookie: __Host-clipvault=$key" -H "X-CSRF: $csrf" -H "Origin: https://localhost" \
    -d '{}' "$@" "$base/api/consents/con_aaaaaaaaaaaaaaaaaaaaaaaaaa/withdraw")
}
confirms() { answers 403 '.error == "confirm" and (.detail | contains("sign on anew"))'; }
is $issuer AAAA-1
sign_on -H "$proof" "${claims[@]}"; answers 200; token
step; confirms
step -H "$proof" -H "OIDC_CLAIM_auth_time: $(date +%s)"; confirms # nor is it heard elsewhere
for when in 0 240 -30; do
  sign_on -H "$proof" "${claims[@]}" -H "OIDC_CLAIM_auth_time: $(($(date +%s) - when))"; answers 200; token
  step; answers 404
done
for when in $(($(date +%s) - 310)) $(($(date +%s) + 600)) 0 -1 "$(date +%s).0" "$(date +%s)x" 99999999999999999999999 yesterday; do
  sign_on -H "$proof" "${claims[@]}" -H "OIDC_CLAIM_auth_time: $when"; answers 200; token
  step; confirms
done
status=$(curl -sS --unix-socket http.sock -o answer.json -w '%{http_code}' -H "Cookie: __Host-clipvault=$key" -H "X-CSRF: $csrf" -H "Origin: https://localhost" \
  -d "{\"password\":\"$(cat pw.ida)\"}" "$base/api/session/confirm")
answers 200 # who has a password here may give that
step; answers 404

# ---- how somebody signs in: whoever has an app shows a code of it, whatever a provider says
changes() { # changes PATH JSON
  status=$(curl -sS --unix-socket http.sock -o answer.json -w '%{http_code}' -H "Cookie: __Host-clipvault=$key" -H "X-CSRF: $csrf" -H "Origin: https://localhost" -d "$2" "$base$1")
}
asked() { sign_on -H "$proof" "${claims[@]}" -H "OIDC_CLAIM_auth_time: $(date +%s)"; answers 200; token; }
asked
changes /api/me/app '{}'; answers 200; app=$(get .uri <answer.json)
changes /api/me/app/confirm "{\"code\":\"$(app_code "$app")\"}"; answers 200
changes /api/me/app '{}'; answers 200 # they have just shown one
asked
for path in me/app me/app/confirm "users/$ida/totp" "users/$ida/password"; do
  changes "/api/$path" '{}'; answers 403 '.error == "confirm" and (.detail | contains("the code"))'
done
step; answers 404
ask user totp "$ida" | get .uri >app
changes /api/session/confirm "{\"password\":\"$(cat pw.ida)\",\"code\":\"$(app_code "$(cat app)")\"}"; answers 200
changes /api/me/app '{}'; answers 200
ask user totp "$ida" --off >/dev/null

# ---- of so many sessions as one account may have the one that was used longest ago makes place for the next
is $issuer AAAA-1
sign_on -H "$proof" "${claims[@]}"; token
first=$key
for _ in $(seq 20); do sign_on -H "$proof" "${claims[@]}"; [ "$status" = 200 ] || break; done
answers 200
same "$(me)" 401 "the oldest of 21 sessions"
token
same "$(curl -sS --unix-socket http.sock -H "Cookie: __Host-clipvault=$key" "$base/api/sessions" | jq '.sessions | length')" 20 "sessions"
[ "$key" != "$first" ] || fail "it is the same session"

# ---- and it ends here: with the identity, with the user
is $issuer AAAA-1
ask user identity "$ida" --none >/dev/null
same "$(me)" 401 "a session of an identity that was taken away"
sign_on -H "$proof" "${claims[@]}"; answers 403
is $issuer aaaa-1
sign_on -H "$proof" "${claims[@]}"; answers 200 ".user == \"$sue\""
vault user disable "$sue" >/dev/null
sign_on -H "$proof" "${claims[@]}"; answers 403
ask user identity "$ida" --issuer $issuer --subject aaaa-1 >/dev/null # of a disabled user it may be another's
end_server

# ---- without the secret, and over TCP, it does not exist
is $issuer aaaa-1
serve_unix
sign_on -H "$proof" "${claims[@]}"; answers 403
end_server
serve
who ida
call POST /api/session/sign-on "" -H "$proof" "${claims[@]}"; answers 403
sign_in ida "$(cat pw.ida)" # a password goes on as it was
end_server
ask audit list | jq -e 'map(select(.did == "user.signed-in" and (.details | contains("single sign-on")))) | length == 37' >/dev/null || fail "the log"
ask audit list | jq -e 'map(select(.did | startswith("user.identity-"))) | length == 4' >/dev/null || fail "the log"
vault check >/dev/null
vault audit verify >/dev/null
