#!/bin/bash
# The stand-alone verifier (keys/verifier/verify.mjs, another language, none of our code) and the vault agree about every kind of
# certificate and about the log, and about what was changed in them.
here=$PWD
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
command -v node >/dev/null || skip "needs node"
command -v python3 >/dev/null || skip "needs python3"
check() { node "$here/keys/verifier/verify.mjs" "$@"; }
refuses() { # refuses CODE SAYING WORDS…: the verifier ends so, and says so
  local wanted=$1 saying=$2 code=0
  shift 2
  check "$@" >said 2>&1 || code=$?
  same "$code" "$wanted" "verify.mjs $* ($(cat said))"
  grep -q "$saying" said || fail "verify.mjs $*: expected \"$saying\": $(cat said)"
}
new_vault
ask certificate key --to vault.pub >/dev/null
ada=$(person "Ada" carer) ben=$(person "Ben" carer) cy=$(person "Cy" carer)
picture form.png
consent "$ada" supervision,research --media still --form form.png >/dev/null
consent "$ben" supervision,research --media still >/dev/null
consent "$cy" supervision --media still >/dev/null
picture a.png; picture b.png; picture c.png
a=$(take_in a.png "$ada" "$ben") b=$(take_in b.png "$cy")
take_in c.png "$ada" >/dev/null
vault audit checkpoint >april.txt

# Each kind that there is.
n=0
kept() { n=$((n + 1)); vault certificate show "$(ask certificate list | jq -r '.[-1].certificate')" --format json >"$n.crt"; }
ask consent withdraw --person "$ben" --purpose research >/dev/null; kept # use-ended
ask clip people "$b" add "$ben" >/dev/null                               # research was never Cy's
dee=$(person "Dee" carer)
ask clip people "$b" add "$dee" >/dev/null; kept # suspended
ask shred "$a" --reason "tidy" >/dev/null; kept  # destroyed
picture h.png; h=$(take_in h.png "$cy")
hold=$(ask hold place --clip "$h" --reason "inquiry" --owner "Mrs Holt" --review 2099-01-01 | get .hold)
ask consent withdraw --person "$cy" --purpose supervision >/dev/null; kept # deferred
ask hold release "$hold" >/dev/null; kept                                # destroyed, the hold's key with it
jq -e --arg hold "$hold" '.items[] | select(.kind == "destroyed") | .keys | any(.opened == "hold" and .hold == $hold and .commitment)' "$n.crt" >/dev/null || fail "$(cat "$n.crt")"
ask consent withdraw --person "$ada" >/dev/null
ask person erase "$ada" >/dev/null; kept # erased, and the form
ask audit export --to log.txt >/dev/null
for ((i = 1; i <= n; i++)); do
  check certificate "$i.crt" --key vault.pub --log log.txt >"$i.said" || fail "$i.crt: $(cat "$i.crt")"
  vault certificate verify "$i.crt" --vault-key vault.pub >/dev/null
done
for kind in use-ended suspended destroyed deferred erased; do grep -l "\"kind\":\"$kind\"" ./*.crt >/dev/null || fail "no certificate of kind $kind: $(cat ./*.crt)"; done
grep -q "can no longer open $a" 1.said || fail "$(cat 1.said)"
grep -q "$a is destroyed: no key is left" ./*.said || fail "$(cat ./*.said)"
grep -q "$ada is erased" ./*.said || fail "$(cat ./*.said)"

# Any byte changed: both say no.
python3 - <<'P'
import random
data = open("3.crt", "rb").read()
for i in range(20):
    changed = bytearray(data)
    changed[random.randrange(len(data) - 1)] ^= random.choice((1, 2, 4, 32))
    open(f"changed.{i}", "wb").write(changed)
P
for f in changed.*; do
  refuses 65 "" certificate "$f" --key vault.pub
  expect 65 certificate verify "$f" --vault-key vault.pub
done

# Whoever holds the signing key can sign anything, but not put it into the log: each of these is signed well.
python3 - "$here/tests/vectors/keys" vault "$CLIPVAULT_KEY_FILE" >seed <<'P'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import read_vault, tempfile
with tempfile.TemporaryDirectory() as scratch:
    print(read_vault.Vault(sys.argv[2], read_vault.read_key_file(sys.argv[3]), scratch).keys.signing.hex())
P
cat >forge.mjs <<'J'
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
const key = createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(readFileSync("seed", "utf8").trim(), "hex")]), format: "der", type: "pkcs8" });
const [from, to, change] = process.argv.slice(2);
const other = JSON.parse(readFileSync("2.crt", "utf8"));
const c = JSON.parse(readFileSync(from, "utf8"));
delete c.signature;
eval(change);
const body = JSON.stringify(c).slice(0, -1);
const signature = sign(null, Buffer.concat([Buffer.from("clipvault-certificate-1\0"), Buffer.from(body)]), key).toString("base64");
writeFileSync(to, `${body},"signature":"${signature}"}\n`);
J
forged() { # forged WHAT CHANGE SAYING [WORDS…]: node's verifier and ours both refuse it
  node forge.mjs 3.crt forged.crt "$2"
  refuses 65 "$3" certificate forged.crt --key vault.pub "${@:4}"
  [ $# -gt 3 ] || expect 65 certificate verify forged.crt --vault-key vault.pub
}
node forge.mjs 3.crt forged.crt ""; cmp 3.crt forged.crt # the control: what is not changed is what the vault signed
forged "another reason" 'c.reason = "because"' "not about this certificate and its claims"
forged "a clip more" 'c.items.push(c.items[0])' "not about this certificate and its claims"
forged "another certificate's entry" 'c.log = other.log' "not about this certificate and its claims"
forged "no log" 'delete c.log' "no proof that it stands in the audit log"
forged "another place" 'c.log.entry -= 1' "not about this certificate and its claims"
forged "a path cut" 'c.log.path.pop()' "does not lead from its entry"
forged "a path too long" 'c.log.path.push(c.log.path[0])' "does not lead from its entry"
forged "another size" 'c.log.entries += 1' "does not lead from its entry"
forged "another checkpoint" 'c.log.checkpoint = other.log.checkpoint' "does not lead from its entry"
forged "a checkpoint that was changed" 'c.log.checkpoint = c.log.checkpoint.replace("\n" + c.log.entries, "\n1" + c.log.entries)' "not signed by this vault"
# Of another log that the same key signed: only the log tells.
sed -n '7,14p' log.txt >leaves; { sed -n 1,6p log.txt; cat leaves; } >short.txt
refuses 65 "speaks of" certificate 3.crt --key vault.pub --log short.txt

# The log.
vault audit checkpoint >may.txt
consent "$cy" research --media still >/dev/null
ask audit export --to log2.txt >/dev/null; mv log2.txt log.txt
check log log.txt --key vault.pub --since may.txt | grep -q "nothing of them was changed" || fail "the log"
wrong() { refuses 65 "$1" log "${@:2}" --key vault.pub; } # wrong SAYING FILE [MORE…]
sed '7d' log.txt >cut.txt; wrong "entry 0 is missing" cut.txt
sed '$d' log.txt >cut.txt; wrong "speaks of" cut.txt
head -c -1 log.txt >cut.txt; wrong "has no end" cut.txt
{ sed -n 1,6p log.txt; sed -n 8p log.txt; sed -n 7p log.txt; sed 1,8d log.txt; } >swapped.txt; wrong "out of place" swapped.txt
sed -E '9s/^(.{40})..../\1AAAA/' log.txt >altered.txt; wrong "rewritten" altered.txt
sed '2s/.*/1/; 7q' log.txt >short.txt; wrong "not signed by this vault" short.txt
sed '3s/./!/' may.txt >odd.txt; wrong "is no checkpoint" log.txt --since odd.txt
wrong "no export" 1.crt
refuses 65 "no signed line" certificate may.txt --key vault.pub

