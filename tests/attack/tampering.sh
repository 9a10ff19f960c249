#!/bin/bash
# Someone who can write to the vault's folder while it is closed, and has no secret: rows are changed, moved, dropped, rolled
# back. Nothing opens that should not, and check or the audit names it. Each case starts from the same vault.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
command -v sqlite3 >/dev/null || skip "needs sqlite3"
new_vault
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
con=$(consent "$ada" intervention,supervision --refuse publication --media still --until 2099-01-01)
consent "$ben" intervention --media still >/dev/null
cy=$(person "Cy" child) dee=$(person "Dee" carer)
gone=$(consent "$dee" supervision --media still)
consent "$dee" research --media still >/dev/null
consent "$dee" intervention --media recording >/dev/null
vault consent withdraw "$gone" >/dev/null
picture a.png; picture b.png; picture c.png
a=$(take_in a.png "$ada" "$ben") # intervention only
b=$(take_in b.png "$ada")        # intervention, supervision
c=$(take_in c.png "$ben" "$cy") # waits: Cy has said nothing yet
printf 'person %s fill\n0 0 0 8 8\n' "$ben" >a.marks
vault obscure mark "$a" --file a.marks >/dev/null
eve=$(ask user add --name Eve --role supervisor | get .user)
vault check >/dev/null
cp -a vault pristine
python=$(command -v python3) || skip "needs python3"

# hex ID: the 16 bytes behind clp_…, as SQL writes a blob
hex() { "$python" -c 'import base64,sys; t=sys.argv[1][4:].upper(); print(base64.b32decode(t + "=" * (-len(t) % 8)).hex())' "$1"; }
A="x'$(hex "$a")'" B="x'$(hex "$b")'" BEN="x'$(hex "$ben")'" CON="x'$(hex "$con")'" C="x'$(hex "$c")'" CY="x'$(hex "$cy")'" GONE="x'$(hex "$gone")'" DEE="x'$(hex "$dee")'" EVE="x'$(hex "$eve")'"

tampered=0
# tamper WHAT SQL: in a fresh copy of the pristine vault
tamper() {
  rm -rf vault; cp -a pristine vault
  sqlite3 vault/index.db "$2" || fail "the attack itself failed: $1"
  what=$1 tampered=$((tampered + 1))
}
named() { # check or the audit log finds it
  local code=0
  said=$(vault check --deep 2>&1) || code=$?
  [ "$code" = 65 ] || fail "$what: check did not notice (exit code $code: $said)"
}
shut() { # shut CLIP PURPOSE: no export, whatever the reason
  local code=0
  vault export "$1" --purpose "$2" --to stolen.jpg >/dev/null 2>&1 || code=$?
  [ "$code" = 77 ] || [ "$code" = 65 ] || fail "$what: $1 opened for $2 (exit code $code)"
  [ ! -e stolen.jpg ] || fail "$what: a file was left"
}

tamper "control: nothing" "SELECT 1"
vault export "$a" --purpose intervention --to ok.jpg >/dev/null
vault check --deep >/dev/null

