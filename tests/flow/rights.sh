#!/bin/bash
# Who may see what: a practitioner's own cases, a supervisor's practitioners, what was shared and for how long, two officers
# together; and an administrator, who sees neither films nor names. Consents rule over all of it.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
export TZ=UTC CLIPVAULT_TEST_NOW=2030-01-01T10:00:00Z CLIPVAULT_TEST_JUMP_OK=1
at() { export CLIPVAULT_TEST_NOW=$1; }
new_vault
me=$(ask user list | jq -r '.[0].user')
now=$me
be() { [ "$now" = "$1" ] || "$programs/tests/act_as" vault key "$1"; now=$1; }
look() { "$programs/tests/look" vault key "$@" 2>look.err; }
cannot_look() { # cannot_look WORDS USER CLIP PURPOSE
  local code=0 words=$1
  shift
  look "$@" || code=$?
  [ "$code" = 77 ] || fail "$1 could look at $2 for $3 (exit code $code: $(cat look.err))"
  [[ $(cat look.err) == *"$words"* ]] || fail "expected \"$words\": $(cat look.err)"
}
why() { ask explain "$1" --purpose "$2" "${@:3}" | jq -r 'if .allowed then "yes" else .reasons[0] end'; }

echo "a heron over wet fields" >pw
ida=$(ask user add --name "Ida Storch" --role practitioner | get .user)
ulf=$(ask user add --name "Ulf Kranich" --role practitioner | get .user)
sue=$(ask user add --name "Sue Reiher" --role supervisor --external --until 2030-06-30 --agreement DSA-7 --password-file pw | get .user)
ole=$(ask user add --name Ole --role officer | get .user)
ola=$(ask user add --name Ola --role officer | get .user)
adam=$(ask user add --name Adam --role administrator | get .user)

be "$ida"
family=$(ask case open --title "Family Zebrafink" | get .case)
ada=$(person "Ada Ausdenk" child)
consent "$ada" intervention,supervision,peer_training --media still --until 2099-01-01 --capacity parental-responsibility >/dev/null
picture a.png; picture b.png
a=$(take_in a.png "$ada") b=$(take_in b.png "$ada")
look "$ida" "$a" intervention 3

# ---- a colleague knows nothing of it, and neither does a supervisor whom nobody linked
stranger() { # stranger USER: finds nothing, sees nothing, changes nothing
  be "$1"
  same "$(ask ls)$(ask case list)$(ask person list)$(ask consent list)" "[][][][]" "what $1 finds"
  expect 77 show "$a"; expect 77 case show "$family"; expect 77 person show "$ada"; expect 77 consent list --person "$ada"
  expect 77 export "$a" --purpose intervention --to x.png
  expect 77 still "$a" --at 0
  expect 77 shred "$a" --reason x
  expect 77 clip people "$a" add "$ada"
  expect 77 case close "$family"
  expect 77 grant "$a" --user "$sue" --purpose supervision --until 2030-02-01
  expect 77 user link "$sue" "$ida"
  for p in intervention supervision; do
    cannot_look "not a clip of your cases" "$1" "$a" "$p"
    same "$(ask explain "$a" --purpose "$p" | jq -c .)" '{"allowed":false,"reasons":["This is not a clip of your cases, and nobody has shared it with you for this."]}'
  done
}
stranger "$ulf"
expect 77 ingest b.png --case "$family" --person "$ada"; says "not one of your cases"
expect 77 consent record --person "$ada" --purpose research --case "$family"
# Nor by naming her in a case of one's own, whose person she would become.
be "$ole"; una=$(ask user add --name "Una Specht" --role practitioner | get .user)
be "$una"
own=$(ask case open --title "Family Specht" | get .case)
expect 77 ingest b.png --case "$own" --person "$ada"
tim=$(ask person add --name Tim --case "$own" | get .person)
picture own.png
hers=$(ask ingest own.png --case "$own" --person "$tim" | get '.ingested[0].clip')
expect 77 clip people "$hers" add "$ada"
expect 77 person show "$ada"
stranger "$sue"

