#!/bin/bash
# A film that fits, taken over without re-encoding: copying and sealing alone against `ffmpeg -c copy | age`; its verification (it
# decodes from every key frame) and its derived objects apart; and the whole of `clipvault ingest`. Interleaved rounds whose order
# turns.
#   tests/bench/copy.sh [rounds] [seconds of film]      default: 7 120
# Ours hashes what it seals and brings it to the disk before it is done; `age` does neither, so there is a row for it and `sync`.
# Needs ffmpeg, age and jq.
#
#: title    Taking in a film that is copied
#: what     A film that fits, taken over without encoding it: copying and sealing beside `ffmpeg -c copy | age`; then with its verification, its derived objects, and as `clipvault ingest`.
#: limits   Copying is bound by cipher, SHA-256 and fsync; verification and derived objects by the decoder.
#: needs    ffmpeg jq
#: peers    age
#: tiny     1 3
#: quick    5 20
#: full     7 120
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
. tests/bench/footage.bash
rounds=${1:-7} seconds=${2:-120}
for tool in ffmpeg age jq; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
[ -x "$programs/clipvault-transcode" ] || make -s all
bench=${CLIPVAULT:-$PWD/build/release}/bench/bench_copy
[ -x "$bench" ] || make -s build/release/bench/bench_copy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
age-keygen -o "$work/age" 2>/dev/null
recipient=$(age-keygen -y "$work/age")
film=$work/film.mp4
mkdir "$work/sealed"
quality=14 gop=30 footage_talk "$seconds" "$film" # about as many bits as a telephone uses

piped() { ffmpeg -nostdin -v error -i "$film" -map 0:v:0 -map 0:a:0 -map_metadata -1 -c copy -f mp4 -movflags frag_keyframe+empty_moov - | age -r "$recipient" -o "$work/piped.age"; }
piped_sync() { piped && exec sync "$work/piped.age"; }
alone() { exec "$bench" "$programs/clipvault-transcode" "$film" "$work/sealed"; }
verified() { exec "$bench" "$programs/clipvault-transcode" "$film" "$work/sealed" verify; }
derived() { exec "$bench" "$programs/clipvault-transcode" "$film" "$work/sealed" verify derive; }
whole() { exec "$programs/clipvault" --json ingest "$film" --case "$kase" --person "$person" >"$work/ingest.json"; }
row() { # NAME STEP
  awk -v name="$1" -v w="$(median "$2" 1)" -v c="$(median "$2" 2)" -v s="$seconds" -v a="$(ratio "$2" piped 1)" -v y="$(ratio "$2" piped_sync 1)" \
    -v ac="$(ratio "$2" piped 2)" 'BEGIN{printf "  %-26s %8.2f %8.2f %7.0f   %-18s %-18s %-18s\n", name, w, c, s / w, a, y, ac}'
}

for ((i = 0; i < rounds; i++)); do
  new_vault
  rm -f "$work"/piped.age "$work"/sealed/*
  sync -f "$work"
  turn "$i" piped piped_sync alone verified derived whole
done
printf '%s s of 1080p %s, %s bytes, %s rounds; wall and CPU: median of the rounds (lowest-highest)\n' \
  "$seconds" "$(footage_source talk)" "$(stat -c %s "$film")" "$rounds"
printf '  %-26s %8s %8s %7s   %-18s %-18s %-18s\n' '' 'wall s' 'CPU s' 'x real' 'x wall of | age' 'x wall, with sync' 'x CPU of | age'
row 'ffmpeg -c copy | age' piped
row '  and sync' piped_sync
row 'copied and sealed' alone
row '  and verified' verified
row '  and derived objects' derived
row 'clipvault ingest' whole
echo "  chosen: $("$programs/clipvault" --json show "$(jq -r '.ingested[0].clip' "$work/ingest.json")" | jq -r .choice)"
echo "  goal: copied and sealed at most 1.0 of ffmpeg -c copy | age"
declare -f piped | sed -n 's/^    //p'
