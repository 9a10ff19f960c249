#!/bin/bash
# Somebody outside checks the audit log with a file and a public key: nothing altered, nothing left out, nothing rewritten since.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
python=$(command -v python3) || skip "needs python3"
new_vault
ada=$(person "Ada Zebrafink" child)
ask certificate key --to vault.pub >/dev/null
vault audit checkpoint >may.txt
consent "$ada" supervision >/dev/null
[ "$(ask audit export --to log.txt | get .entries)" = "$(($(wc -l <log.txt) - 6))" ] || fail "an entry a line, below the checkpoint"
CLIPVAULT_DIR=/nonexistent vault audit verify --file log.txt --vault-key vault.pub --checkpoint may.txt >/dev/null
same "$(ask audit verify --file log.txt --vault-key vault.pub | get .head)" "$(sed -n 3p log.txt | base64 -d | od -An -v -tx1 | tr -d ' \n')"
vault audit export --to - 2>/dev/null | vault audit verify --file - --vault-key vault.pub >/dev/null
vault audit verify >/dev/null

# Any reader of RFC 6962 trees comes to the same root, and reads nothing of what was done to whom.
"$python" - log.txt <<'P'
import base64, hashlib, sys
lines = open(sys.argv[1], encoding='utf-8').read().splitlines()
origin, entries, head = lines[:3]
assert origin.startswith('clipvault/vlt_') and lines[3] == '' and lines[4].startswith('— ' + origin + ' ') and lines[5] == ''
leaves = [base64.b64decode(l, validate=True) for l in lines[6:]]
def root(l):
    if len(l) == 1: return hashlib.sha256(b'\0' + l[0]).digest()
    k = 1
    while 2 * k < len(l): k *= 2
    return hashlib.sha256(b'\1' + root(l[:k]) + root(l[k:])).digest()
assert int(entries) == len(leaves) and base64.b64decode(head) == root(leaves), 'another root'
assert all(int.from_bytes(l[:8], 'big') == i for i, l in enumerate(leaves))
assert not any(w in b''.join(leaves) for w in (b'person', b'consent', b'Zebrafink')), 'an entry can be read'
P

wrong() { # wrong WHAT FILE [MORE…]: does not verify
  local what=$1 file=$2
  shift 2
  expect 65 audit verify --file "$file" --vault-key vault.pub "$@"
  [[ $said != *"is whole"* ]] || fail "$what passes"
}
sed '7d' log.txt >cut.txt; wrong "a log without its first entry" cut.txt
sed '$d' log.txt >cut.txt; wrong "a log without its last entry" cut.txt
{ sed -n 1,6p log.txt; sed -n 8p log.txt; sed -n 7p log.txt; sed 1,8d log.txt; } >swapped.txt; wrong "a log in another order" swapped.txt
sed -E '9s/^(.{40})..../\1AAAA/' log.txt >altered.txt; wrong "an altered entry" altered.txt
sed -n '2s/.*/1/; 1,7p' log.txt >short.txt; wrong "a checkpoint that was changed" short.txt
sed '3s/./!/' may.txt >odd.txt; wrong "a checkpoint that is none" log.txt --checkpoint odd.txt
ask certificate list >no.txt; wrong "something else" no.txt
# A certificate is no checkpoint and a checkpoint no certificate, though one key signs both.
expect 65 certificate verify may.txt --vault-key vault.pub
expect 64 audit verify --file log.txt; says "--vault-key"
expect 64 audit verify --vault-key vault.pub; says "--file"

# A log that was begun anew, by whoever holds every key: its own checkpoint is right, the old one tells.
cp -a vault kept
consent "$ada" research >/dev/null
vault audit checkpoint >june.txt
rm -rf vault; mv kept vault
ask audit export --to again.txt >/dev/null
vault audit verify --file again.txt --vault-key vault.pub --checkpoint may.txt >/dev/null
wrong "a log that was put back to May" again.txt --checkpoint june.txt

# Another vault's key.
CLIPVAULT_DIR=$stage/second vault init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
CLIPVAULT_DIR=$stage/second ask certificate key --to second.pub >/dev/null
expect 65 audit verify --file log.txt --vault-key second.pub; says "another vault"
