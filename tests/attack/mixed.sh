#!/bin/bash
# Someone who can write to the folder of a closed vault, and has copies of it from before and a second vault with the same people, films
# and key file: rows and files of other times, clips, persons, purposes and vaults in the place of today's. (Rows that are altered:
# tampering.sh; copies together with every secret: old_copies.sh.) All is refused, and check names it.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
command -v sqlite3 >/dev/null || skip "needs sqlite3"
all=intervention,case_consultation,supervision,accreditation,peer_training,service_training,research,quality_assurance
populate() { # a vault with Ada, Ben, a film of Ada's and one of both; leaves enough for two nodes
  new_vault
  ada=$(person "Ada" carer) ben=$(person "Ben" carer)
  for who in "$ada" "$ben"; do consent "$who" $all --media still,recording,audio --until 2099-01-01 >/dev/null; done
  for _ in 1 2 3 4 5; do consent "$ben" $all --media audio >/dev/null; done
  a=$(take_in a.png "$ada") b=$(take_in b.png "$ada" "$ben")
}
picture a.png; picture b.png
CLIPVAULT_DIR=$stage/other populate
populate
old=$(ask slot add key-file --new-key-file old.key | get .slot)
vault ls >/dev/null
cp -a vault before
ask consent withdraw --person "$ada" --purpose research >/dev/null
vault slot remove "$old" >/dev/null
vault export "$a" --purpose supervision --to a.jpg >/dev/null
vault check --deep >/dev/null
cp -a vault today
[ "$(sqlite3 today/keys.db 'SELECT count(*) FROM node')" -ge 3 ] || fail "too few nodes to mix"
python=$(command -v python3) || skip "needs python3"
hex() { "$python" -c 'import base64,sys; t=sys.argv[1][4:].upper(); print(base64.b32decode(t + "=" * (-len(t) % 8)).hex())' "$1"; }
A="x'$(hex "$a")'" B="x'$(hex "$b")'" ADA="x'$(hex "$ada")'" BEN="x'$(hex "$ben")'"

