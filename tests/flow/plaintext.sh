#!/bin/bash
# No plaintext on disk: not a frame, not a name. Every file that appears during an ingest is watched, and the vault, the temporary and the working folder are searched for planted bytes and words.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
command -v inotifywait >/dev/null || skip "needs inotifywait"

# What is planted: words nobody else writes, and a film whose bytes are known.
touch "$stage/began"; sleep 0.02
mkdir desk
cd desk
export CLIPVAULT_DIR=$stage/vault
case_word=Quetzalfamilie name_word=Xanthippe-Plumbago form_word=Formularius-Krokus file_word=Mirabellenfilm reason_word=Donnerstagsgrund who_word=Empfangsdame-Rosa
ask init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
family=$(ask case open --title "$case_word" | get .case)
ada=$(ask person add --name "$name_word" --born 2017-03-09 --kind child --case "$family" | get .person)
echo "signed by $form_word" >form.txt
ask consent record --person "$ada" --purpose supervision --case "$family" --signed-by "$form_word" --form form.txt \
  --capacity parental-responsibility >/dev/null
rm form.txt
film "$file_word.mp4" 4 640x360

# (Tracing the program shows no names: its memory is closed to every tracer but root.)
inotifywait -m -r -e create,moved_to --format '%w%f' "$stage" "${TMPDIR:-$stage}" /var/tmp /dev/shm >"$stage.created" 2>"$stage.watch" &
watcher=$!
for _ in $(seq 600); do grep -q 'Watches established' "$stage.watch" && break; sleep 0.1; done
touch control-file
ask ingest "$file_word.mp4" --case "$family" --person "$ada" >ingest.json
clip=$(jq -er '.ingested[0].clip' ingest.json)
sleep 0.5
kill "$watcher"
wait "$watcher" || true
mv "$stage.created" created; rm -f "$stage.watch"
rm control-file
vault export "$clip" --purpose supervision --to ../seen.mp4 --recipient "$who_word" --reason "$reason_word" >/dev/null

# Whatever was made lies in the vault and is a sealed object, a database of the vault's or its lock and socket.
grep -q "/desk/control-file$" created || fail "the watch saw nothing: $(cat created)"
bad=$(grep -vE "^$CLIPVAULT_DIR/(objects/obj_[a-z2-7]{26}|(index|keys)\.db(-wal|-shm)?|lock|control)$|/desk/(control-file|ingest\.json)$" created || true)
[ -z "$bad" ] || fail "made outside the vault: $bad"
[ "$(grep -c /objects/obj_ created)" = 6 ] || fail "six objects should have been made (the copy is two, and four are derived): $(cat created)"

# hidden NEEDLE_FILE OFFSET: 64 bytes of it stand in no file of the three folders. found: the control.
needle() { dd if="$1" bs=1 skip="$2" count=64 status=none | xxd -p | tr -d '\n'; }
search() { # search HEX FOLDER…: prints the files in them that were written since this story began and contain it
  local hex=$1
  shift
  find "$@" -newer "$stage/began" -type f -print0 2>/dev/null | python3 -c '
import os, sys
needle = bytes.fromhex(sys.argv[1])
for path in sys.stdin.buffer.read().split(b"\0"):
    try:
        if path and needle in open(path, "rb").read(): print(os.fsdecode(path))
    except OSError: pass
' "$hex"
}
source_size=$(stat -c %s "$file_word.mp4") seen_size=$(stat -c %s ../seen.mp4)
mkdir ../aside; mv ../seen.mp4 ../aside/; mv "$file_word.mp4" ../aside/
for part in 3 5 7; do
  source_needle=$(needle "../aside/$file_word.mp4" $((source_size * part / 10)))
  seen_needle=$(needle ../aside/seen.mp4 $((seen_size * part / 10)))
  [ -n "$(search "$source_needle" ../aside)" ] || fail "the control: the film itself should be found"
  [ -n "$(search "$seen_needle" ../aside)" ] || fail "the control: the export itself should be found"
  for hex in "$source_needle" "$seen_needle"; do
    where=$(search "$hex" "$CLIPVAULT_DIR" "$stage/desk" "${TMPDIR:-/tmp}" | grep -v /aside/ || true)
    [ -z "$where" ] || fail "bytes of the film lie in $where"
  done
done

# No word of anybody in any file of the vault, in either byte order of text, also not in what SQLite left behind.
for word in "$case_word" "$name_word" "$form_word" "$file_word" "$reason_word" "$who_word" Xanthippe 2017-03-09; do
  grep -rqaF "$word" "$CLIPVAULT_DIR" && fail "\"$word\" stands in the vault in clear"
  wide=$(printf %s "$word" | sed 's/./&\x00/g' | xxd -p | tr -d '\n')
  [ -z "$(search "$wide" "$CLIPVAULT_DIR")" ] || fail "\"$word\" stands in the vault as UTF-16"
done
grep -rqaF supervision "$CLIPVAULT_DIR" || fail "the control: purposes stand in clear and should be found"
ask person list | jq -e --arg n "$name_word" '.[0].name == $n' >/dev/null || fail "the name should be readable with a key"
ask show "$clip" | jq -e --arg n "$file_word.mp4" '.file_name == $n' >/dev/null || fail "the file name should be readable with a key"
