#!/bin/bash
# How long `clipvault ingest` takes for a 60 s 1080p30 film (hash, cage, transcode, seal, commit), and the caged worker by
# itself, against the ffmpeg command with the same settings writing a plain file; interleaved rounds whose order turns, medians,
# ratios of wall and of CPU time, and the peak memory of every process.
#   tests/bench/ingest.sh [rounds] [seconds of film]      default: 3 60
# The machine may be shared: quote the ratios. Needs ffmpeg and jq; builds what it drives. That the work is the same can be seen
# from the sizes of what comes out, which are printed.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3} seconds=${2:-60}
command -v ffmpeg >/dev/null || { echo "SKIP: no ffmpeg"; exit 0; }
programs=${CLIPVAULT:-$PWD/build/release}
[ -x "$programs/clipvault-transcode" ] || make -s build/release/clipvault-transcode
[ -x "$programs/tests/worker_drive" ] || make -s build/release/tests/worker_drive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
export CLIPVAULT_DIR=$work/vault CLIPVAULT_KEY_FILE=$work/key

# Moving detail and grain, so that the encoder has real work; sound so that both tracks exist.
ffmpeg -nostdin -v error -f lavfi -i "testsrc2=s=1920x1080:r=30:d=$seconds" -f lavfi -i "sine=f=440:r=48000:d=$seconds" \
  -vf noise=alls=6:allf=t -c:v libx264 -preset ultrafast -crf 18 -pix_fmt yuv420p -c:a aac -shortest "$work/film.mp4"

plain() {
  exec ffmpeg -nostdin -v error -y -i "$work/film.mp4" -c:v libx264 -preset veryfast -crf 21 -profile:v high -pix_fmt yuv420p -g 30 \
    -keyint_min 15 -bf 2 -flags +cgop -r 30 -c:a aac -b:a 160k -ac 2 -movflags +faststart "$work/plain.mp4"
}
caged() { exec "$programs/tests/worker_drive" "$programs/clipvault-transcode" "$work/film.mp4" - >"$work/caged.txt"; }
whole() { exec "$programs/clipvault" --json ingest "$work/film.mp4" --case "$kase" --person "$person" >"$work/ingest.json"; }
steps=(plain caged whole)

# A vault of its own for each round, else the film would be known already.
make_vault() {
  rm -rf "$work/vault" "$work/key"
  "$programs/clipvault" init --slot key-file --key-file "$work/key" >/dev/null
  kase=$("$programs/clipvault" --json case open --title bench | jq -r .case)
  person=$("$programs/clipvault" --json person add --name bench | jq -r .person)
  "$programs/clipvault" consent record --person "$person" --purpose supervision >/dev/null
}
# The high-water marks of a process and of its children while it runs; starts nothing but a sleep now and then.
note_peak() { # PID FILE
  local name value
  while read -r name value _; do
    if [ "$name" = VmHWM: ]; then echo "$value" >"$2"; fi
  done 2>/dev/null <"/proc/$1/status"
}
watch() { # PID NAME
  local child children
  while [ -e "/proc/$1" ]; do
    children=
    { note_peak "$1" "$work/$2.peak"; read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true # no newline at its end
    for child in $children; do note_peak "$child" "$work/$2.worker.peak" 2>/dev/null || true; done
    sleep 0.5
  done
}
timed() { # STEP: appends wall and CPU seconds
  local pid start=$EPOCHREALTIME end TIMEFORMAT='%U %S'
  "$1" &
  pid=$!
  watch "$pid" "$1" &
  { time wait "$pid"; } 2>"$work/cpu"
  end=$EPOCHREALTIME
  awk -v a="$start" -v b="$end" '{printf "%.2f %.2f\n", b - a, $1 + $2}' "$work/cpu" >>"$work/$1.s"
  wait
}
column() { cut -d' ' -f"$2" "$work/$1.s"; }
median() { column "$1" "$2" | sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
row() { # NAME STEP
  awk -v name="$1" -v w="$(median "$2" 1)" -v c="$(median "$2" 2)" -v pw="$(median plain 1)" -v pc="$(median plain 2)" -v s="$seconds" \
    -v peak="$(cat "$work/$2.peak")" -v worker="$(cat "$work/$2.worker.peak" 2>/dev/null || echo -)" \
    'BEGIN{printf "  %-22s %8.2f %8.2f %10.2f   %6.3f %6.3f   %9s %9s\n", name, w, c, s / w, w / pw, c / pc, peak, worker}'
}

for ((i = 0; i < rounds; i++)); do
  make_vault
  for ((step = 0; step < ${#steps[@]}; step++)); do timed "${steps[$(((step + i) % ${#steps[@]}))]}"; done
  echo "  round $((i + 1)), wall: ffmpeg $(column plain 1 | tail -n 1) s, worker $(column caged 1 | tail -n 1) s, ingest $(column whole 1 | tail -n 1) s"
done
echo "a film of $seconds s, 1080p30, median of $rounds rounds; goal: ingest takes at most 1.05 times as long as ffmpeg"
printf '  %-22s %8s %8s %10s   %6s %6s   %9s %9s\n' '' 'wall s' 'CPU s' 'real time' 'x wall' 'x CPU' 'peak KiB' 'worker'
row 'ffmpeg to a plain file' plain
row 'caged worker' caged
row 'clipvault ingest' whole
echo "  bytes out: ffmpeg $(stat -c %s "$work/plain.mp4"), worker $(sed -n 's/.*body=\([0-9]*\).*/\1/p' "$work/caged.txt" | head -n 1), sealed $(du -cb "$work"/vault/objects/* | tail -n 1 | cut -f1)"
