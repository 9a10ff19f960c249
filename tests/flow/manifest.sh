#!/bin/bash
# Every file of the folder of real recordings ends as its manifest says, each alone through the caged worker: what is taken
# decodes without an error, with the size, length, turn and tracks the manifest tells of; what is refused is refused in words
# that fit. Of some the form is known to the last number, and nothing private is in their copies. (everything.sh takes all of them
# through the whole program; media.sh has what we make ourselves.)
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
media=${CLIPVAULT_MEDIA:-}
[ -n "$media" ] && [ -e "$media/MANIFEST.tsv" ] || skip "no folder of real recordings (CLIPVAULT_MEDIA)"
drive=$programs/tests/worker_drive worker=$programs/clipvault-transcode
command -v exiftool >/dev/null && command -v ffprobe >/dev/null || skip "exiftool or ffprobe is missing"
failed=0
wrong() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }

# Where the manifest leaves a choice, this is ours.
refused_by_choice='image/animated-loop-3.webp hostile/big-height.webp image/pixel-motion-photo-shortened.jpg hostile/200kB-garbage-prefix.mp3
  hostile/chunk_out_of_range.mp4 hostile/infloop.m4a hostile/invalid-bitstream.webm hostile/test_case_1185230.mp4 hostile/zero_empty_stsc.mp4'

# what_must FILE EXPECTED: taken, repaired, or refused
what_must() {
  case $2 in
    *'or refuse'* | *'else refuse'* | *'refuse or accept'* | *'refuse, or accept'* | *', or accept'*)
      if grep -qwF -- "$1" <<<"$refused_by_choice"; then echo refused; else echo taken; fi ;;
    'accept with repair'*) echo repaired ;;
    accept*) echo taken ;;
    refuse*) echo refused ;;
    *) echo "what is '$2'?" >&2; exit 1 ;;
  esac
}
# words FILE EXPECTED: a pattern that the reason must match
words() {
  case $2 in
    *'too many pixels'*) echo 'too many pixels' ;;
    *manifest* | *'(playlist)'*) echo playlist ;;
    *'(empty)'*) echo 'is empty' ;;
    *protected*) echo protected ;;
    *'no picture or sound'*) echo 'no picture or sound' ;;
    *truncated*) echo 'cut short' ;;
    *'no media'*) echo 'cut short' ;;
    *'as damaged'*) echo damaged ;;
    *'not an image'*) echo 'text file' ;;
    *) echo '[a-z]{3,}.*[.)]' ;;
  esac
}

# Of these the copy's form is known to the last number: a film's size, rate and what its settings tell; a sound's rate, channels and
# milliseconds; a photograph's size. And these are refused in the very words.
known='
video/dolbyVision-hdr.MOV film 720,1280 30/1 tone-mapped
video/VID_20191220_170832.mp4 film 1920,1080 30/1 x264
video/sony-ilce-7m3-avchd.mts film 1920,1080 25/1 bwdif
video/mediarecorder-chrome-no-duration.webm film 1280,720 15000/1001 x264
video/sample_fragmented.mp4 film 1080,720 30000/1001 x264
video/chaplin.mp4 film 640,360 25/1 aac
video/with-gps.mov film 320,568 30000/1001 x264
video/dv-pal-interlaced.mov film 786,576 25/1 bwdif
video/fixture.wmv.asf film 640,356 25/1 x264
video/nasa_13013.mp4 film 480,270 30000/1001 x264
audio/english.wav sound 44100,1 2745
audio/bear.opus sound 48000,2 2740
audio/sample_wb.amr sound 48000,1 3380
image/apple-iphone-6.jpg still 3264,2448
image/Landscape_6.jpg still 1800,1200
image/IMG_20200827_231612.jpg still 4000,3000
image/IMG_1034.heic still 4032,3024
image/exif-at-eof.heic still 3024,4032
image/sample_MP.heic still 1080,1920
image/fixture-yuv420-8bit.avif still 2048,858
hostile/65536-uint32-limit.png refused too many pixels
hostile/hls-playlist-renamed.mp4 refused playlist
hostile/dash-manifest-renamed.webm refused playlist
hostile/sample_fragmented_clearkey.mp4 refused protected
hostile/zero-length.mov refused empty
hostile/fixture-dash.mp4 refused index (moov) is missing
hostile/read_passwd.avi refused no picture or sound
hostile/read_passwd_bypass.mp4 refused no picture or sound
hostile/fixture-json.webp refused text
hostile/200kB-garbage-prefix.mp3 refused .
hostile/corrupt-header.jpg refused damaged
hostile/invalid_userdata.mp4 refused .
'
known_found=0

said() { grep -o "$1=[^ ]*" said | tail -n 1 | cut -d= -f2; }

# near NAME WHAT GOT WANT SLACK
near() { awk -v a="$3" -v b="$4" -v s="$5" 'BEGIN {exit !(a - b <= s && b - a <= s)}' || wrong "$1" "its $2 is $3, not $4"; }

