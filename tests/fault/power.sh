#!/bin/bash
# Power cuts under the key store, after a kill at every step and after every sync that can fail (tests/fault/power.c says how): what
# was acknowledged lives, what was to be destroyed is dead for whoever has every row that was ever written, the job ends.
#   FAULT_STRIDE=1   every cut (that of 70 keys a minute, the batch hours); by default every fifteenth, from another one each time
set -euo pipefail
power=$CLIPVAULT_HOOKS/tests/power
[ -x "$power" ] || { echo "needs a build with test hooks (make TEST_CLOCK=1)"; exit 77; }
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm # no power fails here
work=$(mktemp -d "${TMPDIR:-/tmp}/cuts.XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
stride=${FAULT_STRIDE:-15}

survives() { "$power" "$@" || { echo "FAILED: power $*" >&2; exit 1; }; }
perishes() { # STRIDE MODE WHAT
  local code=0 said
  said=$("$power" "$1" "$2" 2>&1) || code=$?
  [[ $code == 1 && $said == *"FAILED: $3"* ]] || { echo "FAILED: the control, $2, was survived: $said" >&2; exit 1; }
  echo "control, $2: $3"
}
survives "$stride"
survives $((stride == 1 ? 1 : stride * 20)) batch
perishes 1 lying "a live key is lost"
perishes 1 keys-kept "a dead key comes back"
