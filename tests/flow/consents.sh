#!/bin/bash
# What consents do to a clip: everyone must agree, a "no" beats every "yes", and keys follow.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person "Ada" child) mira=$(person "Mira" carer) tom=$(person "Tom" staff)

# Nobody has agreed to anything: quarantine.
picture one.png
one=$(take_in one.png "$ada" "$mira")
same "$(state "$one")" quarantined
may "$one" intervention no
expect 77 export "$one" --purpose intervention --to out.jpg
says "has not agreed to intervention"
[ ! -e out.jpg ] || fail "a refused export left a file"

# One yes is not enough; everyone's is, and lets it out of quarantine.
consent "$ada" intervention,supervision --media still --capacity parental-responsibility --signed-by Mira --assent yes >/dev/null
same "$(state "$one")" quarantined
released=$(ask consent record --person "$mira" --purpose intervention,supervision,research --media still --case "$family" | get '.released[0]')
same "$released" "$one" "the clip that was released"
same "$(state "$one")" live
same "$(purposes "$one")" intervention,supervision "only what both agreed to"
expect 77 export "$one" --purpose research --to out.jpg
vault export "$one" --purpose supervision --to out.jpg >/dev/null
file -b out.jpg | grep -q 'JPEG image data' || fail "the export is no picture"

# Consent to clips does not imply the recording.
film two.mp4 1
consent "$ada" research --media clip --capacity parental-responsibility >/dev/null
two=$(take_in two.mp4 "$ada")
same "$(state "$two")" quarantined "a full recording needs consent to recordings"

# A consent that comes later adds a use to a clip that lives already.
consent "$ada" research --media still --capacity parental-responsibility >/dev/null
same "$(purposes "$one")" intervention,research,supervision

# A child's own no beats the parent's yes, and a later yes of the parent does not lift it; the child's own does.
consent "$ada" research --media still --capacity parental-responsibility --assent no >/dev/null
may "$one" research no
consent "$ada" research --media still --capacity parental-responsibility >/dev/null
may "$one" research no
expect 77 export "$one" --purpose research --to no.jpg
says "has said no to research"
consent "$ada" research --media still --capacity self >/dev/null
may "$one" research yes
vault export "$one" --purpose research --to yes.jpg >/dev/null

# A refusal ends a use at once; the others stand. The certificate claims no more than that.
crt=$(ask consent record --person "$mira" --refuse research --media still --case "$family" | get .certificate)
may "$one" research no
may "$one" supervision yes
ask certificate show "$crt" | jq -e '.items | length == 1 and .[0].kind == "use-ended" and .[0].purpose == "research" and
  (.[0].still_open_for == ["intervention","supervision"])' >/dev/null || fail "the certificate should end one use"

# A person found in the clip later: without their consent it goes to quarantine; removed again, it comes back.
result=$(ask clip people "$one" add "$tom")
same "$(jq -r .state <<<"$result")" quarantined
expect 77 export "$one" --purpose supervision --to no2.jpg
same "$(ask clip people "$one" remove "$tom" | get .state)" live
vault export "$one" --purpose supervision --to again.jpg >/dev/null
cmp -s out.jpg again.jpg || fail "the same clip should be the same bytes"
expect 64 clip people "$one" add "$ada"
expect 64 clip people "$one" remove "$tom"

# Withdrawal for one purpose, seen beforehand, then everything of a person: the clip dies.
lost=$(ask consent withdraw --person "$mira" --purpose supervision --dry-run | jq -r '.clips_lost | map(.purpose) | join(",")')
same "$lost" supervision "what a dry run says"
may "$one" supervision yes
ask consent withdraw --person "$mira" --purpose supervision | jq -e '.state == "done" and (.clips_lost | length == 1)' >/dev/null || fail "withdrawal"
may "$one" supervision no
may "$one" intervention yes
done=$(ask consent withdraw --person "$mira")
same "$(state "$one")" shredded
crt=$(jq -r .certificate <<<"$done")
ask certificate show "$crt" | jq -e '.items[0].kind == "destroyed" and (.items[0].ciphertext | length > 0)' >/dev/null || fail "destroyed, says the certificate"
expect 66 consent withdraw --person "$mira"
same "$(find vault/objects -type f | wc -l)" 6 "only the quarantined film's six objects are left"

# Renewed consent does not bring it back; the same file may be taken in anew.
consent "$mira" intervention --media still >/dev/null
same "$(state "$one")" shredded
again=$(take_in one.png "$ada" "$mira")
[ "$again" != "$one" ] || fail "a new clip has a new id"
same "$(ask ingest one.png --case "$family" --person "$ada" | get '.duplicates[0].clip')" "$again" "the same file twice"

# Sound only.
consent "$tom" intervention --media audio >/dev/null
film three.mp4 1
three=$(take_in three.mp4 "$tom")
vault export "$three" --purpose intervention --to sound.m4a >/dev/null
same "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 sound.m4a)" audio "who agreed to sound only yields sound only"

# A consent for all cases speaks in a second case; a refusal in one case leaves the other.
lea=$(person "Lea" carer)
ask consent record --person "$lea" --purpose supervision --media still >/dev/null
other=$(ask case open --title "Another" | get .case)
picture four.png; picture five.png
four=$(take_in four.png "$lea")
five=$(ask ingest five.png --case "$other" --person "$lea" | get '.ingested[0].clip')
ask consent record --person "$lea" --refuse supervision --media still --case "$family" >/dev/null
same "$(state "$four")" shredded "its only use was refused in this case"
may "$five" supervision yes
vault export "$five" --purpose supervision --to five.jpg >/dev/null

# Whoever is erased leaves nothing behind that opens: neither the form they signed nor a key of a consent; and it is certified.
pia=$(person "Pia" carer)
echo "scan of a form" >form.txt
signed=$(consent "$pia" supervision --form form.txt)
consent "$pia" research --until 2999-01-01 >/dev/null
before=$(find vault/objects -type f | wc -l)
unused=$(ask check | get .unused_keys)
same "$(ask person erase "$pia" --dry-run | jq -c '[.state,.consents,.forms,.clips,.held,.certificate]')" '["dry-run",2,1,[],false,null]' "what would be lost"
same "$(ask person show "$pia" | get .name)" Pia "after a dry run"
crt=$(ask person erase "$pia" | get .certificate)
same "$(find vault/objects -type f | wc -l)" $((before - 1)) "the sealed form is deleted"
ask certificate show "$crt" --format json >erased.json
jq -e --arg p "$pia" --arg c "$signed" '(.items | map(select(.kind == "erased")) | length == 1 and .[0].person == $p) and
  (.items | map(select(.kind == "destroyed")) | length == 1 and .[0].consent == $c and (.[0].ciphertext | length == 1)) and
  (.consents | map(.ended_as) == ["erased","erased"])' erased.json >/dev/null || fail "$(cat erased.json)"
ask certificate key --to erased.key >/dev/null
ask certificate verify erased.json --vault-key erased.key >/dev/null
same "$(ask check | jq -c '[.ok,.unused_keys]')" "[true,$unused]" "nothing of an erased person is left"

vault check --deep >/dev/null
vault audit verify >/dev/null
