#!/bin/bash
# cppcheck over what we ship. What it is wrong about is said in cppcheck.suppressions, one by one, with the reason.
set -euo pipefail
seen=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-cppcheck.XXXXXX") # where two processes tell each other what crosses files
trap 'rm -rf "$seen"' EXIT
# shellcheck disable=SC2086 # file names without blanks
cppcheck -j 2 --cppcheck-build-dir="$seen" --quiet --std=c23 --language=c --enable=warning,portability,performance --inline-suppr -I. -D_GNU_SOURCE \
  --suppressions-list=tests/lint/cppcheck.suppressions --template='{file}:{line}: {message} [{id}]' \
  ${LINT_FILES:-vault keys ingest player-bridge} 2>&1 | sort -u
