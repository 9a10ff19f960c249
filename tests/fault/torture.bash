# Sourced by tests/fault/torture.sh: one command again and again, with a fault at another call each time, in a folder made as it was
# before; what is counted, and what any failure must look like.
# shellcheck disable=SC2154 # stage, programs: of the story; command: of the flow
# shellcheck source=tests/fault/watch.bash
. "$here/watch.bash"
gcc -O1 -shared -fPIC -o "$stage/nth.so" "$here/preload/nth.c" -ldl
sample=${TORTURE:-1}
mostly=$sample # of calls that a library makes on its own, and of kills where only memory is at stake
if [ "$sample" = all ]; then sample=1000000 mostly=300; fi
kinds=${TORTURE_KINDS:-memory library write sync name open read fork step}
# hows KIND: fail kill; without TORTURE one of them, as chance will have it
hows() {
  local ways=(fail kill)
  if [ -n "${TORTURE:-}" ]; then echo "${ways[@]}"; else echo "${ways[RANDOM % 2]}"; fi
}
# kinds_of: of an upload, which takes seconds, without TORTURE only some
kinds_of() {
  if [ -n "${TORTURE:-}" ] || [ "$flow" != upload ]; then echo "$kinds"; else shuf -n 2 -e $kinds | xargs; fi
}
tried=0 is_clean=
first=$RANDOM

