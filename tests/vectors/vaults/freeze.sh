#!/bin/bash
# Freezes a small vault as this version writes it, for tests/flow/upgrade.sh. Run by hand, once a release:
#   tests/vectors/vaults/freeze.sh NAME
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) name=$1
programs=$(cd "$here/../../../build/release" && pwd)
[ ! -e "$here/$name" ] || { echo "$name is frozen already"; exit 1; }
mkdir "$here/$name"
cd "$here/$name"
export CLIPVAULT_DIR=$PWD/vault CLIPVAULT_KEY_FILE=$PWD/key
cv() { "$programs/clipvault" --json "$@"; }
cv init --slot key-file --key-file key >/dev/null
family=$(cv case open --title "Family Frost" | jq -er .case)
ada=$(cv person add --name "Ada Frost" --kind child --born 2019-02-03 --case "$family" | jq -er .person)
ben=$(cv person add --name "Ben Frost" --kind carer --case "$family" | jq -er .person)
for p in "$ada" "$ben"; do cv consent record --person "$p" --purpose intervention,supervision --refuse research --case "$family" >/dev/null; done
for n in 1 2 3; do
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc=size=160x120:rate=25,hue=h=$((n * 40))" -f lavfi -i "sine=frequency=$((n * 200))" -t 0.4 \
    -c:v libx264 -pix_fmt yuv420p -c:a aac "f$n.mp4"
done
live=$(cv ingest f1.mp4 --case "$family" --person "$ada" --person "$ben" | jq -er '.ingested[0].clip')
lone=$(cv person add --name "Lou Frost" --case "$family" | jq -er .person)
quarantined=$(cv ingest f2.mp4 --case "$family" --person "$lone" | jq -er '.ingested[0].clip')
gone=$(cv ingest f3.mp4 --case "$family" --person "$ada" | jq -er '.ingested[0].clip')
cv shred "$gone" --reason "frozen" >/dev/null
cv export "$live" --purpose supervision --to live.mp4 >/dev/null
remark=$(cv remark add "$live" --purpose supervision --at 3 --text "She looks up" --shared | jq -er .remark)
cycle=$(cv cycle open --case "$family" --question "How can meals be calmer?" | jq -er .cycle)
cv cycle add "$cycle" "$live" --as moment >/dev/null
cv goal rate "$(cv goal add --case "$family" --text "Meals without shouting" | jq -er .goal)" --score 4 --cycle "$cycle" >/dev/null
sue=$(cv user add --name Sue --role supervisor | jq -er .user)
cv user link "$sue" "$(cv user list | jq -er '.[0].user')" >/dev/null
cv supervise ask "$cycle" --supervisor "$sue" --note "Where did I miss her turn?" >/dev/null
echo "a heron over wet fields" >pw
cv user password "$sue" --password-file pw >/dev/null
grant=$(cv grant "$live" --user "$sue" --purpose supervision --until 2090-01-01 --views 3 | jq -er .grant)
cv backup --to "$PWD/copy" >/dev/null
cv certificate key --to vault.pub >/dev/null
cv certificate show "$(cv certificate list | jq -er '.[0].certificate')" --format json >certificate.json
jq -n --arg live "$live" --arg quarantined "$quarantined" --arg gone "$gone" --arg ada "$ada" --arg lone "$lone" --arg kase "$family" \
  --arg remark "$remark" --arg cycle "$cycle" --arg grant "$grant" --arg sue "$sue" --arg backup "$(cv stats | jq -er .last_backup_at)" \
  --arg sha256 "$(sha256sum live.mp4 | cut -d' ' -f1)" '$ARGS.named' >facts.json
rm -rf copy pw f?.mp4 live.mp4 vault/lock vault/control
# Each table and each index takes a page, however little is in it: small pages, so that a frozen vault stays small.
sqlite3 vault/index.db 'PRAGMA journal_mode=DELETE; PRAGMA page_size=1024; VACUUM; PRAGMA journal_mode=WAL' >/dev/null
du -sh vault
