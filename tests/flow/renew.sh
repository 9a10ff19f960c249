#!/bin/bash
# A consent that is renewed in time carries its clips on; what was taken back is not said again by renewing.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
export TZ=UTC CLIPVAULT_TEST_NOW=2030-01-01T10:00:00Z CLIPVAULT_TEST_JUMP_OK=1
at() { export CLIPVAULT_TEST_NOW=$1; }
new_vault
ada=$(person "Ada" carer)
old=$(consent "$ada" supervision,research --media still --until 2030-02-01 --signed-by "Ada")
picture a.png; a=$(take_in a.png "$ada")
same "$(ask show "$a" | jq -r '.uses | map(.until) | unique | join(",")')" 2030-02-01T23:59:59Z

at 2030-01-20T10:00:00Z
ask consent withdraw "$old" --purpose research >/dev/null
echo "signed again" >form.txt
ask consent renew "$old" --until 2030-06-01 --form form.txt >renewed.json
jq -e --arg o "$old" '.renews == $o and .expires_at == "2030-06-01T23:59:59Z" and .released == []' renewed.json >/dev/null || fail "$(cat renewed.json)"
new=$(jq -r .consent renewed.json)
ask consent show "$new" | jq -e '.signed_by == "Ada" and .media == ["still"] and (.purposes | map(.purpose) == ["supervision"]) and (.form_sha256 | length == 64)' \
  >/dev/null || fail "$(ask consent show "$new")"
may "$a" research no
at 2030-02-03T00:00:00Z
ask sweep >/dev/null
same "$(state "$a")" live "renewed in time"
vault export "$a" --purpose supervision --to out.jpg >/dev/null
expect 64 consent renew "$old"; says "over already" # its old date is no new one
vault check --deep >/dev/null

# What was refused since is not said again either: neither after its time was over, nor where it was only a part.
cy=$(person "Cy" carer)
c=$(consent "$cy" supervision,research --until 2030-02-10)
at 2030-02-12T00:00:00Z
ask sweep >/dev/null
vault consent record --person "$cy" --refuse research --case "$family" >/dev/null
r=$(ask consent renew "$c" --until 2030-09-01 | get .consent)
same "$(ask consent show "$r" | jq -c '.purposes | map(.purpose)')" '["supervision"]' "a no after its time was over"
picture c.png; still=$(take_in c.png "$cy")
may "$still" supervision yes
vault consent record --person "$cy" --refuse supervision --media still --case "$family" >/dev/null
expect 77 consent renew "$r" --until 2031-01-01; says "part of what this consent agreed to was refused since (supervision)"
may "$still" supervision no
part=$(consent "$cy" peer_training)
vault consent record --person "$cy" --refuse peer_training --identifiability as-filmed --case "$family" >/dev/null
expect 77 consent renew "$part" --until 2031-01-01; says "refused since (peer_training)"

# Rules that count from when it was given begin anew.
ben=$(person "Ben" carer)
b=$(consent "$ben" supervision --media still --after given:1m)
at 2030-03-01T10:00:00Z
same "$(ask consent renew "$b" | get .expires_at)" 2030-04-01T23:59:59Z
expect 64 consent renew "$b" --until 2001-01-01; says "past"
expect 64 consent renew "$b" --after born:25y; says "birth"
expect 66 consent renew con_aaaaaaaaaaaaaaaaaaaaaaaaaa
ask consent withdraw --person "$ben" >/dev/null
expect 77 consent renew "$b"; says "taken back"
ask person erase "$ben" >/dev/null
expect 66 consent renew "$b"; says "erased"
ask audit verify >/dev/null