tamper "a person left out of the set" "DELETE FROM clip_person WHERE clip = $A AND person = $BEN"
shut "$a" intervention; named
tamper "a wrap of one clip given to another" "UPDATE wrap SET ct = (SELECT ct FROM wrap WHERE clip = $B AND purpose = 'intervention') WHERE clip = $A"
shut "$a" intervention; named
tamper "a wrap of one purpose renamed to another" "UPDATE wrap SET purpose = 'research' WHERE clip = $B AND purpose = 'supervision'"
shut "$b" research; named
tamper "a purpose copied for which nobody agreed" "INSERT INTO wrap SELECT clip, 'research', rendition, leaf, expires_ms, state, job, ct FROM wrap WHERE clip = $B AND purpose = 'supervision'"
shut "$b" research; named
tamper "a consent widened to another purpose" "INSERT INTO consent_purpose SELECT consent, 'research', leaf, state, ended_ms, job, ended_after FROM consent_purpose WHERE consent = $CON AND purpose = 'supervision'"
shut "$b" research
shut "$b" intervention # a book of consents that was meddled with speaks for nothing any more
named
tamper "a no dropped" "DELETE FROM consent_purpose WHERE state = 'refused'"
shut "$b" intervention; named
tamper "a no turned into a yes" "UPDATE consent_purpose SET state = 'live' WHERE state = 'refused'"
shut "$b" intervention; named
tamper "a whole consent dropped" "DELETE FROM consent_purpose WHERE consent = $CON; DELETE FROM consent WHERE id = $CON"
shut "$b" intervention; named
tamper "a consent's end moved" "UPDATE consent SET expires_ms = 9223372036854775807 WHERE id = $CON"
shut "$b" supervision; named
tamper "a consent given for more media" "UPDATE consent SET media = 31 WHERE person = $DEE"
expect 65 consent list --person "$dee"; named
tamper "a no made to concern nothing" "UPDATE consent SET media = 0 WHERE id = $CON"
shut "$b" supervision; named
tamper "a consent for one case made one for all" "UPDATE consent SET kase = NULL WHERE id = $CON"
shut "$b" supervision; named
tamper "a withdrawn yes revived on the key of a living one" "UPDATE consent_purpose SET state = 'live', ended_ms = NULL, ended_after = 0,
  leaf = (SELECT p.leaf FROM consent_purpose p JOIN consent c ON c.id = p.consent WHERE c.person = $DEE AND p.purpose = 'research')
  WHERE consent = $GONE"
expect 65 consent list --person "$dee"; named
tamper "a child left out of a clip that waits" "DELETE FROM clip_person WHERE clip = $C AND person = $CY"
named
code=0; vault consent record --person "$ben" --purpose supervision --media still --case "$family" >/dev/null 2>&1 || code=$?
[ "$code" != 0 ] || fail "$what: the clip was released without the child"
shut "$c" intervention
tamper "a clip that waits made one of sound" "UPDATE clip SET kind = 'audio' WHERE id = $C"
named
tamper "a role that nobody gave" "UPDATE account SET roles = 15"
expect 65 ls; says "what a user may do"; named
tamper "a role given to somebody else" "UPDATE account SET roles = 4 WHERE id = $EVE"
expect 65 user list; expect 65 explain "$b" --purpose supervision --as "$eve"; named; says "$eve"
tamper "the uid of one who may act given to another" "UPDATE account SET uid = CASE id WHEN $EVE THEN $(id -u) END"
expect 65 ls
tamper "a draft of marks altered" "UPDATE marks SET sealed = zeroblob(length(sealed))"
named; says "the marks of $a"
tamper "a case given to somebody else" "UPDATE casework SET practitioner = $EVE"
shut "$b" supervision; named
tamper "the end of a case taken away" "UPDATE casework SET closed_ms = 1"
shut "$b" supervision; named
tamper "the clip's own end moved" "UPDATE clip SET expires_ms = expires_ms - 1 WHERE id = $B"
shut "$b" supervision; named
tamper "a use kept for longer than its consent" "UPDATE wrap SET expires_ms = 9223372036854775807 WHERE clip = $B AND purpose <> ''"
named
tamper "the recording's date moved" "UPDATE clip SET recorded_ms = recorded_ms - 86400000 WHERE id = $B"
shut "$b" supervision; named
tamper "objects swapped between clips" "UPDATE object SET clip = CASE clip WHEN $A THEN $B ELSE $A END"
shut "$a" intervention; shut "$b" supervision; named
tamper "the binding of an object changed" "UPDATE object SET binding = zeroblob(32) WHERE clip = $B"
shut "$b" supervision; named
tamper "a grant of one person given to another" "UPDATE grant_ SET ct = (SELECT ct FROM grant_ g WHERE g.person = $BEN LIMIT 1) WHERE person <> $BEN"
shut "$a" intervention; named
tamper "a sealed name moved to another person" "UPDATE person SET sealed = (SELECT sealed FROM person p WHERE p.id = $BEN) WHERE id <> $BEN"
expect 65 person list
tamper "an audit entry altered" "UPDATE audit SET entry = zeroblob(length(entry)) WHERE seq = 3"
expect 65 audit verify; says "entry 3"; named
tamper "an audit entry dropped" "DELETE FROM audit WHERE seq = 4"
expect 65 audit verify; named
tamper "the log cut" "DELETE FROM audit WHERE seq > 5"
expect 65 audit verify; named
tamper "two entries swapped" "UPDATE audit SET seq = -1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = -1"
expect 65 audit verify; named
tamper "an entry repeated at the end" "INSERT INTO audit SELECT max(seq) + 1, entry FROM audit"
expect 65 audit verify; named

