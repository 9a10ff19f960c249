#!/bin/bash
# Peak memory (resident, KiB) of `clipvault` and of its worker while they take a film in: 10 s and 60 minutes of the same 640x360,
# re-encoded and taken over as it is, and 4K.
#   tests/bench/memory.sh [minutes]      default: 60
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
. tests/bench/footage.bash
minutes=${1:-60}
for tool in ffmpeg jq; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
[ -x "$programs/clipvault-transcode" ] || make -s all
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# One minute, looped without encoding it again. In MP4 it is copied, in AVI it must be re-encoded.
minute() { ff -f lavfi -i "testsrc2=s=640x360:r=25,noise=alls=4:allf=t" "${speech[@]}" -t 60 -c:v libx264 -preset veryfast -crf 23 -bf 0 -g 25 -pix_fmt yuv420p -c:a aac -b:a 128k "$work/minute.mp4"; }
looped() { ff -stream_loop -1 -i "$work/minute.mp4" -map 0 -c copy -t "$1" "${@:2}"; }
take() { exec "$programs/clipvault" --json ingest "$film" --case "$kase" --person "$person" >"$work/ingest.json"; }
row() { # NAME FILM
  film=$2
  rm -f "$work"/take.*
  new_vault
  timed take
  awk -v name="$1" -v w="$(median take 1)" -v peak="$(peak take)" -v worker="$(peak take.worker)" \
    -v how="$("$programs/clipvault" --json show "$(jq -r '.ingested[0].clip' "$work/ingest.json")" | jq -r .choice)" \
    'BEGIN{printf "  %-26s %9.1f %12s %12s   %s\n", name, w, peak, worker, how}'
  rm -f "$film"
}

printf '  %-26s %9s %12s %12s\n' '' 'wall s' 'clipvault' 'worker'
minute
looped 10 "$work/film.mp4" && row '640x360, 10 s' "$work/film.mp4"
looped $((minutes * 60)) "$work/film.mp4" && row "640x360, $minutes min" "$work/film.mp4"
looped 10 "$work/film.avi" && row '640x360, 10 s' "$work/film.avi"
looped $((minutes * 60)) "$work/film.avi" && row "640x360, $minutes min" "$work/film.avi"
ff -f lavfi -i "testsrc2=s=3840x2160:r=30,noise=alls=4:allf=t" "${speech[@]}" -t 10 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac "$work/film.mp4"
row '3840x2160, 10 s' "$work/film.mp4"
if [ -e "$media/video/portrait_4k60.mp4" ]; then cp "$media/video/portrait_4k60.mp4" "$work/film.mp4" && row '4K of a telephone' "$work/film.mp4"; fi
