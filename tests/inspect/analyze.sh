#!/bin/bash
# gcc's -fanalyzer and clang's static analyser (what scan-build starts) over what we ship, file by file: `make analyze`. What either is
# wrong about stands in analyze.suppressions, one by one, with the reason. Each version of them knows other things: what is kept clean is
# what Debian 12 and 13 have.
#   FILES="keys/tree.c vault/wrap.c"   only these
#
# The last line is `N passed, N failed`: files without and with findings.
set -euo pipefail
cd "$(dirname "$0")/../.."
flags="-std=gnu2x -D_GNU_SOURCE -I. $(pkg-config --cflags libsodium sqlite3 libcrypto libavformat libseccomp libmicrohttpd jansson tss2-esys)"
found=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-analyze.XXXXXX")
trap 'rm -rf "$found"' EXIT
export flags found

# Of clang's checks two do not know that the end of a scope reads and releases what is AUTO(): stores that nobody reads, and leaks, which
# gcc looks for here and LeakSanitizer and valgrind elsewhere. Beside the usual ones, those of clang that .clang-tidy leaves out.
checks="-Xclang -analyzer-disable-checker=deadcode.DeadStores
  -Xclang -analyzer-checker=nullability,optin.portability,optin.performance.Padding,security.FloatLoopCounter,valist"
leaks=': Potential (memory leak|leak of )'
export checks leaks

# look FILE: what both find, `file:line: what [check]`, goes to $found.
look() {
  # shellcheck disable=SC2086 # options without blanks
  {
    gcc $flags -O1 -fanalyzer -fdiagnostics-plain-output -c -o /dev/null "$1" 2>&1 || echo "$1:1:1: error: gcc ended with $?"
    clang --analyze $flags $checks -o /dev/null "$1" 2>&1 || echo "$1:1:1: error: clang ended with $?"
  } | sed -nE "/$leaks/d"'; s|^\./||; s/^([^ :]+:[0-9]+):[0-9]+: (error|warning): (.*)/\1: \3/p' | sort -u >"$found/${1//\//_}"
}
export -f look

# shellcheck disable=SC2086 # file names without blanks
printf '%s\n' ${FILES:-$(find vault keys ingest player-bridge -name '*.c')} | xargs -P "$(nproc)" -I{} bash -c 'look {}'

# A line there is `file: part of the message`.
wrong_about() { # wrong_about FILE MESSAGE
  local line
  while read -r line; do
    [[ $line == "#"* || -z $line || $1 != "${line%%: *}" || $2 != *"${line#*: }"* ]] || return 0
  done <tests/inspect/analyze.suppressions
  return 1
}
passed=0 failed=0
for file in "$found"/*; do
  bad=
  while IFS= read -r finding; do
    if wrong_about "${finding%%:*}" "${finding#*:*: }"; then continue; fi
    bad=1
    echo "$finding"
  done <"$file"
  if [ -n "$bad" ]; then failed=$((failed + 1)); else passed=$((passed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
