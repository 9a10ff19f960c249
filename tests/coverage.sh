#!/bin/bash
# What the unit tests reach of a build with COVERAGE=1: lines and branches of each source and of the whole. Fails if a test fails, or if of
# the rooms (tests/coverage/rooms.txt) a branch is not reached that tests/coverage/unreached.tsv does not list.
#   tests/coverage.sh build/hooks-cov
#   STORIES='flow/* attack/*'   then these as well, as a second table. Only `clipvault` is counted in them: what is in a cage may not write
#                               down what it reached, so the confined programs are those of build/hooks.
#   ROOMS_ONLY=1                show the rooms alone
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?folder of the build}
objects=$PWD/$build/obj
data=$(mktemp -d "${TMPDIR:-/tmp}/cv-reached.XXXXXX")
trap 'rm -rf "$data" build/stories-cov' EXIT

# Tests run as somebody else, in another tree; so what they reach goes to a place where everyone may write.
(cd "$objects" && find . -name '*.gcno' -exec cp --parents -t "$data" {} +)
find "$data" -type d -exec chmod 777 {} +
strip=${objects//[!\/]/}
export GCOV_PREFIX=$data GCOV_PREFIX_STRIP=${#strip}

failed=0
VARIANTS=${build#build/} tests/run.sh unit | grep -v '^ok ' || failed=1
python3 tests/coverage/reached.py "$data" ${ROOMS_ONLY:+--rooms} || failed=1

if [ -n "${STORIES:-}" ]; then
  rm -rf build/stories-cov
  mkdir -p build/stories-cov
  cp -r "$build/clipvault" "$build/tests" build/hooks/clipvault-transcode build/hooks/clipvault-bridge build/stories-cov/
  read -ra stories <<<"$STORIES"
  for pattern in "${stories[@]}"; do
    VARIANTS=stories-cov ONLY=$pattern tests/run.sh "${pattern%%/*}" || echo "a story failed; what it reached counts all the same"
  done
  echo "with these stories:"
  python3 tests/coverage/reached.py "$data" ${ROOMS_ONLY:+--rooms} --no-list
fi
exit "$failed"
