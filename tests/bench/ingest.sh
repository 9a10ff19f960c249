#!/bin/bash
# Taking in films of three kinds (tests/bench/footage.bash) against what one would do without us, with the same encoder, settings
# and filters; interleaved rounds whose order turns:
#   ffmpeg          to a plain file                                                                       (a)
#   ffmpeg | age    to a file sealed as it is made; a pipe allows no index in front, so it is fragmented  (b)
#   derived         poster, thumbnails, waveform and frame index from the result of (a), by the quickest commands we know  (c)
#   ingest          `clipvault ingest`: hash, cage, the one decode that gives copy and derived objects, sealing, commit
#   tests/bench/ingest.sh [rounds] [seconds of film] [kind…]      default: 3 60 talk phone tape
# Needs ffmpeg, age and jq. That the work is the same can be seen from the sizes of what comes out, which are printed.
#
#: title    Taking in a film, encoded anew
#: what     `clipvault ingest` beside `ffmpeg` with the same encoder, settings and filters, beside `ffmpeg | age`, and beside ffmpeg followed by the commands that make poster, thumbnails, waveform and frame index; for three kinds of 1080p footage.
#: limits   x264: the encoder takes nearly all of the time of each of them. Short films are charged with what is done once: the vault, the cage, the examination.
#: needs    ffmpeg ffprobe jq
#: peers    age
#: tiny     1 2 talk
#: quick    3 4
#: full     3 60
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
. tests/bench/footage.bash
rounds=${1:-3} seconds=${2:-60}
kinds=("${@:3}")
[ ${#kinds[@]} -gt 0 ] || kinds=(talk phone tape)
for tool in ffmpeg ffprobe age jq; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
[ -x "$programs/clipvault-transcode" ] || make -s all
above=$(mktemp -d)
trap 'rm -rf "$above"' EXIT INT TERM
age-keygen -o "$above/age" 2>/dev/null
recipient=$(age-keygen -y "$above/age")

# What the worker does to a film of this kind, as options of ffmpeg.
settings() {
  local rate=30 filters=setsar=1,format=yuv420p
  [ "$kind" != tape ] || rate=25 filters="bwdif=mode=send_frame:deint=interlaced,$filters"
  same=(-map 0:v:0 -map 0:a:0 -map_metadata -1 -vf "$filters" -r "$rate" -c:v libx264 -preset veryfast -crf 21 -profile:v high
    -g "$rate" -keyint_min $((rate / 2)) -bf 2 -flags +cgop -c:a aac -b:a 96k -ac 1)
}
plain() { exec ffmpeg -nostdin -v error -y -i "$film" "${same[@]}" -movflags +faststart "$work/plain.mp4"; }
piped() {
  ffmpeg -nostdin -v error -y -i "$film" "${same[@]}" -f mp4 -movflags frag_keyframe+empty_moov - | age -r "$recipient" -o "$work/piped.age"
}
# A key frame a second, so thumbnails and poster need no other frame decoded.
poster() { ffmpeg -nostdin -v error -y -skip_frame nokey -t 30 -i "$work/plain.mp4" -an -vf thumbnail=30,scale=1280:-2 -frames:v 1 "$work/poster.jpg"; }
strip() { ffmpeg -nostdin -v error -y -skip_frame nokey -i "$work/plain.mp4" -an -fps_mode passthrough -vf scale=160:-2,tile=10x12 -frames:v 1 "$work/strip.jpg"; }
peaks() { ffmpeg -nostdin -v error -y -i "$work/plain.mp4" -vn -filter_complex showwavespic=s=6000x240 -frames:v 1 "$work/peaks.png"; }
frames() { ffprobe -v error -select_streams v:0 -show_entries packet=pts_time,flags -of csv "$work/plain.mp4" >"$work/frames.csv"; }
derived() { poster && strip && peaks && frames; }
whole() { exec "$programs/clipvault" --json ingest "$film" --case "$kase" --person "$person" >"$work/ingest.json"; }

row() { # NAME STEP
  awk -v name="$1" -v w="$(median "$2" 1)" -v c="$(median "$2" 2)" -v s="$seconds" -v a="$(ratio "$2" plain 1)" -v ac="$(ratio "$2" plain 2)" \
    -v peak="$(peak "$2")" -v worker="$(peak "$2.worker")" \
    'BEGIN{printf "  %-16s %8.2f %8.2f %8.2f   %-18s %-18s %9s %9s\n", name, w, c, s / w, a, ac, peak, worker}'
}

measure() { # KIND
  local i
  kind=$1 work=$above/$1 film=$above/$1/film
  mkdir "$work"
  "footage_$kind" "$seconds" "$film.mp4" && mv "$film.mp4" "$film"
  settings
  (plain) # the derived objects of the first round may come before it
  for ((i = 0; i < rounds; i++)); do
    new_vault
    turn "$i" plain derived piped whole
    paste -d' ' <(tail -n 1 "$work/plain.s") <(tail -n 1 "$work/derived.s") | awk '{print $1 + $3, $2 + $4}' >>"$work/both.s"
  done
  printf '\n%s, %s s of 1080p %s, %s rounds; wall and CPU against ffmpeg: median of the rounds (lowest-highest)\n' \
    "$kind" "$seconds" "$(footage_source "$kind")" "$rounds"
  printf '  %-16s %8s %8s %8s   %-18s %-18s %9s %9s\n' '' 'wall s' 'CPU s' 'x real' 'x wall' 'x CPU' 'peak KiB' 'worker'
  row 'ffmpeg' plain
  row 'ffmpeg | age' piped
  row 'ffmpeg + derived' both
  row 'clipvault ingest' whole
  echo "  ingest, wall: $(ratio whole plain 1) of ffmpeg (goal 1.0), $(ratio whole piped 1) of ffmpeg | age (goal 1.0), $(ratio whole both 1) of ffmpeg + derived (goal 0.7)"
  echo "  bytes in $(stat -c %s "$film"), out: ffmpeg $(stat -c %s "$work/plain.mp4"), sealed $(du -cb "$work"/vault/objects/* | tail -n 1 | cut -f1)"
  rm -rf "$work"
}

for k in "${kinds[@]}"; do measure "$k"; done
printf '\nThe commands it is set against:\n'
for step in plain piped poster strip peaks frames; do declare -f "$step" | sed -n 's/^    //p'; done
echo "where \${same[@]} is, for $kind: ${same[*]}"
