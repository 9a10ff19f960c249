#!/bin/bash
# The work of review, from the vault's side: remarks pinned to frames, tags, cycles and goals; who reads what; and that none of it
# outlives what people agreed to.
review=$PWD/tests/flow/review.py
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
whole() { vault check >whole.out 2>&1 || fail "$(cat whole.out)"; }
as() { "$programs/tests/act_as" vault key "$1"; } # from here on it is them who ask

new_vault
own=$(ask user add --name Ida --role practitioner | get .user)
sue=$(ask user add --name Sue --role supervisor | get .user)
ulf=$(ask user add --name Ulf --role practitioner | get .user)
officer=$(ask user add --name Ole --role officer | get .user)
ask user link "$sue" "$own" >/dev/null
ask case assign "$family" --practitioner "$own" >/dev/null
ada=$(person Ada child)
con=$(consent "$ada" intervention,supervision,research --media recording,clip)
film a.mp4 4
as "$own"
a=$(take_in a.mp4 "$ada")
vault cut "$a" --in 0 --out 10 >/dev/null
remark() { ask remark add "$a" --purpose intervention "$@" | get .remark; }
texts() { ask remark list "$a" --purpose "${1:-intervention}" | jq -r '[.remarks[].text] | join(";")'; }

# ---- tags
same "$(ask tags list | jq -r '[.layers[].layer] | length, .[0], .[5]')" $'6\nBeing attentive\nDeepening discussion' "the layers"
same "$(ask tags list | jq -r '[.layers[].tags[].key | values] | join("")')" 123456 "one key a layer"
vault tags list >vault/tags.conf
sed -i 's/^Guiding  .*guiding .*/Guiding | guiding | Guiding | 1/' vault/tags.conf
expect 78 tags list
says "tags.conf:$(grep -n '^Guiding | guiding' vault/tags.conf | cut -d: -f1): the key 1 is that of attentive already"
printf 'Looking | glance | A glance | 7\n' >vault/tags.conf
same "$(ask tags list | jq -c '.layers')" '[{"layer":"Looking","tags":[{"code":"glance","label":"A glance","key":"7"}]}]' "a service's own tags"
expect 64 remark add "$a" --purpose intervention --at 3 --tag waiting
says 'there is no tag "waiting"'
rm vault/tags.conf

# ---- remarks: frames or seconds, exactly; private unless shared
first=$(remark --at 1.000 --to 2.000 --tag waiting --text "she waits for the zebra finch" --shared)
remark --at 30 --text "ask about the finch" >/dev/null
same "$(ask remark list "$a" --purpose intervention | jq -c '[.frame_rate, .frames, (.remarks[] | [.from_frame, .to_frame, .layer, .shared])]')" \
  '["25/1",100,[25,50,"Encouraging initiatives",true],[30,31,null,false]]' "where and what"
expect 64 remark add "$a" --purpose intervention --at 100 --text x
says "beyond the end"
expect 64 remark add "$a" --purpose intervention --at 1
says "needs --text"
expect 77 remark add "$a" --purpose publication --at 1 --text x
grep -q "zebra finch" vault/index.db* && fail "a remark lies in the clear"

# ---- who reads: who may view for that purpose; an officer, a colleague, do not
as "$sue"
same "$(texts supervision)" "she waits for the zebra finch" "what a supervisor reads"
expect 77 remark list "$a" --purpose intervention
reply=$(ask remark add "$a" --purpose supervision --reply-to "$first" --text "and then?" | get .remark)
same "$(ask remark list "$a" --purpose supervision | jq -c ".remarks[] | select(.remark == \"$reply\") | [.from_frame, .to_frame, .shared]")" '[25,50,true]' "an answer"
expect 77 remark edit "$first" --text "mine now"
expect 77 remark remove "$first"
ask remark add "$a" --purpose supervision --at 90 --text "for my own supervision" >/dev/null
hers=$(ask remark list "$a" --purpose supervision | jq -r '.remarks[] | select(.from_frame == 90).remark')
as "$officer"
expect 77 remark list "$a" --purpose supervision
as "$ulf"
expect 77 remark list "$a" --purpose supervision
expect 77 remark resolve "$first"
as "$own"
same "$(texts)" "she waits for the zebra finch;and then?;ask about the finch" "hers and what is shared"
expect 66 remark resolve "$hers"
ask remark resolve "$reply" | jq -e .resolved >/dev/null
ask remark resolve "$reply" --reopen | jq -e '.resolved | not' >/dev/null
ask remark edit "$first" --text "she waits, and he looks" --at 26 --to 49 >/dev/null
extra=$(remark --at 60 --text "not needed")
ask remark remove "$extra" >/dev/null
same "$(texts)" "and then?;she waits, and he looks;ask about the finch" "edited, removed"

