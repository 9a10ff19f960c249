#!/bin/bash
# People who agreed to single pictures and nothing more: one picture of a film is kept, its middle or the one that is named.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media still >/dev/null
# Frame n of 50 is as bright as n says; two sources that decode in different ways.
numbered() {
  ffmpeg -nostdin -loglevel error -f lavfi -i "color=black:s=320x240:r=25:d=2,format=yuv420p,geq=lum='20+4*N':cb=128:cr=128" -f lavfi -i sine=d=2 \
    "${@:2}" -g 12 -y "$1"
}
numbered film.mp4 -c:v libx264 -c:a aac
numbered film.ts -c:v mpeg2video -q:v 2 -c:a mp2
number() { # number CLIP: which frame it is
  rm -f still.jpg
  vault export "$1" --purpose supervision --to still.jpg >/dev/null
  ffprobe -v error -f lavfi -i "movie=still.jpg,signalstats" -show_entries frame_tags=lavfi.signalstats.YAVG -of csv=p=0 |
    awk '{printf "%d", ($1 * 219 / 255 - 4) / 4 + 0.5}'
}
for file in film.mp4 film.ts; do
  said=$(vault ingest "$file" --case "$family" --person "$ada"); says "One picture of it was kept"
  clip=$(ask ls --state live | jq -r '.[0].clip')
  same "$(ask show "$clip" | jq -r '.kind + " " + .mime + " " + (.frames_damaged | tostring)')" "still image/jpeg 0"
  same "$(number "$clip")" 25 "the middle of $file"
  ask shred "$clip" --reason next >/dev/null
  clip=$(ask ingest "$file" --case "$family" --person "$ada" --at 1.48 | jq -r '.ingested[0].clip')
  same "$(number "$clip")" 37 "what $file shows at 1.48 s"
  ask shred "$clip" --reason next >/dev/null
  clip=$(ask ingest "$file" --case "$family" --person "$ada" --at 3 --keep-original | jq -r '.ingested[0].clip')
  same "$(number "$clip")" 3 "frame 3 of $file"
  same "$(ask show "$clip" | jq .original_kept)" false "the original of a film of which only a picture may be kept"
  ask shred "$clip" --reason next >/dev/null
done
expect 65 ingest film.mp4 --case "$family" --person "$ada" --at 50; says "beyond the end"
expect 64 ingest film.mp4 --case "$family" --person "$ada" --at noon
consent "$ada" supervision --media recording >/dev/null
expect 65 ingest film.mp4 --case "$family" --person "$ada" --at 3; says "becomes a still"
same "$(ask ingest film.mp4 --case "$family" --person "$ada" --kind still | jq -r '.ingested[0].width')" 320
vault check --deep >/dev/null
