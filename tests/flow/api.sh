#!/bin/bash
# What pages are made of: every request of the API that is a command, by somebody who may and by somebody who may not; and a stranger
# hears the same of what is somebody else's as of what does not exist.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
declare -A role=([ida]=practitioner [ulf]=practitioner [sue]=supervisor [ole]=officer [adam]=administrator) user
for name in "${!role[@]}"; do
  printf 'a lantern over water, %s' "$name" >"pw.$name"
  user[$name]=$(ask user add --name "$name" --role "${role[$name]}" --password-file "pw.$name" | get .user)
done
ask user link "${user[sue]}" "${user[ida]}" >/dev/null
serve
for name in "${!role[@]}"; do sign_in "$name" "$(cat "pw.$name")"; done

# as NAME METHOD PATH [JSON]
as() { who "$1"; shift; call "$@"; }
none() { sed 's/_[a-z2-7]\{26\}/_aaaaaaaaaaaaaaaaaaaaaaaaaa/' <<<"$1"; } # an id like that one, of nothing
# hidden NAME METHOD PATH [JSON]: they hear of it what they would hear if there were none of it.
hidden() {
  local theirs
  as "$@"
  theirs="$status $(cat answer.json)"
  as "$1" "$2" "$(none "$3")" "$(none "${4:-}")"
  same "$theirs" "$status $(cat answer.json)" "of what is not theirs, and of what is none: $*"
  [[ $status == 40[34] ]] || fail "$status to $*: $theirs"
}

# ---- words
as ida GET /api/purposes
answers 200 '(.purposes | length == 11 and all(.label != "" and .about != "")) and .purposes[2].purpose == "supervision" and (.media | length == 5)'

# ---- cases and people
as ida POST /api/cases '{"title":"Family Alder"}'; answers 200
case=$(get .case <answer.json)
as ida GET /api/cases; answers 200 ".cases | length == 1 and .[0].case == \"$case\" and .[0].title == \"Family Alder\""
as sue GET /api/cases; answers 200 '.cases | length == 1'
as ulf GET /api/cases; answers 200 '.cases == []'
as adam GET /api/cases; answers 403
as ida POST /api/persons "{\"name\":\"Ada\",\"kind\":\"child\",\"born\":\"2019-05-04\",\"case\":\"$case\"}"; answers 200
ada=$(get .person <answer.json)
as ida POST /api/persons "{\"name\":\"Ben\",\"kind\":\"carer\",\"case\":\"$case\"}"; answers 200
ben=$(get .person <answer.json)
as ida GET "/api/persons?case=$case"; answers 200 '.persons | map(.name) == ["Ada","Ben"]'
as ida GET "/api/persons/$ada"; answers 200 '.name == "Ada" and .kind == "child"'
as ida POST "/api/persons/$ben/correct" '{"name":"Ben Alder"}'; answers 200 '.name == "Ben Alder"'
as ida GET "/api/cases/$case"; answers 200 ".practitioner_name == \"ida\" and .clips == 0 and (.persons | map(.name) == [\"Ada\",\"Ben Alder\"])"
as ida GET "/api/persons?case=$case&missing=true"; answers 200 '.persons | map(.name) == ["Ada","Ben Alder"]'
as ida POST "/api/persons/$ben/correct" '{"name":"Ben Elder","dry_run":true}'; answers 200 '.name == "Ben Elder" and .clips_lost == [] and .certificate == null'
as ida GET "/api/persons/$ben"; answers 200 '.name == "Ben Alder"'
as sue POST "/api/persons/$ben/correct" '{"name":"B"}'; answers 403