# failing KIND N: how it goes wrong, one after the other; numbers are those of errno, or of SQLite.
failing() {
  local all=()
  case $1 in
    memory | library) all=(12) ;;   # ENOMEM
    write) all=(28 short 5) ;;      # ENOSPC EIO
    sync) all=(5) ;;
    name) all=(28 5) ;;
    open) all=(24) ;;               # EMFILE
    read) all=(5 short) ;;
    fork) all=(11) ;;               # EAGAIN
    step) all=(13 10 5 7) ;;        # FULL IOERR BUSY NOMEM
  esac
  echo "${all[$2 % ${#all[@]}]}"
}
# thorough: of the looks that cost most, every point has some; the sample has them all.
thorough() { [ "$sample" -le 10 ] || [ $((points % 4)) = 0 ]; }
lay_out() { # as it was before; is_clean: it still is
  cd "$stage"
  if [ -z "$is_clean" ]; then
    rm -rf w
    cp -a "base.$flow" w
  fi
  cd w
  export CLIPVAULT_DIR=$PWD/vault
  is_broken= is_clean=
}
# stayed: whether everything but what was told and said is as it was before
stayed() { diff -rq -x told -x out -x err -x '*.json' -x '*.out' -x '*.err' "$stage/base.$flow" . >/dev/null 2>&1; }
# disturbed PROGRAM KIND N HOW: the command of this flow; its exit code in $code, what was told in the file told, "fired…" in $told
disturbed() {
  if [ "$flow" = upload ]; then printf '%-4095s%s' "" 0 >told; run_upload "$@"; return; fi
  printf '%-4095s%s' "" 1 >told
  code=0
  { NTH="$2 $3 $4 $1" NTH_TOLD=$PWD/told LD_PRELOAD=$stage/nth.so "$programs/clipvault" "${command[@]}" >out 2>err </dev/null || code=$?; } 2>/dev/null
  read -r told <told || true
}
# spread COUNT MOST: so many numbers from 1 to COUNT
spread() {
  local i count=$1 most=$2
  if [ "$count" -le "$most" ]; then seq "$count"; return; fi
  for ((i = 0; i < most; i++)); do echo $((count * i / most + 1 + RANDOM * (count / most) / 32768)); done
}
# point PROGRAM KIND N fail|kill|HOW; false if there is no such call
point() {
  local how=$4
  [ "$how" != fail ] || how=$(failing "$2" $(($3 + first)))
  where="$flow: ${1#clipvault-} $2 $3 $how"
  echo "$where" >"$stage/where"
  lay_out
  disturbed "$1" "$2" "$3" "$how"
  [[ $told == fired* ]] || return 1
  points=$((points + 1)) tried=$((tried + 1))
  if [ "$1" = clipvault ]; then looks_right "$how"; else looks_right fail; fi
  if [ "$code" = 0 ]; then
    after_"$flow" finished
  elif stayed; then
    is_clean=1 # and needs no look
  elif [ "$code" = 137 ]; then
    after_"$flow" killed
  else
    after_"$flow" failed
  fi
  ! hung || broken "it hung"
  cd "$stage"
  [ -z "$is_broken" ] || [ $failures -lt "${TORTURE_FAILURES:-20}" ] || fail "$failures points, that is enough"
}
# count_of KIND: how often it was called in the undisturbed run (nth.c: KINDS numbers at COUNTS)
count_of() {
  local i all=(memory library write sync name open read fork step)
  for i in "${!all[@]}"; do [ "${all[i]}" != "$1" ] || echo "${undisturbed[i]}"; done
}
# all_of PROGRAM KIND: all its calls, or as many as are wanted; adds to $line how many failed and were killed, of how many
all_of() {
  local how n count most failed=0 killed=0
  count=$(count_of "$2")
  [ "$count" != 0 ] || return 0
  for how in $(hows); do
    tried=0 most=$sample
    if [ "$2" = library ] || [ "$1" != clipvault ] || [ "$2$how" = memorykill ]; then most=$mostly; fi
    for n in $(spread "$count" "$most"); do point "$1" "$2" "$n" "$how" || true; done
    # It may make more calls than were counted: on, until it makes no more.
    if [ "$count" -le "$most" ]; then
      for ((n = count + 1; n < count + 1000; n++)); do point "$1" "$2" "$n" "$how" || break; done
    fi
    if [ "$how" = kill ]; then killed=$tried; else failed=$tried; fi
  done
  line+="${line:+, }$2 $failed + $killed of $count"
}
undisturbed_run() { # PROGRAM
  where="$flow, undisturbed"
  echo "$where" >"$stage/where"
  lay_out
  disturbed "$1" step 0 kill
  [ "$code" = 0 ] || fail "$where: exit code $code: $(cat err)"
  read -ra undisturbed < <(od -An -v -t d8 -w72 -j 3584 -N 72 told)
  [ "${undisturbed[0]}" -gt 1 ] || fail "$where: $1 was not counted"
  after_"$flow" finished
  [ -z "$is_broken" ] || fail "$where"
}
# notices KIND HOW WORDS [TURNS]: that this went wrong at one of its calls, in the flow that was prepared; with so much patience
notices() {
  local n real=$points
  undisturbed_run clipvault
  patience "${4:-$usual_patience}"
  for ((n = $(count_of "$1"); n > 0; n--)); do
    point clipvault "$1" "$n" "$2" 2>"$stage/control.err" || true
    if grep -qE "$3" "$stage/control.err"; then
      failures=0 points=$real
      patience "$usual_patience"
      echo "control: $(sed -n '1s/^FAILED: //p' "$stage/control.err")"
      return
    fi
  done
  fail "the control: nobody noticed any $1 that is a $2"
}
controls() {
  prepare consent
  notices step lie 'it was recorded, and is not there'
  notices open crash 'exit code 139'
  notices sync hang 'it hung' 2
}
torture() { # FLOW…
  local kind program begun before
  for flow; do
    begun=$SECONDS before=$points
    if [ "$flow" = upload ]; then patience 180; fi # its server waits for a client
    prepare "$flow"
    for program in clipvault clipvault-transcode; do
      [ $program = clipvault ] || [[ $flow =~ ^(ingest|cut)$ ]] || continue
      undisturbed_run $program
      line=
      for kind in $(kinds_of); do
        [ $program = clipvault ] || [[ $kind =~ memory|library ]] || continue
        all_of $program "$kind"
      done
      [ -z "$line" ] || echo "$flow: $program: $line"
    done
    unset CLIPVAULT_TEST_NOW CLIPVAULT_TEST_JUMP_OK
    echo "$flow: $((points - before)) points in $((SECONDS - begun)) s"
  done
  [ "$failures" = 0 ] || fail "$failures of $points points"
  echo "$points points survived"
}