# ---- a supervisor who is linked
be "$ole"
expect 77 user link "$ulf" "$ida"; says "no supervisor"
expect 77 user link "$sue" "$ole"; says "no practitioner"
ask user link "$sue" "$ida" >/dev/null
same "$(ask user show "$sue" | jq -c .supervises) $(ask user show "$ida" | jq -c .supervised_by)" "[\"$ida\"] [\"$sue\"]"
be "$sue"
same "$(ask ls | jq length) $(ask case list | jq length) $(ask person list | jq length)" "2 1 1"
look "$sue" "$a" supervision
same "$(why "$a" supervision)" yes
cannot_look "for supervision and accreditation only" "$sue" "$a" intervention
same "$(why "$a" peer_training)" "You supervise this practitioner: their clips are yours to see for supervision and accreditation only."
# A link opens nothing that nobody agreed to.
cannot_look "has not agreed to accreditation" "$sue" "$a" accreditation
expect 77 export "$a" --purpose supervision --to x.png; says "does not leave the vault"
expect 77 still "$a" --at 0
expect 77 shred "$a" --reason x; says "for its practitioner or an officer"
expect 77 grant "$a" --user "$ulf" --purpose supervision --until 2030-02-01
expect 77 consent withdraw --person "$ada"
be "$ida"
ask user unlink "$sue" "$ida" >/dev/null # the practitioner may end it too
cannot_look "not a clip of your cases" "$sue" "$a" supervision
expect 66 user unlink "$sue" "$ida"

# ---- what is shared: one clip, one purpose, until a day, twice
expect 64 grant "$a" --user "$ulf" --purpose peer_training --until 2029-12-31; says "past"
expect 64 grant "$a" --user "$ulf" --purpose peer_training --until 2030-01-31 --views 0
expect 77 grant "$a" --user "$ole" --purpose peer_training --until 2030-01-31; says "neither"
twice=$(ask grant "$a" --user "$ulf" --purpose peer_training --until 2030-01-31 --views 2 | get .grant)
same "$(ask explain "$a" --purpose peer_training --as "$ulf" | jq -c '[.allowed,.until]')" '[true,"2030-01-31T23:59:59Z"]' "it ends with the grant"
same "$(why "$b" peer_training --as "$ulf")" "This is not a clip of your cases, and nobody has shared it with you for this."
be "$ulf"
same "$(ask ls | jq -r '.[].clip')" "$a"
same "$(ask grant list | jq -r '.[] | "\(.grant) \(.used)/\(.views)"')" "$twice 0/2"
cannot_look "nobody has shared it with you for this" "$ulf" "$a" supervision
look "$ulf" "$a" peer_training 2
cannot_look "they are used up" "$ulf" "$a" peer_training
same "$(ask ls)" "[]"
be "$ida"
same "$(ask grant list | jq -r '.[] | "\(.state) \(.used)"')" "used-up 2"
look "$ida" "$a" peer_training # her own case: uses nothing up
# A whole case, as often as they like; taken back.
all=$(ask grant "$family" --user "$ulf" --purpose peer_training --until 2030-03-01 | get .grant)
be "$ulf"
expect 77 consent record --person "$ada" --purpose research
expect 77 person correct "$ada" --kind carer
be "$ida"
look "$ulf" "$b" peer_training 5
cannot_look "nobody has shared it with you for this" "$ulf" "$b" intervention
hers=$(ask grant "$b" --user "$sue" --purpose supervision --until 2030-02-01 | get .grant)
be "$ulf"
expect 77 case close "$family" # to see is not to change
expect 77 grant revoke "$hers"
be "$ida"
ask grant revoke "$all" >/dev/null
cannot_look "taken back" "$ulf" "$b" peer_training
expect 66 grant revoke "$all"
# A grant opens nothing that nobody agreed to, and ends with a no.
ask grant "$b" --user "$ulf" --purpose research --until 2030-03-01 >/dev/null
cannot_look "has not agreed to research" "$ulf" "$b" research
ask grant "$b" --user "$ulf" --purpose peer_training --until 2030-01-20 >/dev/null
look "$ulf" "$b" peer_training
at 2030-01-21T00:00:00Z
cannot_look "time for which this was shared with you is over" "$ulf" "$b" peer_training
look "$sue" "$b" supervision
ask consent withdraw --person "$ada" --purpose supervision >/dev/null
cannot_look "has said no to supervision" "$sue" "$b" supervision

