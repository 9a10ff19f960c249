#!/bin/bash
# How long `clipvault ingest` takes for a 60 s 1080p30 film (hash, cage, transcode, seal, commit), and the caged worker by
# itself, against the ffmpeg command with the same settings writing a plain file; interleaved rounds, medians, ratios, and
# the peak memory of both processes.
#   tests/bench/ingest.sh [rounds] [seconds of film]
# The machine may be shared: quote the ratio. Needs ffmpeg; builds what it drives.
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-3} seconds=${2:-60}
command -v ffmpeg >/dev/null || { echo "SKIP: no ffmpeg"; exit 0; }
programs=${CLIPVAULT:-$PWD/build/release}
make -s build/release/clipvault-transcode
[ -x build/release/tests/worker_drive ] || make -s build/release/tests/worker_drive
drive=$programs/tests/worker_drive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Moving detail and grain, so that the encoder has real work; sound so that both tracks exist.
ffmpeg -nostdin -v error -f lavfi -i "testsrc2=s=1920x1080:r=30:d=$seconds" -f lavfi -i "sine=f=440:r=48000:d=$seconds" \
  -vf noise=alls=6:allf=t -c:v libx264 -preset ultrafast -crf 18 -pix_fmt yuv420p -c:a aac -shortest "$work/film.mp4"

now() { date +%s.%N; }
plain() {
  ffmpeg -nostdin -v error -y -i "$work/film.mp4" -c:v libx264 -preset veryfast -crf 21 -profile:v high -pix_fmt yuv420p -g 30 \
    -keyint_min 15 -bf 2 -flags +cgop -r 30 -c:a aac -b:a 160k -ac 2 -movflags +faststart "$work/plain.mp4"
}
caged() { "$drive" "$programs/clipvault-transcode" "$work/film.mp4" - >"$work/caged.txt"; }
# The whole command, into a vault of its own; watches the memory of both processes meanwhile.
make_vault() {
  rm -rf "$work/vault"
  export CLIPVAULT_DIR=$work/vault CLIPVAULT_KEY_FILE=$work/key
  "$programs/clipvault" init --slot key-file --key-file "$work/key" >/dev/null
  kase=$("$programs/clipvault" --json case open --title bench | jq -r .case)
  person=$("$programs/clipvault" --json person add --name bench | jq -r .person)
  "$programs/clipvault" consent record --person "$person" --purpose supervision >/dev/null
}
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null; }
whole() {
  "$programs/clipvault" --json ingest "$work/film.mp4" --case "$kase" --person "$person" >"$work/ingest.json" &
  pid=$!
  while kill -0 $pid 2>/dev/null; do
    child=$(pgrep -P $pid -x clipvault-trans || true)
    peak $pid >"$work/peak.new" && [ -s "$work/peak.new" ] && mv "$work/peak.new" "$work/peak.clipvault"
    [ -z "$child" ] || { peak "$child" >"$work/peak.new" && [ -s "$work/peak.new" ] && mv "$work/peak.new" "$work/peak.worker"; }
    sleep 0.2
  done
  wait $pid
}
timed() {
  start=$(now)
  "$1"
  echo "$start $(now)" | awk '{printf "%.2f\n", $2 - $1}'
}
for round in $(seq "$rounds"); do
  timed plain >>"$work/plain.s"
  timed caged >>"$work/caged.s"
  make_vault
  timed whole >>"$work/whole.s"
  echo "round $round: ffmpeg $(tail -n 1 "$work/plain.s") s, worker $(tail -n 1 "$work/caged.s") s, clipvault ingest $(tail -n 1 "$work/whole.s") s"
done
median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
echo "$(median "$work/plain.s") $(median "$work/caged.s")" |
  awk -v s="$seconds" '{printf "median: ffmpeg %.2f s, worker %.2f s (%.2f x real time), ratio %.3f\n", $1, $2, s / $2, $2 / $1}'
echo "$(median "$work/plain.s") $(median "$work/whole.s")" |
  awk '{printf "median: clipvault ingest %.2f s, ratio to ffmpeg %.3f (goal: at most 1.05)\n", $2, $2 / $1}'
echo "peak memory: clipvault $(cat "$work/peak.clipvault") KiB, clipvault-transcode $(cat "$work/peak.worker") KiB"
grep -o 'worker_peak_kib=[0-9]*' "$work/caged.txt"
grep -o 'body=[0-9]*' "$work/caged.txt"
stat -c 'plain file %s bytes' "$work/plain.mp4"
