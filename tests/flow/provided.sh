#!/bin/bash
# Single sign-on as it is lived: a browser is sent to a provider, comes back through Apache with the files that are shipped, and has a
# session here as whoever an officer said they are. What cannot be taken back is done while the provider asked them a moment ago.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/flow/proxying.bash
. "$OLDPWD/tests/flow/proxying.bash"
command -v apache2 >/dev/null || skip "needs apache2"
[ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || skip "needs libapache2-mod-auth-openidc"
new_vault
ida=$(ask user add --name ida --role practitioner | get .user)
secure=$(free_port) plain=$(free_port) provider_port=$(free_port)
issuer=http://127.0.0.1:$provider_port
ask user identity "$ida" --issuer "$issuer" --subject AAAA-1 >/dev/null
certificate
openssl rand -hex 32 >secret
serve_unix --sign-on-secret secret
openssl genrsa -out provider.key 2048 2>openssl.err
date +%s >signed-in
python3 "$tests/provider.py" "$provider_port" "$issuer" AAAA-1 provider.key 2>provider.err & provider=$!
leave_all() { local code=$?; kill -9 "$provider" 2>/dev/null || true; (exit $code); leave_proxied; }
trap leave_all EXIT
for _ in $(seq 100); do ! curl -s -o /dev/null "$issuer/keys" || break; sleep 0.05; done

printf 'OIDCClientSecret "x"\nOIDCCryptoPassphrase "%s"\nDefine CLIPVAULT_SIGN_ON %s\n' "$(openssl rand -hex 16)" "$(cat secret)" >apache-secrets.conf
encoded=${issuer//:/%3A}; encoded=${encoded//\//%2F}
adapted "$shipped/apache-sign-on.conf" | sed -e "s|/etc/clipvault|$stage|; s|https://login.example|$issuer|; s|https%3A%2F%2Flogin.example|$encoded|" \
  -e "s|https://localhost|&:$secure|g; s|%2F%2Flocalhost|&%3A$secure|g" >sign-on.conf
adapted "$shipped/apache.conf" | awk -v include="  Include $stage/sign-on.conf" '/<\/VirtualHost>/ && ++n == 2 {print include} {print}' >site.conf
apache_on "$stage/site.conf" authn_core authz_user auth_openidc

# A browser: follows redirects, keeps cookies.
go() { status=$(curl -sS -L --max-redirs 8 -b jar.ida -c jar.ida -o page -D headers.txt -w '%{http_code} %{url_effective}' "$base$1"); }
who ida
sign_on() { call POST /api/session/sign-on "" "$@"; [ "$status" != 200 ] || { jq -r .csrf answer.json >csrf.ida; who ida; }; }
step() { call POST /api/consents/con_aaaaaaaaaaaaaaaaaaaaaaaaaa/withdraw '{}'; }

same "$(curl -sS -o answer.json -w '%{http_code}' -X POST -H "Origin: $base" "$base/api/session/sign-on")" 401 "before anybody signed on"
go /sign-on
same "$status" "200 $base/" "where a browser comes back to"
grep -q '"max_age": "300"' asked || fail "the provider was not asked to look how long ago it was: $(cat asked)"
sign_on; answers 200 ".user == \"$ida\""
call GET /api/me; answers 200 '.name == "ida"'
step; answers 404 # it was now
# Nobody says through the proxy who they are, or when that was, but the proxy.
echo $(($(date +%s) - 250)) >signed-in
go /sign-on; same "$status" "200 $base/" "signed on anew"
sign_on -H "OIDC_CLAIM_sub: BBBB-2" -H "OIDC_CLAIM_auth_time: $(date +%s)" -H "X-Clipvault-Sign-On: guess"; answers 200 ".user == \"$ida\""

# ---- the provider asked them too long ago, which one that does not care for max_age says as well; one that does asks again
long_ago=$(($(date +%s) - 3600))
echo $long_ago >signed-in
touch careless
go /sign-on; sign_on; answers 200
step; answers 403 '.error == "confirm" and (.detail | contains("sign on anew"))'
rm careless
go /sign-on; sign_on; answers 200
step; answers 404
[ "$(cat signed-in)" -gt $long_ago ] || fail "the provider did not ask again"
proxy_ends
kill "$provider"; wait "$provider" 2>/dev/null || true
end_server
