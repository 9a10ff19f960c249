#!/bin/bash
# What the audit log says in words about a clip, and whom it names together with one, dies with that clip or person; the log that
# says it still verifies, here and outside, and nobody with every key of the vault reads it again.
here=$PWD
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
python=$(command -v python3) || skip "needs python3"
reads() { "$python" -B "$here/tests/vectors/keys/read_vault.py" vault "$CLIPVAULT_KEY_FILE" | jq -c .audit; } # another reader, with the key file
new_vault
ask certificate key --to vault.pub >/dev/null
ada=$(person "Ada" carer) ben=$(person "Ben" carer)
for p in "$ada" "$ben"; do consent "$p" supervision --media still >/dev/null; done
picture a.png; picture b.png
a=$(take_in a.png "$ada") b=$(take_in b.png "$ada")
vault export "$a" --purpose supervision --to a.out --recipient "Zebrafink Street" --reason "the judge asked" >/dev/null
ask clip people "$b" add "$ben" >/dev/null
vault audit checkpoint >before.txt
told() { vault audit list | grep -c "$1" || true; }
same "$(told "Zebrafink Street")" 1 "the recipient is told while the clip lives"
same "$(told "$(sha256sum a.png | cut -d' ' -f1)")" 1 "what it was made of"
same "$(reads | jq -c '[.links, .told]')" "[[\"$ben\"],2]" "another reader"

ask shred "$a" --reason tidy >/dev/null
same "$(told Zebrafink)" 1 "who was given it is still told: they must be asked to delete theirs"
same "$(told "gone with the clip")" 1 "what is left of how it was taken in"
ask audit list --clip "$a" | jq -e 'map(select(.details_gone)) | map(.did) == ["clip.ingested"]' >/dev/null
same "$(reads | jq -c '[.links, .told]')" "[[\"$ben\"],1]" "another reader, of a clip that is gone"
ask consent withdraw --person "$ben" >/dev/null # b dies, and with it that Ben was in it
same "$(reads | jq -c '[.links, .told]')" "[[null],0]" "who was added to a clip that is gone"
ask person erase "$ben" >/dev/null
same "$(reads | jq -c '.links')" "[null]" "a person who is erased"
same "$(told "$ben")" 3 "their id: added, withdrawn, erased"
for f in vault/index.db*; do ! grep -qa -e "Zebrafink Street" -e "the judge asked" "$f" || fail "in clear in $f"; done

vault audit verify >/dev/null
vault audit verify --checkpoint before.txt | grep -q "only added to" || fail "since before"
ask audit export --to log.txt >/dev/null
vault audit verify --file log.txt --vault-key vault.pub --checkpoint before.txt >/dev/null
vault check >/dev/null
