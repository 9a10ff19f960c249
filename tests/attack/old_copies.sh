#!/bin/bash
# The archivist (A3): old copies of every file, every secret there ever was, and the machine of today. What was destroyed
# stays shut. The control is the time traveller (A4), who also has the effaceable store from before: nothing can stop them, and
# the test shows that the attack itself works.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media still >/dev/null
picture a.png; picture b.png
a=$(take_in a.png "$ada") b=$(take_in b.png "$ada")
vault export "$a" --purpose supervision --to a.jpg >/dev/null
cp -a vault before # everything: ciphertext, index, keys, effaceable

# The passphrase of a slot that will be removed is in the archivist's hands as well.
slot=$(ask slot add key-file --new-key-file old.key | get .slot)
cp -a vault with_old_slot
ask shred "$a" --reason "the attack" >/dev/null
vault slot remove "$slot" >/dev/null

opens() { # opens FOLDER KEYFILE: can the archivist see the shredded clip?
  CLIPVAULT_DIR=$stage/$1 "$programs/clipvault" --key-file "$2" export "$a" --purpose supervision --to seen.jpg >attack.out 2>&1 || return 1
  cmp -s seen.jpg a.jpg && rm seen.jpg
}
assemble() { # assemble NAME FILE=FOLDER…: a vault put together from several times
  rm -rf "${1:?}"; cp -a vault "$1"; rm -f "${1:?}"/*.db-*
  local name=$1 part
  shift
  for part; do rm -rf "${name:?}/${part%%=*}"; cp -a "${part#*=}/${part%%=*}" "$name/"; done
}

tried=0
for files in "keys.db" "index.db" "objects" "index.db objects" "keys.db index.db" "keys.db objects" "keys.db index.db objects"; do
  for key in "$CLIPVAULT_KEY_FILE" old.key; do
    for from in before with_old_slot; do
      parts=()
      for f in $files; do parts+=("$f=$from"); done
      assemble attack "${parts[@]}"
      ! opens attack "$key" || fail "shredded, and opened with $files from $from and $(basename "$key")"
      tried=$((tried + 1))
    done
  done
done
# A removed slot opens nothing, not even the old database.
assemble attack keys.db=with_old_slot
expect 65 --vault "$stage/attack" --key-file old.key ls
expect 77 --key-file old.key ls

# What lives still opens; and the control: with the old effaceable store the attack succeeds.
vault export "$b" --purpose supervision --to b.jpg >/dev/null
opens before "$CLIPVAULT_KEY_FILE" || fail "the control: a complete old copy, effaceable store included, should open ($(cat attack.out))"
assemble attack keys.db=before index.db=before objects=before effaceable=before
opens attack "$CLIPVAULT_KEY_FILE" || fail "the control: the same put together from files should open"
vault check --deep >/dev/null
echo "$tried combinations"
