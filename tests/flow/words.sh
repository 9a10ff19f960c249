#!/bin/bash
# The order of words: what a no ends for good, who may lift one and for how long, what renewing carries on, and that a wrong clock
# lets nobody's word destroy what it does not speak of.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
export TZ=UTC CLIPVAULT_TEST_NOW=2030-01-10T10:00:00Z CLIPVAULT_TEST_JUMP_OK=1
at() { export CLIPVAULT_TEST_NOW=$1; }
still() { local who=$1 what=$2; shift 2; consent "$who" "$what" --media still "$@"; }
refuse() { local who=$1 what=$2; shift 2; ask consent record --person "$who" --refuse "$what" --media still --case "$family" "$@" >/dev/null; }
shown() { # shown CLIP PURPOSE yes|no: explain and export agree
  may "$1" "$2" "$3"
  if [ "$3" = yes ]; then
    vault export "$1" --purpose "$2" --to shown.jpg >/dev/null
    rm shown.jpg
  else
    expect 77 export "$1" --purpose "$2" --to shown.jpg
  fi
}
new_vault
n=0
clip_of() { n=$((n + 1)); picture "$n.png"; take_in "$n.png" "$@"; }

# Renewed in good time: the film carries on when the older consent has ended and was swept.
ada=$(person "Ada" carer)
still "$ada" supervision --until 2030-01-31 >/dev/null
a=$(clip_of "$ada")
still "$ada" supervision --until 2031-01-31 >/dev/null
at 2030-02-02T10:00:00Z
ask sweep >/dev/null
shown "$a" supervision yes
vault check --deep >/dev/null

# A yes for ten days lifts a no for ten days; afterwards the older yes, which the no has ended, does not come back.
at 2030-02-10T10:00:00Z
bea=$(person "Bea" carer)
ask consent record --person "$bea" --purpose supervision,intervention >/dev/null # for all cases, without end
b=$(clip_of "$bea")
refuse "$bea" supervision
shown "$b" supervision no
still "$bea" supervision --until 2030-02-20 >/dev/null
shown "$b" supervision yes
at 2030-02-25T10:00:00Z
ask sweep >/dev/null
shown "$b" supervision no
shown "$b" intervention yes

# A withdrawal is a no of the day when it was said, not of the day of what it takes back.
cal=$(person "Cal" carer)
first=$(consent "$cal" supervision --media still,clip)
still "$cal" supervision,intervention >/dev/null
c=$(clip_of "$cal")
ask consent withdraw "$first" | jq -e '.clips_lost | length == 1' >/dev/null || fail "the withdrawal should cost supervision"
shown "$c" supervision no
shown "$(clip_of "$cal")" supervision no
still "$cal" supervision >/dev/null # said later, by the same voice
shown "$c" supervision yes

# Two parents are two voices; an unnamed one lifts nothing, not even its own no.
dot=$(person "Dot" child)
mother=(--capacity parental-responsibility --signed-by "Mother Example") father=(--capacity parental-responsibility --signed-by "Father Example")
still "$dot" intervention,supervision "${mother[@]}" >/dev/null
d=$(clip_of "$dot")
refuse "$dot" supervision "${mother[@]}"
still "$dot" supervision "${father[@]}" >/dev/null
shown "$d" supervision no
still "$dot" supervision >/dev/null # a form of a child without a capacity: an adult signed it, nobody knows who
shown "$d" supervision no
still "$dot" supervision --capacity parental-responsibility --signed-by "MOTHER EXAMPLE" >/dev/null
shown "$d" supervision yes

# A child's own no: the child's yes lifts it while it lives, and what a parent says meanwhile or afterwards does not.
eve=$(person "Eve" child)
still "$eve" intervention "${mother[@]}" >/dev/null
refuse "$eve" research --capacity self
still "$eve" research --capacity self --until 2030-03-05 >/dev/null
e=$(clip_of "$eve")
still "$eve" research "${mother[@]}" >/dev/null
shown "$e" research yes
at 2030-03-10T10:00:00Z
shown "$e" research no
ask sweep >/dev/null
still "$eve" research "${mother[@]}" >/dev/null
shown "$e" research no

# One form with ticks and refusals.
fay=$(person "Fay" carer)
still "$fay" supervision >/dev/null
f=$(clip_of "$fay")
ask consent record --person "$fay" --case "$family" --purpose intervention --refuse supervision --media still >/dev/null
shown "$f" supervision no
shown "$f" intervention yes

