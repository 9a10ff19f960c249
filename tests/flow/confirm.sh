#!/bin/bash
# What cannot be taken back is not done by whoever sits down at a screen that was left: withdrawals and holds ask for the password, and
# the code, again, 5 minutes after they were given (here: 3 s). Sessions can be listed, and ended.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
[ -x "$hooked/clipvault" ] || skip "there is no build with test hooks"
new_vault
printf 'a lantern over water' >pw.ida
printf 'seven grey pebbles' >pw.ole
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
ask user add --name ole --role officer --password-file pw.ole >/dev/null
family=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
ada=$(person "Ada" carer)
agreed=$(consent "$ada" supervision)
second=$(consent "$ada" research)

programs=$hooked
CLIPVAULT_TEST_PROVEN_MS=3000 serve
sign_in ole "$(cat pw.ole)"
sign_in ida "$(cat pw.ida)"
call POST "/api/consents/$agreed/withdraw" '{}'; answers 200 # signing in counts
sleep 3.2
withdraw() { call POST "/api/consents/$second/withdraw" '{}'; }
withdraw; answers 403 '.error == "confirm" and (.detail | contains("password again"))'
call POST "/api/persons/$ada/withdraw" '{}'; answers 403 '.error == "confirm"'
call GET "/api/consents/$second"; answers 200 '.state == "live"'
call GET /api/clips; answers 200 # all else goes on
call POST /api/session/confirm '{"password":"wrong wrong wrong"}'; answers 403 '.error == "refused"'
withdraw; answers 403 '.error == "confirm"'
call POST /api/session/confirm '{}'; answers 400
call POST /api/session/confirm '{"password":"seven grey pebbles"}'; answers 403 # somebody else's
who ole
call POST /api/holds "{\"person\":\"$ada\",\"reason\":\"an inquiry\",\"owner\":\"the officer\",\"review\":\"2090-01-01\"}"; answers 403 '.error == "confirm"'
# Neither is a film ended, a record erased or put right, glass broken, or a doubted sweep confirmed.
for path in clips/clp_aaaaaaaaaaaaaaaaaaaaaaaaaa/shred "persons/$ada/erase" "persons/$ada/correct" break-glass break-glass/grn_aaaaaaaaaaaaaaaaaaaaaaaaaa/confirm sweep clock/confirm; do
  call POST "/api/$path" '{}'; answers 403 '.error == "confirm"'
done
who ida
call POST /api/session/confirm "{\"password\":\"$(cat pw.ida)\"}"; answers 200 '.until | length > 0'
withdraw; answers 200
for _ in $(seq 20); do # on a busy machine the wait for the sixth is over before it comes
  call POST /api/session/confirm '{"password":"wrong wrong wrong"}'
  [ "$status" = 403 ] || break
done
answers 429
grep -qi '^retry-after: [0-9]' headers.txt || fail "$(cat headers.txt)"

# ---- sessions: one's own
cp jar.ida jar.other; cp csrf.ida csrf.other
who ole; call GET /api/sessions; answers 200 '.sessions | length == 1 and .[0].current'
number=$(jq -r '.sessions[0].session' answer.json)
who ida; call DELETE "/api/sessions/$number"; answers 404
who ole; call GET /api/me; answers 200
call DELETE "/api/sessions/$number"; answers 204
call GET /api/me; answers 401
end_server

# The same without the protection: with half an hour instead of 3 s the same request passes.
third=$(consent "$ada" peer_training)
CLIPVAULT_TEST_PROVEN_MS=1800000 serve
sign_in ole "$(cat pw.ole)"
sleep 3.2
call POST "/api/consents/$third/withdraw" '{}'; answers 200
end_server