mixtures=0
mix() { # WHAT DATABASE SQL: in a fresh copy of today's; before and other are attached
  rm -rf vault; cp -a today vault
  what=$1 mixtures=$((mixtures + 1))
  sqlite3 "vault/$2" "ATTACH 'before/$2' AS before; ATTACH 'other/$2' AS other; $3" || fail "the attack itself failed: $1"
  [ "$(sqlite3 "vault/$2" .dump | sha256sum)" != "$(sqlite3 "today/$2" .dump | sha256sum)" ] || fail "the attack changed nothing: $1"
}
exchange() { # WHAT FILE…: of an earlier vault
  rm -rf vault; cp -a today vault
  what=$1 mixtures=$((mixtures + 1))
  shift
  for f; do rm -rf "vault/${f#*/}" "vault/${f#*/}"-wal "vault/${f#*/}"-shm; cp -a "$f" vault/; done
}
named() { # check says 65, and what is meant
  local code=0
  said=$(vault check --deep 2>&1) || code=$?
  [ "$code" = 65 ] || fail "$what: check did not notice (exit code $code: $said)"
  [ $# = 0 ] || says "$1"
}
shut() { # CLIP PURPOSE
  local code=0
  vault export "$1" --purpose "$2" --to stolen.jpg >/dev/null 2>&1 || code=$?
  [ "$code" = 77 ] || [ "$code" = 65 ] || fail "$what: $1 opened for $2 (exit code $code)"
  [ ! -e stolen.jpg ] || fail "$what: a file was left"
}
unopened() { # the vault as a whole
  said=$(vault ls 2>&1) && fail "$what: it opens"
  [ $# = 0 ] || says "$1"
  named; shut "$a" research; shut "$a" supervision
}

# ---- rows of keys.db
root=$((127 << 56))
mix "a node from before a destruction" keys.db "UPDATE node SET b = (SELECT b FROM before.node n WHERE n.id = 0), epoch = (SELECT epoch FROM before.node n WHERE n.id = 0) WHERE id = 0"
shut "$a" research; shut "$a" supervision; named "node"
mix "the root from before" keys.db "UPDATE node SET b = (SELECT b FROM before.node n WHERE n.id = $root) WHERE id = $root"
unopened "do not belong together"
mix "all nodes from before" keys.db "DELETE FROM node; INSERT INTO node SELECT * FROM before.node"
unopened "do not belong together"
mix "all nodes but the root from before" keys.db "DELETE FROM node WHERE id <> $root; INSERT INTO node SELECT * FROM before.node WHERE id <> $root"
named "node"; shut "$a" research; shut "$a" supervision
mix "a node of another vault" keys.db "UPDATE node SET b = (SELECT b FROM other.node n WHERE n.id = 0) WHERE id = 0"
named "node"; shut "$a" supervision
mix "the root of another vault" keys.db "UPDATE node SET b = (SELECT b FROM other.node n WHERE n.id = $root) WHERE id = $root"
unopened
mix "two nodes exchanged" keys.db "UPDATE node SET b = (SELECT b FROM node n WHERE n.id = 1 - node.id) WHERE id IN (0, 1)"
named "node"; shut "$a" supervision
mix "a node left out" keys.db "DELETE FROM node WHERE id = 1"
named "node"
mix "a slot from before the master key was replaced" keys.db "UPDATE slot SET mrk = (SELECT mrk FROM before.slot s WHERE s.id = slot.id)"
unopened
mix "the slot that was removed" keys.db "INSERT INTO slot SELECT * FROM before.slot WHERE id NOT IN (SELECT id FROM slot)"
unopened; expect 65 --key-file old.key ls
mix "a slot of another vault, whose key the intruder has" keys.db "INSERT INTO slot SELECT * FROM other.slot"
unopened
mix "the name of another vault" keys.db "UPDATE fact SET v = (SELECT v FROM other.fact f WHERE f.k = 'vault') WHERE k = 'vault'"
expect 77 ls; expect 77 check # to which no slot belongs: a key file cannot be told from a wrong one

# ---- rows of index.db: of another time
mix "a wrap from before a withdrawal" index.db "INSERT OR REPLACE INTO wrap SELECT * FROM before.wrap WHERE clip = $A AND purpose = 'research'"
shut "$a" research; named
mix "a grant from before a withdrawal" index.db "INSERT OR REPLACE INTO grant_ SELECT * FROM before.grant_ WHERE person = $ADA AND purpose = 'research'"
shut "$a" research; named
mix "verdict, grants and wraps from before a withdrawal" index.db "INSERT OR REPLACE INTO consent_purpose SELECT * FROM before.consent_purpose WHERE purpose = 'research';
  INSERT OR REPLACE INTO grant_ SELECT * FROM before.grant_; INSERT OR REPLACE INTO wrap SELECT * FROM before.wrap"
shut "$a" research; named
mix "every row but the log from before a withdrawal" index.db "$(for t in person consent consent_purpose grant_ clip clip_person wrap object rendition job; do echo "DELETE FROM $t; INSERT INTO $t SELECT * FROM before.$t;"; done)"
shut "$a" research; named
mix "the log from before a withdrawal" index.db "DELETE FROM audit; INSERT INTO audit SELECT * FROM before.audit"
shut "$a" research; named; expect 65 audit verify
mix "the certificate left out" index.db "DELETE FROM certificate"
named "is not in the index"

# ---- of another purpose, clip, person, vault
mix "grants of one purpose for another" index.db "UPDATE grant_ SET ct = (SELECT ct FROM grant_ g WHERE g.person = grant_.person AND g.kase = grant_.kase AND g.media = grant_.media
  AND g.ident = grant_.ident AND g.consent = grant_.consent AND g.purpose = 'supervision') WHERE person = $ADA AND purpose = 'peer_training'"
shut "$a" peer_training; named
mix "grants of one person for another" index.db "UPDATE grant_ SET ct = (SELECT ct FROM grant_ g WHERE g.person = $BEN AND g.purpose = grant_.purpose AND g.media = grant_.media
  AND g.ident = grant_.ident AND g.kase = grant_.kase LIMIT 1), leaf = (SELECT leaf FROM grant_ g WHERE g.person = $BEN AND g.purpose = grant_.purpose AND g.media = grant_.media
  AND g.ident = grant_.ident AND g.kase = grant_.kase LIMIT 1) WHERE person = $ADA AND purpose = 'peer_training'"