# A plain no leaves no key behind, also none for being shown obscured; a no to being shown as filmed does.
gil=$(person "Gil" carer)
yes=$(still "$gil" supervision)
still "$gil" intervention >/dev/null
g=$(clip_of "$gil")
refuse "$gil" supervision
same "$(ask consent show "$yes" | jq -r '.purposes[0].state')" overridden
hal=$(person "Hal" carer)
yes=$(still "$hal" supervision)
refuse "$hal" supervision --identifiability as-filmed
same "$(ask consent show "$yes" | jq -r '.purposes[0].state')" live "agreed to being shown obscured, still"
h=$(clip_of "$hal")
same "$(state "$h")" quarantined
ask explain "$h" --purpose supervision | jq -e '.reasons | any(test("only if they cannot be recognised"))' >/dev/null || fail "$(ask explain "$h" --purpose supervision)"
shown "$g" intervention yes

# Someone added without consent: what ends is suspended, says the certificate, and it comes back.
ida=$(person "Ida" carer)
ask clip people "$g" add "$ida" >/dev/null
crt=$(ask certificate list | jq -r '.[-1].certificate')
ask certificate show "$crt" | jq -e '.items[0].kind == "suspended"' >/dev/null || fail "$(ask certificate show "$crt")"
ask clip people "$g" remove "$ida" >/dev/null
shown "$g" intervention yes

# A corrected birthday moves what counts from it, in the keys as well.
jim=$(person "Jim" child)
ask person correct "$jim" --born 2010-05-01 >/dev/null
still "$jim" intervention --after born:22y "${mother[@]}" >/dev/null
j=$(clip_of "$jim")
same "$(ask show "$j" | jq -r '.uses[0].until')" 2032-05-01T23:59:59Z
ask person correct "$jim" --born 2009-05-01 >/dev/null
same "$(ask show "$j" | jq -r '.uses[0].until')" 2031-05-01T23:59:59Z
# One by which the yes is over takes the clip with it: a dry run says so, and changes nothing; then nobody sees it, and the sweep ends it.
unused=$(ask check | get .unused_keys)
same "$(ask person correct "$jim" --born 2001-05-01 --dry-run | jq -c --arg c "$j" '[.clips_lost == [{clip: $c, purpose: "intervention"}], .lost_elsewhere, .certificate]')" '[true,0,null]' "what would be lost"
same "$(ask person show "$jim" | jq -r .born)" 2009-05-01T00:00:00Z "after a dry run"
same "$(ask check | jq -c '[.ok,.unused_keys]')" "[true,$unused]" "a dry run leaves no keys"
may "$j" intervention yes
same "$(ask person correct "$jim" --born 2001-05-01 | jq -c '[(.clips_lost | length), .certificate]')" '[1,null]'
may "$j" intervention no
same "$(state "$j")" expired
same "$(ask sweep --dry-run | jq -c --arg c "$j" '[.would_end[] | select(.clip == $c).due_at]')" '["2023-05-01T23:59:59Z"]'
crt=$(ask sweep --max 1 | get .certificate)
ask certificate show "$crt" | jq -e '.items[0].kind == "destroyed"' >/dev/null || fail "$(ask certificate show "$crt")"
same "$(state "$j")" shredded
same "$(ask check | jq -c '[.ok,.unused_keys]')" "[true,$unused]" "nothing is left of what was over"

# What is over stays due, whatever somebody else in it says before the sweep comes.
kim=$(person "Kim" carer) lee=$(person "Lee" carer)
still "$kim" supervision --until 2030-03-20 >/dev/null
still "$lee" supervision >/dev/null
k=$(clip_of "$kim" "$lee")
at 2030-03-21T10:00:00Z
still "$lee" research >/dev/null
same "$(ask sweep --dry-run | jq .due)" 1
ask sweep >/dev/null
same "$(state "$k")" shredded

vault check --deep >/dev/null
vault audit verify >/dev/null

# A wrong clock: a word about something else destroys nothing that is merely over.
unset CLIPVAULT_TEST_JUMP_OK
at 2033-01-10T10:00:00Z
expect 77 sweep
before=$(find vault/objects -type f | wc -l)
ask consent record --person "$ada" --case "$family" --purpose research --until 2034-01-01 --media audio >/dev/null
ask consent withdraw --person "$ada" --purpose research >/dev/null
same "$(find vault/objects -type f | wc -l)" "$before" "sealed objects after a word under a wrong clock"
at 2030-03-22T10:00:00Z
shown "$a" supervision yes
