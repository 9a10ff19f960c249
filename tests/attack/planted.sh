#!/bin/bash
# Somebody plants programs of the names that clipvault starts: beside it, in PATH, in the current folder, in variables. The program as
# `make install` installs it (build/placed) looks in the folder that was compiled in, and runs none of them.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
placed=$OLDPWD/build/placed
[ -x "$placed/clipvault" ] || fail "build/placed was not built"
new_vault
ada=$(person "Ada")
consent "$ada" intervention --media still >/dev/null
picture film.png

mkdir house
cp "$placed/clipvault" house/
for name in clipvault-transcode clipvault-bridge; do
  printf '#!/bin/sh\n: >"%s/ran.%s"\n' "$stage" "$name" >house/$name
  chmod 755 house/$name
  cp house/$name .
done
# start: takes a picture in and serves, with everything pointing to what was planted.
start() {
  local folder=$1
  said=$(cd "$stage/house" && env PATH="$stage/house:$PATH" LIBEXECDIR="$stage/house" CLIPVAULT_LIBEXECDIR="$stage/house" \
    "$folder/clipvault" ingest "$stage/film.png" --case "$family" --person "$ada" 2>&1) || true
  said+=$(cd "$stage/house" && env PATH="$stage/house:$PATH" LIBEXECDIR="$stage/house" CLIPVAULT_LIBEXECDIR="$stage/house" \
    timeout 20 "$folder/clipvault" serve --listen "unix:$stage/http.sock" 2>&1) || true
  rm -f "$stage/http.sock"
}
ran() { find "$stage" -maxdepth 1 -name 'ran.*' -printf '%f ' | sort; }

folder=$(cat "$placed/folder")
if [ -e "$folder/clipvault-transcode" ]; then skip "clipvault is installed in $folder, and would run"; fi
start "$placed"
same "$(ran)" "" "planted programs that were run"
says "cannot start $folder/clipvault-transcode"
says "cannot start $folder/clipvault-bridge"
start "$stage/house"
same "$(ran)" "" "planted programs that were run by a copy beside them"

# The control: a program of the build tree, which looks beside itself, does run them.
cp "$programs/clipvault" house/
start "$stage/house"
same "$(find "$stage" -maxdepth 1 -name 'ran.*' | wc -l)" 2 "the planted programs that a build tree's program runs"
