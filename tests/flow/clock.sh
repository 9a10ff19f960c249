#!/bin/bash
# Time: the earliest end wins, the sweep destroys what is due and no more, and a clock cannot talk the vault round.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
export TZ=UTC CLIPVAULT_TEST_NOW=2030-01-01T10:00:00Z CLIPVAULT_TEST_JUMP_OK=1
at() { export CLIPVAULT_TEST_NOW=$1; }
new_vault
ada=$(person "Ada" child) mira=$(person "Mira" carer)

# Thirty days after recording, for one; a fixed date, for the other: the earliest wins, per purpose.
consent "$ada" intervention,supervision --media still --after recording:30d --capacity parental-responsibility >/dev/null
consent "$mira" intervention --media still --until 2030-01-20 >/dev/null
consent "$mira" supervision --media still >/dev/null
picture a.png
clip=$(ask ingest a.png --case "$family" --person "$ada" --person "$mira" --recorded 2029-12-20 | get '.ingested[0].clip')
same "$(ask show "$clip" | jq -r '.uses[] | "\(.purpose) \(.until)"' | tr '\n' ';')" \
  "intervention 2030-01-19T23:59:59Z;supervision 2030-01-19T23:59:59Z;" "thirty days after 20 December, not Mira's 20 January"

# Due tomorrow is not due today; a dry run only looks.
same "$(ask sweep | jq -c '[.due,.shredded]')" "[0,0]"
at 2030-01-20T00:00:00Z
may "$clip" intervention no
expect 77 export "$clip" --purpose intervention --to x.jpg; says "a time that is over"
same "$(ask sweep --dry-run | jq -c '[.due,.shredded]')" "[2,0]"
ask ls --state expired | jq -e 'length == 1' >/dev/null || fail "expired but not swept"
crt=$(ask sweep | get .certificate)
ask certificate show "$crt" | jq -e '.items[0].kind == "destroyed" and .items[0].due_at == "2030-01-19T23:59:59Z"' >/dev/null || fail "$(ask certificate show "$crt")"
same "$(state "$clip")" shredded

# One of several uses ends; the others stay. --max takes some now, the rest later.
consent "$mira" research --media still --until 2030-02-01 >/dev/null
picture b.png
b=$(take_in b.png "$mira")
for n in 1 2 3; do picture "m$n.png"; ask ingest "m$n.png" --case "$family" --person "$mira" --expires 2030-02-01 >/dev/null; done
at 2030-02-02T00:00:00Z
# Due are three clips, and two uses of the other one (Mira's intervention ended on 20 January, when it was taken in).
same "$(ask sweep --max 2 | jq -c '[.due,.shredded]')" "[5,2]"
same "$(ask sweep | jq -c '[.due,.shredded]')" "[3,3]"
same "$(purposes "$b")" supervision
ask audit verify >/dev/null

# The end of involvement begins to count when the case is closed.
sam=$(person "Sam" carer)
consent "$sam" supervision --media still --after end-of-involvement:2m >/dev/null
picture c.png
c=$(take_in c.png "$sam")
same "$(ask show "$c" | jq -r '.uses[0].until')" 2032-02-02T23:59:59Z "two years at most, until the case is closed"
ask case close "$family" >/dev/null
same "$(ask show "$c" | jq -r '.uses[0].until')" 2030-04-02T23:59:59Z
may "$c" supervision yes
expect 77 ingest c.png --case "$family" --person "$sam"; says "closed"
at 2030-04-03T00:00:00Z
ask sweep >/dev/null
same "$(state "$c")" shredded

# Who closed a case may have been late; nobody prolongs what is running, or revives what is over.
expect 77 case close "$family"; says "already"
expect 77 case close "$family" --on 2030-04-01; says "never later"
same "$(ask case close "$family" --on 2030-01-15 | get .closed_at)" 2030-01-15T00:00:00Z
expect 77 case close "$family" --on 2030-01-16

# Quarantine ends by itself after 14 days.
family=$(ask case open --title "Second" | get .case)
lee=$(person "Lee" carer)
picture d.png
d=$(take_in d.png "$lee")
at 2030-04-17T00:00:00Z
ask sweep >/dev/null
same "$(state "$d")" quarantined "a day early"
at 2030-04-18T00:00:01Z
# What is due gets no new keys by correcting who is in it.
expect 77 clip people "$d" add "$mira"; says "sweep"
ask sweep >/dev/null
same "$(state "$d")" shredded "after 14 days"

consent "$lee" supervision --media still --until 2030-04-18 >/dev/null
picture l.png
l=$(take_in l.png "$lee")
at 2030-04-19T00:00:00Z
expect 77 clip people "$l" add "$mira"; says "over"
same "$(ask sweep | get .shredded)" 1
same "$(state "$l")" shredded
at 2030-04-18T00:00:01Z

# A clock set back shows nothing and destroys nothing.
consent "$mira" supervision --media still >/dev/null
picture e.png
e=$(take_in e.png "$mira")
at 2030-04-10T00:00:00Z
expect 77 export "$e" --purpose supervision --to x.jpg; says "earlier time"
expect 77 sweep; says "clock"
expect 77 clock confirm
at 2030-04-19T01:00:00Z
vault export "$e" --purpose supervision --to e.jpg >/dev/null

# A jump of more than 31 days shows nothing until a person says that it is right.
unset CLIPVAULT_TEST_JUMP_OK
at 2030-06-01T00:00:00Z
expect 77 export "$e" --purpose supervision --to y.jpg; says "clock confirm"
same "$(ask sweep --dry-run | get .clock)" jumped
expect 77 sweep
ask clock confirm >/dev/null
vault export "$e" --purpose supervision --to y.jpg >/dev/null
export CLIPVAULT_TEST_JUMP_OK=1

# Much of the vault due at once: nothing goes until a person says how many.
for n in $(seq 22); do picture "x$n.png"; ask ingest "x$n.png" --case "$family" --person "$mira" --expires 2030-06-10 >/dev/null; done
at 2030-06-11T00:00:00Z
expect 77 sweep; says "--confirm"
expect 77 sweep --confirm 3; says "22 are due"
same "$(ask sweep --dry-run | jq -c '[.clock,.due,.now]')" '["mass-due",22,"2030-06-11T00:00:00Z"]' "what a person looks at"
same "$(ask stats | get .clock)" mass-due
# The same from a browser, by an officer.
echo "a lantern over water" >pw
ask user add --name ole --role officer --password-file pw >/dev/null
serve
sign_in ole "a lantern over water"
call GET /api/sweep; answers 200 '.clock == "mass-due" and .due == 22'
call POST /api/sweep '{}'; answers 403
call POST /api/sweep '{"confirm":"3"}'; answers 403 '.detail | contains("22 are due")'
call GET "/api/clips/$e/explain?purpose=supervision"; answers 200 '.reasons | any(contains("until an officer has looked"))'
call POST /api/sweep '{"confirm":"22"}'; answers 200 '.shredded == 22 and (.certificate | startswith("crt_"))'
call GET /api/sweep; answers 200 '.clock == "fine" and .due == 0'
end_server
same "$(ask stats | get .clock)" fine
vault export "$e" --purpose supervision --to z.jpg >/dev/null
vault check --deep >/dev/null

# A release build does not know any of this. (Where only one variant is tested, as under sanitizers, there is none to ask.)
if [ "${CLIPVAULT:-$hooked}" != "$hooked" ]; then
  same "$(strings "$CLIPVAULT/clipvault" | grep -c CLIPVAULT_TEST_ || true)" 0 "test hooks in a release build"
fi
