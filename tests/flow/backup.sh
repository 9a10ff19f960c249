#!/bin/bash
# A backup opens nothing that ended later, and everything that lives; the drill says so, and says when it is not so.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person Ada child) ben=$(person Ben carer)
yes=$(consent "$ada" supervision) ; consent "$ben" supervision,intervention >/dev/null
film a.mp4 2; picture b.png; picture c.png
one=$(take_in a.mp4 "$ada" "$ben") two=$(take_in b.png "$ben")

same "$(ask backup --to away | get '"\(.copied) \(.removed)"')" "$(find vault/objects -type f | wc -l) 0"
[ ! -e away/effaceable ] || fail "the effaceable secret is in the backup"
for f in index.db keys.db clipvault.conf backup.json; do [ -s "away/$f" ] || fail "the backup lacks $f"; done
same "$(ask backup --to away | get .copied)" 0 "nothing is copied twice"
mkdir other; touch other/file
expect 73 backup --to other; says "one of its own"
same "$(ask restore --from away --drill | get '"\(.ok) \(.survivors) \(.dead)"')" "true 2 0"

# What ended since does not open from the backup with today's keys; what lives does; what came later is told.
cp -r away archive
vault consent withdraw "$yes" >/dev/null
three=$(take_in c.png "$ben")
same "$(ask restore --from archive --drill | get '"\(.ok) \(.survivors) \(.dead) \(.newer)"')" "true 1 1 1"
same "$(ask backup --to away | get '"\(.copied > 0) \(.removed > 0)"')" "true true"
[ "$(find away/objects -type f | wc -l)" = "$(find vault/objects -type f | wc -l)" ] || fail "the backup keeps what has ended"

# The control: a drill that must fail, because a backed-up file is damaged, and because one is missing.
damaged=
for f in archive/objects/*; do if cmp -s "$f" "vault/objects/${f##*/}"; then damaged=$f; fi; done
cp "$damaged" saved; printf 'x' | dd of="$damaged" bs=1 seek=200 conv=notrunc status=none
expect 65 restore --from archive --drill; says "lives, but only"
mv saved "$damaged"; same "$(ask restore --from archive --drill | get .ok)" true
expect 66 restore --from nowhere --drill
expect 65 restore --from vault --drill; says "not a whole backup"

# Onto a bare machine: nothing opens without the secret that the vault replaces; with it, what lives.
same "$(ask --vault bare restore --from away | get '"\(.missing)"')" 0
expect 69 --vault bare ls; says "effaceable"
expect 73 --vault vault restore --from away; says "vault already"
cp vault/effaceable bare/effaceable # what a holder would give: tests/flow/replicas.sh has real ones
vault --vault bare export "$two" --purpose intervention --to two.jpg >/dev/null
same "$(ask --vault bare show "$one" | get .state)" shredded
vault --vault bare check --deep >/dev/null
# Something was said since: an index that does not know it stays shut, whatever opens the keys.
four=$(consent "$ben" research); vault consent withdraw "$four" >/dev/null
rm -rf stale; ask --vault stale restore --from away >/dev/null
cp vault/effaceable stale/effaceable; cp vault/keys.db stale/keys.db
expect 65 --vault stale export "$three" --purpose supervision --to no.jpg; says "older than keys.db"
# And keys from before: the secret of today does not open them.
rm -rf stale; ask --vault stale restore --from away >/dev/null; cp vault/effaceable stale/effaceable
expect 65 --vault stale ls

# A replica that follows has all that was said since: a withdrawal, a no that destroys no key, a hold, a restriction.
mkdir stick
ask replica add --holder "file:$stage/stick/e" --name stick >/dev/null
ask replica add --nodes "$stage/followed" --name followed >/dev/null
ask backup --to away >/dev/null
picture d.png; picture e.png
carl=$(person Carl staff); consent "$carl" supervision,research >/dev/null
five=$(take_in d.png "$ben" "$carl")
ask backup --to away >/dev/null
vault consent withdraw --person "$carl" >/dev/null
ask consent record --person "$carl" --purpose supervision --refuse publication --case "$family" >/dev/null
held=$(ask hold place --clip "$three" --reason "inquiry" --owner legal --review 2099-01-31 | get .hold)
ask restrict --clip "$two" --reason contested >/dev/null
said=$(ask ls; ask consent list; ask hold list; ask audit verify)
same "$(sqlite3 followed/index.db 'SELECT count(*) FROM audit')" "$(sqlite3 vault/index.db 'SELECT count(*) FROM audit')" "the replica's log"
# It lags while it is away, and catches up.
mv followed gone
person Dora >/dev/null 2>lag.log; grep -q "lags behind" lag.log || fail "nobody was told: $(cat lag.log)"
mv gone followed
vault ls >/dev/null
for t in person audit consent_purpose hold held clip wrap meta; do
  same "$(sqlite3 followed/index.db "SELECT * FROM $t" | sha256sum)" "$(sqlite3 vault/index.db "SELECT * FROM $t" | sha256sum)" "$t in the replica"
done
said=$(ask ls; ask consent list; ask hold list; ask audit verify)
rm -rf vault bare
same "$(ask --vault bare restore --from away --keys followed | get .missing)" 0
again() { vault --vault bare --json "$@" 2>again.log || fail "$*: $(cat again.log)"; }
same "$(again ls; again consent list; again hold list; again audit verify)" "$said" "what the restored vault says"
same "$(again show "$five" | get .state)" shredded
expect 77 --vault bare export "$two" --purpose intervention --to no.jpg
expect 75 --vault bare hold release "$held"; says "replica adopt"
again replica adopt >/dev/null
vault --vault bare ls >/dev/null 2>&1
same "$(again hold list --all | jq -r --arg h "$held" '.[] | select(.hold == $h) | .state')" released "the release that waited"
vault --vault bare check --deep >/dev/null 2>&1 || fail "the restored vault: $(vault --vault bare check --deep 2>&1)"
