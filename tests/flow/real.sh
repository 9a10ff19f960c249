#!/bin/bash
# Real recordings from phones, cameras and attackers: taken in, checked, exported, and looked at again; everything in hostile/
# is refused with a reason or safely taken, and the vault is unharmed.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
media=${CLIPVAULT_MEDIA:-}
[ -n "$media" ] && [ -d "$media/video" ] || skip "no folder of real recordings (CLIPVAULT_MEDIA)"
new_vault
ada=$(person "Ada" child)
consent "$ada" supervision --capacity parental-responsibility >/dev/null

probe() { ffprobe -v error -show_entries "$2" -of default=nw=1:nk=1 "$1"; }
has_place() { exiftool -G -a -ee "$1" 2>/dev/null | grep -Eiq 'GPS (latitude|longitude|position|coordinates)|location|xyz'; }

# film NAME WIDTHxHEIGHT SECONDS: as it must come out
film_of() {
  local name=$1 size=$2 seconds=$3 clip got
  clip=$(take_in "$media/video/$name" "$ada")
  vault export "$clip" --purpose supervision --to out.mp4 >/dev/null
  got=$(ffprobe -v error -select_streams v:0 -show_entries stream=codec_name,width,height,pix_fmt -of csv=p=0 out.mp4)
  same "$got" "h264,${size/x/,},yuv420p" "$name"
  awk -v got="$(probe out.mp4 format=duration)" -v want="$seconds" 'BEGIN { exit !(got > want - 0.25 && got < want + 0.25) }' ||
    fail "$name lasts $(probe out.mp4 format=duration) s instead of $seconds"
  ffmpeg -v error -nostdin -i out.mp4 -f null - 2>decode.err
  [ ! -s decode.err ] || fail "$name does not decode cleanly: $(head -3 decode.err)"
  ! has_place out.mp4 || fail "$name still says where it was filmed"
  head -c 64 out.mp4 | xxd -p | tr -d '\n' | grep -q 6d6f6f76 || fail "$name: moov is not in front"
  [ -z "$(ffprobe -v error -show_entries stream_tags=handler_name,creation_time:format_tags=creation_time,com.apple.quicktime.make -of csv=p=0 out.mp4 | tr -d ',\n' | sed 's/VideoHandler\|SoundHandler//g')" ] ||
    fail "$name keeps tags: $(ffprobe -v error -show_entries format_tags:stream_tags -of csv out.mp4)"
  rm out.mp4
}
has_place "$media/video/VID_20191220_170832.mp4" || has_place "$media/video/dolbyVision-hdr.MOV" || fail "the control: a source with a place should be found"
film_of dolbyVision-hdr.MOV 720x1280 0.107
film_of VID_20191220_170832.mp4 1920x1080 "$(probe "$media/video/VID_20191220_170832.mp4" format=duration)"
film_of sony-ilce-7m3-avchd.mts 1920x1080 "$(probe "$media/video/sony-ilce-7m3-avchd.mts" format=duration)"
film_of mediarecorder-chrome-no-duration.webm 1280x720 "$(ffprobe -v error -select_streams v:0 -show_entries packet=pts_time -of csv=p=0 "$media/video/mediarecorder-chrome-no-duration.webm" | tail -1 | tr -d ,)"
film_of sample_fragmented.mp4 1080x720 "$(ffprobe -v error -show_entries packet=pts_time,duration_time -select_streams v:0 -of csv=p=0 "$media/video/sample_fragmented.mp4" | awk -F, '{if ($1+$2>m) m=$1+$2} END {print m}')"
film_of chaplin.mp4 640x360 9.64

for name in english.wav bear.opus bear-vbr-no-seek-table.mp3; do
  clip=$(take_in "$media/audio/$name" "$ada")
  vault export "$clip" --purpose supervision --to out.m4a >/dev/null
  same "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 out.m4a)" aac "$name"
  rm out.m4a
done

# Upright whatever the camera held it like, and without its place.
for name in Landscape_6.jpg Portrait_6.jpg apple-iphone-6.jpg; do
  clip=$(take_in "$media/image/$name" "$ada")
  vault export "$clip" --purpose supervision --to out.jpg >/dev/null
  orientation=$(exiftool -n -s3 -Orientation "$media/image/$name")
  read -r w h <<<"$(exiftool -s3 -ImageWidth -ImageHeight "$media/image/$name" | tr '\n' ' ')"
  [ "${orientation:-1}" -lt 5 ] || read -r w h <<<"$h $w"
  same "$(probe out.jpg stream=width,height | tr '\n' ' ')" "$w $h " "$name upright"
  [ -z "$(exiftool -s3 -Orientation out.jpg)" ] || fail "$name keeps its orientation tag"
  ! has_place out.jpg || fail "$name still says where it was taken"
  rm out.jpg
done
has_place "$media/image/apple-iphone-6.jpg" || fail "the control: the photo's place should be found in the source"

# Everything hostile. No file outside is opened by the worker (it cannot), and what it was refused for is said.
before=$(ask ls --state live | jq length)
taken=0 refused=0
for file in "$media"/hostile/*; do
  code=0
  ask ingest "$file" --case "$family" --person "$ada" >one.json 2>one.err || code=$?
  case $code in
    0) taken=$((taken + 1)) ;;
    65) refused=$((refused + 1)); jq -e '.refused[0].reason | length > 10' one.json >/dev/null || fail "$(basename "$file"): refused without a reason" ;;
    *) fail "$(basename "$file"): exit code $code: $(cat one.err)" ;;
  esac
done
[ "$refused" -ge 20 ] || fail "only $refused of the hostile files were refused"
same "$(ask ls --state live | jq length)" $((before + taken)) "clips after the hostile files"
for clip in $(ask ls --state live | jq -r '.[].clip'); do
  vault export "$clip" --purpose supervision --to any >/dev/null || fail "$clip does not open"
  ! grep -aq 'root:x:0' any || fail "$clip holds the password list"
  rm any
done
vault check --deep >/dev/null
vault audit verify >/dev/null
echo "$refused of the hostile files were refused, $taken taken"
