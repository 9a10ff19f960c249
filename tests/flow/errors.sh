#!/bin/bash
# Wrong input of every kind: the documented exit code, a sentence that says what to do, and nothing changed.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"

expect 66 ls; says "clipvault init"
expect 64 frobnicate; says "frobnicate"
expect 64 ingets film; says "ingest"
expect 64 init --slot carrot
expect 64 init --slot key-file; says "--key-file"
CLIPVAULT_TPM2_TCTI=swtpm:path=/nowhere expect 69 init --slot tpm; says "no TPM"
new_vault
expect 73 init --slot key-file --key-file "$CLIPVAULT_KEY_FILE"; says "already"
# What lies in a folder already is nobody's to take away, whatever fails.
mkdir work stick
echo "years" >work/index.db; echo "of work" >work/keys.db; echo mine >work/letter
expect 73 --vault work init --slot key-file --key-file k1; says "already holds a vault"
rm work/keys.db
expect 73 --vault work init --slot key-file --key-file k1; says "not empty"
same "$(cd work && cat index.db letter)" "$(printf 'years\nmine')"
[ ! -e k1 ] || fail "a key file was left behind"
echo "a store" >stick/taken
expect 73 --vault v2 init --slot key-file --key-file k2 --effaceable "file:$PWD/stick/taken"
same "$(cat stick/taken)" "a store"
[ ! -e v2 ] || fail "a folder that was made was left behind"
code=0 # room for a file of 60 KiB: the key store fits, the index does not
(trap '' XFSZ; ulimit -f 60; vault --vault v3 init --slot key-file --key-file k4 --effaceable "file:$PWD/stick/f") >small.log 2>&1 || code=$?
same "$code" 74 "a disk that is full: $(cat small.log)"
[ ! -e v3 ] && [ ! -e stick/f ] && [ ! -e k4 ] || fail "left behind: $(ls -A v3 stick)"
mkdir empty
ask --vault empty init --slot key-file --key-file k3 --effaceable "file:$PWD/stick/e" >/dev/null
[ "$(stat -c %s stick/e)" = 8192 ] || fail "an external effaceable store"
rmdir vault/objects vault/spool # as after a copy that forgot them
expect 73 init --slot key-file --key-file "$CLIPVAULT_KEY_FILE"
[ -s vault/keys.db ] && [ -s vault/effaceable ] || fail "a failed init ate a vault"
mkdir vault/objects vault/spool
picture p.png
ada=$(person "Ada" child)
consent "$ada" supervision --media still >/dev/null
clip=$(take_in p.png "$ada")
before=$(sha256sum vault/objects/* | sort; ask ls; ask consent list; ask person list)

while IFS='|' read -r code says words; do
  [ -n "$code" ] || continue
  # shellcheck disable=SC2086 # words are split on purpose
  expect "$code" ${words//CLIP/$clip}
  says "$says"
done <<TABLE
64|--title|case open
64|--titel|case open --titel x
64|look like|show nonsense
64|clip id|show clp_zzz
66|no such clip|show clp_aaaaaaaaaaaaaaaaaaaaaaaaaa
64|--purpose|explain CLIP
64|not a purpose|explain CLIP --purpose supervison
64|supervision|explain CLIP --purpose supervison
64|duty|explain CLIP --purpose legal_disclosure
66|no such person|consent record --person per_aaaaaaaaaaaaaaaaaaaaaaaaaa --purpose research
64|--purpose|consent record --person $ada
64|2026-11-24|consent record --person $ada --purpose research --until tomorrow
64|past|consent record --person $ada --purpose research --until 2001-01-01
64|rule|consent record --person $ada --purpose research --after recording
64|birthday|consent record --person $ada --purpose research --after born:25y
64|capacity|consent record --person $ada --purpose research --capacity king
64|same purpose|consent record --person $ada --purpose research --refuse research
64|kind of media|consent record --person $ada --purpose research --media film
64|one consent|consent withdraw
66|no such consent|consent withdraw con_aaaaaaaaaaaaaaaaaaaaaaaaaa
64|--person|ingest p.png --case $family
64|twice|ingest p.png --case $family --person $ada --person $ada
66|no such case|ingest p.png --case cas_aaaaaaaaaaaaaaaaaaaaaaaaaa --person $ada
65|nothing.mp4|ingest nothing.mp4 --case $family --person $ada
65|nothing was taken in|ingest work --case $family --person $ada
64|FILE|ingest --case $family --person $ada
64|future|ingest p.png --case $family --person $ada --recorded 2999-01-01
64|past|ingest p.png --case $family --person $ada --expires 2001-01-01
64|kind of clip|ingest p.png --case $family --person $ada --kind movie
73|p.png|export CLIP --purpose supervision --to p.png
77|has not agreed|export CLIP --purpose research --to x
64|add or remove|clip people CLIP swap $ada
77|only person|clip people CLIP remove $ada
64|--state|ls --state dead
64|number|sweep --max many
66|no such certificate|certificate show crt_aaaaaaaaaaaaaaaaaaaaaaaaaa
65|public key|certificate verify p.png --vault-key p.png
64|--reason|shred CLIP
77|last slot|slot remove $(ask slot list | jq -r '.[0].slot')
66|no such slot|slot remove slt_aaaaaaaaaaaaaaaaaaaaaaaaaa
77|still in|person erase $ada
64|kind of person|person add --name X --kind dog
64|name|person add --name
TABLE
[ ! -e x ] || fail "a refused export left a file"

# The same as JSON: the last line of standard error.
code=0
vault --json explain "$clip" --purpose supervison >out 2>err || code=$?
same "$code" 64
[ ! -s out ] || fail "an error wrote to standard output"
tail -n 1 err | jq -e '.error == "usage" and (.message | length > 0)' >/dev/null || fail "JSON error: $(cat err)"

# A form is a file: whoever holds the vault waits for nobody's pipe.
code=0
echo scan | vault consent record --person "$ada" --purpose research --form - >out 2>err || code=$?
same "$code" 65 "a form through a pipe"
grep -q "must be a file" err || fail "$(cat err)"

# A file that is no recording is refused by itself; a wrong one beside a right one does not stop it.
echo "just words" >words.txt
picture q.png
expect 65 ingest words.txt --case "$family" --person "$ada"
ask ingest words.txt q.png --case "$family" --person "$ada" >mixed.json || fail "one good file is enough"
jq -e '(.ingested | length) == 1 and (.refused | length) == 1 and (.refused[0].reason | length > 0)' mixed.json >/dev/null || fail "$(cat mixed.json)"
same "$(ask ingest q.png --case "$family" --person "$ada" | jq '.duplicates | length')" 1

# One that is not there, or a folder without recordings, keeps nobody out; a name cannot steer the terminal that shows it.
ask ingest gone.png work q.png --case "$family" --person "$ada" >mixed2.json || fail "one good file is enough"
jq -e '(.duplicates | length) == 1 and (.refused | map(.file) == ["gone.png","index.db","letter"]) and (.refused | all(.reason | length > 0))' \
  mixed2.json >/dev/null || fail "$(cat mixed2.json)"
evil=$'q\033[31m\rgone\nX.png'
cp q.png "$evil"
[ "$(vault ingest "$evil" --case "$family" --person "$ada" | tr -d '[:print:]→' | wc -c)" = 1 ] || fail "control characters in what is printed"

# Nothing of all that changed what was there.
crt=$(ask shred "$(jq -r '.ingested[0].clip' mixed.json)" --reason tidy | get .certificate)
same "$(ask certificate show "$crt" | get .reason)" tidy
same "$(sqlite3 vault/index.db "SELECT count(*), sum(CAST(reason AS TEXT) LIKE '%tidy%') FROM job")" "1|0" "the reason lies sealed in the index"
after=$(sha256sum vault/objects/* | sort; ask ls | jq -c '[.[] | select(.state != "shredded")]'; ask consent list; ask person list)
same "$(sed -n 1p <<<"$after")" "$(sed -n 1p <<<"$before")" "the sealed object"
same "$(ask ls --state live | jq length)" 1
expect 66 shred "$(jq -r '.ingested[0].clip' mixed.json)" --reason again; says "ended already"
vault check --deep >/dev/null

# Wrong secrets, wrong configuration.
vault --key-file "$CLIPVAULT_KEY_FILE" ls >/dev/null
printf 'CLIPVAULT-KEY-1 %064d\n' 7 >wrong.key; chmod 600 wrong.key
expect 77 --key-file wrong.key ls; says "does not open"
expect 65 --key-file p.png ls; says "not a key file"
echo "colour = blue" >>vault/clipvault.conf
expect 78 ls; says "colour"