# ---- consents
as ida POST /api/consents "{\"person\":\"$ada\",\"purpose\":[\"supervision\",\"intervention\"],\"refuse\":\"research\",\"assent\":\"yes\",\"until\":\"2090-01-01\"}"
answers 200; consent=$(get .consent <answer.json)
as ida GET "/api/persons?case=$case&missing=true"; answers 200 '.persons | map(.name) == ["Ben Alder"]'
head -c 300000 /dev/urandom >form.jpg
form=$(sha256sum <form.jpg | cut -d' ' -f1)
printf '{"person":"%s","purpose":"intervention","form":"%s"}' "$ben" "$(base64 -w 0 form.jpg)" >body.json
as ida POST /api/consents @body.json; answers 200
as ida GET "/api/consents/$(get .consent <answer.json)"; answers 200 ".form_sha256 == \"$form\""
as ida POST /api/consents "{\"person\":\"$ben\",\"purpose\":\"research\",\"form\":\"no such thing!\"}"; answers 400 '.detail | contains("base64")'
head -c 8000000 /dev/zero | tr '\0' x >body.json
for path in /api/consents /api/cases; do
  same "$(curl -sS -o /dev/null -w '%{http_code}' -b jar.ida -H "Origin: $base" -H "X-CSRF: $csrf" -d @body.json "$base$path")" 413 "8 MB to $path"
done
as ida GET "/api/consents/$consent"; answers 200 '.assent == "yes" and .state == "live"'
as ida GET "/api/persons?case=$case"; answers 200 '.persons[0].cases[0] | .agreed == ["intervention","supervision"] and .refused == ["research"] and (.until | startswith("2090-01"))'
as ida POST "/api/consents/$consent/renew" '{"until":"2091-01-01"}'; answers 200 '.renews | startswith("con_")'

# ---- clips
family=$(ask case open --title "Family Birch" --practitioner "${user[ida]}" | get .case)
picture a.png
film a.mp4 1
as ida POST /api/persons "{\"name\":\"Cy\",\"case\":\"$family\"}"; cy=$(get .person <answer.json)
clip=$(take_in a.png "$ada")
as ida GET "/api/clips?case=$family"; answers 200 ".clips | length == 1 and (.[0] | .clip == \"$clip\" and .file_name == \"a.png\" and .width == 320 and .practitioner_name == \"ida\" and .case_title == \"Family Birch\")"
answers 200 '.clips[0] | (.persons | map(.name) == ["Ada"]) and (.kept | index("poster") != null) and (.ingested_at | length == 20 or length == 24)'
as ida GET "/api/clips?case=$family&expiring_before=2089-01-01"; answers 200 '.clips == []'
as ida GET "/api/clips/$clip"; answers 200 '.denied | map(select(.purpose == "research"))[0].reasons[0] | contains("Ada")'
as ida GET "/api/clips/$clip/explain?purpose=supervision"; answers 200 '.allowed'
as ida GET "/api/clips/$clip/explain?purpose=research"; answers 200 '(.allowed | not) and (.reasons[0] | contains("Ada"))'
as ole GET "/api/clips/$clip/explain?purpose=supervision&user=${user[sue]}"; answers 200 '.allowed'
as ole GET "/api/clips/$clip/explain?purpose=supervision&user=${user[ulf]}"; answers 200 '.allowed | not'
as ida POST "/api/clips/$clip/people/add" "{\"person\":\"$cy\"}"; answers 200 '.state == "quarantined"'
as sue POST "/api/clips/$clip/people/remove" "{\"person\":\"$cy\"}"; answers 403
as ida POST "/api/clips/$clip/people/remove" "{}"; answers 400 '.detail | contains("\"person\"")'
as ida POST "/api/clips/$clip/people/remove" "{\"person\":\"$cy\"}"; answers 200 '.state == "live"'

# ---- a stranger
for path in "/api/cases/$case" "/api/persons/$ada" "/api/persons?case=$case" "/api/consents/$consent" "/api/consents?person=$ada" "/api/clips/$clip" \
  "/api/clips/$clip/explain?purpose=supervision"; do
  hidden ulf GET "$path"
  hidden adam GET "$path"
