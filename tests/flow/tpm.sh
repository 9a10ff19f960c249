#!/bin/bash
# The effaceable secret in a TPM, and a TPM that unlocks: what was destroyed stays so for old copies; where the TPM is away, refuses or
# forgets in the middle nothing is lost, the destruction stays pending, and the next command finishes it. On a real swtpm.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/tpm.bash
. "$OLDPWD/tests/flow/tpm.bash"
command -v tpm2_getcap >/dev/null || skip "needs tpm2-tools"

# No TPM: said, and nothing is left.
CLIPVAULT_TPM2_TCTI=swtpm:path=$stage/none expect 69 init --slot key-file --key-file key --effaceable tpm; says "no TPM to be reached"
[ ! -e vault ] && [ ! -e key ] || fail "a vault or a key was made without a TPM"
expect 64 init --slot key-file --key-file key --effaceable tpm:cmd:reboot; says "reached by"

start_tpm
# A vault that cannot be made leaves nothing in it.
code=0
(trap '' XFSZ; ulimit -f 60; vault --vault v2 init --slot key-file --key-file k2 --effaceable tpm) >small.log 2>&1 || code=$?
[ "$code" != 0 ] && [ ! -e v2 ] || fail "a vault on a full disk"
same "$(in_tpm)" "" "memory of a vault that was not made"
same "$(ask init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" --effaceable tpm | get .assurance)" tpm
[ ! -e vault/effaceable ] || fail "a file, too"
same "$(in_tpm | wc -l)" 3
family=$(ask case open --title "Family Zebrafink" | get .case)
ada=$(person Ada child)
consent "$ada" intervention,case_consultation,supervision,accreditation,peer_training,service_training,external_training,research,publication >/dev/null
picture a.png
clip=$(take_in a.png "$ada")
withdraw() { ask consent withdraw --person "$ada" --purpose "$1"; }
opens() { # opens PURPOSE
  rm -f out.png
  vault export "$clip" --purpose "$1" --to out.png >opens.log 2>&1
}

# The archivist: everything from before and every secret, today's TPM. And the control, the time traveller: with the old state of an
# emulated TPM nothing can stop them.
opens supervision
cp -a vault before; cp -a tpm tpm.before
receipt=$(withdraw supervision)
same "$(get .state <<<"$receipt")" "done"
vault certificate show "$(get .certificate <<<"$receipt")" --format json >certificate.json
same "$(get .assurance <certificate.json)" tpm
get .limits <certificate.json | grep -q "in a TPM" || fail "what the certificate says of its limits"
may "$clip" supervision no
cp -a vault now
cp before/keys.db vault/; rm -f vault/keys.db-*
expect 65 ls; says "do not belong together"
rm -rf vault; cp -a before vault
expect 65 ls; says "do not belong together"
stop_tpm; mv tpm tpm.now; cp -a tpm.before tpm; start_tpm
opens supervision || fail "the control: with the old state of the TPM an old copy opens ($(cat opens.log))"
stop_tpm; rm -rf tpm vault; mv tpm.now tpm; mv now vault

# Away, or another one: said, with 69, and nothing is lost.
expect 69 ls; says "TPM"
start_tpm other; expect 69 ls; says "does not know what this vault kept in it"
expect 69 consent withdraw --person "$ada" --purpose research
stop_tpm; start_tpm
opens research || fail "after the TPM was away: $(cat opens.log)"

# Failing in the middle, at each writing and reading back: the job stays pending, viewing has ended, and the next command finishes it.
pending() { # pending PURPOSE FAULT
  local code=0 certificates
  certificates=$(ask certificate list | jq length)
  CLIPVAULT_TEST_TPM_FAULT=$2 "$hooked/clipvault" --json consent withdraw --person "$ada" --purpose "$1" >pending.json 2>pending.log || code=$?
  same "$code" 75 "exit code with $2 ($(cat pending.log))"
  same "$(get .state <pending.json)" pending "$2"
  grep -q "could not be destroyed yet" pending.log || fail "what it says with $2: $(cat pending.log)"
  expect 77 export "$clip" --purpose "$1" --to no.png
  same "$(ask certificate list | jq length)" $((certificates + 1)) "certificates after $2"
  opens intervention || fail "what lives, after $2: $(cat opens.log)"
}
if [ -x "$hooked/clipvault" ]; then
  # Opening reads both places; then each writing is read back.
  pending case_consultation write:1
  pending accreditation wrong:3
  pending peer_training write:2
  pending service_training wrong:4
  pending external_training count:1
  pending publication locked:1
