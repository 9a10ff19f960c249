#!/bin/bash
# Every script, through shellcheck.
set -euo pipefail
# shellcheck disable=SC2046,SC2086 # file names without blanks
shellcheck -x -S warning -f gcc ${LINT_FILES:-$(grep -rlE --exclude-dir=.git --exclude-dir=build '^#!/bin/(ba)?sh' . | sed 's|^\./||')} 2>&1 |
  sed -E 's/^([^:]*:[0-9]+):[0-9]+: [a-z]+: /\1: /'
