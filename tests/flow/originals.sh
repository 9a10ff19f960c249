#!/bin/bash
# The file as it was received, kept on request: the same bytes, under the same law as the film, gone with it.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person "Ada" carer) ben=$(person "Ben" carer) cem=$(person "Cem" carer)
consent "$ada" supervision,research --media recording >/dev/null
consent "$ben" supervision --media audio >/dev/null
film film.mov 1
printf 'free%.0s' {1..40} >>film.mov # no decoder wants these, and a copy would not have them

ask ingest film.mov --case "$family" --person "$ada" --keep-original >kept.json
jq -e '.ingested[0].original_kept' kept.json >/dev/null || fail "$(cat kept.json)"
clip=$(jq -r '.ingested[0].clip' kept.json)
same "$(jq -r '.ingested[0].sha256' kept.json)" "$(sha256sum <film.mov | cut -d' ' -f1)"
said=$(vault show "$clip"); says "as it was received is kept"
ask show "$clip" | jq -e '.original_kept and ([.uses[].rendition] | unique == ["as-filmed","original"])' >/dev/null || fail "uses of the original"
vault export "$clip" --purpose supervision --rendition original --to out.mov >/dev/null
cmp film.mov out.mov || fail "the original is not what was received"
vault export "$clip" --purpose supervision --to copy.mp4 >/dev/null
! cmp -s film.mov copy.mp4 || fail "the copy is the original"
vault check --deep >/dev/null
grep -q freefreefreefree film.mov || fail "the control"
! grep -rq freefreefreefree vault || fail "plaintext in the vault"

# A use that ends, ends for both; the last one takes both with it, and the certificate names the objects.
ask consent withdraw --person "$ada" --purpose research >w.json
same "$(jq '.clips_lost | length' w.json)" 1 "one use of one clip"
expect 77 export "$clip" --purpose research --rendition original --to no.mov
vault export "$clip" --purpose supervision --rendition original --to again.mov >/dev/null
cmp film.mov again.mov
sum=$(for o in vault/objects/*; do sha256sum <"$o" | cut -d' ' -f1; done)
ask consent withdraw --person "$ada" >w.json
vault certificate show "$(jq -r .certificate w.json)" --format json >crt.json
for s in $sum; do grep -q "$s" crt.json || fail "object $s is not on the certificate"; done
same "$(find vault/objects -type f | wc -l)" 0 "objects that are left"

# Only its sound may be kept: then the bytes as received, with the picture, may not.
film sound.mov 1
said=$(vault ingest sound.mov --case "$family" --person "$ben" --keep-original)
says "Only its sound"; says "not kept"
clip=$(ask ls --state live | jq -r '.[0].clip')
same "$(ask show "$clip" | jq .original_kept)" false
expect 66 export "$clip" --purpose supervision --rendition original --to no.mov

# In quarantine it waits with the film, and is released with it; clipvault.conf can ask for all.
echo "keep_originals = yes" >>vault/clipvault.conf
film wait.mov 1
ask ingest wait.mov --case "$family" --person "$cem" >q.json
jq -e '.ingested[0] | .state == "quarantined" and .original_kept' q.json >/dev/null || fail "$(cat q.json)"
clip=$(jq -r '.ingested[0].clip' q.json)
expect 77 export "$clip" --purpose supervision --rendition original --to no.mov
consent "$cem" supervision --media recording >/dev/null
same "$(state "$clip")" live
vault export "$clip" --purpose supervision --rendition original --to waited.mov >/dev/null
cmp wait.mov waited.mov
vault clip people "$clip" add "$ada" >/dev/null # she took everything back
same "$(state "$clip")" quarantined
expect 77 export "$clip" --purpose supervision --rendition original --to no.mov
[ ! -e no.mov ] || fail "a refused export left a file"

# A duplicate seals nothing anew.
before=$(find vault/objects | sort)
ask ingest wait.mov --case "$family" --person "$cem" | jq -e '.duplicates | length == 1' >/dev/null || fail "a duplicate"
same "$(find vault/objects | sort)" "$before" "what is sealed"
vault check --deep >/dev/null

# A photograph with a film behind it: who agreed to pictures did not agree to that, so only the picture stays.
dee=$(person "Dee" carer)
consent "$dee" supervision --media still >/dev/null
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=320x240:rate=1" -frames:v 1 -y plain.jpg
film behind.mp4 1
cat plain.jpg behind.mp4 >motion.jpg
ask ingest plain.jpg --case "$family" --person "$dee" | jq -e '.ingested[0].original_kept' >/dev/null || fail "the control"
said=$(vault ingest motion.jpg --case "$family" --person "$dee")
says "not kept"
clip=$(ask ls --case "$family" | jq -r '[.[] | select(.kind == "still")] | last | .clip')
ask show "$clip" | jq -e '(.original_kept | not) and (.repairs | test("film behind the photograph"))' >/dev/null || fail "$(ask show "$clip")"
cat plain.jpg behind.mp4 >wiped.jpg; printf x >>wiped.jpg
said=$(vault ingest wiped.jpg --case "$family" --person "$dee" --wipe-source 2>&1); says "there is more in it"
[ -s wiped.jpg ] || fail "a file whose original was to be kept was wiped"
ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=64x64:rate=5:d=1 -y moving.gif
ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=64x64:rate=5 -frames:v 1 -y one.gif
ask ingest moving.gif --case "$family" --person "$dee" | jq -e '.ingested[0].original_kept | not' >/dev/null || fail "a GIF that moves"
ask ingest one.gif --case "$family" --person "$dee" | jq -e '.ingested[0].original_kept' >/dev/null || fail "a GIF of one picture"