# expected_size PROBE-COLUMN: upright, square pixels, at most 1080 lines (films); empty if the column does not tell
expected_size() {
  python3 - "$1" "$2" <<'PYTHON'
import re, sys
path, probe = sys.argv[1:]
turn = re.search(r"rotation=(-?\d+)", probe)
if path.startswith("image/"):
    size, held = re.search(r"exif:.*?(\d+)x(\d+)", probe), re.search(r"orientation (\d)", probe)
    swap, most = bool(held and int(held[1]) >= 5), 1 << 30
    ratio = 1.0
else:
    size, swap, most = re.search(r"v:\w+ (\d+)x(\d+)", probe), bool(turn and abs(int(turn[1])) == 90), 1080
    sar = re.search(r"sar=(\d+):(\d+)", probe)
    ratio = int(sar[1]) / int(sar[2]) if sar and int(sar[1]) else 1.0
if size:
    w, h = int(size[1]) * ratio, int(size[2])
    if swap: w, h = h, w
    scale = min(1.0, most / min(w, h))
    print(round(w * scale), round(h * scale))
PYTHON
}

# check_taken FILE PROBE-COLUMN MUST
check_taken() {
  local file=$1 probe=$2 errors want kind seconds
  errors=$(ffmpeg -nostdin -v error -xerror -i copy -f null - 2>&1 | sed -n 1,2p)
  [ -z "$errors" ] || wrong "$file" "the copy does not decode: $errors"
  case $file in
    video/*) kind=video/mp4 ;;
    audio/*) kind=audio/mp4 ;;
    image/*) kind=image/jpeg ;;
    *) kind=$(said mime) ;;
  esac
  [ "$(said mime)" = "$kind" ] || wrong "$file" "became $(said mime)"
  if [ "$3" = repaired ]; then grep -q '^repairs=.' said || wrong "$file" "no repair is named"; fi
  # A control of the other kind: nothing is called damaged that is not.
  if [ "$3" = taken ] && [[ $file != hostile/* ]]; then
    grep -q 'frames_damaged=0 packets_damaged=0' said && grep -q '^places=$' said || wrong "$file" "damage is told of: $(grep -E '^(made|places)' said | tr '\n' ' ')"
  fi
  want=$(expected_size "$file" "$probe")
  [ "$file" != video/nasa_13013.mp4 ] || want='480 270' # the finer of two films, with more frames
  if [ -n "$want" ] && [ "$kind" != audio/mp4 ] && [[ $file != hostile/no_timescale.mp4 ]]; then
    read -r width height <<<"$want"
    near "$file" width "$(said size | cut -dx -f1)" "$width" 1
    near "$file" height "$(said size | cut -dx -f2)" "$height" 1
  fi
  [ "$kind" != image/jpeg ] || return 0
  if [[ $probe == *' a:'* && $probe != *a:unknown* ]]; then
    [ -n "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 copy)" ] || wrong "$file" "its sound is gone"
  fi
  case $file in # what the container says is wrong: measured by decoding all of it
    video/sample_fragmented.mp4) seconds=1.07 ;;
    audio/fixture.wma.asf) seconds=0.65 ;;
    video/nasa_13013.mp4) seconds=13.06 ;;
    video/mediarecorder-chrome-no-duration.webm) seconds=4.94 ;;
    *) seconds=$(sed -n 's/.*dur=\([0-9.]*\).*/\1/p' <<<"$probe") ;;
  esac
  [ -z "$seconds" ] || near "$file" length "$(awk -v ms="$(said duration_ms)" 'BEGIN {print ms / 1000}')" "$seconds" 0.3
}