done
hidden ulf POST "/api/clips/$clip/open" '{"purpose":"supervision"}'
hidden adam POST "/api/clips/$clip/ticket" '{"purpose":"supervision"}'
hidden ulf POST "/api/cases/$case/close" '{}'
hidden ulf POST "/api/persons/$ben/correct" '{"name":"B"}'
hidden ulf POST /api/persons "{\"name\":\"N\",\"case\":\"$case\"}"
hidden ulf POST /api/consents "{\"person\":\"$ada\",\"purpose\":\"research\"}"
hidden ulf POST "/api/clips/$clip/people/add" "{\"person\":\"$ben\"}"
hidden ulf POST "/api/clips/$clip/shred" '{"reason":"x"}'
hidden ulf POST /api/grants "{\"target\":\"$clip\",\"user\":\"$(none "${user[ulf]}")\",\"purpose\":\"supervision\",\"until\":\"2090-01-01\"}"

# ---- what is shared
as ida POST /api/grants "{\"target\":\"$clip\",\"user\":\"${user[ulf]}\",\"purpose\":\"supervision\",\"until\":\"2090-01-01\",\"views\":2}"; answers 200
grant=$(get .grant <answer.json)
as ulf POST "/api/clips/$clip/open" '{"purpose":"supervision"}'; answers 200 '.rendition == "as-filmed"'
as ulf GET /api/grants; answers 200 ".grants | length == 1 and .[0].clip == \"$clip\" and .[0].state == \"stands\" and .[0].by_name == \"ida\" and .[0].views == 2"
as ulf POST "/api/grants/$grant/revoke" '{}'; answers 403
hidden adam POST "/api/grants/$grant/revoke" '{}'
as adam GET /api/grants; answers 200 '.grants | length == 1 and .[0].user_name == "ulf"'
as ole POST /api/grants "{\"target\":\"$clip\",\"user\":\"${user[ulf]}\",\"purpose\":\"supervision\",\"until\":\"2090-01-01\"}"; answers 403
as ida POST "/api/grants/$grant/revoke" '{}'; answers 200
as ulf POST "/api/clips/$clip/open" '{"purpose":"supervision"}'; answers 403 '.detail | contains("taken back")'

# ---- what stands beside a film
as ida GET "/api/clips/$clip/poster"; same "$status" 200; grep -qi '^content-type: image/jpeg' headers.txt || fail "$(cat headers.txt)"
as sue GET "/api/clips/$clip/poster"; same "$status" 200
as ole GET "/api/clips/$clip/poster"; answers 403
film=$(take_in a.mp4 "$ada")
beside() { # beside NAME WHAT STATUS: what NAME gets of it at the address in $url
  same "$(curl -sS -b "jar.$1" -o part -D headers.txt -w '%{http_code}' "$base$url/$2")" "$3" "$2, by $1"
  grep -qi '^cache-control: no-store' headers.txt || fail "without no-store: $2"
  cp part answer.json
  status=$3
  keep_call GET "$url/$2"
}
as ida POST "/api/clips/$film/open" '{"purpose":"supervision"}'; answers 200
url=$(get .url <answer.json)
for what in poster strip peaks frames; do answers 200 ".${what}_url == \"$url/$what\""; done
for what in poster:ffd8ff strip:43565354 peaks:4356504b frames:43564652; do
  beside ida "${what%:*}" 200
  [[ $(xxd -p -l 4 part) == "${what#*:}"* ]] || fail "this is no ${what%:*}: $(xxd -l 16 part)"
  beside sue "${what%:*}" 403
  beside nobody "${what%:*}" 401
