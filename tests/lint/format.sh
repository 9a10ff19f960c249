#!/bin/bash
# The layout is clang-format's. Its releases differ in small things, so only the one the tree was laid out with may judge.
set -euo pipefail
laid_out_with=14
version=$(clang-format --version | sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" != "$laid_out_with" ]; then
  echo "the tree is laid out with clang-format $laid_out_with, and this is $version"
  exit 77
fi
# shellcheck disable=SC2046,SC2086 # file names without blanks
clang-format --dry-run -Werror ${LINT_FILES:-$(find vault keys ingest player-bridge tests -name '*.[ch]')} 2>&1 |
  sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: error: .*/\1:1: is laid out differently by clang-format/p' | sort -u