tamper "a commitment to a key replaced" "UPDATE commitment SET hash = zeroblob(32) WHERE leaf = (SELECT max(leaf) FROM commitment)"
named; [[ $said == *"is not what was committed to"* ]] || fail "$said"
tamper "a commitment published elsewhere" "UPDATE commitment SET entry = entry - 1 WHERE leaf = (SELECT max(leaf) FROM commitment)"
named; [[ $said == *"was not published where"* ]] || fail "$said"

# Undoing a withdrawal: the rows as they were before it, put back over what is there now.
rm -rf vault; cp -a pristine vault; what="index.db from before a withdrawal put back"; tampered=$((tampered + 1))
vault consent withdraw --person "$ada" --purpose supervision >/dev/null
cp pristine/index.db vault/index.db; rm -f vault/index.db-wal vault/index.db-shm
shut "$b" supervision; named
expect 65 ls; says "older than keys.db"; expect 65 consent list # nothing is acted upon, however often one asks
expect 65 audit verify; named; shut "$b" supervision

# Index and key store put back together to before a refusal that destroyed no key: they lack what the effaceable store has by now.
rm -rf vault; cp -a pristine vault; what="both databases from before a refusal put back"; tampered=$((tampered + 1))
vault consent record --person "$cy" --refuse intervention --media still --case "$family" --capacity self >/dev/null
cp pristine/index.db pristine/keys.db vault/; rm -f vault/*.db-wal vault/*.db-shm
expect 65 ls; says "effaceable"

# Files: bits flipped, cut, swapped, replaced by another authentic one.
reset() { rm -rf vault; cp -a pristine vault; what=$1; tampered=$((tampered + 1)); }
object() { find vault/objects -type f | sort | sed -n "$1p"; }
reset "a bit of a sealed object flipped"
"$python" - "$(object 1)" <<'P'
import sys
data = bytearray(open(sys.argv[1], 'rb').read()); data[len(data) // 2] ^= 1; open(sys.argv[1], 'wb').write(data)
P
named
reset "a sealed object cut"; truncate -s -1 "$(object 1)"; named
reset "a sealed object deleted"; rm "$(object 1)"; named
reset "two sealed objects swapped"; one=$(object 1) two=$(object 2); mv "$one" t; mv "$two" "$one"; mv t "$two"; named
reset "the bodies of two clips swapped"
body() { sqlite3 vault/index.db "SELECT hex(id) FROM object WHERE clip = $1 AND role = 'body'" |
  "$python" -c 'import base64; print("obj_" + base64.b32encode(bytes.fromhex(input())).decode().rstrip("=").lower())'; }
one=vault/objects/$(body "$A") two=vault/objects/$(body "$B"); mv "$one" t; mv "$two" "$one"; mv t "$two"; named
shut "$a" intervention
reset "an unknown file among the objects"; cp "$(object 1)" vault/objects/obj_aaaaaaaaaaaaaaaaaaaaaaaaaa; echo x >vault/objects/notes.txt
named
vault check --repair >/dev/null
vault check --deep >/dev/null
reset "a key store of another vault"
CLIPVAULT_DIR=$stage/second vault init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
cp second/keys.db second/effaceable vault/; rm -f vault/keys.db-*
expect 65 ls; says "another vault"
echo "$tampered kinds of tampering"