fi

# The TPM goes between the commit and the point of no return: a reader holds the destruction up there meanwhile.
vault check >/dev/null
mkfifo hold
sqlite3 vault/keys.db <hold >reader.log 2>&1 &
reader=$!
exec 9>hold
echo "BEGIN; SELECT count(*) FROM node;" >&9
for ((i = 0; i < 100; i++)); do [ ! -s reader.log ] || break; sleep 0.05; done
vault --json consent withdraw --person "$ada" --purpose research >pending.json 2>pending.log &
command=$!
for ((i = 0; i < 100; i++)); do [ ! -s vault/keys.db-wal ] || break; sleep 0.05; done
[ -s vault/keys.db-wal ] || fail "the destruction did not begin"
stop_tpm
echo "COMMIT;" >&9; exec 9>&-; wait "$reader"
code=0; wait "$command" || code=$?
same "$code" 75 "$(cat pending.log)"
same "$(get .state <pending.json)" pending
expect 69 ls
start_tpm
may "$clip" research no
certificates=$(ask certificate list | jq length)
vault check >/dev/null
same "$(ask certificate list | jq length)" "$certificates"
ask certificate list | jq -e 'length >= 2' >/dev/null
opens intervention || fail "what lives, after the TPM was killed: $(cat opens.log)"

# What stands in keys.db cannot make us load anybody's library, or start a program.
cp -a vault now
for evil in /tmp/evil.so cmd:reboot; do
  sqlite3 vault/keys.db "UPDATE fact SET v = CAST(CAST(v AS TEXT) || ',$evil' AS BLOB) WHERE k = 'effaceable'"
  CLIPVAULT_TPM2_TCTI='' expect 65 ls; says "malformed"
  rm -rf vault; cp -a now vault
done

# A TPM that unlocks. It comes before a prompt, after what is named, and opens nothing elsewhere.
slot=$(ask slot add tpm | get .slot)
unnamed() { env -u CLIPVAULT_KEY_FILE setsid -w "$programs/clipvault" "$@" </dev/null >unnamed.log 2>&1; }
unnamed ls || fail "the TPM slot: $(cat unnamed.log)"
unnamed slot list; grep -q "$slot  tpm" unnamed.log || fail "$(cat unnamed.log)"
stop_tpm; code=0; unnamed ls || code=$?; same "$code" 77 "without the TPM"; grep -q "the TPM slot does not open" unnamed.log || fail "$(cat unnamed.log)"
start_tpm other; code=0; unnamed ls || code=$?; same "$code" 77 "with another TPM"; grep -q "not sealed by this TPM" unnamed.log || fail "$(cat unnamed.log)"
stop_tpm; start_tpm
cp -a vault with_slot
sqlite3 vault/keys.db "UPDATE fact SET v = CAST(substr(v, 1, length(v) - 8) || x'0102030405060708' AS BLOB) WHERE k LIKE 'tpm_slot_%'"
code=0; unnamed ls || code=$?; same "$code" 77 "a changed blob: $(cat unnamed.log)"
rm -rf vault; cp -a with_slot vault
vault slot remove "$slot" >/dev/null # rotates the master key: what the TPM keeps opens all the same
code=0; unnamed ls || code=$?; same "$code" 77 "a removed TPM slot"
same "$(sqlite3 vault/keys.db "SELECT count(*) FROM fact WHERE k LIKE 'tpm_slot_%'")" 0
opens intervention || fail "after the master key was replaced: $(cat opens.log)"
cp with_slot/keys.db vault/; rm -f vault/keys.db-*
code=0; unnamed ls || code=$?; [ "$code" != 0 ] || fail "an old keys.db opens with a TPM slot that was removed since"

# Both: a machine that opens its vault by itself.
env -u CLIPVAULT_KEY_FILE "$programs/clipvault" --vault alone --json init --slot tpm --effaceable tpm >/dev/null
unnamed --vault alone case open --title X || fail "$(cat unnamed.log)"
same "$(in_tpm | wc -l)" 6