done
same "$(curl -sS -b jar.ida -r 4-5 "$base$url/strip" | xxd -p)" 0100 "a part of the strip"
beside ida body 404
as ida POST "/api/clips/$film/cut" '{"in":5,"out":"0.600"}'; answers 200 ".parent == \"$film\" and .from_frame == 5 and .to_frame == 15 and .state == \"live\""
as ida POST "/api/clips/$film/still" '{"at":"7"}'; answers 200 ".parent == \"$film\""
as ida POST "/api/clips/$film/still" '{"at":"seven"}'; answers 400
as sue POST "/api/clips/$film/cut" '{"in":5,"out":15}'; answers 403
hidden adam POST "/api/clips/$film/still" '{"at":5}'
as ida POST "/api/clips/$film/obscure" '{}'; answers 400 '.detail | contains("\"marks\" is missing")'
as ida POST "/api/clips/$film/obscure" "{\"marks\":\"person $ada fill\\n0 10 10\"}"; answers 422
as ida POST "/api/clips/$film/obscure" "{\"marks\":\"person $ada fill\\n0 10 10 50 60\\n0.5 20 10 50 60\\n\"}"
answers 200 ".regions == 1 and .people[0].person == \"$ada\" and .people[0].covered"
# As long as on the command line (tests/unit/test_marks.c): 120 KiB of text, which is more in JSON.
marks_of() { printf 'person %s fill\n0 10 10 50 60\n0.5 20 10 50 60\n' "$ada"; printf '# x\n%.0s' $(seq $(($1 / 4))); }
marks_of $((120 * 1024 - 80)) >fits.marks
marks_of $((120 * 1024 + 1)) >long.marks
for name in fits long; do jq -Rs '{marks: .}' $name.marks >$name.json; done
[ "$(stat -c %s fits.json)" -gt $((130 * 1024)) ] || fail "the marks are not that long"
as ida POST "/api/clips/$film/obscure" @fits.json; answers 200 '.regions == 1'
as ida POST "/api/clips/$film/obscure" @long.json; answers 422 '.detail | contains("longer than 120 KiB")'
jq -n '{marks: ("x" * 300000)}' >huge.json
as ida POST "/api/clips/$film/obscure" @huge.json; answers 413 '.detail | contains("120 KiB")'
as ida POST "/api/clips/$film/obscure" "{\"marks\":\"person $ada fill\\n0 10 10 50 60\\n0.5 20 10 50 60\\n\"}"
as ida POST "/api/clips/$film/obscure/confirm" '{"through":"0.2"}'; answers 403 '.detail | contains("not looked at")'
as ida POST "/api/clips/$film/obscure/confirm" '{"through":"end"}'; answers 200 '.rendition == "obscured" and (.purposes | index("supervision") != null)'
as ole GET "/api/clips/$film/obscure"; answers 200 '(.draft.marks | startswith("person ")) and .confirmed.people[0].covered'
as sue POST "/api/clips/$film/obscure" '{"marks":"x"}'; answers 403
hidden ulf POST "/api/clips/$film/obscure" '{"marks":"x"}'
hidden adam GET "/api/clips/$film/obscure"
as ida POST "/api/clips/$film/obscure/drop" '{}'; answers 200 '.certificate | startswith("crt_")'
who nobody; call POST "/api/clips/$film/cut" '{}'; answers 401
who ida; csrf=; call POST "/api/clips/$film/still" '{"at":5}'; answers 403
ask grant "$film" --user "${user[ulf]}" --purpose supervision --until 2090-01-01 --views 1 >/dev/null 2>&1 && fail "an officer shares"
as ida POST /api/grants "{\"target\":\"$film\",\"user\":\"${user[ulf]}\",\"purpose\":\"supervision\",\"until\":\"2090-01-01\",\"views\":1}"; answers 200
as ulf POST "/api/clips/$film/open" '{"purpose":"supervision"}'; answers 200
url=$(get .url <answer.json)
beside ulf strip 200 # that is a viewing, and the only one
beside ulf frames 200
as ulf POST "/api/clips/$film/open" '{"purpose":"supervision"}'; answers 403 '.detail | contains("used up")'
as ole GET "/api/audit?clip=$film"; answers 200 '.entries | map(select(.did == "viewing.began")) | length == 2'

