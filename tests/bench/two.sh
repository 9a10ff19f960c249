#!/bin/bash
# Two uploads that are whole at the same time, from then until both are clips: by builds that take in so many at a time. Rounds are
# interleaved and their order turns; beside the seconds on the clock stand those of computing, of the server and its workers.
#   tests/bench/two.sh [rounds] [seconds of film] [BUILD…]     default: 3 30 build/release
# For one at a time: a second tree in which QUEUE_AT_ONCE (ingest/queue.h) is 1, its build/release named as well.
# Films are 1080p and have to be encoded anew. Needs curl, jq, ffmpeg.
#
#: title    Two uploads at a time
#: what     Two 1080p films that arrive at the same time, until both are clips. For a comparison with one at a time see the script.
#: limits   x264 on the cores there are.
#: needs    curl jq ffmpeg
#: tiny     1 1
#: quick    3 5
#: full     3 30
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-3} seconds=${2:-30}
shift $(($# < 2 ? $# : 2))
builds=("${@:-${CLIPVAULT:-$PWD/build/release}}")
for tool in curl jq ffmpeg; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
work=$(mktemp -d)
. tests/bench/server.bash
on_two_cores

for i in 1 2; do
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=1920x1080:rate=25,hue=h=$((i * 40))" \
    -f lavfi -i "sine=frequency=$((i * 200))" -t "$seconds" -c:v mpeg4 -q:v 5 -g 25 -c:a aac -y "$work/$i.mp4"
done

part() { call -f -o /dev/null -X PATCH -H "Upload-Offset: $2" -H "Content-Type: application/offset+octet-stream" --data-binary "@$3" "$1"; }
send_most() { # send_most FILE: all but 100 bytes, which are in FILE.end
  local size
  size=$(stat -c %s "$1")
  create "$size"
  head -c $((size - 100)) "$1" >"$work/most"
  tail -c 100 "$1" >"$1.end"
  part "$upload" 0 "$work/most"
}
until_live() {
  local state
  while state=$(call "$1" | jq -r .state); [ "$state" = waiting ]; do sleep 0.2; done
  [ "$state" = live ] || { echo "an upload became $state"; exit 1; }
}
computed() { awk -v t="$ticks" '{print ($14 + $15 + $16 + $17) / t}' "/proc/$monitor/stat"; } # with the workers that ended
measure() { # measure BUILD NAME
  local start end before uploads=()
  programs=$1
  serve_new
  for i in 1 2; do send_most "$work/$i.mp4"; uploads+=("$upload"); done
  before=$(computed)
  for i in 1 2; do part "${uploads[i - 1]}" $(($(stat -c %s "$work/$i.mp4") - 100)) "$work/$i.mp4.end"; done
  start=$EPOCHREALTIME
  for upload in "${uploads[@]}"; do until_live "$upload"; done
  end=$EPOCHREALTIME
  awk -v a="$start" -v b="$end" -v c="$before" -v d="$(computed)" '{printf "%.1f %.1f\n", b - a, d - c}' <<<x >>"$work/$2.s"
  end_server
}

for ((round = 0; round < rounds; round++)); do
  for ((i = 0; i < ${#builds[@]}; i++)); do
    n=$(((i + round) % ${#builds[@]}))
    measure "${builds[n]}" "build$n"
  done
done
printf 'two films of %s s, %s rounds: median (least-most)\n' "$seconds" "$rounds"
for ((n = 0; n < ${#builds[@]}; n++)); do
  echo "  ${builds[n]#"$PWD/"}: $(spread "build$n" 1) s until both are clips, $(spread "build$n" 2) s of computing"
done
[ ${#builds[@]} = 1 ] || echo "the second in terms of the first: $(ratio build1 build0 1) of the time, $(ratio build1 build0 2) of the computing"
