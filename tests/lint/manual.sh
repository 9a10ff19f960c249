#!/bin/bash
# The pages of the manual (build/manual): mandoc finds nothing wrong with them, whatever they point to is there, man shows each, and the
# completion files are ones that bash and zsh can read.
set -euo pipefail
pages=build/manual/man
for tool in mandoc man lexgrog zsh; do command -v $tool >/dev/null || { echo "$tool is not here"; exit 77; }; done
[ -e $pages/clipvault.1 ] || { echo "build/manual was not made: run \`make manual\` first"; exit 1; }

# .Os is given as the pages are ours and no system's. With the machine's own pages in reach each cross reference takes long.
{ MANPATH=/var/empty mandoc -T lint -W style $pages/* || true; } | sed -E "s/^mandoc: ([^:]*:[0-9]+):[0-9]+: [A-Z]+: /\1: /" | while IFS= read -r found; do
  [[ $found != *'operating system explicitly specified'* ]] || continue
  if [[ $found =~ 'manual not found: Xr '([a-z.-]+)' '([15]) && -e $pages/${BASH_REMATCH[1]}.${BASH_REMATCH[2]} ]]; then continue; fi
  printf '%s\n' "$found"
done
lexgrog $pages/* | sed -n 's/^\([^:]*\): parse failed.*/\1:1: whatis cannot read its name/p' || true
MANWIDTH=80 man --warnings -E UTF-8 -l $pages/clipvault.1 $pages/clipvault.conf.5 $pages/clipvault-consent-record.1 2>&1 >/dev/null | sed "s|^|$pages:1: man says: |"
shown=$(MANWIDTH=80 man -E UTF-8 -l $pages/clipvault-consent-record.1 | col -b)
[[ $shown == *'clipvault consent record --person PERSON'*DESCRIPTION*'--purpose P1,P2'* ]] || echo "$pages/clipvault-consent-record.1:1: man shows something else"
bash -n build/manual/bash 2>&1 | sed 's|^|build/manual/bash:1: |'
zsh -n build/manual/zsh 2>&1 | sed 's|^|build/manual/zsh:1: |'
shellcheck -S warning -f gcc build/manual/bash || true
