#!/bin/bash
# What is kept of a vault elsewhere: holders of the effaceable secret, for which every destruction waits, and replicas of keys.db, for
# which none does. A bare machine is restored from both. Controls: what a holder held before opens old copies.
tpm_story=$PWD/tests/flow/tpm.bash reader=$PWD/tests/vectors/keys/read_vault.py
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
vault init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" | grep -q "without a second holder" || fail "init should say what a restore needs"
family=$(ask case open --title "Family Zebrafink" | get .case)
ada=$(person Ada child)
consent "$ada" intervention,case_consultation,supervision,accreditation,peer_training,service_training,external_training,research,publication >/dev/null
picture a.png
clip=$(take_in a.png "$ada")
withdraw() { ask consent withdraw --person "$ada" --purpose "$1"; }
opens() { rm -f out.png; vault export "$clip" --purpose "$1" --to out.png >opens.log 2>&1; }
copy_state() { ask replica list | get ".[] | select(.name == \"$1\") | .state"; }
one_secret() { # one_secret FILE…: every place of every file holds the same record
  local file place
  for file; do for place in 0 4096; do dd if="$file" bs=64 count=1 skip="$place" iflag=skip_bytes status=none | sha256sum; done; done | sort -u | wc -l
}
outstanding() { ask certificate show "$1" --format json | jq -c .holders_outstanding; }
last() { ask certificate list | get '.[-1].certificate'; }

# Added by name; what cannot be is said.
expect 64 replica add file:/x; says "--holder"
expect 64 replica add --holder stick; says "file:/absolute/path"
expect 64 replica add --nodes relative; says "absolute"
expect 69 replica add --holder ssh:host:/x; says "not built yet"
same "$(ask replica list)" "[]"
mkdir stick
same "$(ask replica add --holder "file:$stage/stick/e" --name stick | get .name)" stick
same "$(ask replica add --nodes "$stage/nodes" | get .name)" nodes-1
expect 73 replica add --holder "file:$stage/stick/f" --name stick; says "already"
expect 73 replica add --nodes "$stage/nodes" --name again
expect 64 replica add --nodes "$stage/n2" --name "a b"
same "$(ask replica list | jq -c '[.[] | [.name, .kind, .state]]')" '[["stick","holder","live"],["nodes-1","nodes","live"]]'
same "$(one_secret vault/effaceable stick/e)" 1
vault audit list | grep -q holder.added || fail "the log"

# A destruction replaces what both hold; with what they hold now nothing old opens, with what they held before it does.
cp -a vault before; cp -a stick stick.before; cp -a nodes nodes.before
same "$(withdraw supervision | jq -c '[.state, .waiting_for]')" '["done",[]]'
same "$(one_secret vault/effaceable stick/e)" 1
same "$(outstanding "$(last)")" '[]'
cp -a vault now
together() { rm -rf vault; cp -a before vault; rm -f vault/effaceable; }
together; CLIPVAULT_EFFACEABLE=$stage/stick/e expect 65 ls; says "do not belong together"
together; cp nodes.before/keys.db vault/; CLIPVAULT_EFFACEABLE=$stage/stick/e expect 65 ls
together; CLIPVAULT_EFFACEABLE=$stage/stick.before/e opens supervision || fail "the control: $(cat opens.log)"
rm -rf vault; mv now vault

# The replica is a keys.db of today: same nodes, nothing that the vault has not.
nodes() { sqlite3 "$1/keys.db" "SELECT id, epoch, hex(b) FROM node ORDER BY id" | sha256sum; }
vault check >/dev/null
same "$(nodes vault)" "$(nodes nodes)" "the replica's nodes"

# Away: viewing has ended, the destruction waits and says for whom; a replica that is away delays nothing, and catches up.
mv stick away; mv nodes nodes.away
code=0; ask consent withdraw --person "$ada" --purpose accreditation >pending.json 2>pending.log || code=$?
same "$code" 75 "$(cat pending.log)"
same "$(jq -c '[.state, .waiting_for]' pending.json)" '["pending",["stick"]]'
grep -q "holder stick" pending.log || fail "who is waited for: $(cat pending.log)"
expect 77 export "$clip" --purpose accreditation --to no.png
same "$(copy_state stick)" waiting; same "$(copy_state nodes-1)" lagging
opens intervention || fail "what lives: $(cat opens.log)"
expect 75 replica remove stick; says "--lost"
# A no that destroys no key waits as well: until the epoch has turned, index and keys could both be put back to before it.
tom=$(person Tom); epoch=$(sqlite3 vault/keys.db "SELECT max(epoch) FROM node")
code=0; ask consent record --person "$tom" --purpose intervention --refuse research --case "$family" >refused.log 2>&1 || code=$?
same "$code" 75 "$(cat refused.log)"; same "$(sqlite3 vault/keys.db "SELECT max(epoch) FROM node")" "$epoch"
mv away stick
certificates=$(ask certificate list | jq length)
vault check >/dev/null
same "$(ask certificate list | jq length)" "$certificates"
same "$(sqlite3 vault/keys.db "SELECT max(epoch) FROM node")" $((epoch + 2)) "two jobs, the one without keys too"
same "$(ask certificate list | jq -r '.[-1].certificate')" "$(get .certificate <pending.json)"
same "$(one_secret vault/effaceable stick/e)" 1
mv nodes.away nodes
vault check >/dev/null
same "$(copy_state nodes-1)" live; same "$(nodes vault)" "$(nodes nodes)" "after it was away"
# A whole new year of destructions without it, too: what it lacks is found by its epoch.
rm -rf nodes; cp -a nodes.before nodes
same "$(copy_state nodes-1)" live; same "$(nodes vault)" "$(nodes nodes)" "an old replica"