shut "$a" peer_training; named
mix "grants for one kind of recording for another" index.db "UPDATE grant_ SET media = 2 WHERE person = $ADA AND purpose = 'peer_training'"
shut "$a" peer_training; named
mix "wraps of one clip for another, keys and all" index.db "UPDATE wrap SET ct = (SELECT ct FROM wrap w WHERE w.clip = $A AND w.purpose = wrap.purpose), leaf = (SELECT leaf FROM wrap w WHERE w.clip = $A
  AND w.purpose = wrap.purpose) WHERE clip = $B AND purpose = 'supervision'"
shut "$b" supervision; named
mix "the facts of two clips exchanged" index.db "UPDATE clip SET sealed = (SELECT sealed FROM clip c WHERE c.id <> clip.id) WHERE id IN ($A, $B)"
named "facts"
mix "wraps of another vault" index.db "UPDATE wrap SET ct = (SELECT ct FROM other.wrap w WHERE w.purpose = wrap.purpose LIMIT 1) WHERE purpose = 'supervision'"
shut "$a" supervision; named
mix "grants of another vault" index.db "UPDATE grant_ SET ct = (SELECT ct FROM other.grant_ g WHERE g.purpose = grant_.purpose AND g.media = grant_.media AND g.ident = grant_.ident LIMIT 1)"
shut "$a" supervision; named
mix "people of another vault" index.db "UPDATE person SET sealed = (SELECT sealed FROM other.person LIMIT 1)"
named; expect 65 person list
mix "what consents say, of another vault" index.db "UPDATE consent SET sealed = (SELECT sealed FROM other.consent LIMIT 1)"
shut "$a" supervision; named
mix "certificates of another vault" index.db "UPDATE certificate SET id = zeroblob(16)"
named
mix "the log of another vault" index.db "DELETE FROM audit; INSERT INTO audit SELECT * FROM other.audit"
named "audit log"; expect 65 audit verify

# ---- whole files
exchange "keys.db from before" before/keys.db
unopened "do not belong together"
exchange "index.db from before" before/index.db
shut "$a" research; named; expect 65 ls; says "older than keys.db"
exchange "both databases from before" before/keys.db before/index.db
unopened "do not belong together"
exchange "keys.db from before with its effaceable store" before/keys.db before/effaceable
shut "$a" research # by index.db alone: what has the effaceable store of before cannot be defeated (threat model, 12), nor be told
exchange "keys.db of another vault" other/keys.db
unopened "do not belong together"
exchange "keys.db of another vault with its effaceable store" other/keys.db other/effaceable
unopened "another vault"
exchange "index.db of another vault" other/index.db
shut "$a" supervision; named
exchange "sealed objects of another vault" # under the names of ours
paste <(find today/objects -type f) <(find other/objects -type f) | while read -r ours theirs; do cp "$theirs" "vault/objects/${ours##*/}"; done
shut "$a" supervision; named

# The control: today's as it is.
rm -rf vault; cp -a today vault
vault check --deep >/dev/null
vault export "$a" --purpose supervision --to again.jpg >/dev/null
cmp -s a.jpg again.jpg || fail "the control: today's vault should open"
echo "$mixtures mixtures"
