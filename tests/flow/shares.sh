#!/bin/bash
# Recovery shares: words on paper for several people, of whom enough must come together. What is wrong with a share is said, and a
# set that was removed opens nothing, also not an old copy.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
command -v python3 >/dev/null || skip "needs python3"
unset CLIPVAULT_KEY_FILE
expect 64 init --slot shares; says "--shares-to"
expect 64 init --slot shares --shares-to sheets --shares-needed 4; says "at least 2"
expect 64 init --slot shares --shares-to sheets --shares-count many
[ ! -e vault ] || fail "a vault was made"
vault init --slot shares --shares-to sheets --shares-needed 2 --shares-count 3 >/dev/null
same "$(stat -c %a sheets sheets/share-2.txt | tr '\n' ' ')" "700 600 "
expect 73 init --slot shares --shares-to sheets; [ -e sheets/share-1.txt ] || fail "sheets of another vault were removed"

cat sheets/share-3.txt sheets/share-1.txt >two
cat sheets/share-*.txt >three
vault --shares two case open --title X >/dev/null
vault --shares three case list >/dev/null
expect 65 --shares sheets/share-2.txt ls; says "2 shares are needed"
cat sheets/share-2.txt sheets/share-2.txt >twice; expect 65 --shares twice ls; says "share 2 is there twice"
sed '3s/^[b-z]a/ku/; 3s/^[b-z][io]/ka/' two >typo; expect 65 --shares typo ls; says "mistyped"
sed '3s/^...../hello/' two >word; expect 65 --shares word ls; says "word 1 of a share is none"
[[ $said != *hello* ]] || fail "a word of a share is repeated"
: >empty; expect 65 --shares empty ls; says "no recovery share"
expect 66 --shares nowhere ls
CLIPVAULT_DIR=$stage/second vault init --slot shares --shares-to foreign >/dev/null
cat foreign/share-1.txt sheets/share-2.txt >mixed; expect 65 --shares mixed ls; says "another set"
cat foreign/share-1.txt foreign/share-2.txt >others; expect 77 --shares others ls
grep -rqF "$(sed -n 3p sheets/share-1.txt)" vault && fail "a share is in the vault"

# Typed in, by two people one after the other.
cat >typed.py <<'P'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "--shares", "-", "slot", "list"])
words = [" ".join(l for l in open(f).read().split("\n") if l and l[0] != "#") for f in sys.argv[2:]]
seen = b""
for line in words:
    while not seen.rstrip().endswith(b":"):
        seen += os.read(fd, 4096)
    os.write(fd, line.encode() + b"\n")
    seen = seen.rstrip()[:-1]
while True:
    try: piece = os.read(fd, 4096)
    except OSError: break
    if not piece: break
    seen += piece
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen
assert b"shares" in seen and words[0][:11].encode() not in seen, seen
P
python3 typed.py "$programs/clipvault" sheets/share-2.txt sheets/share-3.txt

# More ways, and one less: the set opens nothing any more, with what was kept of the vault before neither.
vault --shares two slot add key-file --new-key-file key >/dev/null
cp -a vault before
set=$(ask --key-file key slot list | jq -r '.[] | select(.kind == "shares") | .slot')
vault --key-file key slot add shares --shares-to later --shares-needed 3 --shares-count 5 >/dev/null
expect 73 --key-file key slot add shares --shares-to later
same "$(ask --key-file key slot list | jq length)" 3 "a slot whose sheets could not be written"
vault --key-file key slot remove "$set" >/dev/null
expect 77 --shares two ls
cat later/share-5.txt later/share-1.txt later/share-4.txt >three; vault --shares three ls >/dev/null
rm -rf now; cp -a vault now
cp before/keys.db vault/keys.db; rm -f vault/keys.db-wal vault/keys.db-shm
code=0; vault --shares two ls >/dev/null 2>&1 || code=$?
[ "$code" != 0 ] || fail "an old keys.db opens with shares that were removed since"
rm -rf vault; mv now vault
vault --key-file key audit list | grep -q slot.removed || fail "the log"
vault --key-file key check >/dev/null
