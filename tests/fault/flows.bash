# Sourced by tests of what goes wrong under whole flows, after story.bash: the vault before, and for each flow what is there before, its
# command, and what must hold afterwards. Whoever sources it says with thorough() whether the looks that cost most are taken.
# shellcheck disable=SC2034,SC2154 # stage, programs: of the story; used by who sources it

points=0 failures=0
opens() { # CLIP FILE
  rm -f seen.out
  vault export "$1" --purpose supervision --to seen.out >export.out 2>&1 && cmp -s seen.out "$stage/$2"
}
broken() { # what does not hold at this point
  failures=$((failures + 1))
  echo "FAILED: $where: $*" >&2
  [ ! -e told ] || sed -n 1p told | tr -d '\0' >&2
  is_broken=1
}
# looks_right HOW: how it ended
looks_right() {
  local said
  case $code in
    0) return ;;
    137) [ "$1" != kill ] || return 0 ;;
    65 | 69 | 73 | 74 | 75)
      said=$(<err)
      [[ $'\n'$said == *$'\nclipvault: '* ]] || { broken "exit code $code without a word"; return; }
      [[ ! $said =~ 'no description'|bug ]] || broken "exit code $code, and no reason: $said"
      return ;;
  esac
  broken "exit code $code: $(tail -n 3 err)"
}
# prepare FLOW: what is there before each of its points
prepare() {
  flow=$1 is_clean=
  rm -rf "base.$flow"
  mkdir "base.$flow"
  cp -a vault "base.$flow/vault"
  cd "base.$flow"
  export CLIPVAULT_DIR=$PWD/vault
  before_"$flow"
  cd "$stage"
}

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
  if ! vault check --deep >check.out 2>&1; then
    [ "$1" != killed ] || rm -rf vault # nobody was told of it: what a process that was killed left is for a person to remove
    again
  fi
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
  if [ "$1" != finished ] && [ ! -e vault/keys.db ]; then
    [ "$1" != killed ] || rm -rf vault # keys.db comes last: without it there is nothing to keep
    again
  fi
  cp lost/effaceable vault/
  stays
}

