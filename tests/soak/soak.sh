#!/bin/bash
# Hours of everything at once, by chance from a seed: films taken in, watched and ended, consents, grants, holds, and a server that is
# ended, killed and started again among it. What must be so at any moment is held against rules that are told anew (rules.py).
#   SOAK_SECONDS=3600   for how long; 60 is enough to see it work
#   SEED=N              the same actions, each family's in the same order
#   SOAK_KEEP=FOLDER    what each family did is kept there, also if all went well
#   SOAK_LIE=…          it must fail: withdrawal (the rules are not told of one), erasure, disabling, glass, assignment (the vault is not
#                       asked for one, or the rules are not told), memory, descriptors (a bound that nobody keeps)
#   SOAK_FAMILIES=8     at least 3
# On failure what each family did is kept under build/soak, with the command that does it again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=${CLIPVAULT:-$here/../../build/release}
stage=$(mktemp -d "${TMPDIR:-/tmp}/soak.XXXXXX")
trap 'rm -rf "$stage"' EXIT
code=0
python3 -B "$here/soak.py" "$(cd "$programs" && pwd)" "$stage" || code=$?
seed=$(cat "$stage/seed" 2>/dev/null || echo unknown)
kept=${SOAK_KEEP:-$here/../../build/soak/$seed}
if [ "$code" != 0 ] || [ -n "${SOAK_KEEP:-}" ]; then
  mkdir -p "$kept"
  cp "$stage"/actions.*.log "$stage/serve.err" "$kept" 2>/dev/null || true
fi
[ "$code" = 0 ] || echo "what was done is in ${kept#"$here"/../../}; again: make soak SEED=$seed SOAK_SECONDS=${SOAK_SECONDS:-3600}" >&2
exit "$code"
