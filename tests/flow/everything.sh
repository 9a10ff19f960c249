#!/bin/bash
# The whole folder of real and hostile recordings in a few commands: what cannot be taken does not keep the rest out, every file
# is answered for, every refusal has its reason, and the vault is whole afterwards.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
media=${CLIPVAULT_MEDIA:-}
[ -n "$media" ] && [ -e "$media/MANIFEST.tsv" ] || skip "no folder of real recordings (CLIPVAULT_MEDIA)"
count=$(($(wc -l <"$media/MANIFEST.tsv") - 1))
new_vault
ada=$(person "Ada" child)
consent "$ada" supervision --capacity parental-responsibility >/dev/null

for folder in video audio image hostile; do
  code=0
  ask ingest "$media/$folder"/* --case "$family" --person "$ada" >"$folder.json" 2>errors || code=$?
  case $code in 0 | 65) ;; *) fail "$folder: exit code $code: $(cat errors)" ;; esac
  jq -e '[.refused[] | select((.reason | length) < 15)] == []' "$folder.json" >/dev/null || fail "$folder: a refusal without a reason"
done
all() { jq -s "map($1 | length) | add" video.json audio.json image.json hostile.json; }
same "$(all '(.ingested + .duplicates + .refused)')" "$count" "files answered for"
same "$(ask ls | jq length)" "$(all .ingested)" "clips in the vault"
[ "$(all .ingested)" -ge 90 ] || fail "only $(all .ingested) of $count files were taken in"
same "$(jq '[.ingested[], .duplicates[]] | length' video.json)" "$(find "$media/video" -type f | wc -l)" "real films taken in"
vault check --deep >/dev/null
vault audit verify >/dev/null
echo "$(all .ingested) of $count taken in, $(all .refused) refused"
