#!/bin/bash
# The stand-alone verifier (keys/verifier/verify.mjs, another language, none of our code) and the vault agree about every kind of
# certificate and about the log, and about what was changed in them.
here=$PWD
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
command -v node >/dev/null || skip "needs node"
command -v python3 >/dev/null || skip "needs python3"
check() { node "$here/keys/verifier/verify.mjs" "$@"; }
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

# Each kind that there is.
n=0
kept() { n=$((n + 1)); vault certificate show "$(ask certificate list | jq -r '.[-1].certificate')" --format json >"$n.crt"; }
ask consent withdraw --person "$ben" --purpose research >/dev/null; kept # use-ended
ask clip people "$b" add "$ben" >/dev/null                               # research was never Cy's
dee=$(person "Dee" carer)
ask clip people "$b" add "$dee" >/dev/null; kept # suspended
ask shred "$a" --reason "tidy" >/dev/null; kept  # destroyed
ask consent withdraw --person "$ada" >/dev/null
ask person erase "$ada" >/dev/null; kept # erased, and the form
for ((i = 1; i <= n; i++)); do
  check certificate "$i.crt" --key vault.pub >"$i.said" || fail "$i.crt: $(cat "$i.crt")"
  vault certificate verify "$i.crt" --vault-key vault.pub >/dev/null
done
for kind in use-ended suspended destroyed erased; do grep -l "\"kind\":\"$kind\"" ./*.crt >/dev/null || fail "no certificate of kind $kind: $(cat ./*.crt)"; done
grep -q "can no longer open $a" 1.said || fail "$(cat 1.said)"
grep -q "$a is destroyed: no key is left" ./*.said || fail "$(cat ./*.said)"
grep -q "$ada is erased" ./*.said || fail "$(cat ./*.said)"

# Any byte changed: both say no.
python3 - <<'P'
import random
data = open("3.crt", "rb").read()
for i in range(60):
    changed = bytearray(data)
    changed[random.randrange(len(data) - 1)] ^= random.choice((1, 2, 4, 32))
    open(f"changed.{i}", "wb").write(changed)
P
for f in changed.*; do
  code=0; check certificate "$f" --key vault.pub >said 2>&1 || code=$?
  same "$code" 65 "$f with the verifier ($(cat said))"
  expect 65 certificate verify "$f" --vault-key vault.pub
done

# The log.
ask audit checkpoint >may.json
consent "$cy" research --media still >/dev/null
ask audit export --to log.txt >/dev/null
check log log.txt --key vault.pub --since may.json | grep -q "nothing of them was changed" || fail "the log"
wrong() { # wrong WHAT FILE [MORE…]
  local what=$1 file=$2 code=0
  shift 2
  check log "$file" --key vault.pub "$@" >said 2>&1 || code=$?
  same "$code" 65 "$what ($(cat said))"
}
sed '2d' log.txt >cut.txt; wrong "a log without its first entry" cut.txt
sed '$d' log.txt >cut.txt; wrong "a log without its last entry" cut.txt
head -c -1 log.txt >cut.txt; wrong "a log whose last line has no end" cut.txt
{ sed -n 1p log.txt; sed -n 3p log.txt; sed -n 2p log.txt; sed 1,3d log.txt; } >swapped.txt; wrong "a log in another order" swapped.txt
sed -E '3s/^(.{40})..../\1AAAA/' log.txt >altered.txt; wrong "an altered entry" altered.txt
sed -n '1s/"entries":[0-9]*/"entries":1/; 1,2p' log.txt >short.txt; wrong "a checkpoint that was changed" short.txt
sed 's/"root":"./"root":"x/' may.json >odd.json; wrong "an earlier checkpoint that is none" log.txt --since odd.json
wrong "a certificate for a log" 1.crt
code=0; check certificate may.json --key vault.pub >said 2>&1 || code=$?
same "$code" 65 "a checkpoint for a certificate"
cp -a vault kept
consent "$cy" intervention --media still >/dev/null
ask audit checkpoint >june.json
rm -rf vault; mv kept vault
ask audit export --to again.txt >/dev/null
check log again.txt --key vault.pub --since may.json >/dev/null
wrong "a log that was put back to May" again.txt --since june.json

# Another vault's key, no key, nothing.
CLIPVAULT_DIR=$stage/second vault init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
CLIPVAULT_DIR=$stage/second ask certificate key --to second.pub >/dev/null
code=0; check certificate 1.crt --key second.pub 2>/dev/null || code=$?; same "$code" 65 "another vault's key"
code=0; check certificate 1.crt --key 1.crt 2>/dev/null || code=$?; same "$code" 65 "a key that is none"
code=0; check certificate none.crt --key vault.pub 2>/dev/null || code=$?; same "$code" 66
code=0; check certificate 1.crt 2>/dev/null || code=$?; same "$code" 64
code=0; check log again.txt --key vault.pub --since "" 2>/dev/null || code=$?; same "$code" 64 "a comparison with nothing"
code=0; check log again.txt --key vault.pub --since 2>/dev/null || code=$?; same "$code" 64 "a comparison with nothing"
