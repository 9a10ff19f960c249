#!/bin/bash
# Packs the web application for the program that carries it: pack.sh FOLDER
#
# Leaves in FOLDER each file of this folder and what vendor.tsv takes from others, as it is and gzipped, and files.c, a table of
# them that player-bridge/http/web.c reads. There is no other build step: what a browser gets is what lies here, but that the styles
# that every page has are one file: govuk-frontend's, without the parts that no page of ours has, and style/base.css after them.
set -euo pipefail
given=$1 # from the root of the tree, where it is compiled
mkdir -p "$given"
out=$(cd "$given" && pwd)
cd "$(dirname "$0")"
npm=../../build/npm
rm -f "$out"/files.c "$out"/file.*

# type_of PATH; the first page has none.
type_of() {
  case $1 in
    "" | *.html) echo "text/html; charset=utf-8" ;;
    *.css) echo "text/css; charset=utf-8" ;;
    *.mjs | *.js) echo "text/javascript; charset=utf-8" ;;
    *.svg) echo "image/svg+xml" ;;
    *.json) echo "application/json" ;;
    *.webmanifest) echo "application/manifest+json" ;;
    *.png) echo "image/png" ;;
    *) echo "pack.sh: nobody knows what type $1 is" >&2; exit 65 ;;
  esac
}

number=0
table=
# pack PATH FILE: what is served at /PATH.
pack() {
  local type etag
  type=$(type_of "$1")
  cp "$2" "$out/file.$number"
  gzip -9 -n -c "$2" >"$out/file.$number.gz"
  etag=$(sha256sum "$2" | cut -c1-32)
  printf '__asm__(".section .rodata\\n"\n        "web_files_%s:\\n.incbin \\"%s\\"\\n.byte 0\\n"\n        "web_files_%s_gz:\\n.incbin \\"%s\\"\\n.byte 0\\n.previous\\n");\n' \
    "$number" "$given/file.$number" "$number" "$given/file.$number.gz" >>"$out/files.c"
  printf 'extern const unsigned char web_files_%s[] __attribute__((visibility("hidden")));\nextern const unsigned char web_files_%s_gz[] __attribute__((visibility("hidden")));\n' \
    "$number" "$number" >>"$out/files.c"
  table+="    {\"/$1\", \"$type\", \"\\\"$etag\\\"\", web_files_$number, $(stat -c %s "$2"), web_files_${number}_gz, $(stat -c %s "$out/file.$number.gz")},"$'\n'
  number=$((number + 1))
}

# Parts of govuk-frontend that no page has, two fifths of its styles, which a browser would read before it shows anything; those of
# .govuk-frontend-supported are for its own scripts.
unused='accordion|breadcrumbs|character-count|cookie-banner|exit-this-page|feedback|footer|frontend-supported|generic-header|header|inset-text|language-navigation|notification-banner|pagination|panel|password-input|phase-banner|section-break|service-navigation|summary-card|tabs|task-list|warning-text'
if grep -rnE "govuk-($unused)($|[^a-z-]|__|--)" app style index.html >&2; then
  echo "pack.sh: that part of govuk-frontend is left out; take it from the list \`unused\` in pack.sh" >&2
  exit 65
fi
# without_unused: of minified styles, rule by rule: a rule all of whose selectors name a part that no page has is left out.
without_unused() {
  awk -v unused="\\.govuk-($unused)($|[^a-z-]|__|--)" 'BEGIN { RS = "}" } /^\n+$/ { next } {
    if (match($0, /[^{]*\{[^{]*$/)) {
      count = split(substr($0, RSTART, index(substr($0, RSTART), "{") - 1), selectors, ",")
      for (i = 1; i <= count && selectors[i] ~ unused; i++) ;
      if (i > count) { printf "%s", substr($0, 1, RSTART - 1); next }
    }
    printf "%s}", $0
  }' | sed -E 's/@media[^{}]*\{\}//g'
}

printf '/* Made by player-bridge/web/pack.sh. */\n#include "player-bridge/http/web.h"\n\n' >"$out/files.c"
while IFS=$'\t' read -r package file name; do
  [[ $package != '#'* ]] || continue
  [ -e "$npm/$package/$file" ] || { echo "pack.sh: $package is not here; run \`make deps\` first" >&2; exit 69; }
  cp "$npm/$package/$file" "$out/file.raw"
  # The typeface that comes with these styles belongs to one government's own pages.
  if [[ $name == *.css ]]; then
    sed -E 's|/\*[!#][^*]*\*/||g; s/@font-face\{[^}]*\}//g; s/GDS Transport,arial,sans-serif/var(--typeface)/g' "$npm/$package/$file" | without_unused >"$out/file.raw"
    cat style/base.css >>"$out/file.raw"
  fi
  pack "$name" "$out/file.raw"
done <vendor.tsv
rm "$out/file.raw"
while read -r file; do
  if [ "$file" = index.html ]; then pack "" "$file"; else pack "$file" "$file"; fi
done < <(find . -type f ! -path ./style/base.css ! -name '*.tsv' ! -name '*.sh' ! -name '*.md' -printf '%P\n' | sort)
printf '\nconst struct web_file web_files[] = {\n%s    {0},\n};\n' "$table" >>"$out/files.c"
