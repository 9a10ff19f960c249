#!/bin/bash
# Runs the tests that are built and tells of each in one line; the last line is `N passed, N failed` (and `, N skipped`).
#
#   tests/run.sh [KIND…]          KIND: unit flow attack browser fault model; default: all of them
#   VARIANTS="release hooks"      builds whose unit tests run; the last one also serves scripts as $CLIPVAULT_HOOKS
#   EXCEPT="PATTERN…"             not those whose name matches one of these patterns
#   ONLY="PATTERN…"               only tests whose name (unit/hooks/test_id, flow/demo) matches one of these shell patterns
#   TEST_SECONDS=600              a test that takes longer has failed
#   JOBS=3                        so many tests at a time (one more than there are processors, at most 3, as each waits now and then);
#                                 those that measure how soon something happens run alone, after all others
#
# A unit test is a cmocka program, build/VARIANT/tests/test_*; each of its cases counts. Anything else is a script,
# tests/KIND/*.sh, counts as one, and is told apart by its exit code: 0 passed, 77 skipped (its last line says why), else
# failed. (What scripts share is called *.bash.) Every test runs at the root of the tree with this around it:
#   $CLIPVAULT, $CLIPVAULT_HOOKS  folders with the release programs and with those that have test hooks
#   $CLIPVAULT_MEDIA              a folder of real recordings with a MANIFEST.tsv; unset if there is none
#   $TMPDIR (= $TMP = $HOME)      a folder of its own, removed afterwards
#
# Tests never run as root, whom no file mode stops: started as root, this copies the tree to where everyone may read and
# goes on there as `nobody`.
set -euo pipefail
cd "$(dirname "$0")/.."

kinds=("$@")
[ $# -gt 0 ] || kinds=(unit flow attack browser fault model)
read -ra variants <<<"${VARIANTS:-release hooks}"
: "${TEST_SECONDS:=600}" "${ONLY:=*}"
: "${JOBS:=$(($(nproc) > 1 ? 3 : 2))}"
longest=(flow/manifest flow/everything flow/exact flow/copied flow/derived flow/formats flow/sync flow/obscured_moments
  fault/syscalls fault/torture) # begin first, so that no processor waits for one of them in the end
alone=('unit/*/test_control' flow/alarm flow/many flow/plaintext flow/play flow/serve flow/together flow/two flow/uploads attack/bridge attack/memory fault/several)
read -ra except <<<"${EXCEPT:-}"
read -ra only <<<"$ONLY"

readable_by_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups find "$1" ! -readable -print -quit 2>&1; }

