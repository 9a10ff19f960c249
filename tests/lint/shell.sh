#!/bin/bash
# Every script, through shellcheck. And nothing is piped into head: it leaves while the other still writes, now and then, and
# whoever dies of that fails a script that looks at its pipes (`sed -n 1,8p` reads to the end).
set -euo pipefail
# shellcheck disable=SC2206,SC2207 # file names without blanks
files=(${LINT_FILES:-$(grep -rlE --exclude-dir=.git --exclude-dir=build '^#!/bin/(ba)?sh' . | sed 's|^\./||')})
printf '%s\n' "${files[@]}" | xargs -P 2 -n 8 shellcheck -x -S warning -f gcc 2>&1 | sed -E 's/^([^:]*:[0-9]+):[0-9]+: [a-z]+: /\1: /' || true
grep -nHE '[|] *head\b' "${files[@]}" | grep -vE '^tests/lint/(shell|selftest).sh:' | sed -E 's/^([^:]*:[0-9]+):.*/\1: is piped into head, which may end its writer/' || true
