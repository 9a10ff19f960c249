#!/bin/bash
# Which preset of x264 the copy is made with: speed, size and likeness (SSIM of luma, dB of it) for each, on the three kinds of
# footage (tests/bench/footage.bash), with everything else as the worker sets it.
#   tests/bench/preset.sh [seconds of film] [kind…]      default: 10 talk phone tape
# Needs ffmpeg with libx264. What was chosen, and why: docs/copy.md.
#
#: title    Which preset the copy is made with
#: what     Speed, size and likeness (SSIM) of x264's presets on three kinds of footage: why `veryfast` at 21 was chosen (docs/copy.md).
#: limits   x264 itself; no part of clipvault runs here.
#: needs    ffmpeg
#: tiny     -
#: quick    -
#: full     6
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
. tests/bench/footage.bash
seconds=${1:-10}
kinds=("${@:2}")
[ ${#kinds[@]} -gt 0 ] || kinds=(talk phone tape)
command -v ffmpeg >/dev/null || { echo "SKIP: no ffmpeg"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
tried=("ultrafast 21" "superfast 21" "veryfast 21" "faster 21" "fast 21" "medium 21" "veryfast 18" "veryfast 24")

encode() { exec ffmpeg -nostdin -v error -y -i "$work/film" -an -vf "$filters" -r "$rate" -c:v libx264 -preset "$preset" -crf "$crf" -profile:v high -g "$rate" -keyint_min $((rate / 2)) -bf 2 -flags +cgop "$work/copy.mp4"; }
likeness() {
  ffmpeg -nostdin -v info -i "$work/copy.mp4" -i "$work/film" -lavfi "[1:v]$filters,fps=${rate}[b];[0:v][b]ssim" -f null - 2>&1 |
    sed -n 's/.*SSIM Y:\([0-9.]*\) (\([0-9.inf]*\)).*/\1 \2/p'
}
for kind in "${kinds[@]}"; do
  rate=30 filters=setsar=1,format=yuv420p
  [ "$kind" != tape ] || rate=25 filters="bwdif=mode=send_frame:deint=interlaced,$filters"
  "footage_$kind" "$seconds" "$work/film.mp4" && mv "$work/film.mp4" "$work/film"
  printf '\n%s, %s s of 1080p %s\n  %-10s %4s %8s %8s %8s %9s %8s %6s\n' "$kind" "$seconds" "$(footage_source "$kind")" preset crf 'wall s' 'CPU s' 'x real' kbit/s SSIM dB
  for one in "${tried[@]}"; do
    read -r preset crf <<<"$one"
    rm -f "$work/encode.s"
    timed encode
    read -r ssim db < <(likeness)
    awk -v p="$preset" -v q="$crf" -v w="$(median encode 1)" -v c="$(median encode 2)" -v s="$seconds" -v b="$(stat -c %s "$work/copy.mp4")" \
      -v ssim="$ssim" -v db="$db" 'BEGIN{printf "  %-10s %4s %8.2f %8.2f %8.2f %9.0f %8.4f %6s\n", p, q, w, c, s / w, b * 8 / 1000 / s, ssim, db}'
  done
done
