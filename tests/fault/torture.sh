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
# shellcheck source=tests/fault/flows.bash
. "$here/flows.bash"
# shellcheck source=tests/fault/torture.bash
. "$here/torture.bash"
flows=("$@")
[ $# -gt 0 ] || flows=(init ingest cut consent withdraw shred sweep export backup restore upload)

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
