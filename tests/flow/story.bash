# Sourced by stories: a vault of its own, people, films, and words to expect. Any command that is not expected to fail and does
# ends the story.
set -euo pipefail

programs=${CLIPVAULT:-$PWD/build/release}
hooked=${CLIPVAULT_HOOKS:-$PWD/build/hooks}
stage=$(mktemp -d "${TMPDIR:-/tmp}/s.XXXXXX")
skipping=
# A command that is refused ends with 77 too: only skip() may make a skipped test of that.
ending() {
  local code=$?
  rm -rf "$stage"
  [ "$code" != 77 ] || [ -n "$skipping" ] || code=1
  exit "$code"
}
trap ending EXIT
trap 'echo "line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND: exit code $?" >&2' ERR
cd "$stage"
export CLIPVAULT_DIR=$stage/vault CLIPVAULT_KEY_FILE=$stage/key

fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { skipping=1; echo "$*"; exit 77; }
vault() { "$programs/clipvault" "$@"; }
ask() { "$programs/clipvault" --json "$@"; } # one JSON value
get() { jq -er "$1"; }

# expect CODE COMMAND…: must end with that exit code; what it said is in $said (both streams).
expect() {
  local wanted=$1 code=0
  shift
  said=$("$programs/clipvault" "$@" 2>&1) || code=$?
  [ "$code" = "$wanted" ] || fail "exit code $code instead of $wanted: clipvault $* — $said"
}
# says TEXT: the last expect said so.
says() { [[ $said == *"$1"* ]] || fail "expected \"$1\", but it said: $said"; }
same() { [ "$1" = "$2" ] || fail "${3:-these should be the same}: \"$1\" and \"$2\""; }

new_vault() {
  ask init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
  family=$(ask case open --title "Family Zebrafink" | get .case)
}
person() { ask person add --name "$1" --kind "${2:-other}" --case "$family" | get .person; }
consent() { # consent PERSON PURPOSES [MORE…]
  local who=$1 what=$2
  shift 2
  ask consent record --person "$who" --purpose "$what" --case "$family" "$@" | get .consent
}
# A picture nobody has seen before; taking one in is quick.
picture() { ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=320x240:rate=1,noise=alls=80:allf=t:all_seed=$RANDOM" -frames:v 1 -y "$1"; }
# A short film with picture and sound. film FILE SECONDS [SIZE]
film() {
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=${3:-320x240}:rate=25" -f lavfi -i "sine=frequency=$((200 + RANDOM % 800))" \
    -t "$2" -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -y "$1"
}
take_in() { # take_in FILE PERSON…; prints the clip
  local file=$1 people=()
  shift
  for p; do people+=(--person "$p"); done
  ask ingest "$file" --case "$family" "${people[@]}" | get '.ingested[0].clip'
}
purposes() { ask show "$1" | jq -r '.purposes | join(",")'; }
state() { ask show "$1" | get .state; }
may() { # may CLIP PURPOSE yes|no
  local got
  got=$(ask explain "$1" --purpose "$2" | jq -r 'if .allowed then "yes" else "no" end')
  same "$got" "$3" "may $1 be seen for $2"
}
