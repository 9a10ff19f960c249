#!/bin/bash
# Time and peak memory (resident, KiB) of `clipvault` and of its worker while they take a film in: the same 640x360 in several lengths,
# taken over as it is and re-encoded, and 4K.
#   tests/bench/memory.sh [seconds,…]      default: 10,3600
#
#: title    How cost grows: the length of a film
#: what     Wall time and peak memory of `clipvault` and of its worker while they take in the same 640x360 in several lengths, copied and encoded anew, and 4K.
#: limits   Time is the decoder's (copied) or the encoder's; memory that of decoder, encoder and filters, which depends on the picture's size and not on the length.
#: needs    ffmpeg jq
#: tiny     2
#: quick    10,60,240
#: full     10,60,600,3600
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
. tests/bench/footage.bash
IFS=, read -ra lengths <<<"${1:-10,3600}"
for tool in ffmpeg jq; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
[ -x "$programs/clipvault-transcode" ] || make -s all
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# One minute, looped without encoding it again. In MP4 it is copied, in AVI it must be re-encoded.
minute() { ff -f lavfi -i "testsrc2=s=640x360:r=25,noise=alls=4:allf=t" "${speech[@]}" -t 60 -c:v libx264 -preset veryfast -crf 23 -bf 0 -g 25 -pix_fmt yuv420p -c:a aac -b:a 128k "$work/minute.mp4"; }
looped() { ff -stream_loop -1 -i "$work/minute.mp4" -map 0 -c copy -t "$1" "${@:2}"; }
take() { exec "$programs/clipvault" --json ingest "$film" --case "$kase" --person "$person" >"$work/ingest.json"; }
row() { # NAME FILM SECONDS
  film=$2
  rm -f "$work"/take.*
  new_vault
  timed take
  awk -v name="$1" -v s="$3" -v w="$(median take 1)" -v peak="$(peak take)" -v worker="$(peak take.worker)" \
    -v how="$("$programs/clipvault" --json show "$(jq -r '.ingested[0].clip' "$work/ingest.json")" | jq -r .choice)" \
    'BEGIN{printf "  %-18s %8.1f %9.2f %11s %11s   %s\n", name, w, s / w, peak, worker, how}'
  rm -f "$film"
}

printf 'once each\n  %-18s %8s %9s %11s %11s   %s\n' '' 'wall s' 'x real' 'clipvault' 'worker' chosen
minute
for container in mp4 avi; do
  for length in "${lengths[@]}"; do looped "$length" "$work/film.$container" && row "640x360, $length s" "$work/film.$container" "$length"; done
done
ff -f lavfi -i "testsrc2=s=3840x2160:r=30,noise=alls=4:allf=t" "${speech[@]}" -t 10 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac "$work/film.mp4"
row '3840x2160, 10 s' "$work/film.mp4" 10
if [ -e "$media/video/portrait_4k60.mp4" ]; then cp "$media/video/portrait_4k60.mp4" "$work/film.mp4" && row '4K of a telephone' "$work/film.mp4" "$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$work/film.mp4")"; fi
