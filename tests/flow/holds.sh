#!/bin/bash
# Holds and restrictions: what must not be destroyed stays, nobody sees it for that, and what was due happens when they end.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person Ada child) ben=$(person Ben carer)
yes=$(consent "$ada" supervision,intervention) also=$(consent "$ben" supervision,intervention)
picture a.png; picture b.png; picture c.png
one=$(take_in a.png "$ada" "$ben")
two=$(take_in b.png "$ben")
objects() { find vault/objects -type f | wc -l; }
all=$(objects)

# What a hold needs, and who may place one.
expect 64 hold place --clip "$one" --case "$family" --reason r --owner o --review 2099-01-31; says "one of --clip, --case and --person"
expect 64 hold place --clip "$one" --reason r --owner o --review 2020-01-31; says "must lie ahead"
expect 64 hold place --clip "$one" --reason r --review 2099-01-31; says "--owner"
hold=$(ask hold place --person "$ada" --reason "inquiry seven" --owner "safeguarding lead" --review 2099-01-31 | get .hold)
same "$(ask hold list | get '.[0] | [.person, .kind, .reason, .owner, (.clips | length)] | join("|")')" \
  "$ada|hold|inquiry seven|safeguarding lead|1"
if grep -qaE 'inquiry seven|safeguarding lead' vault/index.db*; then fail "a hold's reason stands in the index"; fi

# It widens nothing: what is allowed stays allowed, and only that.
vault export "$one" --purpose supervision --to seen.jpg >/dev/null
expect 77 export "$one" --purpose research --to no.jpg
expect 77 shred "$one" --reason "because"; says "hold"
expect 77 person erase "$ada"; says "hold"

# A withdrawal ends the uses, the film stays, nobody sees it; the certificate says so, and names the hold.
three=$(take_in c.png "$ada") # taken in under the hold
lost=$(ask consent withdraw "$yes")
same "$(get '.state + " " + (.clips_lost | length | tostring)' <<<"$lost")" "done 4"
for clip in "$one" "$three"; do
  same "$(ask show "$clip" | get .state)" held
  same "$(ask show "$clip" | get '.purposes | length')" 0
  expect 77 export "$clip" --purpose supervision --to no.jpg
  says "a hold keeps it"
done
same "$(ask ls --state held | get length)" 2
paper=$(get .certificate <<<"$lost")
vault certificate show "$paper" --format json >paper.json
same "$(jq -r '[.items[].kind] | group_by(.) | map("\(.[0]) \(length)") | join(", ")' paper.json)" "deferred 2, use-ended 4"
same "$(jq -r '[.items[] | select(.kind == "deferred") | .hold] | unique | join(",")' paper.json)" "$hold"
if grep -q "inquiry" paper.json; then fail "the certificate tells why there is a hold"; fi
vault check --deep >/dev/null
[ "$(objects)" -gt "$all" ] || fail "something was deleted under the hold"
# Consent that comes later brings nothing of it back: the uses are over.
consent "$ada" supervision >/dev/null
expect 77 export "$one" --purpose supervision --to no.jpg

# Two holds: each keeps what it keeps.
second=$(ask hold place --clip "$one" --reason "police" --owner "legal" --review 2099-01-31 | get .hold)
paper=$(ask hold release "$hold" | get .certificate)
vault certificate show "$paper" --format json | jq -e --arg c "$three" '[.items[] | select(.kind == "destroyed") | .clip] == [$c]' >/dev/null ||
  fail "released: $(vault certificate show "$paper")"
same "$(ask show "$three" | get .state)" shredded
same "$(ask show "$one" | get .state)" held
expect 66 hold release "$hold"; says "released already"
vault check --deep >/dev/null
paper=$(ask hold release "$second" | get .certificate)
same "$(ask show "$one" | get .state)" shredded
same "$(ask show "$two" | get .state)" live
same "$(ask hold list | get length)" 0
same "$(ask hold list --all | get length)" 2
vault check --deep >/dev/null

# Restriction: frozen both ways, and lifted.
frozen=$(ask restrict --clip "$two" --reason "accuracy contested" | get .hold)
expect 77 export "$two" --purpose supervision --to no.jpg; says "under restriction"
may "$two" supervision no
expect 77 shred "$two" --reason "because"
expect 64 hold release "$frozen"; says "unrestrict"
same "$(ask unrestrict "$frozen" | jq .certificate)" null
vault export "$two" --purpose supervision --to seen2.jpg >/dev/null
frozen=$(ask restrict --person "$ben" --reason "contested again" | get .hold)
vault consent withdraw "$also" >/dev/null
same "$(ask show "$two" | get .state)" held
paper=$(ask unrestrict "$frozen" | get .certificate)
same "$(ask show "$two" | get .state)" shredded
same "$(objects)" 0 "what is destroyed is deleted"
vault check --deep >/dev/null
vault audit verify >/dev/null

# Who can write to the disk: a hold taken away is missed, a changed one is noticed.
picture d.png
consent "$ben" supervision >/dev/null
four=$(take_in d.png "$ben")
kept=$(ask hold place --clip "$four" --reason x --owner y --review 2099-01-31 | get .hold)
cp -r vault changed
sqlite3 changed/index.db "UPDATE hold SET review_ms = review_ms + 1 WHERE state = 'live'"
expect 65 --vault changed check; says "$kept"
rm -rf changed; cp -r vault changed
sqlite3 changed/index.db "DELETE FROM held; DELETE FROM hold WHERE state = 'live'"
expect 65 --vault changed check; says "$kept was placed"