# ---- for other tools: what is shared, unless one's own is asked for; read back by a parser of XML, of CSV, of JSON
remark --at 30 --to 40 --tag waiting --text $'=2+3, <b> & "so"\n--> on' --shared >/dev/null
for form in vtt eaf boris csv json; do ask remark export "$a" --purpose intervention --format $form --to out.$form >/dev/null; done
same "$(ask remark export "$a" --purpose intervention --format json --to own.json --with-private | get .remarks),$(jq '.remarks | length' out.json)" 4,3
same "$(ask remark export "$a" --purpose intervention --format csv | jq -r .text)" "$(cat out.csv)" "one that is the answer itself"
expect 73 remark export "$a" --purpose intervention --format csv --to out.csv
expect 77 remark export "$a" --purpose publication --format csv --to no.csv
python3 "$review" . "$a"
as "$sue"
expect 77 remark export "$a" --purpose supervision --format csv --to no.csv
says "does not leave the vault"
as "$officer"
same "$(ask audit list --clip "$a" | jq '[.[] | select(.did == "remark.exported")] | length')" 7 "each is in the log"
as "$own"

# ---- a cut takes along what lies in it
b=$(ask cut "$a" --in 28 --out 53 --with-remarks | get .clip)
same "$(ask remark list "$b" --purpose intervention | jq -c '[.remarks[] | select(.text | startswith("=") | not) | [.from_frame, .to_frame, .text, .reply_to != null]]')" \
  '[[0,21,"she waits, and he looks",false],[0,22,"and then?",true],[2,3,"ask about the finch",false]]' "taken along"

# ---- cycles and goals
cycle=$(ask cycle open --case "$family" --question "How can bedtime be calmer?" | get .cycle)
ask cycle add "$cycle" "$a" --as film >/dev/null
ask cycle add "$cycle" "$b" --as moment >/dev/null
expect 64 cycle add "$cycle" "$b" --as guest
goal=$(ask goal add --case "$family" --text "Meals without shouting" | get .goal)
ask goal rate "$goal" --score 3 --cycle "$cycle" --on 2020-01-01 >/dev/null
ask goal rate "$goal" --score 6 >/dev/null
expect 64 goal rate "$goal" --score 11
same "$(ask goal list --case "$family" | jq -c '[.[] | .text, [.ratings[].score]]')" '["Meals without shouting",[3,6]]' "ratings over time"
same "$(ask cycle show "$cycle" | jq -c '[.number, .question, [.clips[] | .as], [.ratings[].score]]')" \
  '[1,"How can bedtime be calmer?",["moment","film"],[3]]' "a cycle"
as "$ulf"
expect 77 cycle show "$cycle"
expect 77 goal list --case "$family"
as "$sue"
same "$(ask cycle list --case "$family" | jq length)" 1 "a supervisor sees the cycle"
expect 77 cycle close "$cycle"
as "$own"

# ---- supervision: a request gives no right, and tells until when there is one
expect 77 supervise ask "$cycle" --supervisor "$ulf"
says "clipvault grant"
asked=$(ask supervise ask "$cycle" --supervisor "$sue" --note "Where did I miss the heron?" | get .supervision)
expect 64 supervise ask "$cycle" --supervisor "$sue"
one=$(ask supervise ask "$b" --supervisor "$sue" --note "this glance" | get .supervision)
as "$sue"
queue=$(ask supervise list)
same "$(jq -c '[.[] | .note, .asked_by_name, [.clips[] | [.as, .may_see, .purpose]]]' <<<"$queue")" \
  '["Where did I miss the heron?","Ida",[["moment",true,"supervision"],["film",true,"supervision"]],"this glance","Ida",[[null,true,"supervision"]]]' "the queue"