# Places, times, owners, makers: what exiftool would find, had it been kept.
private() { exiftool -a -G1 -s "$1" | grep -iE 'GPS|Latitude|Longitude|Location|Model|Make |Serial|Software|Encoder|Comment|XMP|Exif(IFD|Version)' || true; }
probed() { ffprobe -v error -select_streams "$1" -show_entries "stream=$2" -of csv=p=0 copy; }
is() { [ "$3" = "$4" ] || wrong "$1" "$2 is $3, not $4"; } # is FILE WHAT GOT WANT
# The order of the outermost boxes.
boxes() {
  python3 -c '
import sys
data, at, names = open(sys.argv[1], "rb").read(), 0, []
while at < len(data):
    size = int.from_bytes(data[at:at + 4], "big")
    if size == 1: size = int.from_bytes(data[at + 8:at + 16], "big")
    names.append(data[at + 4:at + 8].decode()); at += max(size, 8)
print(",".join(names))' copy
}
# From no frame is it farther than a second to the key frame before it.
check_gop() {
  ffprobe -v error -select_streams v -show_entries packet=pts_time,flags -of csv=p=0 copy |
    awk -F, '$1 > end {end = $1} /K/ {if ($1 - last > 1.01) wide = 1; last = $1} END {exit wide || end - last > 1.01 || NR == 0}' ||
    wrong "$1" "key frames lie far apart"
}
check_film() { # FILE WIDTH,HEIGHT RATE SETTING: RATE as ffprobe prints it, SETTING must stand in the summary
  is "$1" "its form" "$(probed v:0 codec_name,profile,width,height,sample_aspect_ratio,pix_fmt,r_frame_rate)" "h264,High,$2,1:1,yuv420p,$3"
  is "$1" "the order of boxes" "$(boxes)" ftyp,moov,free,mdat
  grep -q "settings=.*$4" said || wrong "$1" "settings lack $4"
  # x264 says what it is in an SEI message unless it was removed.
  ! grep -qa 'x264 - core\|Lavc' copy || wrong "$1" "names its encoder"
  check_gop "$1"
}
check_sound() { # FILE RATE,CHANNELS MILLISECONDS
  is "$1" "its kind" "$(said mime)" audio/mp4
  is "$1" "its form" "$(probed a:0 codec_name,sample_rate,channels)" "aac,$2"
  near "$1" length "$(said duration_ms)" "$3" 59
}
# check_known FILE: what is known of it; and no copy of a hostile file, or of one that is known, holds anything private.
check_known() {
  local file=$1 kind='' form rate more held
  read -r kind form rate more < <(awk -v f="$file" '$1 == f {sub(/^[^ ]* /, ""); print}' <<<"$known") || true
  [ -z "$kind" ] || known_found=$((known_found + 1))
  case $kind in
    film) check_film "$file" "$form" "$rate" "$more" ;;
    sound) check_sound "$file" "$form" "$rate" ;;
    still) is "$file" "its form" "$(probed v:0 codec_name,width,height)" "mjpeg,$form" ;;
    *) [[ $file == hostile/* ]] || return 0 ;;
  esac
  held=$(private copy)
  [ -z "$held" ] || wrong "$file" "still holds: $(sed -n 1,3p <<<"$held" | tr '\n' ' ')"
}
# check_refused FILE EXPECTED
check_refused() {
  local pattern exactly
  pattern=$(words "$1" "$2")
  exactly=$(sed -n "s|^$1 refused ||p" <<<"$known")
  [ -z "$exactly" ] || known_found=$((known_found + 1))
  grep -E "^refused \(65\): .*$pattern" said | grep -q "^refused (65): .*$exactly" || wrong "$1" "was refused in other words: $(grep ^refused said)"
}
# check_upright FILE: photographs of one scene that were stored turned look like the first
check_upright() {
  local alike
  [ -e upright.jpg ] || { cp copy upright.jpg; return; }
  alike=$(ffmpeg -nostdin -i upright.jpg -i copy -filter_complex '[0]scale=300:200[a];[1]scale=300:200[b];[a][b]ssim' -f null - 2>&1 | sed -n 's/.*All:\([0-9.]*\).*/\1/p')
  awk -v s="$alike" 'BEGIN {exit !(s > 0.9)}' || wrong "$1" "is not upright: likeness $alike"
  upright=$((upright + 1))
}

# The control: what is looked for is there before.
for file in video/dolbyVision-hdr.MOV video/with-gps.mov image/apple-iphone-6.jpg image/IMG_20200827_231612.jpg image/IMG_1034.heic; do
  private "$media/$file" | grep -qi gps || wrong "$file" "the control found no place in the source"
done
ffmpeg -nostdin -v error -i "$media/video/chaplin.mp4" -frames:v 5 -c:v libx264 -an -y marked.mp4
grep -qa 'x264 - core' marked.mp4 || wrong control "x264 does not name itself here"

upright=0
count=0 taken=0
while IFS=$'\t' read -r path _ sha256 probe _ _ _ _ expected; do
  [ "$path" != path ] || continue
  count=$((count + 1)) code=0
  [ "$(sha256sum <"$media/$path" | cut -d' ' -f1)" = "$sha256" ] || { wrong "$path" "is not the file the manifest describes"; continue; }
  must=$(what_must "$path" "$expected")
  timeout 120 "$drive" "$worker" "$media/$path" copy >said 2>&1 </dev/null || code=$?
  case $code/$must in
    0/taken | 0/repaired) taken=$((taken + 1)); check_taken "$path" "$probe" "$must"; check_known "$path"; [[ $path != image/Landscape_* ]] || check_upright "$path" ;;
    65/refused) check_refused "$path" "$expected" ;;
    *) wrong "$path" "exit code $code where it must be $must ('$expected'): $(grep ^refused said || tail -n 1 said)" ;;
  esac
done <"$media/MANIFEST.tsv"
same "$known_found,$upright" 32,7 "files of which more is known, photographs that stand like the first"
[ "$count" -ge 119 ] || wrong manifest "lists only $count files"
[ "$failed" = 0 ] || fail "$failed findings in $count files"
echo "$count files alone: $taken taken, $((count - taken)) refused, all as the manifest says"