# ---- users
as adam GET /api/users; answers 200 ".users | map(select(.name == \"sue\"))[0].supervises == [\"${user[ida]}\"]"
as ida GET /api/users; answers 200 '(.users | map(.name) | index("sue")) and (.users | all(keys == ["name", "roles", "user"]))' # with whom she can share
as sue GET /api/users; answers 403
as ida GET "/api/users/${user[ida]}"; answers 200 ".supervised_by == [\"${user[sue]}\"]"
as adam POST /api/users '{"name":"eve","role":"supervisor","external":true,"until":"2090-01-01","agreement":"DSA-17"}'; answers 200
eve=$(get .user <answer.json)
as ida POST /api/users '{"name":"x","role":"practitioner"}'; answers 403
as ole POST /api/links "{\"supervisor\":\"$eve\",\"practitioner\":\"${user[ida]}\"}"; answers 200
as adam POST /api/links "{\"supervisor\":\"$eve\",\"practitioner\":\"${user[ulf]}\"}"; answers 403
as ole POST /api/links/remove "{\"supervisor\":\"$eve\",\"practitioner\":\"${user[ida]}\"}"; answers 200
as adam POST "/api/users/$eve/password" '{"password":"eleven quiet herons"}'; answers 403
as ole POST "/api/users/$eve/password" '{"password":"short"}'; [[ $status == 4* ]] || fail "$status"
as ole POST "/api/users/$eve/password" '{"password":"eleven quiet herons"}'; answers 200
sign_in eve "eleven quiet herons"
as ole POST "/api/users/$eve/reset" '{"password":"twelve quiet herons"}'; answers 200
as eve GET /api/me; answers 401
as adam POST /api/users '{"name":"una","role":"practitioner","password":"nine tall poplars"}'; answers 403
as ole POST /api/users '{"name":"una","role":"practitioner","password":"nine tall poplars"}'; answers 200
una=$(get .user <answer.json)
sign_in una "nine tall poplars"
# An app of one's own: told, and asked for only once a code of it was shown; that code is used up.
as una POST /api/me/app/confirm '{"code":"000000"}'; answers 403 '.detail | contains("begin again")'
as una POST /api/me/app '{}'; answers 200 '.uri | startswith("otpauth://totp/clipvault:una?")'
lost=$(get .uri <answer.json)
sign_in una "nine tall poplars"
as una POST /api/me/app '{}'; answers 200
uri=$(get .uri <answer.json)
as una POST /api/me/app/confirm "{\"code\":\"$(app_code "$lost")\"}"; answers 403 '.detail | contains("no code of that app")'
sign_in una "nine tall poplars"
as una POST /api/me/app '{}'; uri=$(get .uri <answer.json)
typed=$(app_code "$uri")
as una POST /api/me/app/confirm "{\"code\":\"$typed\"}"; answers 200 .totp
as una POST /api/session '{"name":"una","password":"nine tall poplars"}'; answers 401
as una POST /api/session "{\"name\":\"una\",\"password\":\"nine tall poplars\",\"code\":\"$typed\"}"; answers 401
as ole GET "/api/users/$una"; answers 200 .totp
as ole POST "/api/users/$una/reset" '{"password":"ten tall poplars"}'; answers 200
sign_in una "ten tall poplars"
as una POST "/api/users/$eve/password" '{"password":"eleven tall poplars"}'; answers 403
as una POST "/api/users/$una/reset" '{"password":"eleven tall poplars"}'; answers 403
as una POST "/api/users/$una/password" '{"password":"eleven tall poplars"}'; answers 200
as una GET /api/me; answers 401
sign_in una "eleven tall poplars"
! grep -q "$(grep -o 'secret=[A-Z2-7]*' <<<"$uri")" serve.out serve.err || fail "the secret of an app is in a log"
as ida POST "/api/users/$eve/totp" '{}'; answers 403
as ole POST "/api/users/$eve/totp" '{}'; answers 200 '.uri | startswith("otpauth://")'
as ida POST "/api/users/$eve/disable" '{}'; answers 403
as adam POST "/api/users/$eve/disable" '{}'; answers 200 '.state == "disabled"'
as adam POST "/api/users/$eve/enable" '{}'; answers 403
as ole POST "/api/users/$eve/enable" '{}'; answers 200 '.state == "live"'
# Whose session has ended hears just that, whatever they ask for.
as ole POST "/api/users/$una/disable" '{}'; answers 200
as ole POST "/api/users/$una/enable" '{}'; answers 200
as una POST "/api/clips/$clip/open" '{"purpose":"supervision"}'; answers 401 '.detail | contains("sign in")'
sign_in una "eleven tall poplars"

