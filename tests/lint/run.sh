#!/bin/bash
# Runs the checks of this folder (all, or those named) at the root of the tree.
#
#   tests/lint/run.sh [CHECK…]
#
# A check is a script that prints its findings, `file:line: what is wrong`, one a line: silence means that all is well.
# It ends with 0 when it could look, with 77 (its last line says why) when it could not, and anything else is a failure of
# the check itself. selftest.sh plants a fault for each and sees it found.
# LINT_FILES="a.c b.c" narrows the checks of single files (format, cppcheck, tidy) to these.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset MAKEFLAGS MFLAGS # a check that calls make would hear of a job server it does not have, and a word is a finding

checks=("$@")
[ $# -gt 0 ] || checks=(layers libraries names links hardened hooks paths notes sizes format cppcheck tidy shell units manual package)
passed=0 failed=0 skipped=0
for check in "${checks[@]}"; do
  code=0
  findings=$("tests/lint/$check.sh" 2>&1) || code=$?
  if [ "$code" = 77 ]; then
    skipped=$((skipped + 1))
    printf 'skipped  %-10s %s\n' "$check" "${findings##*$'\n'}"
  elif [ "$code" = 0 ] && [ -z "$findings" ]; then
    passed=$((passed + 1))
    printf 'ok       %s\n' "$check"
  else
    failed=$((failed + 1))
    printf 'FAILED   %s\n%s\n' "$check" "$(printf '%s\n' "$findings" | sed 's/^/    /')"
  fi
done
tail=
[ "$skipped" = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ "$failed" = 0 ]
