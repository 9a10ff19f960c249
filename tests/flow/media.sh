#!/bin/bash
# Real recordings through the caged worker, and what must be true of every copy: it plays, it stands upright, it has even
# sides and square pixels, its index lies in front, and nothing but picture and sound is in it. Then every hostile file.
# Needs $CLIPVAULT_MEDIA (or ../shared/media), ffmpeg, exiftool.
set -euo pipefail
cd "$(dirname "$0")/../.."
media=${CLIPVAULT_MEDIA:-../shared/media}
[ -e "$media/MANIFEST.tsv" ] || { echo "no folder of real recordings (CLIPVAULT_MEDIA)"; exit 77; }
command -v exiftool >/dev/null && command -v ffprobe >/dev/null || { echo "exiftool or ffprobe is missing"; exit 77; }
programs=${CLIPVAULT:-$PWD/build/release}
drive=$programs/tests/worker_drive worker=$programs/clipvault-transcode
[ -x "$drive" ] || make -s build/release/clipvault-transcode build/release/tests/worker_drive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }
same() { [ "$2" = "$3" ] || fail "$1" "$4 is $2, not $3"; }

# make_copy FILE: into $copy, the tool's words into $work/said; returns its exit code.
make_copy() {
  copy=$work/copy
  timeout 120 "$drive" "$worker" "$media/$1" "$copy" >"$work/said" 2>&1 </dev/null
}
probed() { ffprobe -v error -select_streams "$1" -show_entries "stream=$2" -of default=nw=1:nk=1 "$copy"; }
said() { grep -o "$1=[^ ]*" "$work/said" | tail -n 1 | cut -d= -f2; }

# Places, times, owners, makers: what exiftool would find, had it been kept.
private() { exiftool -a -G1 -s "$1" | grep -iE 'GPS|Latitude|Longitude|Location|Model|Make |Serial|Software|Encoder|Comment|XMP|Exif(IFD|Version)' || true; }

check_playable() {
  local errors
  errors=$(ffmpeg -nostdin -v error -xerror -i "$copy" -f null - 2>&1 | sed -n 1,2p)
  [ -z "$errors" ] || fail "$1" "does not play: $errors"
  [ -z "$(private "$copy")" ] || fail "$1" "still holds: $(private "$copy" | sed -n 1,3p | tr '\n' ';')"
}
# The order of the outermost boxes.
boxes() {
  python3 -c '
import sys
data, at, names = open(sys.argv[1], "rb").read(), 0, []
while at < len(data):
    size = int.from_bytes(data[at:at + 4], "big")
    if size == 1: size = int.from_bytes(data[at + 8:at + 16], "big")
    names.append(data[at + 4:at + 8].decode()); at += max(size, 8)
print(",".join(names))' "$copy"
}

# film FILE WIDTH HEIGHT RATE SETTING: RATE as ffprobe prints it, SETTING must stand in the summary.
film() {
  make_copy "$1" || { fail "$1" "refused: $(tail -n 2 "$work/said" | sed -n 1p)"; return; }
  same "$1" "$(probed v:0 codec_name)" h264 "the picture"
  same "$1" "$(probed v:0 width),$(probed v:0 height)" "$2,$3" "its size"
  same "$1" "$(probed v:0 profile)" High "its profile"
  same "$1" "$(probed v:0 pix_fmt)" yuv420p "its pixel format"
  same "$1" "$(probed v:0 sample_aspect_ratio)" 1:1 "its pixel ratio"
  same "$1" "$(probed v:0 r_frame_rate)" "$4" "its rate"
  same "$1" "$(boxes)" ftyp,moov,free,mdat "the order of boxes"
  grep -q "settings=.*$5" "$work/said" || fail "$1" "settings lack $5"
  # x264 says what it is in an SEI message unless it was removed.
  ! grep -qa 'x264 - core\|Lavc' "$copy" || fail "$1" "names its encoder"
  check_playable "$1"
  check_gop "$1"
  echo "ok      $1"
}
# From no frame is it farther than a second to the key frame before it.
check_gop() {
  ffprobe -v error -select_streams v -show_entries packet=pts_time,flags -of csv=p=0 "$copy" |
    awk -F, '$1 > end {end = $1} /K/ {if ($1 - last > 1.01) wide = 1; last = $1} END {exit wide || end - last > 1.01 || NR == 0}' ||
    fail "$1" "key frames lie far apart"
}
sound() { # FILE RATE CHANNELS MILLISECONDS (within 60)
  make_copy "$1" || { fail "$1" "refused: $(tail -n 2 "$work/said" | sed -n 1p)"; return; }
  same "$1" "$(said mime)" audio/mp4 "its kind"
  same "$1" "$(probed a:0 codec_name),$(probed a:0 sample_rate),$(probed a:0 channels)" "aac,$2,$3" "the sound"
  awk -v a="$(said duration_ms)" -v b="$4" 'BEGIN {exit !(a - b < 60 && b - a < 60)}' || fail "$1" "lasts $(said duration_ms) ms, not $4"
  check_playable "$1"
  echo "ok      $1"
}
still() { # FILE WIDTH HEIGHT
  make_copy "$1" || { fail "$1" "refused: $(tail -n 2 "$work/said" | sed -n 1p)"; return; }
  same "$1" "$(probed v:0 codec_name),$(probed v:0 width),$(probed v:0 height)" "mjpeg,$2,$3" "the picture"
  check_playable "$1"
  echo "ok      $1"
}
# similar FILE OTHER: two upright copies of one scene, which were stored turned.
similar() {
  make_copy "$1" && mv "$copy" "$work/first.jpg" && make_copy "$2" || { fail "$2" "refused"; return; }
  local ssim
  ssim=$(ffmpeg -nostdin -i "$work/first.jpg" -i "$copy" -filter_complex '[0]scale=300:200[a];[1]scale=300:200[b];[a][b]ssim' -f null - 2>&1 |
    sed -n 's/.*All:\([0-9.]*\).*/\1/p')
  awk -v s="$ssim" 'BEGIN {exit !(s > 0.9)}' || fail "$2" "is not upright: likeness $ssim"
  echo "ok      $2 stands like $1"
}