# ---- holds and restrictions
as ida POST /api/holds "{\"case\":\"$case\",\"reason\":\"r\",\"owner\":\"o\",\"review\":\"2090-01-01\"}"; answers 403
as ole POST /api/holds "{\"clip\":\"$clip\",\"reason\":\"an inquiry\",\"owner\":\"the officer\",\"review\":\"2090-01-01\"}"; answers 200 '.clips == 1'
hold=$(get .hold <answer.json)
as ole GET /api/holds; answers 200 ".holds | length == 1 and .[0].clip == \"$clip\" and .[0].reason == \"an inquiry\""
as ida GET /api/holds; answers 403
as ida POST "/api/clips/$clip/shred" '{"reason":"x"}'; answers 403 '.detail | contains("hold")'
as ida POST "/api/holds/$hold/release" '{}'; answers 403
as ole POST "/api/holds/$hold/release" '{}'; answers 200
as ole POST /api/restrictions "{\"clip\":\"$clip\",\"reason\":\"it is disputed\"}"; answers 200
hold=$(get .hold <answer.json)
as ida POST /api/restrictions "{\"clip\":\"$clip\",\"reason\":\"x\"}"; answers 403
as ida POST "/api/clips/$clip/open" '{"purpose":"supervision"}'; answers 403 '.detail | contains("restriction")'
as ida POST "/api/restrictions/$hold/release" '{}'; answers 403
as ole POST "/api/restrictions/$hold/release" '{}'; answers 200
as ole GET '/api/holds?all=true'; answers 200 '.holds | length == 2'
as ole POST /api/break-glass "{\"clip\":\"$clip\",\"reason\":\"a child is in danger\"}"; answers 200
asked=$(get .grant <answer.json)
as ole POST "/api/break-glass/$asked/confirm" '{}'; answers 403
# Why is for officers; whoever has the case reads it on the clip, once it was confirmed.
why='.grants[] | select(.purpose == "break-glass") | .reason == "a child is in danger" and (.asked_at | length > 0)'
as ole GET /api/grants; answers 200 "$why"
for other in ida adam; do as $other GET /api/grants; answers 200 '[.grants[] | select(.purpose == "break-glass" and has("reason"))] == []'; done
as ida GET "/api/clips/$clip"; answers 200 '.break_glass == []'
asked=$(ask break-glass request "$clip" --reason "a child is in danger" | get .grant)
as ole POST "/api/break-glass/$asked/confirm" '{}'; answers 200 '.state == "stands"'
as ida GET "/api/clips/$clip"; answers 200 '.break_glass | length == 1 and (.[0] | .state == "stands" and .confirmed_by_name == "ole" and .reason == "a child is in danger")'
as ole GET /api/grants; answers 200 '.grants[] | select(.state == "stands" and .purpose == "break-glass") | .confirmed_by_name == "ole"'
as ida POST /api/break-glass "{\"clip\":\"$clip\",\"reason\":\"x\"}"; answers 403
as ida POST "/api/break-glass/$asked/confirm" '{}'; [[ $status == 40[34] ]] || fail "$status"