# A witness signs below ours; a line of somebody else neither helps nor hurts, a wrong one of ours does.
{ cat may.txt; echo "— witness.example/w $(head -c 72 /dev/zero | base64 -w0)"; } >witnessed.txt
check log log.txt --key vault.pub --since witnessed.txt >/dev/null
vault audit verify --checkpoint witnessed.txt >/dev/null
ask audit witness --checkpoint witnessed.txt --note "returned by the witness" | jq -e '.signed_by_others == 1' >/dev/null
same "$(ask audit witness | jq -r '.[0].note')" "returned by the witness"
sed '1,4d' may.txt >ours; { sed -n 1,4p april.txt; cat ours; } >moved.txt
refuses 65 "not signed" log log.txt --key vault.pub --since moved.txt
expect 65 audit witness --checkpoint moved.txt --note x; expect 65 audit verify --checkpoint moved.txt

# Two checkpoints and the proof between them, without the log.
vault audit checkpoint --since april.txt >growth.txt
check growth april.txt growth.txt --key vault.pub | grep -q "nothing before was changed" || fail "growth"
vault audit checkpoint --since may.txt >growth2.txt
check growth may.txt growth2.txt --key vault.pub >/dev/null
refuses 65 "does not lead" growth may.txt growth.txt --key vault.pub
sed '2d' growth.txt >cut.txt; refuses 65 "does not lead" growth april.txt cut.txt --key vault.pub
sed '2s/^...../AAAAA/' growth.txt >cut.txt; refuses 65 "does not lead" growth april.txt cut.txt --key vault.pub
refuses 65 "no proof of growth" growth april.txt may.txt --key vault.pub

cp -a vault kept
consent "$cy" intervention --media still >/dev/null
vault audit checkpoint >june.txt
vault audit verify --checkpoint june.txt >/dev/null
rm -rf vault; mv kept vault
ask audit export --to again.txt >/dev/null
check log again.txt --key vault.pub --since may.txt >/dev/null
wrong "shorter\|rewritten" again.txt --since june.txt
expect 65 audit verify --checkpoint june.txt

# Another vault's key, no key, nothing.
CLIPVAULT_DIR=$stage/second vault init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
CLIPVAULT_DIR=$stage/second ask certificate key --to second.pub >/dev/null
CLIPVAULT_DIR=$stage/second expect 65 audit verify --checkpoint may.txt
refuses 65 "not this vault's" certificate 1.crt --key second.pub
refuses 65 "not signed by this vault" log log.txt --key second.pub
refuses 65 "no public key" certificate 1.crt --key 1.crt
refuses 66 "" certificate none.crt --key vault.pub
refuses 64 usage certificate 1.crt
refuses 64 usage certificate 1.crt --key vault.pub --since may.txt
refuses 64 usage growth april.txt --key vault.pub
refuses 64 usage log again.txt --key vault.pub --since "" # a comparison with nothing
refuses 64 usage log again.txt --key vault.pub --since
