#!/bin/bash
# Whole flows on a disk with ever more room left, until it is enough; on one that may only be read; on a slow one; and with a clock that
# jumps. Each ends with a documented code and a reason, and afterwards, the trouble gone, what must hold does (tests/fault/flows.bash).
#   FAULT_STRIDE=1   every room; by default none, enough, and one between, another one each time
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${CLIPVAULT_OWN_MOUNTS:-}" ]; then
  unshare -rm sh -c 'mount -t tmpfs none /mnt && mount -o remount,bind,ro /mnt' 2>/dev/null || { echo "a small disk needs a namespace of one's own, which nobody may have here"; exit 77; }
  CLIPVAULT_OWN_MOUNTS=1 exec unshare -rm bash "$0"
fi
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
# shellcheck source=tests/flow/story.bash
. "$here/../flow/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
! nm -D "$programs/clipvault" 2>/dev/null | grep -q __asan_init || skip "a sanitizer wants to be the first library"
# shellcheck source=tests/fault/flows.bash
. "$here/flows.bash"
# shellcheck source=tests/fault/watch.bash
. "$here/watch.bash"
gcc -O1 -shared -fPIC -o nth.so "$here/preload/nth.c" -ldl
flows=(init ingest cut consent withdraw shred sweep export backup restore)
thorough() { true; }
mkdir w
leave() {
  local code=$?
  cd /
  umount "$stage/w" || true
  (exit "$code")
  ending
}
trap leave EXIT
mount -t tmpfs -o size=24m none w

lay_out() { # WHERE: as it was before
  where="$flow, $1"
  echo "$where" >"$stage/where"
  cd "$stage"
  find w -mindepth 1 -delete
  cp -a "base.$flow/." w/
  cd w
  export CLIPVAULT_DIR=$PWD/vault
  points=$((points + 1))
}
run() { # [ENVIRONMENT…]: the command of this flow; what it says is written elsewhere
  code=0
  env "$@" "$programs/clipvault" "${command[@]}" >"$stage/out" 2>"$stage/err" </dev/null || code=$?
}
# settle: the trouble is gone; how it ended, and what holds now
settle() {
  cp "$stage/err" err
  ! hung || broken "it hung"
  looks_right fail
  if [ "$code" = 0 ]; then after_"$flow" finished; else after_"$flow" failed; fi
  cd "$stage"
}
room() { # KIB: so much is left
  local left
  left=$(df --output=avail -k . | tail -n 1)
  [ "$left" -le "$1" ] || fallocate -l $((left - $1))K filler
}
rooms() {
  local all=(4 8 16 32 64 128 256 512)
  if [ "${FAULT_STRIDE:-15}" = 1 ]; then echo 0 "${all[@]}" 4096; else echo 0 "${all[RANDOM % 8]}" 4096; fi
}
full() {
  local kib fits=
  for kib in $(rooms); do
    lay_out "with $kib KiB left"
    room "$kib"
    run NOTHING=
    rm -f filler
    settle
    if [ "$code" = 0 ]; then fits=$kib; else refused=$((refused + 1)); fi
    [ "$kib" != 0 ] || [ "$code" != 0 ] || broken "it needed no room"
  done
  [ -n "$fits" ] || broken "4 MiB were not enough: $(cat err)"
}
read_only() {
  lay_out "on a disk that may only be read"
  mount -o remount,bind,ro "$stage/w" # this mount and not the whole file system, which may belong to nobody in this namespace
  run NOTHING=
  mount -o remount,bind,rw "$stage/w"
  [ "$code" != 0 ] || broken "it went well"
  settle
}
slow() { # KIND
  lay_out "every $1 takes 5 ms more"
  printf '%-4095s%s' "" 1 >told
  run "NTH=$1 0 slow clipvault" "NTH_TOLD=$PWD/told" "LD_PRELOAD=$stage/nth.so"
  [ "$code" = 0 ] || broken "exit code $code: $(cat "$stage/err")"
  settle
}
# jumps BY: the clock is off while it runs, and right again afterwards
jumps() {
  lay_out "the clock $1"
  run "CLIPVAULT_TEST_NOW=$(date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ)"
  cp "$stage/err" err
  if [ "$code" = 77 ] && grep -q clock err; then code=75; fi
  settle
}

for flow in "${flows[@]}"; do
  begun=$points refused=0
  prepare "$flow"
  full
  read_only
  slow sync
  slow write
  if [[ ! $flow =~ ^(init|sweep)$ ]]; then
    jumps "+40 days"
    jumps "-2 days"
  fi
  unset CLIPVAULT_TEST_NOW CLIPVAULT_TEST_JUMP_OK
  echo "$flow: $((points - begun)) points, $refused rooms too small"
done
[ "$failures" = 0 ] || fail "$failures of $points points"
echo "$points points survived"