# ---- cycles and goals
as ida POST /api/cycles "{\"case\":\"$family\",\"question\":\"How can bedtime be calmer?\"}"; answers 200 '.number == 1 and .state == "open"'
cycle=$(get .cycle <answer.json)
as ida POST "/api/cycles/$cycle/add" "{\"clip\":\"$clip\",\"as\":\"moment\"}"; answers 200 '.clips[0].as == "moment"'
as ida POST /api/goals "{\"case\":\"$family\",\"text\":\"Meals without shouting\"}"; answers 200 '.ratings == []'
goal=$(get .goal <answer.json)
as ida POST "/api/goals/$goal/rate" "{\"score\":\"4\",\"cycle\":\"$cycle\"}"; answers 200 '.ratings[0].score == 4'
as ida POST "/api/goals/$goal/rate" '{"score":"11"}'; [[ $status == 4* ]] || fail "$status"
as ida GET "/api/goals?case=$family"; answers 200 '.goals | length == 1'
as ida GET "/api/cycles?case=$family"; answers 200 '.cycles | length == 1'
as ida GET "/api/cycles/$cycle"; answers 200 '.ratings[0].score == 4'
as ulf GET "/api/cycles/$cycle"; answers 404
as ulf GET "/api/goals?case=$family"; answers 404
as ulf POST "/api/goals/$goal/rate" '{"score":"5"}'; answers 404
as ida POST /api/supervision "{\"target\":\"$cycle\",\"supervisor\":\"${user[sue]}\",\"note\":\"Where did I miss her turn?\"}"; answers 200
supervision=$(get .supervision <answer.json)
as sue GET /api/supervision; answers 200 ".supervision | length == 1 and (.[0] | .cycle == \"$cycle\" and (.clips | length == 1))"
as ulf GET /api/supervision; answers 200 '.supervision == []'
as ulf POST "/api/supervision/$supervision/cancel" '{}'; [[ $status == 40[34] ]] || fail "$status"
as sue POST "/api/supervision/$supervision/note" '{"text":"At the second smile."}'; answers 200 '.state == "waiting"'
as ida POST "/api/cycles/$cycle/sign-off" '{"hours":"1","note":"x"}'; answers 403
as sue POST "/api/cycles/$cycle/sign-off" '{"hours":"1.5","note":"Well seen."}'; answers 200 '.minutes == 90'
as ida GET /api/training; answers 200 '.stages[0].cycles == 1 and .stages[0].minutes == 90'
as sue GET "/api/training?user=${user[ida]}"; answers 200 '.name == "ida"'
as ulf GET "/api/training?user=${user[ida]}"; answers 403
as ida POST /api/training/export '{}'; answers 200 '.name == "ida" and .form == "clipvault portfolio 1" and (.cycles | length == 1 and (.[0] | has("note") | not))'
as ida POST /api/training/export '{"with_notes":"yes"}'; answers 200 '.cycles[0].note == "Well seen."'
as ida POST /api/training/export '{"to":"portfolio.json"}'; answers 400
as sue POST /api/training/export '{}'; answers 403
as ida POST "/api/cycles/$cycle/remove" "{\"clip\":\"$clip\"}"; answers 200 '.clips == []'
as ida POST "/api/cycles/$cycle/close" '{}'; answers 200 '.state == "closed"'

# ---- the machine
as adam GET /api/stats; answers 200 '(.counts | type == "object") and .clock == "fine"'
as ida GET /api/stats; answers 403
as ole GET /api/stats/csv; same "$status" 200; grep -q '^clips' answer.json || fail "$(cat answer.json)"
as adam GET /api/check; answers 200 '.ok and .problems == []'
as sue GET /api/check; answers 403
as ida GET /api/slots; answers 200 '.slots | length == 1'
as ida GET /api/replicas; answers 200 '.replicas == []'
as ida GET /api/sweep; answers 200 '.due == 0 and .would_end == [] and .clock == "fine" and (.now | length > 0)'
as sue GET /api/sweep; answers 403
as ida POST /api/sweep '{}'; answers 200 '.due == 0'
as sue POST /api/sweep '{}'; answers 403
as ole POST /api/clock/confirm '{}'; answers 200
as ida POST /api/clock/confirm '{}'; answers 403
as ida GET /api/audit/verify; answers 200 '.valid'
as ole GET "/api/audit?clip=$clip"; answers 200 '.entries | map(.did) | index("clip.ingested") != null'
as ida GET /api/audit; answers 403
as ole POST /api/audit/checkpoint '{}'; answers 200 '.fingerprint | length > 20'
as ida POST /api/audit/checkpoint '{}'; answers 403

# ---- without a session, and without its token
who nobody
for path in /api/purposes /api/cases /api/persons "/api/persons/$ada" "/api/consents/$consent" "/api/clips/$clip/explain?purpose=research" /api/grants \
  /api/users "/api/users/$eve" /api/holds /api/sweep /api/certificates /api/audit /api/audit/verify /api/stats /api/stats/csv /api/slots /api/replicas; do
  call GET "$path"; answers 401
