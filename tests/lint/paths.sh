#!/bin/bash
# Nothing in the tree knows the machine it was written on.
set -euo pipefail
grep -rnIE --exclude-dir=.git --exclude-dir=build --exclude-dir=web '(^|[^A-Za-z0-9_.$}*])/(wor[k]|hom[e]/[a-z]+)/[a-z]' . |
  sed -E 's|^\./([^:]*:[0-9]+):.*|\1: names a folder of somebody'"'"'s machine|' || true
