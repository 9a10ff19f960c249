#!/bin/bash
# Remarks through the API, as the player makes them: what is said, answered, settled, changed, taken back and taken away, by whoever may;
# and a stranger hears of a remark what they would hear if there were none.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
declare -A user
for name in ida:practitioner ulf:practitioner sue:supervisor ole:officer; do
  printf 'a lantern over water, %s' "${name%:*}" >"pw.${name%:*}"
  user[${name%:*}]=$(ask user add --name "${name%:*}" --role "${name#*:}" --password-file "pw.${name%:*}" | get .user)
done
ask user link "${user[sue]}" "${user[ida]}" >/dev/null
family=$(ask case open --title "Family Birch" --practitioner "${user[ida]}" | get .case)
ada=$(person Ada carer)
consent "$ada" supervision,intervention --until 2090-01-01 >/dev/null
film a.mp4 2
clip=$(take_in a.mp4 "$ada")
serve
for name in "${!user[@]}"; do sign_in "$name" "$(cat "pw.$name")"; done
as() { who "$1"; shift; call "$@"; }
none() { sed 's/[a-z2-7]\{26\}/aaaaaaaaaaaaaaaaaaaaaaaaaa/' <<<"$1"; }
hidden() { # hidden NAME METHOD PATH [JSON]: as of what is none
  local theirs
  as "$@"
  theirs="$status $(cat answer.json)"
  as "$1" "$2" "$(none "$3")" "${4:-}"
  same "$theirs" "$status $(cat answer.json)" "of what is not theirs, and of what is none: $*"
  [[ $status == 40[34] ]] || fail "$status to $*: $theirs"
}
said="/api/clips/$clip/remarks"

as ida GET /api/tags; answers 200 '(.layers | length) == 6 and .layers[0].tags[0].key == "1"'
as ida POST "$said" '{"purpose":"supervision","at":"12","to":"30","tag":"waiting","text":"She waits","shared":"yes"}'
answers 200 '.from_frame == 12 and .to_frame == 30 and .shared and .layer == "Encouraging initiatives"'
shared=$(get .remark <answer.json)
as ida POST "$said" '{"purpose":"supervision","at":"1.000","text":"Ask about this"}'; answers 200 '.from_frame == 25 and (.shared | not)'
private=$(get .remark <answer.json)
as sue GET "$said?purpose=supervision"; answers 200 '(.remarks | length) == 1 and .remarks[0].own == false and .frame_rate == "25/1"'
as sue POST "$said" "{\"purpose\":\"supervision\",\"text\":\"Yes\",\"reply_to\":\"$shared\"}"; answers 200 '.from_frame == 12 and .shared'
as sue POST "/api/remarks/$shared/resolve" '{}'; answers 200 .resolved
as ida POST "/api/remarks/$shared/resolve" '{"reopen":"yes"}'; answers 200 '.resolved | not'
as ida POST "/api/remarks/$shared/edit" '{"text":"She waits for him","tag":""}'; answers 200 '.tag == null and .edited_at != null'
as sue POST "/api/remarks/$shared/edit" '{"text":"No"}'; answers 403
as ida POST "$said" '{"purpose":"supervision","at":"12"}'; answers 400
as ida POST "$said" '{"purpose":"supervision","at":"12","tag":"no-such"}'; answers 400
as ida POST "$said" '{"purpose":"research","at":"12","text":"x"}'; answers 403

# What leaves is what may leave, and is in the log; to look is not enough for it.
for form in vtt eaf boris csv; do
  as ida POST "$said/$form" '{"purpose":"supervision"}'; same "$status" 200 "$form: $(cat answer.json)"
  grep -q 'She waits for him' answer.json || fail "$form: $(cat answer.json)"
  ! grep -q 'Ask about this' answer.json || fail "$form has what is private"
done
grep -qi '^content-type: text/csv; charset=utf-8' headers.txt || fail "$(cat headers.txt)"
as ida POST "$said/json" '{"purpose":"supervision","with_private":"yes"}'; answers 200 '.remarks | length == 3'
as sue POST "$said/csv" '{"purpose":"supervision"}'; answers 403
same "$(ask audit list --clip "$clip" | jq '[.[] | select(.did == "remark.exported")] | length')" 5 "what left is in the log"

# Somebody else's remark, and one on what nobody may know of.
hidden sue POST "/api/remarks/$private/edit" '{"text":"No"}'
hidden sue POST "/api/remarks/$private/resolve" '{}'
for action in edit remove resolve; do hidden ulf POST "/api/remarks/$shared/$action" '{}'; done
hidden ulf GET "$said?purpose=supervision"
hidden ulf POST "$said" '{"purpose":"supervision","at":"1","text":"x"}'
hidden ulf POST "$said/csv" '{"purpose":"supervision"}'
as ole GET "$said?purpose=supervision"; answers 403
who ida; csrf=; call POST "$said/csv" '{"purpose":"supervision"}'; answers 403 '.detail | contains("X-CSRF")'

as ida POST "/api/remarks/$private/remove" '{}'; answers 200 '.state == "removed"'
as ida GET "$said?purpose=supervision"; answers 200 '(.remarks | length) == 2'
as_described --every remarks
end_server