done
for path in /api/cases "/api/cases/$case/close" /api/persons "/api/persons/$ada/correct" "/api/persons/$ada/erase" "/api/consents/$consent/renew" \
  "/api/clips/$clip/people/add" "/api/clips/$clip/shred" /api/grants "/api/grants/$grant/revoke" /api/break-glass "/api/break-glass/$asked/confirm" \
  /api/users "/api/users/$eve/disable" "/api/users/$eve/enable" "/api/users/$eve/totp" /api/links /api/links/remove /api/holds \
  "/api/holds/$hold/release" /api/restrictions "/api/restrictions/$hold/release" /api/sweep /api/clock/confirm /api/audit/checkpoint; do
  who nobody; call POST "$path" '{}'; answers 401
  who ida; csrf=; call POST "$path" '{}'; answers 403 '.detail | contains("X-CSRF")'
done

# ---- what ends
as ole POST "/api/cases/$case/assign" "{\"practitioner\":\"${user[ulf]}\"}"; answers 200
as ida POST "/api/cases/$case/assign" "{\"practitioner\":\"${user[ida]}\"}"; answers 404
as ulf POST "/api/cases/$case/close" '{}'; answers 200 '.closed_at != null'
as ulf POST "/api/cases/$case/accredited" '{}'; answers 200 '.accredited_at != null'
as ole POST "/api/persons/$ada/withdraw" '{"purpose":"supervision","dry_run":true}'; answers 200 '(.clips_lost | length) == 4 and .lost_elsewhere == 0 and .state == "dry-run"'
# Whoever takes the call hears how much it is; which clips and consents, only of what they may know of: ulf of her, una of nothing.
as ulf POST "/api/persons/$ada/withdraw" '{"purpose":"supervision","dry_run":true}'; answers 200 '.clips_lost == [] and .lost_elsewhere == 4 and (.withdrawn | length > 0)'
as una POST "/api/persons/$ada/withdraw" '{"purpose":"supervision","dry_run":true}'; answers 200 '.clips_lost == [] and .lost_elsewhere == 4 and .withdrawn == []'
as ole POST "/api/clips/$clip/shred" '{"reason":"it was asked for"}'; answers 200 '.certificate | startswith("crt_")'
certificate=$(get .certificate <answer.json)
as ida GET /api/certificates; answers 200 ".certificates | map(.certificate) | index(\"$certificate\") != null"
as ida GET "/api/certificates/$certificate"; answers 200 ".certificate == \"$certificate\""
ask certificate key --to vault.pub >/dev/null
cp answer.json certificate.json
ask certificate verify certificate.json --vault-key vault.pub | get .valid >/dev/null || fail "the bytes that were signed"
as ida GET "/api/certificates/$certificate/text"; same "$status" 200; grep -q "$certificate" answer.json || fail "$(cat answer.json)"
as ida GET "/api/certificates/$certificate/page"; same "$status" 200; grep -qi '<html' answer.json || fail "$(cat answer.json)"
grep -qi "^content-security-policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'none'" headers.txt || fail "$(cat headers.txt)"
grep -qi '^content-type: text/html; charset=utf-8' headers.txt || fail "$(cat headers.txt)"
same "$(grep -ci '^content-security-policy:' headers.txt)" 1 "policies"
as ole POST "/api/persons/$ada/erase" '{"dry_run":true}'; answers 200 '.state == "dry-run" and (.clips | length > 0) and (.held | not) and .certificate == null'
as ole POST "/api/persons/$ada/erase" '{}'; answers 403 '.detail | contains("still in")'
as ida POST "/api/persons/$ada/erase" '{"dry_run":true}'; answers 403
as ole POST "/api/persons/$ada/withdraw" '{"purpose":"intervention"}'; answers 200
beside ulf strip 200
as ole POST "/api/persons/$ada/withdraw" '{"purpose":"supervision"}'; answers 200 '.state == "done"'
beside ulf strip 404
beside ulf frames 404
as ole POST "/api/persons/$ada/erase" '{"dry_run":true}'; answers 200 '.clips == [] and .consents > 0'
as ole POST "/api/persons/$ada/erase" '{}'; answers 200 '.state == "erased" and (.certificate | startswith("crt_"))'
as ole POST "/api/persons/$ada/erase" '{"dry_run":true}'; answers 404
as_described --every work cases persons shares users duties proof machine
end_server