# ---- officers: find, hold, end, prove; see only together
be "$ole"
same "$(ask ls | jq length)" 3 "what an officer finds"
ask show "$a" >/dev/null
cannot_look "takes two" "$ole" "$a" intervention
expect 77 export "$a" --purpose intervention --to x.png
expect 77 grant "$a" --user "$ulf" --purpose peer_training --until 2030-03-01
ask hold place --clip "$a" --reason inquiry --owner Ole --review 2030-03-01 >/dev/null
asked=$(ask break-glass request "$a" --reason "complaint 17" | get .grant)
cannot_look "takes two" "$ole" "$a" intervention
expect 77 break-glass confirm "$asked"; says "second officer"
be "$adam"; expect 77 break-glass confirm "$asked"
be "$ida"; expect 77 break-glass request "$a" --reason x; expect 77 break-glass confirm "$asked"
be "$ola"
ask break-glass confirm "$asked" >/dev/null
expect 77 break-glass confirm "$asked"; says "already"
look "$ole" "$a" intervention
cannot_look "has not agreed to research" "$ole" "$a" research
cannot_look "takes two" "$ole" "$b" intervention
cannot_look "takes two" "$ola" "$a" intervention # who confirmed has not asked
be "$ole"
expect 77 export "$a" --purpose intervention --to x.png; says "does not leave"
at 2030-01-21T01:00:01Z
cannot_look "takes two" "$ole" "$a" intervention
be "$ida"
same "$(ask show "$a" | jq -r '.break_glass[] | "\(.asked_by) \(.confirmed_by) \(.reason) \(.seen)"')" "$ole $ola complaint 17 1"
be "$ole"
late=$(ask break-glass request "$a" --reason "complaint 18" | get .grant)
be "$ola"
at 2030-01-22T02:00:00Z
expect 77 break-glass confirm "$late"; says "lapsed"

# ---- a leaver's case becomes somebody else's
be "$ida"; expect 77 case assign "$family" --practitioner "$ulf"
be "$ole"
ask case assign "$family" --practitioner "$ulf" >/dev/null
cannot_look "not a clip of your cases" "$ida" "$a" intervention
look "$ulf" "$a" intervention
expect 77 case assign "$family" --practitioner "$sue"

# ---- an administrator: users, but neither films nor names
be "$adam"
for c in "ls" "show $a" "case list" "case show $family" "person list" "person show $ada" "consent list" "export $a --purpose intervention --to x" \
  "audit list" "shred $a --reason x" "user link $sue $ulf" "grant $a --user $sue --purpose supervision --until 2031-01-01" \
  "user password $ida --password-file pw" "user reset $ulf --password-file pw" "user totp $ulf" "user identity $ulf --none" "user map 4711 $ulf" "user enable $ida" \
  "case open --title x" "person add --name x" "consent record --person $ada --purpose research" "break-glass request $a --reason x"; do
  # shellcheck disable=SC2086
  expect 77 $c
  [[ $said != *Zebrafink* && $said != *Ausdenk* && $said != *.png* ]] || fail "an administrator reads a name: $c: $said"
done
same "$(why "$a" intervention)" "An administrator runs the machine and sees no footage."
for c in "user list" "check" "certificate list" "grant list" "slot list"; do
  # shellcheck disable=SC2086
  said=$(vault $c)
  [[ $said != *Zebrafink* && $said != *Ausdenk* && $said != *.png* ]] || fail "an administrator reads a name: $c: $said"
done
pia=$(ask user add --name Pia --role practitioner | get .user)
expect 77 user add --name Q --role supervisor --password-file pw; says "password"
ask user disable "$pia" >/dev/null

# ---- who acts no more
be "$ole"
ask user disable "$ida" >/dev/null
same "$(why "$a" intervention --as "$ida")" "This user was disabled."
ask user enable "$ida" >/dev/null
expect 66 user enable "$ida"
be "$sue"
at 2030-07-01T00:00:00Z # by itself
expect 77 ls; says "2030-06-30"
"$programs/tests/act_as" vault key "$ole"; now=$ole
same "$(why "$b" supervision --as "$sue")" "The time for which this user was to act in the vault is over."
same "$(ask user show "$sue" | jq -r '"\(.state) \(.agreement)"')" "ended DSA-7"
expect 77 user disable "$ole"; says "last officer" # Ola has neither a uid nor a password
vault check >/dev/null
