#!/bin/bash
# clang-tidy with the checks of .clang-tidy (which says why these), over what we ship.
# Its "potential (memory) leak" is dropped: it does not know that AUTO() releases. LeakSanitizer looks for the real ones.
set -euo pipefail
read -ra flags <<<"-std=gnu2x -D_GNU_SOURCE -I. $(pkg-config --cflags libsodium sqlite3 libcrypto libavformat libseccomp)"
# shellcheck disable=SC2046,SC2086 # file names without blanks
printf '%s\n' ${LINT_FILES:-$(find vault keys ingest player-bridge -name '*.c')} |
  xargs -P 2 -I{} clang-tidy --quiet {} -- "${flags[@]}" 2>/dev/null |
  sed -nE "/: Potential (memory leak|leak of )/d; s|^$PWD/||; s|^\./||; s/^([^ :]+:[0-9]+):[0-9]+: (error|warning): (.*)/\1: \3/p" | sort -u
