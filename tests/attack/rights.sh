#!/bin/bash
# Someone who can write to index.db while the vault is closed, and has no secret, makes themselves somebody: accounts, passwords, links,
# grants and break-glass viewings are changed, moved, copied, put back. Nothing opens by it, and check names it.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
command -v sqlite3 >/dev/null || skip "needs sqlite3"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
new_vault
echo "a heron over wet fields" >pw
ada=$(person Ada child)
consent "$ada" intervention,supervision,peer_training --media still >/dev/null
picture a.png; picture b.png
a=$(take_in a.png "$ada") b=$(take_in b.png "$ada")
me=$(ask user list | jq -r '.[0].user')
ulf=$(ask user add --name Ulf --role practitioner --password-file pw | get .user)
sue=$(ask user add --name Sue --role supervisor --external --until 2090-01-01 --password-file pw | get .user)
eve=$(ask user add --name Eve --role supervisor --password-file pw | get .user)
ole=$(ask user add --name Ole --role officer | get .user)
ask user link "$sue" "$me" >/dev/null
once=$(ask grant "$a" --user "$ulf" --purpose peer_training --until 2090-01-01 --views 1 | get .grant)
asked=$(ask break-glass request "$b" --reason x | get .grant)
vault check >/dev/null
cp -a vault early # before anything was taken back
look() { "$programs/tests/look" vault key "$@" 2>look.err; }
look "$sue" "$a" supervision
look "$ulf" "$a" peer_training
ask user totp "$eve" --to app >/dev/null
echo "an otter under the bridge" >new.pw
ask user password "$ulf" --password-file new.pw >/dev/null
ask user unlink "$sue" "$me" >/dev/null
gone=$(ask grant "$b" --user "$ulf" --purpose peer_training --until 2090-01-01 | get .grant)
ask user disable "$eve" >/dev/null
vault check >/dev/null
cp -a vault pristine

hex() { python3 -c 'import base64,sys; t=sys.argv[1][4:].upper(); print(base64.b32decode(t + "=" * (-len(t) % 8)).hex())' "$1"; }
blob() { echo "x'$(hex "$1")'"; }
A=$(blob "$a") ULF=$(blob "$ulf") SUE=$(blob "$sue") EVE=$(blob "$eve") ONCE=$(blob "$once") GONE=$(blob "$gone") ASKED=$(blob "$asked")
tampered=0
tamper() { # tamper WHAT SQL: in a fresh copy; what was before is attached as `early`
  rm -rf vault; cp -a pristine vault
  sqlite3 vault/index.db "ATTACH 'early/index.db' AS early; $2" >/dev/null || fail "the attack itself failed: $1"
  what=$1 tampered=$((tampered + 1))
}
named() {
  local code=0
  said=$(vault check 2>&1) || code=$?
  [ "$code" = 65 ] || fail "$what: check did not notice (exit code $code: $said)"
  [[ $said == *"$1"* ]] || fail "$what: check does not name $1: $said"
}
blind() { # blind USER CLIP PURPOSE
  local code=0
  look "$@" || code=$?
  [ "$code" = 77 ] || [ "$code" = 65 ] || fail "$what: $2 opened (exit code $code: $(cat look.err))"
}
before() { sqlite3 early/index.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null; }
before

tamper "control: nothing" "SELECT 1"
vault check >/dev/null
look "$ulf" "$b" peer_training

tamper "a grant given to somebody else" "UPDATE permit SET account = $EVE WHERE id = $GONE"
blind "$eve" "$b" peer_training; named "$gone"
tamper "a grant turned to another clip" "UPDATE permit SET target = $A WHERE id = $GONE"
blind "$ulf" "$a" peer_training; named "$gone"
tamper "a grant's seal under another id" "UPDATE permit SET sealed = (SELECT sealed FROM permit WHERE id = $GONE) WHERE id = $ONCE"
blind "$ulf" "$a" peer_training; named "$once"
tamper "a grant copied" "INSERT INTO permit (id, account, target, sealed) SELECT randomblob(16), account, $A, sealed FROM permit WHERE id = $GONE"
blind "$ulf" "$a" peer_training; named "grn_"
tamper "a request that confirms itself" "UPDATE permit SET sealed = replace(sealed, x'03', x'01') WHERE id = $ASKED"
blind "$ole" "$b" intervention
tamper "a role" "UPDATE account SET roles = 5 WHERE id = $ULF"
blind "$ulf" "$a" intervention; named "$ulf"
tamper "a disabled user lives again" "UPDATE account SET state = 'live' WHERE id = $EVE"
blind "$eve" "$a" supervision; named "$eve"
tamper "another's password" "UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE account = $EVE) WHERE account = $ULF"
named "$ulf"
tamper "no password and no code" "DELETE FROM credential WHERE account = $EVE"
named "$eve"

# Rows put back to what they were: their seals are whole. check knows it from the log, as docs/threat-model.md says.
tamper "a viewing that was not counted" "UPDATE permit SET sealed = (SELECT sealed FROM early.permit e WHERE e.id = permit.id) WHERE id = $ONCE"
named "$once"
tamper "a link that was ended" "UPDATE permit SET sealed = (SELECT sealed FROM early.permit e WHERE e.id = permit.id) WHERE account = $SUE"
named "grn_"
tamper "who was disabled" "UPDATE account SET state = 'live', sealed = (SELECT sealed FROM early.account e WHERE e.id = account.id) WHERE id = $EVE"
named "$eve"
tamper "an app that was enrolled" "UPDATE credential SET sealed = (SELECT sealed FROM early.credential e WHERE e.account = credential.account) WHERE account = $EVE"
named "$eve"
tamper "an old password" "UPDATE credential SET sealed = (SELECT sealed FROM early.credential e WHERE e.account = credential.account) WHERE account = $ULF"
named "$ulf"; [[ $said == *"signs in with was put back"* ]] || fail "$what: $said"
vault user reset "$ulf" --password-file new.pw >/dev/null # the way out
vault check >/dev/null || fail "after a new password was given"
tamper "an old password, and the account that knew of it" "UPDATE credential SET sealed = (SELECT sealed FROM early.credential e WHERE e.account = credential.account) WHERE account = $ULF;
  UPDATE account SET sealed = (SELECT sealed FROM early.account e WHERE e.id = account.id) WHERE id = $ULF"
named "$ulf"; [[ $said == *"changed since"* ]] || fail "$what: $said"
echo "$tampered cases"
