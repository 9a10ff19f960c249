#!/bin/bash
# --wipe-source: a file goes only when the vault surely has it, and what that is worth is said plainly.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
[ -x "$hooked/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
new_vault
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
consent "$ada" supervision --media recording,still >/dev/null
wiping() { ask ingest --wipe-source "$@" --case "$family" --person "$ada" >w.json || fail "exit code $?: $(cat w.json)"; }
told() { jq -e "$1" w.json >/dev/null || fail "expected $1: $(cat w.json)"; }

# The file and what is told of it.
picture a.png
cp a.png a.copy
wiping a.png --keep-original
told '(.wiped | length) == 1 and .wiped[0].file == "a.png" and (.wiped[0].how | test("overwritten.*removed.*card")) and .not_wiped == []'
[ ! -e a.png ] || fail "a.png is still there"
vault export "$(jq -r '.ingested[0].clip' w.json)" --purpose supervision --rendition original --to a.out >/dev/null
cmp a.copy a.out
vault audit list | grep -q source.wiped || fail "no entry in the audit log"

# Overwritten in place, not only unlinked: killed in between, it has its length and none of its bytes, and the clip lives.
film o.mp4 2
cp o.mp4 o.copy
code=0
{ CLIPVAULT_TEST_CRASH=source-overwritten "$hooked/clipvault" ingest o.mp4 --wipe-source --case "$family" --person "$ada" >/dev/null 2>&1 || code=$?; } 2>/dev/null
same "$code" 137 "the crash"
same "$(stat -c %s o.mp4)" "$(stat -c %s o.copy)"
others=$({ cmp -l o.mp4 o.copy || true; } | wc -l)
[ "$others" -gt $(($(stat -c %s o.copy) * 95 / 100)) ] || fail "only $others bytes of o.mp4 are others"
same "$(ask ls --state live | jq length)" 2
vault check --deep >/dev/null

# A name that cannot be removed is told of; the bytes are gone.
mkdir locked && picture locked/b.png && cp locked/b.png b.copy && chmod 555 locked
wiping locked/b.png
told '.wiped[0].how | test("name could not be removed")'
chmod 755 locked
same "$(stat -c %s locked/b.png)" 0

# Never: a refused file, one in quarantine, one with a second name, one that may not be written, one that is no file.
echo "just words" >words.txt
picture c.png && ln c.png c.second
picture d.png && chmod 444 d.png
picture e.png
wiping words.txt c.png d.png e.png
told '(.wiped | map(.file)) == ["e.png"] and (.not_wiped | map(.file)) == ["c.png", "d.png"] and (.refused | map(.file)) == ["words.txt"]'
told '(.not_wiped[0].reason | test("second name")) and (.not_wiped[1].reason | test("may not be written"))'
[ -s words.txt ] && [ -s c.png ] && [ -s d.png ] || fail "a file that was not to be wiped was"
picture q.png
ask ingest q.png --wipe-source --case "$family" --person "$ben" >w.json
told '.ingested[0].state == "quarantined" and (.not_wiped[0].reason | test("quarantine"))'
[ -s q.png ] || fail "the source of a clip in quarantine was wiped"
same "$(sha256sum <c.png)" "$(sha256sum <c.second)"

# A read-only folder on the card, and no switch at all: exit 0, the file stays.
picture n.png
ask ingest n.png --case "$family" --person "$ada" | jq -e 'has("wiped") | not' >/dev/null || fail "wiped is told without having been asked for"
[ -s n.png ] || fail "a file was wiped that nobody asked to wipe"

# A duplicate goes only if the clip that is there lives and verifies.
wiping n.png
told '(.duplicates | length) == 1 and (.wiped | length) == 1'
cp a.copy again.png
clip=$(ask ingest again.png --case "$family" --person "$ada" | jq -r '.duplicates[0].clip')
object=$(find vault/objects -type f -size -400k -printf '%T@ %p\n' | sort -n | sed -n 1p | cut -d' ' -f2)
cp "$object" kept.object
printf 'X' | dd of="$object" bs=1 seek=3000 conv=notrunc status=none
wiping again.png
told '(.duplicates | length) == 1 and .wiped == [] and (.not_wiped[0].reason | test("changed"))'
[ -s again.png ] || fail "the last good copy was wiped"
cp kept.object "$object"
vault check --deep >/dev/null
wiping again.png
told '(.wiped | length) == 1'
picture s.png && cp s.png s.again
clip=$(take_in s.png "$ada")
vault shred "$clip" --reason tidy >/dev/null
wiping s.again
told '(.ingested | length) == 1 and (.wiped | length) == 1'

# A damaged film whose copy lacks frames is left, unless its original is kept.
film whole.mp4 4
cp whole.mp4 torn.mp4
python3 - torn.mp4 <<'EOF'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
for at in range(20000, 60000, 5000):
    data[at:at + 400] = bytes(255 - b for b in data[at:at + 400])
open(sys.argv[1], "wb").write(data)
EOF
wiping torn.mp4
told '.ingested[0].frames_damaged > 0 and .wiped == [] and (.not_wiped[0].reason | test("damaged"))'
cp torn.mp4 torn2.mp4; echo >>torn2.mp4
wiping torn2.mp4 --keep-original
told '(.wiped | length) == 1'

# Of a folder, each file by itself; what is left out stays.
mkdir -p card/DCIM
picture card/DCIM/1.png; picture card/DCIM/2.png; echo index >card/DCIM/1.THM
wiping card
told '(.wiped | length) == 2'
same "$(find card -type f)" card/DCIM/1.THM
said=$(vault ingest torn.mp4 --wipe-source --case "$family" --person "$ada"); says "NOT wiped"
vault check --deep >/dev/null
