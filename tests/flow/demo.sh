#!/bin/bash
# `make demo`: the main job, live, told step by step; then the application runs on this machine, with demo people, films and accounts,
# until Ctrl-C. With DEMO_ONCE=1, or no terminal to press it on, it only shows that it runs, and ends. Everything happens in a temporary
# folder that is removed at the end.
set -euo pipefail

programs=${CLIPVAULT:-build/release}
here=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-demo.XXXXXX")
server=
ending() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -rf "$here"
}
trap ending EXIT
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

say "13. All of this without a terminal: the application, with demo people."
people() { # people ROLE NAME
  printf 'a lantern for %s\n' "$2" >password
  quietly user add --name "$2" --role "$1" --password-file password | field .user
}
ida=$(people practitioner ida) sue=$(people supervisor sue)
people officer omar >/dev/null; people administrator ada >/dev/null
rm password
quietly user link "$sue" "$ida" >/dev/null
# film FILE COLOUR SECONDS: something to look at, with a sound.
film() {
  ffmpeg -nostdin -loglevel error -f lavfi -i "gradients=size=640x360:rate=25:c0=$2:c1=white:speed=0.02:duration=$3" \
    -f lavfi -i "aevalsrc='0.2*sin(2*PI*(180+30*sin(2*PI*t))*t)*(0.5+0.5*sin(2*PI*2*t))':s=48000" -shortest \
    -c:v libx264 -preset veryfast -g 25 -pix_fmt yuv420p -c:a aac -y "$1"
}
family() { # family TITLE CHILD PARENT
  local case child parent
  case=$(quietly case open --title "$1" --practitioner "$ida" | field .case)
  child=$(quietly person add --name "$2" --kind child --case "$case" | field .person)
  parent=$(quietly person add --name "$3" --kind carer --case "$case" | field .person)
  for person in "$child" "$parent"; do
    quietly consent record --person "$person" --purpose intervention,supervision --refuse publication --media recording,clip,still --case "$case" \
      --signed-by "$3" --capacity parental-responsibility --assent yes --after end-of-involvement:2m >/dev/null
  done
  film breakfast.mp4 teal 8; film bedtime.mp4 orange 6
  quietly ingest breakfast.mp4 bedtime.mp4 --case "$case" --person "$child" --person "$parent" >/dev/null
}
family "The Sample family" "Noa Sample" "Robin Sample"
family "The Muster family" "Kim Muster" "Alex Muster"
"$programs/clipvault" serve --listen "127.0.0.1:${DEMO_PORT:-0}" >served 2>served.err &
server=$!
for _ in $(seq 100); do grep -q '^listening on ' served && break; sleep 0.1; done
address=$(sed -n 's/^listening on //p' served)
[ -n "$address" ] || { cat served.err; exit 1; }
curl -sf "$address/healthz" >/dev/null
curl -sf --compressed "$address/" | grep -q '<title>clipvault</title>'
cat <<TEXT

    $address

    name    password               seat
    ida     a lantern for ida      practitioner: two families, four films
    sue     a lantern for sue      supervisor of ida
    omar    a lantern for omar     information governance
    ada     a lantern for ada      administrator
TEXT
if [ -n "${DEMO_ONCE:-}" ] || [ ! -t 0 ]; then
  say "Done. That was the main job, end to end. (In a terminal the application stays until Ctrl-C.)"
else
  say "Done. That was the main job, end to end. The application runs until you press Ctrl-C; then all of this is removed."
  trap 'exit 0' INT TERM
  wait "$server"
fi