# Copies what tests need: sources and vectors, and of each build the programs without their object files.
go_on_as_nobody() {
  local stage media=${CLIPVAULT_MEDIA:-} code=0
  stage=$(mktemp -d "${TMPDIR:-/tmp}/cv.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  chmod 755 "$stage" # the way in; if a folder above is closed too, the next lines find out
  if ! setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$stage"; then
    rm -rf "$stage"
    stage=$(mktemp -d /var/tmp/cv.XXXXXX)
    chmod 755 "$stage"
  fi
  mkdir "$stage/tree" "$stage/tmp"
  tar -c --exclude=./.git --exclude='./build/*/obj' --exclude='./build/*.a' --exclude='*.o' . | tar -x -C "$stage/tree" --no-same-owner
  chmod -R a+rX "$stage/tree"
  if [ -n "$media" ] && [ -n "$(readable_by_nobody "$media")" ]; then
    cp -rL "$media" "$stage/media" && chmod -R a+rX "$stage/media"
    media=$stage/media
  fi
  chown -R nobody:nogroup "$stage"
  CLIPVAULT_MEDIA=$media TMPDIR=$stage/tmp setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
    "$stage/tree/tests/run.sh" "${kinds[@]}" || code=$?
  exit "$code"
}

passed=0 failed=0 skipped=0 running=0 number=0
failures=()

told() { # told WORD NAME DETAIL
  printf '%-8s %-44s %s\n' "$1" "$2" "$3"
}
seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN{printf "%.1f s", b - a}'; }

show_failure() {
  failures+=("$1")
  tail -n 120 "$output" | sed 's/^/    | /'
}

# run_one NUMBER NAME FILE: in a place of its own, beside others; leaves its name, exit code and time for collect.
run_one() {
  local number=$1 name=$2 home=$scratch/h$1 output=$scratch/output.$1 command=(bash "$3") code=0 start=$EPOCHREALTIME
  [[ $name != unit/* ]] || command=(env CMOCKA_MESSAGE_OUTPUT=TAP "$3") # a cmocka program, which speaks TAP when asked to
  mkdir "$home"
  { TMPDIR=$home TMP=$home HOME=$home timeout -k 10 "$TEST_SECONDS" "${command[@]}" >"$output" 2>&1 </dev/null || code=$?; } 2>/dev/null
  [ "$code" != 124 ] || echo "took longer than $TEST_SECONDS s" >>"$output"
  printf '%s\n' "$name" "$code" "$(seconds_since "$start")" >"$scratch/part.$number"
  mv "$scratch/part.$number" "$scratch/ended.$number"
  chmod -R u+rwX "$home" && rm -rf "$home"
}
tell_unit() { # NAME CODE TOOK
  local good bad left
  left=$(grep -cE '^(not )?ok [0-9]+.*# SKIP' "$output" || true)
  good=$(grep -E '^ok [0-9]+' "$output" | grep -vc '# SKIP' || true)
  bad=$(grep -E '^not ok [0-9]+' "$output" | grep -vc '# SKIP' || true)
  # A program that crashed, or that ran nothing, failed even if no case says so.
  if [ "$bad" = 0 ] && { [ "$2" != 0 ] || [ $((good + left)) = 0 ]; }; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
  if [ "$bad" = 0 ]; then
    told ok "$1" "$good cases, $3"
  else
    told FAILED "$1" "$bad of $((good + bad)) cases, exit code $2, $3"
    show_failure "$1"
  fi
}
tell_script() { # NAME CODE TOOK
  case $2 in
    0) passed=$((passed + 1)); told ok "$1" "$3" ;;
    77) skipped=$((skipped + 1)); told skipped "$1" "$(tail -n 1 "$output")" ;;
    *) failed=$((failed + 1)); told FAILED "$1" "exit code $2, $3"; show_failure "$1" ;;
  esac
}
collect() { # tells of those that have ended
  local file lines
  for file in "$scratch"/ended.*; do
    mapfile -t lines <"$file"
    output=$scratch/output.${file##*.}
    if [[ ${lines[0]} == unit/* ]]; then tell_unit "${lines[@]}"; else tell_script "${lines[@]}"; fi
    rm "$file" "$output"
    running=$((running - 1))
  done
}
wait_until() { # at most so many are running
  collect
  while [ "$running" -gt "$1" ]; do
    wait -n || true
    collect
  done
}
is_of() { # is_of NAME PATTERN…
  local name=$1 pattern
  shift
  # shellcheck disable=SC2053 # a pattern
  for pattern; do [[ $name != $pattern ]] || return 0; done
  return 1
}
begin() { # NAME FILE
  local others=$((JOBS - 1))
  ! is_of "$1" "${alone[@]}" || others=0
  wait_until "$others"
  number=$((number + 1)) running=$((running + 1))
  run_one "$number" "$1" "$2" &
  [ "$others" != 0 ] || wait_until 0
}
if [ -z "${CLIPVAULT_MEDIA:-}" ] && [ -e ../shared/media/MANIFEST.tsv ]; then CLIPVAULT_MEDIA=$(cd ../shared/media && pwd); fi
[ "$(id -u)" != 0 ] || go_on_as_nobody

scratch=$(mktemp -d "${TMPDIR:-/tmp}/cv.XXXXXX") # short: the path of a socket has 107 bytes
trap 'rm -rf "$scratch"' EXIT
export CLIPVAULT=$PWD/build/${variants[0]} CLIPVAULT_HOOKS=$PWD/build/${variants[-1]}
if [ -n "${CLIPVAULT_MEDIA:-}" ]; then export CLIPVAULT_MEDIA; else unset CLIPVAULT_MEDIA; fi
# The tests' vaults, not the caller's; one language, whoever runs them.
unset CLIPVAULT_DIR CLIPVAULT_KEY_FILE CLIPVAULT_TEST_NOW CLIPVAULT_TEST_JUMP_OK
export LC_ALL=C.UTF-8
shopt -s nullglob

# all: NAME FILE of each test that is built and wanted
all() {
  local kind variant file name
  for kind in "${kinds[@]}"; do
    if [ "$kind" != unit ]; then
      for file in tests/"$kind"/*.sh; do echo "$kind/$(basename "$file" .sh) $file"; done
      continue
    fi
    for variant in "${variants[@]}"; do
      for file in build/"$variant"/tests/test_*; do [ ! -x "$file" ] || echo "unit/$variant/${file##*/} $file"; done
    done
  done | while read -r name file; do is_of "$name" "${except[@]}" || ! is_of "$name" "${only[@]}" || echo "$name $file"; done
}
# in_order: the same, the longest first, those that run alone last
in_order() {
  local name file rank
  while read -r name file; do
    rank=2
    ! is_of "$name" "${longest[@]}" || rank=1
    ! is_of "$name" "${alone[@]}" || rank=3
    echo "$rank $name $file"
  done | sort -s -n -k 1,1
}
mapfile -t tests < <(all | in_order)
for test in "${tests[@]}"; do
  read -r _ name file <<<"$test"
  begin "$name" "$file"
done
wait_until 0

[ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[*]}"
[ $((passed + failed)) != 0 ] || { echo "no test ran"; failed=1; }
tail=
[ "$skipped" = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ "$failed" = 0 ]
