#!/bin/bash
# What is due: told by case and person before it happens, ended at most so many at a time, at unlocking before anything is shown;
# the heartbeat of the sweep, and how much is overdue.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
export TZ=UTC CLIPVAULT_TEST_NOW=2030-01-01T10:00:00Z CLIPVAULT_TEST_JUMP_OK=1
at() { export CLIPVAULT_TEST_NOW=$1; }
new_vault
ada=$(person "Ada Zebrafink" carer)
consent "$ada" supervision --media still --until 2030-01-10 >/dev/null
for n in 1 2 3 4 5 6; do picture "a$n.png"; ask ingest "a$n.png" --case "$family" --person "$ada" >/dev/null; done

stat() { ask stats | jq -r "$1"; }
same "$(stat .counts.clips.live)" 6
same "$(stat .counts.people.live)" "<5" "few people are not counted out"
same "$(stat '.overdue, .last_sweep_at' | paste -sd' ')" "0 null"
ask sweep >/dev/null
same "$(stat .last_sweep_at)" 2030-01-01T10:00:00Z "the heartbeat"
vault stats --format csv >report.csv
same "$(head -n 1 report.csv)" group,name,count
grep -qx "clips,live,6" report.csv && grep -qx "people,live,<5" report.csv || fail "$(cat report.csv)"

at 2030-01-11T09:00:00Z
same "$(stat '.overdue, .overdue_since' | paste -sd' ')" "6 2030-01-10T23:59:59Z"
dry=$(ask sweep --dry-run)
same "$(get '.due' <<<"$dry")" 6
same "$(jq -r '[.would_end[] | [.case, .people[0], .purpose] | join(" ")] | unique | join(",")' <<<"$dry")" "$family $ada supervision"
vault sweep --dry-run | grep -q "$family  clp_.* supervision, due 2030-01-10; in it: $ada" || fail "$(vault sweep --dry-run)"
same "$(ask sweep --max 2 | get '"\(.due) \(.shredded)"')" "6 2"
same "$(stat .overdue)" 4

# A locked sweep finds what is due; unlocking ends it before anything is shown.
ask slot list >/dev/null
code=0; env -u CLIPVAULT_KEY_FILE "$programs/clipvault" sweep </dev/null 2>err || code=$?
same "$code" 75
if vault unlock --for 1m >/dev/null 2>err; then
  same "$(stat .overdue)" 0 "ended at unlocking"
  same "$(ask ls --state shredded | get length)" 6
  vault lock >/dev/null
else
  grep -q keyring err || fail "$(cat err)" # a kernel without it: nothing to unlock into
fi

# A day that the month lacks, a leap day, an hour that the clock skips: all in the vault's zone.
echo "time_zone = Europe/London" >>vault/clipvault.conf
ends() { # ends DATE RULE
  at "$1T12:00:00Z"
  ask consent record --person "$ada" --purpose research --after "$2" --case "$family" | get .expires_at
}
same "$(ends 2031-01-31 given:1m)" 2031-02-28T23:59:59Z
same "$(ends 2032-02-29 given:1y)" 2033-02-28T23:59:59Z
same "$(ends 2033-03-01 given:26d)" 2033-03-27T22:59:59Z "the evening after summer time began"
same "$(ends 2033-10-01 given:29d)" 2033-10-30T23:59:59Z "the evening after it ended"

# What runs from a day that has not come yet: a hard cap until then.
same "$(ends 2034-01-10 end-of-involvement:2m)" 2036-01-10T23:59:59Z "two years at most"
yes=$(ask consent list --person "$ada" | jq -r '.[-1].consent')
ask consent show "$yes" | jq -e '.rules | index("given:24m")' >/dev/null || fail "the cap is not told"
at 2034-02-10T12:00:00Z
ask case close "$family" --on 2034-02-01 >/dev/null
same "$(ask consent show "$yes" | get .expires_at)" 2034-04-01T22:59:59Z "two months after the end"
other=$(ask case open --title "Training case" | get .case)
yes=$(ask consent record --person "$ada" --purpose accreditation --after accreditation:1m --case "$other" | get .consent)
same "$(ask consent show "$yes" | get .expires_at)" 2036-02-10T23:59:59Z
ask case accredited "$other" --on 2034-02-05 >/dev/null
same "$(ask consent show "$yes" | get .expires_at)" 2034-03-05T23:59:59Z "a month after it"
expect 77 case accredited "$other" --on 2034-02-06; says "already"
vault check >/dev/null
