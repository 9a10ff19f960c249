#!/bin/bash
# Small enough to read: functions up to 80 lines (aim at 10 to 25), sources up to 600 (aim at 150 to 350), files up to 200 KB.
# A function is what starts at the left margin with a line that has a parenthesis and ends with a lone brace there.
set -euo pipefail
find . -path ./.git -prune -o -path ./build -prune -o -type f -size +200k -printf '%P:1: is larger than 200 KB\n'
find vault keys ingest player-bridge tests \( -name '*.[ch]' -o -name '*.sh' -o -name '*.bash' -o -name '*.js' \) ! -path '*/vendor/*' -exec awk '
  FNR == 1 { start = 0; long = 0 }
  /^[A-Za-z_].*\(/ { start = FNR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
  /^}$/ && start { if (FNR - start >= 80) print FILENAME ":" start ": " name " has " FNR - start + 1 " lines"; start = 0 }
  FNR == 601 { print FILENAME ":1: has more than 600 lines" }' {} +
