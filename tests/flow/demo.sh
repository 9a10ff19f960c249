#!/bin/bash
# `make demo`: the main job, live, told step by step. Everything happens in a temporary folder that is removed at the end.
set -euo pipefail

programs=${CLIPVAULT:-build/release}
here=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-demo.XXXXXX")
trap 'rm -rf "$here"' EXIT
programs=$(cd "$programs" && pwd)
cd "$here"
export CLIPVAULT_DIR=$here/vault CLIPVAULT_KEY_FILE=$here/officer.key

bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
typed() { # as a person would type it
  local word
  printf '  $ clipvault'
  for word; do case $word in *' '*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac; done
  printf '\n'
}
run() { # shows a command, runs it
  typed "$@"
  "$programs/clipvault" "$@" | sed 's/^/    /'
}
quietly() { "$programs/clipvault" --json "$@"; }
refused() { # runs a command that must be refused with exit code 77
  typed "$@"
  local code=0
  "$programs/clipvault" "$@" >out.txt 2>&1 || code=$?
  sed 's/^/    /' out.txt
  [ "$code" = 77 ] || { echo "expected a refusal (77), got $code"; exit 1; }
}
field() { jq -er "$1"; }

say "1. A service makes its vault. One key file opens it; the clip keys themselves never leave it."
run init --slot key-file --key-file officer.key

say "2. A piece of work begins: a family, and the three people who will be filmed."
case_id=$(quietly case open --title "The Example family" | field .case)
ada=$(quietly person add --name "Ada Example" --kind child --born 2019-05-04 --case "$case_id" | field .person)
mira=$(quietly person add --name "Mira Example" --kind carer --case "$case_id" | field .person)
tom=$(quietly person add --name "Tom Teacher" --kind staff --case "$case_id" | field .person)
run person list

say "3. Each of them says what they agree to. Ada and Mira say yes to supervision and no to training."
quietly consent record --person "$ada" --purpose intervention,supervision --refuse service_training --media recording,clip \
  --capacity parental-responsibility --signed-by "Mira Example" --assent yes --case "$case_id" >ada.json
mira_consent=$(quietly consent record --person "$mira" --purpose intervention,supervision --refuse service_training --media recording,clip \
  --capacity self --case "$case_id" | field .consent)
run consent record --person "$tom" --purpose intervention,supervision,service_training --media recording,clip --capacity staff \
  --case "$case_id" --after recording:90d

say "4. A film comes off the camera (made here: moving test picture, a voice-like sound, a GPS position in its header)."
ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=1280x720:rate=30 \
  -f lavfi -i "aevalsrc='0.3*sin(2*PI*(140+40*sin(2*PI*2*t))*t)*(0.5+0.5*sin(2*PI*3*t))':s=48000" \
  -t 12 -c:v libx264 -preset veryfast -pix_fmt yuv420p -c:a aac -metadata location="+51.5000-000.1200/" film.mp4
ls -l film.mp4 | sed 's/^/    /'

say "5. It is taken in: checked and re-encoded in a cage that has no keys, no files and no network; sealed as it arrives."
quietly ingest film.mp4 --case "$case_id" --person "$ada" --person "$mira" --person "$tom" >ingest.json
clip=$(field '.ingested[0].clip' <ingest.json)
run show "$clip"

say "6. May it be used for supervision? For training?"
run explain "$clip" --purpose supervision
run explain "$clip" --purpose service_training

say "7. For supervision it plays, without the place where it was filmed. For training there is no key."
run export "$clip" --purpose supervision --to seen.mp4 --recipient "the supervisor" --reason "supervision on Thursday"
ffprobe -v error -show_entries stream=codec_name,width,height -show_entries format=duration:format_tags -of default=nw=1 seen.mp4 | sed 's/^/    /'
refused export "$clip" --purpose service_training --to never.mp4
[ ! -e never.mp4 ]

say "8. Somebody copies the whole vault's database away tonight."
mkdir stolen && cp -a vault/keys.db vault/index.db vault/objects vault/clipvault.conf stolen/

say "9. Mira phones: \"I want it deleted.\" First the officer sees what would be lost; then it is done, and proven."
run consent withdraw "$mira_consent" --dry-run
quietly consent withdraw "$mira_consent" >withdrawn.json
certificate=$(field .certificate <withdrawn.json)
run certificate show "$certificate"

say "10. Nothing opens it any more, and anyone can check the certificate without the vault."
refused export "$clip" --purpose supervision --to never.mp4
quietly certificate key --to vault.pub >/dev/null
"$programs/clipvault" --json certificate show "$certificate" --format json >certificate.json
run certificate verify certificate.json --vault-key vault.pub

say "11. The copy from step 8, with the key file and today's key store secret: dead as well."
cp vault/effaceable stolen/
if CLIPVAULT_DIR=$here/stolen "$programs/clipvault" ls >out.txt 2>&1; then echo "the old copy opened!"; exit 1; fi
sed 's/^/    /' out.txt

say "12. The vault is whole, and its log says what happened."
run check --deep
run audit verify
run ls

say "Done. That was the main job, end to end."
