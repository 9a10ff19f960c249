#!/bin/bash
# Who acts: users, the uids they act under, whose case it is.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
me=$(ask user list | jq -r '.[0].user')
same "$(ask user list | jq -r '.[0] | "\(.roles) \(.uid)"')" "practitioner,officer $(id -u)"

ida=$(ask user add --name "Ida Example" --role practitioner | get .user)
sue=$(ask user add --name "Sue" --role supervisor | get .user)
same "$(ask user list | jq -r --arg u "$ida" '.[] | select(.user == $u) | "\(.name) \(.roles) \(.state) \(.uid)"')" "Ida Example practitioner live null"
ask user map 4211 "$ida" >/dev/null
expect 77 user map 4211 "$sue"; says "$ida"
same "$(ask user list | jq -r --arg u "$ida" '.[] | select(.user == $u) | .uid')" 4211

# A case of somebody else's is not yours to look into.
hers=$(ask case open --title "Hers" --practitioner "$ida" | get .case)
same "$(ask case show "$hers" | get .practitioner)" "$ida"
expect 77 case open --title X --practitioner "$sue"; says "no practitioner"
expect 66 case open --title X --practitioner usr_aaaaaaaaaaaaaaaaaaaaaaaaaa
expect 64 case open --title X --practitioner ida

expect 64 user add --name X --role king; says "supervisor"
expect 64 user add --name "" --role supervisor
expect 64 user map root "$sue"; says "id -u"
ask user disable "$ida" >/dev/null
expect 66 user disable "$ida"
expect 66 user map 4212 "$ida"
expect 66 case open --title X --practitioner "$ida"
expect 77 user disable "$me"; says "last officer"
ask user map 4211 "$sue" >/dev/null # free again

# An administrator looks after users, and makes no officer, least of all of themselves.
ole=$(ask user add --name "Ole" --role officer | get .user)
adam=$(ask user add --name "Adam" --role administrator | get .user)
ask user map 4213 "$ole" >/dev/null
ask user disable "$me" >/dev/null
expect 77 user list; says "nobody in this vault"
"$programs/tests/act_as" vault key "$adam" # there is one uid here to act with
expect 77 user add --name X --role officer,practitioner; says "officer"
expect 77 user disable "$ole"
expect 77 user map 4214 "$ole"
ask user add --name Y --role practitioner >/dev/null
ask user disable "$sue" >/dev/null
expect 77 audit list; says "officer"
expect 77 case open --title X; says "practitioner"
[ "$(ask user list | jq --arg u "$adam" 'map(select(.user == $u and .state == "live")) | length')" = 1 ] || fail "the administrator"

# On another machine uids are others: whoever has a secret and owns the folder is its officer again, and the log says so.
"$programs/tests/act_as" vault key "$ole"
ask user map 0 "$ole" >/dev/null # who is here, and is to be asked
[ "$(id -u)" = 0 ] || { expect 77 user reclaim; says "ask them"; }
"$programs/tests/act_as" vault key "$ole"
ask user map 4299 "$ole" >/dev/null # as if it had been made there
expect 77 ls; says "clipvault user reclaim"
(umask 077; printf 'CLIPVAULT-KEY-1 %064d\n' 0 >other.key)
expect 77 --key-file other.key user reclaim
same "$(ask user reclaim | get .user)" "$ole"
ask ls >/dev/null
ask audit list >log.json; grep -q user.reclaimed log.json || fail "the log: $(cat log.json)"
expect 77 user reclaim; says "already"