# Killed when the vault's own secret is replaced and the holder's is not: made good on opening, with a job and without.
if [ -x "$hooked/clipvault" ]; then
  killed() { { CLIPVAULT_TEST_CRASH=$1 "$hooked/clipvault" "${@:2}" >/dev/null 2>&1 || code=$?; } 2>/dev/null; same "$code" 137 "$1 was not passed"; }
  killed holders-behind consent withdraw --person "$ada" --purpose peer_training
  same "$(one_secret vault/effaceable stick/e)" 2 "the holder should be behind"
  mv stick away; expect 0 ls; mv away stick
  may "$clip" peer_training no
  same "$(one_secret vault/effaceable stick/e)" 1
  slot=$(ask slot add key-file --new-key-file second.key | get .slot)
  killed holders-behind slot remove "$slot"
  same "$(one_secret vault/effaceable stick/e)" 2
  vault ls >/dev/null
  same "$(one_secret vault/effaceable stick/e)" 1 "a holder that was behind without a job"
  for point in shred-4 shred-5; do
    purpose=$(ask show "$clip" | jq -r '(.purposes - ["intervention"])[0]')
    killed "$point" consent withdraw --person "$ada" --purpose "$purpose"
    [ "$point" != shred-5 ] || same "$(nodes vault)" "$(nodes nodes)" "the replica has the new nodes before the old secret goes"
    may "$clip" "$purpose" no
    same "$(one_secret vault/effaceable stick/e)" 1 "after a kill at $point"
  done
fi

# What a reader written from the format alone says of such a vault.
! command -v python3 >/dev/null || python3 "$reader" vault "$CLIPVAULT_KEY_FILE" | get .epoch >/dev/null || fail "the reader"

# Nobody takes a holder off the list from outside.
cp -a vault now
sqlite3 vault/keys.db "DELETE FROM fact WHERE k = 'copies'"
expect 65 ls
rm -rf vault; mv now vault

# A TPM as a holder.
if command -v swtpm >/dev/null; then
  # shellcheck source=tests/flow/tpm.bash
  . "$tpm_story"
  start_tpm
  ask replica add --holder tpm --name chip >/dev/null
  stop_tpm
  purpose=$(ask show "$clip" | jq -r '(.purposes - ["intervention"])[0]')
  code=0; ask consent withdraw --person "$ada" --purpose "$purpose" >pending.json 2>pending.log || code=$?
  same "$code" 75 "$(cat pending.log)"; same "$(jq -c .waiting_for pending.json)" '["chip"]'
  start_tpm
  vault check >/dev/null
  same "$(copy_state chip)" live
  ask replica remove chip >/dev/null
  # The weaker one counts: a file beside a TPM.
  other() { vault --vault beside --key-file other.key --json "$@"; }
  same "$(vault --vault beside --json init --slot key-file --key-file other.key --effaceable tpm | get .assurance)" tpm
  same "$(other replica add --holder "file:$stage/beside.e" --name weak | get .assurance)" file
  same "$(other replica remove weak | get .state)" removed
  same "$(other replica add --holder tpm | get .assurance)" tpm
fi

# A bare machine: the newest keys.db, a holder, and copies of the rest.
mkdir bare; cp nodes/keys.db vault/index.db bare/; cp -a vault/objects vault/spool bare/; chmod 700 bare
bare() { vault --vault bare "$@"; }
bare ls 2>bare.log >/dev/null || fail "$(cat bare.log)"; grep -q "replica adopt" bare.log || fail "$(cat bare.log)"
bare export "$clip" --purpose intervention --to bare.png >bare.log 2>&1 || fail "what lives, on a bare machine: $(cat bare.log)"
expect 77 --vault bare export "$clip" --purpose supervision --to no.png
expect 77 replica adopt; says "is there"
expect 75 --vault bare shred "$clip" --reason "no longer needed"; says "replica adopt"
same "$(bare --json replica adopt 2>/dev/null | get .assurance)" file
same "$(one_secret bare/effaceable stick/e)" 1
bare check >/dev/null
same "$(bare --json ls | jq -r '.[0].state')" shredded "the pending destruction"
same "$(bare --json certificate show "$(bare --json certificate list | get '.[-1].certificate')" --format json | jq -c .holders_outstanding)" '["former-1"]'
rm -rf vault; mv bare vault # the first machine is gone

# Given up, it stays on every certificate, until it is found.
picture b.png; b=$(take_in b.png "$(person Mira)")
mv stick away
same "$(ask replica remove stick --lost | get .state)" lost
same "$(outstanding "$(ask shred "$b" --reason "not needed" | get .certificate)")" '["stick","former-1"]'
expect 75 replica remove stick; says "cannot be overwritten"
mv away stick
same "$(ask replica remove stick | get .state)" removed
[ ! -e stick/e ] || fail "the holder's file"
same "$(ask replica remove nodes-1 | get .state)" removed
