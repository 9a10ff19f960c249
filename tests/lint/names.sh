#!/bin/bash
# A name tells which file to open: foo.c exports foo and foo_* only, or what starts with the name of the module that it is a
# part of (container_read.c may export container_*, when there is a container.h). main stands in main.c. Nothing is called
# util, common, helper or misc. Looks into the objects of build/release.
set -euo pipefail

find vault keys ingest player-bridge tests -regextype posix-extended \
  -regex '.*[/_](utils?|common|helpers?|misc)([_./].*)?' -printf '%p:1: says nothing about what is in it\n'

[ -n "$(find build/release/obj -name '*.o' -print -quit 2>/dev/null)" ] || { echo "build/release holds no objects: run make first"; exit 1; }
exported() { nm --defined-only --extern-only --format=posix "$1" | cut -d' ' -f1; }

for source in $(find vault keys ingest player-bridge -name '*.c' | sort); do
  object=build/release/obj/${source%.c}.o
  [ -e "$object" ] || continue
  folder=${source%/*} stem=$(basename "$source" .c)
  allowed=$stem part=$stem
  while [[ $part == *_* ]]; do
    part=${part%_*}
    if [ -e "$folder/$part.h" ] || [ -e "$folder/$part.c" ]; then allowed="$allowed|$part"; fi
  done
  [ "$stem" != main ] || allowed=main
  exported "$object" | grep -vE "^($allowed)(_|\$)" | sed "s|.*|$source:1: exports &|" || true
  [ "$stem" = main ] || ! exported "$object" | grep -x main | sed "s|.*|$source:1: exports main|"
done
