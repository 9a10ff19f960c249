#!/bin/bash
# The API is what its description says: every request of player-bridge/openapi.json is made, its answer has exactly the members, type
# and headers that stand there, and whoever comes without what it needs is refused as it says.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
ada=$(person "Ada" carer)
printf 'a lantern over water' >pw.ida
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
family=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
agreed=$(consent "$ada" supervision --media recording,still)
picture p.png
clip=$(take_in p.png "$ada")
serve

who nobody
call GET /healthz; answers 200
call GET /metrics; answers 200
call GET /api/openapi.json; answers 200
cmp answer.json "$described" || fail "what is served is not the file"
call GET /api/me; answers 401
sign_in ida "$(cat pw.ida)"
call GET /api/me; answers 200
call POST /api/session/confirm "{\"password\":\"$(cat pw.ida)\"}"; answers 200
call GET /api/sessions; answers 200 '.sessions | length == 1 and .[0].current'
call GET "/api/clips?case=$family&person=$ada&state=live"; answers 200 '.clips | length == 1'
call GET "/api/clips?expiring_before=2199-01-01"; answers 200 '.clips == []'
call GET "/api/clips/$clip"; answers 200
call GET /api/clips/clp_aaaaaaaaaaaaaaaaaaaaaaaaaa; answers 404

film() { # film PATH STATUS [CURL OPTION…]
  status=$(curl -sS -b "jar.$me" -o answer.json -D headers.txt -w '%{http_code}' "${@:3}" "$base$1")
  same "$status" "$2" "the film at $1"
  keep_call GET "$1"
}
url=$(open_clip "$clip" supervision)
film "$url" 200
film "$url" 206 -r 0-9
film "$url" 416 -r 999999999-
call POST "/api/clips/$clip/ticket" '{"purpose":"supervision","rendition":"as-filmed"}'; answers 200
ticket=$(jq -r .path answer.json)
film "$ticket" 200
film "$ticket" 403

call GET "/api/consents?person=$ada"; answers 200 '.consents | length == 1'
call POST /api/consents "{\"person\":\"$ada\",\"purpose\":[\"research\"],\"refuse\":\"publication\",\"media\":\"recording\",\"identifiability\":\"obscured\",
  \"until\":\"2199-01-01\",\"after\":[\"recording:30d\"],\"signed_by\":\"Ada\",\"capacity\":\"self\",\"assent\":\"not-sought\",
  \"method\":\"form\",\"case\":\"$family\"}"; answers 200

tus=(-H "Tus-Resumable: 1.0.0")
b64() { printf %s "$1" | base64 -w 0; }
create() {
  call POST /api/uploads "" "${tus[@]}" -H "Upload-Length: 10" -H "Upload-Metadata: filename $(b64 x.mp4),case $(b64 "$family"),persons $(b64 "$ada")"
  answers 201
  upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
}
listen ida
cp heard.ida answer.json; cp heard.ida.head headers.txt; status=200
keep_call GET /api/events
call OPTIONS /api/uploads; answers 204
create
status=$(curl -sS -b "jar.$me" "${tus[@]}" -I -o headers.txt -w '%{http_code}' "$base$upload")
: >answer.json
keep_call HEAD "$upload"; answers 200
call PATCH "$upload" "" "${tus[@]}" -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" --data-binary 12345; answers 204
call PATCH "$upload" "" "${tus[@]}" -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" --data-binary 12345; answers 409
call GET "$upload"; answers 200 '.offset == 5'
call DELETE "$upload" "" "${tus[@]}"; answers 204
call GET "$upload"; answers 404

python3 "$tests/openapi.py" "$described" strangers "$base" "$(awk '/clipvault/ {print $6 "=" $7}' jar.ida)" "$csrf" || fail "somebody was not refused as openapi.json says"

call POST "/api/consents/$agreed/withdraw" '{"purpose":"supervision","dry_run":true}'; answers 200
call POST "/api/consents/$agreed/withdraw" '{}'; answers 200
call GET "/api/clips/$clip"; answers 200 '.state == "shredded"'
call DELETE "/api/sessions/$(call GET /api/sessions; jq -r '.sessions[0].session' answer.json)"; answers 204
sign_in ida "$(cat pw.ida)"
call POST /api/me/app '{}'; answers 200
call POST /api/me/app/confirm "{\"code\":\"$(app_code "$(get .uri <answer.json)")\"}"; answers 200
call DELETE /api/session; answers 204
as_described --every session clips consents uploads server
end_server

# Whoever answers otherwise than it says is found out: each of these is one fault in one answer.
finds() { # finds WORDS JQ: with the description changed in this way
  jq "$2" "$described" >other.json
  ! python3 "$tests/openapi.py" other.json answers calls 2>found.txt || fail "not found: $1"
  grep -q -- "$1" found.txt || fail "expected \"$1\": $(cat found.txt)"
}
finds "csrf is not described" 'del(.paths["/api/me"].get.responses["200"].content["application/json"].schema.properties.csrf)'
finds "never_held is missing" '.components.schemas.clip.required += ["never_held"]'
finds "is not described with 206" 'del(.paths["/film/{token}"].get.responses["206"])'
finds "comes without Upload-Deadline" '.paths["/api/uploads"].post.responses["201"].headers["Upload-Deadline"] = {"required": true, "schema": {}}'
finds "is of type text/plain" '.paths["/metrics"].get.responses["200"].content = {"text/html": {}}'
