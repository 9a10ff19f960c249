#!/bin/bash
# What a recording may have been through, made by ourselves: bytes lost or changed on the way, a clock that starts anew midway, tracks
# that do not begin together. Damage is told, and picture and sound stay in step. (manifest.sh takes in what cameras made.)
# Needs $CLIPVAULT_MEDIA (or ../shared/media), ffmpeg.
set -euo pipefail
cd "$(dirname "$0")/../.."
media=${CLIPVAULT_MEDIA:-../shared/media}
[ -e "$media/MANIFEST.tsv" ] || { echo "no folder of real recordings (CLIPVAULT_MEDIA)"; exit 77; }
programs=${CLIPVAULT:-$PWD/build/release}
drive=$programs/tests/worker_drive worker=$programs/clipvault-transcode
[ -x "$drive" ] || make -s build/release/clipvault-transcode build/release/tests/worker_drive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }
same() { [ "$2" = "$3" ] || fail "$1" "$4 is $2, not $3"; }
said() { grep -o "$1=[^ ]*" "$work/said" | tail -n 1 | cut -d= -f2; }

# Damage is told, and only where there is some.
make_damaged() { # NAME SOURCE: the copy into $copy, the tool's words into $work/said
  copy=$work/copy
  timeout 60 "$drive" "$worker" "$2" "$copy" >"$work/said" 2>&1 || fail "$1" "refused: $(tail -n 2 "$work/said" | sed -n 1p)"
}
damage() { echo $(($(said frames_damaged) + $(said packets_damaged))); }
make_damaged 'a whole film' "$media/video/chaplin.mp4"
same 'a whole film' "$(damage)" 0 "its damage"
python3 - "$media/video/chaplin.mp4" "$work/corrupt.mp4" <<'EOF'
import random, sys
data = bytearray(open(sys.argv[1], "rb").read())
random.seed(1)
for start in (200000, 300000, 400000):
    data[start:start + 3000] = bytes(random.getrandbits(8) for _ in range(3000))
open(sys.argv[2], "wb").write(data)
EOF
make_damaged 'a film with noise in it' "$work/corrupt.mp4"
[ "$(damage)" != 0 ] || fail 'a film with noise in it' "damage was not counted"
ffmpeg -nostdin -v error -y -i "$media/video/chaplin.mp4" -c copy -movflags +faststart "$work/whole.mp4"
head -c 400000 "$work/whole.mp4" >"$work/cut.mp4"
make_damaged 'a film without its end' "$work/cut.mp4"
[ "$(damage)" != 0 ] || fail 'a film without its end' "damage was not counted"
head -c 200000 "$media/image/Landscape_6.jpg" >"$work/cut.jpg"
make_damaged 'a photograph without its end' "$work/cut.jpg"
[ "$(damage)" != 0 ] || fail 'a photograph without its end' "damage was not counted"

# A camera's clock that starts anew midway: nothing is lost, nothing is stretched.
for part in 100 5000; do
  ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=320x240:r=25:d=2 -f lavfi -i sine=d=2 -c:v libx264 -c:a mp2 -output_ts_offset "$part" "$work/$part.ts"
done
cat "$work/5000.ts" "$work/100.ts" "$work/5000.ts" >"$work/jumps.ts"
make_damaged 'a clock that jumps' "$work/jumps.ts"
awk -v d="$(said duration_ms)" 'BEGIN {exit !(d > 5900 && d < 6200)}' || fail 'a clock that jumps' "lasts $(said duration_ms) ms"
echo "ok      damage is counted, jumps are closed"

# A flash and a beep at the same moment, in files whose tracks do not start together: they must still meet.
# beat NAME FFMPEG-ARGUMENTS…: source in $work/beat.*; flash at 1 s of picture, beep at 1 s of sound.
flash_at() {
  ffmpeg -nostdin -v error -i "$copy" -vf "signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-" -f null - |
    awk -F'[=:]' '/pts_time/ {t = $NF} /YAVG/ && $NF > 120 {print t; exit}'
}
beep_at() {
  ffmpeg -nostdin -v error -i "$copy" -vn -af "silencedetect=n=-30dB:d=0.05" -f null - -loglevel info 2>&1 | sed -n 's/.*silence_end: \([0-9.]*\).*/\1/p' | sed -n 1p
}
beat() {
  local name=$1 extension=$2 flash beep
  shift 2
  ffmpeg -nostdin -v error -y -f lavfi -i "color=black:s=320x240:r=25:d=4,drawbox=c=white:t=fill:enable='between(t,1,1.2)'" \
    -f lavfi -i "sine=f=1000:r=48000:d=4,volume=0:enable='not(between(t,1,1.2))'" "$@" "$work/beat.$extension"
  timeout 60 "$drive" "$worker" "$work/beat.$extension" "$work/copy" >"$work/said" 2>&1 || { fail "$name" "$(tail -n 2 "$work/said")"; return; }
  copy=$work/copy flash=$(flash_at) beep=$(beep_at)
  awk -v a="${flash:-9}" -v b="${beep:--9}" 'BEGIN {d = a - b; exit !(d < 0.06 && d > -0.06)}' || fail "$name" "flash at ${flash:-?} s, beep at ${beep:-?} s"
  echo "ok      $name ($extension): flash $flash s, beep $beep s"
}
beat 'tracks together' mp4 -c:v libx264 -c:a aac
beat 'all begins at 1000 s' mkv -c:v libx264 -c:a aac -output_ts_offset 1000
beat 'cut by an edit list' mp4 -ss 0.5 -c:v libx264 -g 100 -c:a aac
beat 'sound begins later' mp4 -c:v libx264 -c:a aac -af atrim=start=0.5
beat 'sound begins later' mkv -c:v libx264 -c:a flac -af atrim=start=0.5
beat 'picture begins later' mp4 -c:v libx264 -c:a aac -vf trim=start=0.5
beat 'picture begins later' mkv -c:v libx264 -c:a libopus -vf trim=start=0.5
beat 'transport stream' ts -c:v libx264 -c:a mp2
beat 'uneven frames' mkv -vf "select='not(mod(n,3))+between(n,24,31)'" -vsync vfr -c:v libx264 -c:a libopus
beat 'broad sound at 8 kHz' mov -c:v mpeg4 -c:a pcm_s16le -ar 8000 -ac 1

[ "$failed" = 0 ] || { echo "$failed failed"; exit 1; }