# The control: what is looked for is there before.
for file in video/dolbyVision-hdr.MOV video/with-gps.mov image/apple-iphone-6.jpg image/IMG_20200827_231612.jpg image/IMG_1034.heic; do
  private "$media/$file" | grep -qi gps || fail "$file" "the control found no place in the source"
done
ffmpeg -nostdin -v error -i "$media/video/chaplin.mp4" -frames:v 5 -c:v libx264 -an -y "$work/marked.mp4"
grep -qa 'x264 - core' "$work/marked.mp4" || fail control "x264 does not name itself here"

film video/dolbyVision-hdr.MOV 720 1280 30/1 'tone-mapped'
film video/VID_20191220_170832.mp4 1920 1080 30/1 x264
film video/sony-ilce-7m3-avchd.mts 1920 1080 25/1 bwdif
film video/mediarecorder-chrome-no-duration.webm 1280 720 15000/1001 x264
film video/sample_fragmented.mp4 1080 720 30000/1001 x264
film video/chaplin.mp4 640 360 25/1 aac
film video/with-gps.mov 320 568 30000/1001 x264
film video/dv-pal-interlaced.mov 786 576 25/1 bwdif
film video/fixture.wmv.asf 640 356 25/1 x264
film video/nasa_13013.mp4 480 270 30000/1001 x264
sound audio/english.wav 44100 1 2745
sound audio/bear.opus 48000 2 2740
sound audio/sample_wb.amr 48000 1 3380
still image/apple-iphone-6.jpg 3264 2448
still image/Landscape_6.jpg 1800 1200
still image/IMG_20200827_231612.jpg 4000 3000
still image/IMG_1034.heic 4032 3024
still image/exif-at-eof.heic 3024 4032
still image/sample_MP.heic 1080 1920
still image/fixture-yuv420-8bit.avif 2048 858
for turn in 2 3 4 5 6 7 8; do similar image/Landscape_1.jpg "image/Landscape_$turn.jpg"; done

# refused FILE WORDS: with exit code 65 and these words in the reason.
refused() {
  local code=0
  make_copy "$1" || code=$?
  same "$1" "$code" 65 "its exit code"
  grep -q "^refused (65): .*$2" "$work/said" || fail "$1" "said: $(grep ^refused "$work/said" || echo nothing)"
}
refused hostile/65536-uint32-limit.png 'too many pixels'
refused hostile/hls-playlist-renamed.mp4 playlist
refused hostile/dash-manifest-renamed.webm playlist
refused hostile/sample_fragmented_clearkey.mp4 protected
refused hostile/zero-length.mov empty
refused hostile/fixture-dash.mp4 'index (moov) is missing'
refused hostile/read_passwd.avi 'no picture or sound'
refused hostile/read_passwd_bypass.mp4 'no picture or sound'
refused hostile/fixture-json.webp text
refused hostile/200kB-garbage-prefix.mp3 .
refused hostile/corrupt-header.jpg damaged
refused hostile/invalid_userdata.mp4 .

# Whatever else they hold, the worker ends by itself, in time, in its cage: refused, or a copy that plays.
for path in "$media"/hostile/*; do
  file=hostile/${path##*/} code=0
  make_copy "$file" || code=$?
  case $code in
    0) check_playable "$file"; echo "ok      $file (accepted, $(said frames_damaged) frames and $(said packets_damaged) packets damaged)" ;;
    65) echo "ok      $file ($(sed -n 's/^refused (65): //p' "$work/said"))" ;;
    *) fail "$file" "exit code $code: $(tail -n 2 "$work/said" | tr '\n' ' ')" ;;
  esac
done

# Damage is told, and only where there is some.
make_damaged() { # NAME SOURCE: as make_copy, for a file of our own
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