ask supervise note "$one" --text "seen" >/dev/null
same "$(ask supervise list | jq length)" 1 "a clip is done with a note"
expect 64 supervise sign-off "$cycle" --hours 0 --note x
vault supervise sign-off "$cycle" --hours 1.5 --note "Well found." >/dev/null
expect 77 supervise sign-off "$cycle" --hours 1 --note again
same "$(ask supervise list),$(ask supervise list --all | jq -c '[.[].state]')" '[],["done","done"]' "all is done"
same "$(ask training show --user "$own" | jq -c '[.stages[] | [.cycles, .of_cycles, .minutes, .of_minutes]]')" '[[1,6,90,420],[0,9,0,480],[0,12,0,480]]' training
as "$ulf"
expect 77 training show --user "$own"
expect 77 supervise note "$asked" --text x
same "$(ask supervise list --all)" "[]"
# Once the link has ended nothing of what lies in the cycle is told, which may have come since.
as "$officer"; ask user unlink "$sue" "$own" >/dev/null
as "$sue"
same "$(ask supervise list --all | jq -c '[.[] | .clips, .note, .answer]')" '[[],null,null,[],null,null]' "after the link has ended"
said=$(vault supervise list --all)
[[ $said != *"moment"* ]] || fail "it tells what is in the cycle: $said"
as "$officer"; ask user link "$sue" "$own" >/dev/null
as "$own"
same "$(ask cycle show "$cycle" | jq -c '.sign_off | [.minutes, .note]')" '[90,"Well found."]' "signed off"
same "$(ask supervise list --all | jq -r '.[1].answer')" seen "the answer"
vault training export --to portfolio.json >/dev/null
same "$(jq -c '[.form, .name, (.cycles[] | .minutes, .supervisor_name, .clips)]' portfolio.json)" \
  '["clipvault portfolio 1","Ida",90,"Sue",{"film":1,"review":0,"moment":1}]' "a portfolio"
same "$(ask training export | jq -cS 'del(.made_at)')" "$(jq -cS 'del(.made_at)' portfolio.json)" "one that is the answer itself"
grep -qE "Zebrafink|Ada|Well found|heron|clp_" portfolio.json && fail "a portfolio tells of a family"
grep -qE "bedtime|shouting|heron|Well found" vault/index.db* && fail "what a cycle is about lies in the clear"
ask cycle close "$cycle" >/dev/null
expect 77 cycle add "$cycle" "$b" --as review

# ---- whole in a check, in a copy that follows, and in a backup on a bare machine
whole
as "$officer"
ask replica add --nodes "$stage/followed" --name followed >/dev/null
as "$own"
remark --at 99 --text "the last frame" >/dev/null
same "$(sqlite3 followed/index.db 'SELECT count(*) FROM remark')" "$(sqlite3 vault/index.db 'SELECT count(*) FROM remark')" "a copy that follows"
words=$(texts)
as "$officer"
vault tags list >vault/tags.conf
vault backup --to away >/dev/null
vault --vault bare restore --from away >/dev/null
cmp -s bare/tags.conf vault/tags.conf || fail "a service's own tags are not in the backup"
cp vault/effaceable bare/effaceable
"$programs/tests/act_as" bare key "$own"
same "$(ask --vault bare remark list "$a" --purpose intervention | jq -r '[.remarks[].text] | join(";")')" "$words" "restored"
sqlite3 bare/index.db "UPDATE cycle SET opened_ms = 1; UPDATE remark SET sealed = (SELECT sealed FROM remark ORDER BY n DESC LIMIT 1)"
expect 65 --vault bare check
says "rem_"; says "cyc_"

# ---- a use that ends is closed at once; with the clip all of it is gone, but for what a hold keeps
hold=$(ask hold place --clip "$a" --reason inquiry --owner legal --review 2090-01-01 | get .hold)
vault consent withdraw "$con" --purpose supervision >/dev/null
as "$sue"
expect 77 remark list "$a" --purpose supervision
same "$(ask supervise list --all | jq -c '[.[1] | .note, .answer, .clips[0].may_see], (.[1].clips[0].reasons[0] | contains("supervision"))' | tr -d '\n')" \
  '[null,null,false]true' "what was said of a clip is closed with it"
as "$own"
same "$(texts)" "$words"
vault consent withdraw "$con" >/dev/null
expect 77 remark list "$a" --purpose intervention
same "$(state "$a"),$(state "$b")" held,shredded
same "$(sqlite3 vault/index.db "SELECT count(DISTINCT clip) FROM remark")" 1 "the cut's are gone, what is held is kept"
whole
as "$officer"
ask hold release "$hold" >/dev/null
same "$(sqlite3 vault/index.db "SELECT (SELECT count(*) FROM remark) + (SELECT count(*) FROM supervision WHERE target_kind = 4)")" 0 "nothing is left"
whole
