#!/bin/bash
# Whole flows, each of whose calls goes wrong once: the n-th that asks for memory, writes, syncs, changes a folder, opens, reads, starts
# a process or takes a step in SQLite fails, or the process is killed there (tests/fault/preload/nth.c). Whatever happens, the command
# ends with a documented code and says why; check --deep finds nothing; what was acknowledged is there, what was destroyed is not, and
# the same command, given again, ends well.
#   tests/fault/torture.sh [FLOW…]   init ingest cut consent withdraw shred sweep export backup restore upload; default: all
#   TORTURE=all     every call of each, in the worker's and other libraries 300 (`make torture`: hours)
#   TORTURE=N       N of each; default: one, failing or killed
#   TORTURE_KINDS   only these: "memory write"
#   JOBS=2          so many flows at a time, if none is named and TORTURE is given
if [ -n "${TORTURE:-}" ] && [ $# = 0 ]; then
  set -o pipefail
  printf '%s\n' init ingest cut consent withdraw shred sweep export backup restore upload |
    xargs -P "${JOBS:-$(nproc)}" -I{} bash "$0" {} 2>&1 | {
    total=0
    while read -r line; do
      echo "$line"
      [[ ! $line =~ ^([0-9]+)\ points\ survived$ ]] || total=$((total + BASH_REMATCH[1]))
    done
    echo "$total points survived in all"
  }
  exit
fi
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm # tens of thousands of vaults are copied, and no power fails here
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/flow/story.bash
. "$here/../flow/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
! nm -D "$programs/clipvault" 2>/dev/null | grep -q __asan_init || skip "a sanitizer wants to be the first library"
# shellcheck source=tests/fault/torture.bash
. "$here/torture.bash"
flows=("$@")
[ $# -gt 0 ] || flows=(init ingest cut consent withdraw shred sweep export backup restore upload)

# ---- the vault before: one that keeps what nobody ends, and remembers what has ended
new_vault
ada=$(person "Ada" child) ben=$(person "Ben" carer)
consent "$ada" supervision --media still >/dev/null
consent "$ben" supervision,research --media still,recording,clip >/dev/null
for name in kept both old new due1 due2; do picture "$name.png"; done
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=64x48:rate=5" -f lavfi -i sine -t 2 -c:v libx264 -preset ultrafast \
  -pix_fmt yuv420p -c:a aac -y film.mp4
kept=$(take_in kept.png "$ben") both=$(take_in both.png "$ada" "$ben") old=$(take_in old.png "$ben")
film=$(take_in film.mp4 "$ben")
for name in due1 due2; do ask ingest $name.png --case "$family" --person "$ben" --expires 2030-01-01 | get '.ingested[0].clip' >$name.clip; done
vault export "$kept" --purpose supervision --to kept.jpg >/dev/null
vault export "$both" --purpose supervision --to both.jpg >/dev/null
vault backup --to away >/dev/null
printf 'a lantern over water' >pw
ida=$(ask user add --name ida --role practitioner --password-file pw | get .user)
vault shred "$old" --reason before >/dev/null
vault ls >/dev/null

# ---- the flows: for each, what is there before, the command, and what must hold afterwards. $1: finished, if it said that it was done.
live() { jq "[.[] | select(.state == \"live\")] | length" list.json; }
state_of() { jq -r --arg c "$1" '.[] | select(.clip == $c) | .state' list.json; }
# stays: what nobody ends is there, and opens; what had ended before has.
stays() {
  vault check --deep >check.out 2>&1 || broken "check: $(cat check.out)"
  ask ls >list.json 2>list.err || broken "ls: $(cat list.err)"
  [ "$(state_of "$old")" = shredded ] || broken "what was shredded is $(state_of "$old")"
  [ "$(state_of "$kept")" = live ] || broken "what nobody ended is $(state_of "$kept")"
  ! thorough || opens "$kept" kept.jpg || broken "a clip that nobody ended is lost: $(cat export.out)"
}
again() { vault "${command[@]}" >again.out 2>&1 || broken "again: $(cat again.out)"; }
# ended CLIP SHOWN: for whoever has every file of before, all secrets, and today's effaceable store.
ended() {
  [ "$(state_of "$1")" = shredded ] || broken "$1 has not ended: $(state_of "$1")"
  rm -rf attack; cp -a "$stage/vault" attack; cp vault/effaceable attack/
  ! CLIPVAULT_DIR=$PWD/attack opens "$1" "$2" || broken "what had ended opens with the files of before"
}

before_init() { rm -rf vault; command=(init --slot key-file --key-file "$stage/new.key"); }
after_init() {
  export CLIPVAULT_KEY_FILE=$stage/new.key
  if [ "$1" = finished ] && ! vault check --deep >check.out 2>&1; then broken "it was made, and: $(cat check.out)"; fi
  if ! vault check --deep >check.out 2>&1; then again; fi
  vault check --deep >check.out 2>&1 || broken "check: $(cat check.out)"
  ask case open --title "First" >/dev/null 2>case.out || broken "case open: $(cat case.out)"
  export CLIPVAULT_KEY_FILE=$stage/key
  rm -f "$stage/new.key"
}

before_ingest() { command=(ingest "$stage/new.png" --case "$family" --person "$ben"); }
after_ingest() {
  stays
  [ "$1" != finished ] || [ "$(live)" = 6 ] || broken "it was taken in, and $(live) live"
  if [ "$(live)" != 6 ] && thorough; then
    again
    stays
    [ "$(live)" = 6 ] || broken "in the end $(live) live"
  fi
}

before_cut() { command=(cut "$film" --in 2 --out 7); }
after_cut() {
  stays
  [ "$1" != finished ] || [ "$(live)" = 6 ] || broken "it was cut, and $(live) live"
  if [ "$(live)" != 6 ] && thorough; then
    again
    stays
    [ "$(live)" = 6 ] || broken "in the end $(live) live"
  fi
}

before_consent() { command=(consent record --person "$ada" --purpose intervention --media still --case "$family"); }
said() { ask consent list --person "$ada" 2>said.err | grep -c intervention || true; }
after_consent() {
  stays
  [ "$1" != finished ] || [ "$(said)" != 0 ] || broken "it was recorded, and is not there: $(cat said.err)"
  [ "$(said)" != 0 ] || again
  [ "$(said)" != 0 ] || broken "in the end it is not there"
}

before_withdraw() { command=(consent withdraw --person "$ada"); }
after_ending() { # CLIP SHOWN
  stays
  if [ "$1" = finished ] && [ "$(state_of "$2")" != shredded ]; then broken "it was ended, and is $(state_of "$2")"; fi
  if [ "$(state_of "$2")" = live ]; then
    ! thorough || opens "$2" "$3" || broken "it has not ended, and does not open: $(cat export.out)"
    again
    stays
  fi
  ! thorough || ended "$2" "$3"
}
after_withdraw() { after_ending "$1" "$both" both.jpg; }

before_shred() { command=(shred "$both" --reason fault); }
after_shred() { after_ending "$1" "$both" both.jpg; }

before_sweep() { export CLIPVAULT_TEST_NOW=2030-01-02T00:00:00Z CLIPVAULT_TEST_JUMP_OK=1; command=(sweep); }
after_sweep() {
  local due
  [ "$1" = finished ] || ! thorough || stays
  again
  stays
  for due in due1 due2; do [ "$(state_of "$(<"$stage/$due.clip")")" = shredded ] || broken "$due is $(state_of "$(<"$stage/$due.clip")")"; done
}

before_export() { command=(export "$both" --purpose supervision --to seen.jpg); }
after_export() {
  stays
  if [ "$1" = finished ]; then cmp -s seen.jpg "$stage/both.jpg" || broken "it was written, and is not the clip"; fi
  [ "$1" != failed ] || [ ! -e seen.jpg ] || broken "it failed, and a part of $(stat -c %s seen.jpg) bytes is left"
  rm -f seen.jpg
  again
  cmp -s seen.jpg "$stage/both.jpg" || broken "in the end it is not the clip"
}

before_backup() { cp -a "$stage/away" .; command=(backup --to away); }
after_backup() {
  stays
  [ "$1" = finished ] || again
  vault restore --from away --drill >drill.out 2>&1 || broken "the drill: $(cat drill.out)"
}

before_restore() { cp -a "$stage/away" .; vault backup --to away >/dev/null; mv vault lost; command=(restore --from away); }
after_restore() {
  [ "$1" = finished ] || [ -e vault/keys.db ] || again
  cp lost/effaceable vault/
  stays
}

# An upload: the fault comes into the server while somebody sends a picture to it. What it acknowledged is there afterwards, and goes on.
before_upload() {
  ida_case=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
  local family=$ida_case
  cy=$(person "Cy" carer)
  consent "$cy" supervision --media still,recording >/dev/null
}
# serve_for FILE COMMAND…: while a server runs; what the command prints goes to FILE, the server's code to $code.
serve_for() {
  local file=$1 server address i
  shift
  code=0
  : >serve.out
  "${server_runs[@]}" serve --listen 127.0.0.1:0 >serve.out 2>err </dev/null &
  server=$!
  for ((i = 0; i < 400; i++)); do
    grep -q '^listening on ' serve.out && break
    kill -0 $server 2>/dev/null || break
    sleep 0.02
  done
  address=$(sed -n 's/^listening on //p' serve.out)
  python3 "$here/uploading.py" "$address" "$stage/new.png" "$ida_case" "$cy" "$(<"$stage/pw")" told "$@" >"$file" 2>client.err || broken "the client: $(cat client.err)"
  kill -TERM $server 2>/dev/null || true
  for ((i = 0; i < 500; i++)); do kill -0 $server 2>/dev/null || break; sleep 0.02; done
  ! kill -0 $server 2>/dev/null || { broken "the server does not end"; kill -KILL $server; }
  wait $server || code=$?
}
run_upload() {
  server_runs=(env "NTH=$2 $3 $4 $1" "NTH_TOLD=$PWD/told" "LD_PRELOAD=$stage/nth.so" "$programs/clipvault")
  { serve_for first.json; } 2>/dev/null
  read -r told <told || true
}
after_upload() {
  local state lost
  server_runs=("$programs/clipvault")
  state=$(jq -r .state first.json)
  if [ "$state" != live ] && thorough; then
    serve_for second.json "$(jq -r '.upload // ""' first.json)" "$(jq -r .acknowledged first.json)"
    state=$(jq -r .state second.json) lost=$(jq -r .lost second.json)
    [ "$code" = 0 ] || broken "the server afterwards: $code, $(cat err)"
    [ "$lost" = false ] || broken "less is there than was acknowledged: $(cat first.json second.json)"
    [[ $state =~ ^(live|duplicate)$ ]] || broken "in the end: $(cat first.json second.json err)"
  fi
  stays
  [[ ! $state =~ ^(live|duplicate)$ ]] || [ "$(live)" = 6 ] || broken "it was taken in, and $(live) live"
}

[ -n "${TORTURE_KINDS:-}" ] || controls
torture "${flows[@]}"
