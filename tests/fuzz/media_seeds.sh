#!/bin/bash
# Small films, sounds and pictures to begin with, one of each form, and whatever small ones lie in ../shared/media.
#   tests/fuzz/media_seeds.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
to=${1:?folder}
[ ! -e "$to/done" ] || exit 0
mkdir -p "$to"
picture="testsrc2=size=64x48:rate=10:duration=0.4" sound="sine=frequency=300:duration=0.4"
make() { ffmpeg -nostdin -loglevel error "$@" || echo "no seed: ${*: -1}" >&2; }
film() { # film NAME OPTIONS…
  local name=$1
  shift
  make -f lavfi -i "$picture" -f lavfi -i "$sound" "$@" -y "$to/$name"
}
film h264.mp4 -c:v libx264 -g 2 -pix_fmt yuv420p -c:a aac
film h265.mov -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p -c:a pcm_s16le
film vp9.webm -c:v libvpx-vp9 -c:a libopus
film mpeg4.avi -c:v mpeg4 -c:a mp3
film mjpeg.mkv -c:v mjpeg -pix_fmt yuvj420p -c:a flac
film mpeg2.ts -c:v mpeg2video -c:a mp2
film fragmented.mp4 -c:v libx264 -pix_fmt yuv420p -c:a aac -movflags frag_keyframe+empty_moov
for name in a.wav a.flac a.ogg a.mp3 a.m4a a.aiff; do make -f lavfi -i "$sound" -y "$to/$name"; done
for name in p.png p.jpg p.webp p.bmp p.tiff p.gif; do make -f lavfi -i "$picture" -frames:v 1 -y "$to/$name"; done
if [ -d ../shared/media ]; then find ../shared/media -type f -size -48k ! -name '*.tsv' -exec cp -t "$to" {} +; fi
touch "$to/done"
