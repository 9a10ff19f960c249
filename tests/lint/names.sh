#!/bin/bash
# A name tells which file to open: foo.c exports foo and foo_* only, or what starts with the name of the module that it is a
# part of (container_read.c may export container_*, when there is a container.h). main stands in main.c. Nothing is called
# util, common, helper or misc. Looks into the objects of build/release.
set -euo pipefail

find vault keys ingest player-bridge tests -regextype posix-extended \
  -regex '.*[/_](utils?|common|helpers?|misc)([_./].*)?' -printf '%p:1: says nothing about what is in it\n'

[ -n "$(find build/release/obj -name '*.o' -print -quit 2>/dev/null)" ] || { echo "build/release holds no objects: run make first"; exit 1; }

# What each object exports, `build/release/obj/FILE.o: NAME …` a line: one look at them all.
exported() {
  find build/release/obj -name '*.o' -print0 | xargs -0 nm -A --defined-only --extern-only --format=posix
}
# A source and what its exports may start with: `FILE.c foo|foo_bar`.
allowed() {
  local source folder stem part names
  find vault keys ingest player-bridge -name '*.c' | sort | while read -r source; do
    folder=${source%/*} stem=${source##*/} stem=${stem%.c}
    names=$stem part=$stem
    while [[ $part == *_* ]]; do
      part=${part%_*}
      if [ -e "$folder/$part.h" ] || [ -e "$folder/$part.c" ]; then names="$names|$part"; fi
    done
    echo "$source" "$names"
  done
}
exports=$(exported)
awk '
  NR == FNR { allowed[$1] = $2; next }
  {
    source = $1; sub(/^build\/release\/obj\//, "", source); sub(/\.o:$/, ".c", source)
    if (!(source in allowed)) next # of a source that went away
    fits = source ~ /(^|\/)main\.c$/ ? $2 ~ /^main(_|$)/ : $2 != "main" && $2 ~ ("^(" allowed[source] ")(_|$)")
    if (!fits) print source ":1: exports " $2
  }' <(allowed) - <<<"$exports" | sort -u
