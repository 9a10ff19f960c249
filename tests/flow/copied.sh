#!/bin/bash
# A source that has the form of the copy is taken over as it is: the same packets without what is not picture or sound, on an
# exact beat, each key frame a place to begin. Every other source is encoded again, and the reason is the right one. Damage is
# found before anything is copied. Needs ffmpeg, exiftool, python3.
# shellcheck source=tests/flow/driving.bash
. "$(dirname "$0")/driving.bash"
command -v ffprobe >/dev/null && command -v exiftool >/dev/null || { echo "ffprobe or exiftool is missing"; exit 77; }

fail() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }
same() { [ "$2" = "$3" ] || fail "$1" "is \"$2\", not \"$3\""; }
make_film() { ffmpeg -nostdin -v error -y "$@"; }
# take FILE [OPTION…]: the copy into ./copy.mp4, the tool's words into ./said
take() {
  local file=$1
  shift
  timeout 120 "$drive" "$worker" "$file" copy.mp4 --may-copy "$@" >said 2>&1 || fail "$file" "$(tail -n 2 said)"
}
said() { grep -o "$1=[^ ]*" said | tail -n 1 | cut -d= -f2; }
choice() { sed -n 's/^choice=//p' said; }
copied() { echo "$(said picture_copied)$(said sound_copied)"; }
packets() { ffmpeg -nostdin -v error -i "$@" -f streamhash -; }               # of the coded stream
decoded() { ffmpeg -nostdin -v error -i "$1" -map "$2" -f framemd5 - | grep -v '^#' | awk '{print $NF}'; } # hashes in the order shown
plain_packets() { packets "$1" -map 0:v -c copy -bsf:v 'filter_units=pass_types=1|5'; }

source_film=(-f lavfi -i "testsrc2=s=448x252:r=30:d=6" -f lavfi -i "sine=r=48000:d=6")
coded=(-pix_fmt yuv420p -c:v libx264 -preset veryfast -g 30 -bf 2 -flags:a +bitexact -c:a aac -ac 2)
make_film "${source_film[@]}" "${coded[@]}" fits.mp4

# ---- the same packets, the same pictures, the same sound, in whichever of the two forms they came
make_film -i fits.mp4 -c copy fits.mkv
make_film -i fits.mp4 -c copy -movflags +frag_keyframe+delay_moov+default_base_moof fits.fragments.mp4
for film in fits.mp4 fits.mkv fits.fragments.mp4; do
  take "$film"
  same "$film is copied" "$(copied)" 11
  same "the choice for $film" "$(choice)" "copied: fits, 6 key frames verified"
  same "the picture's packets of $film" "$(plain_packets copy.mp4)" "$(plain_packets "$film")"
  same "nothing is left to filter in the copy of $film" "$(packets copy.mp4 -map 0:v -c copy -bsf:v 'filter_units=pass_types=0-31')" "$(plain_packets copy.mp4)"
  same "the sound's packets of $film" "$(packets copy.mp4 -map 0:a -c copy)" "$(packets "$film" -map 0:a -c copy)"
  same "the pictures of $film" "$(decoded copy.mp4 0:v)" "$(decoded "$film" 0:v)"
  same "frames of $film" "$(decoded copy.mp4 0:v | wc -l)" 180
  ffprobe -v error -select_streams v -show_entries packet=pts_time,dts_time -of csv=p=0 copy.mp4 | sort -g |
    awk -F, '{d = $1 - n / 30; if (d > 2e-6 || d < -2e-6 || $2 > $1 + 1e-9) bad++; n++} END {exit bad > 0 || n != 180}' ||
    fail "$film" "its frames are not at n/30 s"
  echo "ok      $film is copied packet by packet"
done
take fits.mp4
sound_of() { ffmpeg -nostdin -v error -y -i "$1" -map 0:a -f f32le samples && head -c 2304000 samples; } # the copy may end a packet later
sound_of fits.mp4 >sound
same "bytes of six seconds of sound" "$(stat -c %s sound)" 2304000
sound_of copy.mp4 | cmp - sound || fail fits.mp4 "its sound is another"

# ---- every key frame is a place to begin
ffprobe -v error -select_streams v -skip_frame nokey -show_entries frame=pts_time -of csv=p=0 copy.mp4 | tr -d , >keys
same "key frames" "$(wc -l <keys)" 6
while read -r at; do
  n=$(awk -v t="$at" 'BEGIN {printf "%d", t * 30 + 0.5}')
  first=$(ffmpeg -nostdin -v error -ss "$at" -i copy.mp4 -map 0:v -frames:v 3 -f framemd5 - | grep -v '^#' | awk '{print $NF}')
  same "what is shown from $at s on" "$first" "$(decoded copy.mp4 0:v | sed -n "$((n + 1)),$((n + 3))p")"
done <keys
echo "ok      each of 6 key frames is a place to begin"

# ---- what is planted beside picture and sound is gone; the control finds it in the source
plant=086f3693-b7b3-4f2c-9653-21492feee5b8
make_film "${source_film[@]}" "${coded[@]}" -flags:a -bitexact -metadata location=+51.5007-000.1246/ -metadata comment=Krokusgeheimnis \
  -metadata:s:v handler_name=Kamerabesitzer -bsf:v "h264_metadata=aud=insert:sei_user_data=$plant+Mirabellengeheimnis" -movflags use_metadata_tags private.mp4
for word in Mirabellengeheimnis Krokusgeheimnis Kamerabesitzer +51.5007 x264; do grep -qaF -- "$word" private.mp4 || fail "the control" "$word is not in the source"; done
exiftool -a -G1 -s private.mp4 | grep -qiE 'GPS|Location' || fail "the control" "exiftool finds no place in the source"
take private.mp4
same "private.mp4 is copied" "$(copied)" 11
for word in Mirabellengeheimnis Krokusgeheimnis Kamerabesitzer +51.5007 x264 Lavc Lavf; do grep -qaF -- "$word" copy.mp4 && fail private.mp4 "$word is in the copy"; done
exiftool -a -G1 -s copy.mp4 | grep -iE 'GPS|Location|Comment|Encoder|Software' && fail private.mp4 "exiftool finds something private in the copy"
same "the pictures of private.mp4" "$(decoded copy.mp4 0:v)" "$(decoded private.mp4 0:v)"
# Where the AAC encoder names itself: in front of the sound of the first packet, at no byte's border.
first_sound() { ffmpeg -nostdin -v error -i "$1" -map 0:a -c copy -frames:a 1 -f data - | python3 -c '
import sys
data = int.from_bytes(sys.stdin.buffer.read(), "big") << 16
print(any(b"Lavc" in (data >> s).to_bytes((data.bit_length() + 7) // 8 + 1, "big") for s in range(8)))'; }
same "the control: the sound's encoder is named in the source" "$(first_sound private.mp4)" True
same "the sound's encoder is named in the copy" "$(first_sound copy.mp4)" False
same "the sound of private.mp4" "$(decoded copy.mp4 0:a | sed -n 1,280p)" "$(decoded private.mp4 0:a | sed -n 1,280p)"
echo "ok      messages, places, names and programs are gone"

# ---- one damaged group: found before anything is copied; the control copies it unseen
largest=$(ffprobe -v error -select_streams v -show_entries packet=pos,size,flags -of csv=p=0 fits.mp4 | awk -F, 'NR > 60 && NR < 150 && !/K/ && $1 > m {m = $1; p = $2} END {print p, m}')
python3 - "$largest" <<'PY'
import random, sys
at, size = map(int, sys.argv[1].split())
data = bytearray(open("fits.mp4", "rb").read())
random.seed(2)
data[at + size // 3:at + size // 3 + 80] = bytes(random.getrandbits(8) | 1 for _ in range(80))
open("damaged.mp4", "wb").write(data)
PY
take damaged.mp4 --no-verify
same "the control: damage is copied where nothing is verified" "$(copied)" 11
same "the choice where nothing is verified" "$(choice)" "copied: fits, not verified"
take damaged.mp4
same "damaged.mp4 is copied" "$(said picture_copied)" 0
[[ $(choice) =~ re-encoded:\ it\ is\ damaged\ near\ [2-5]\.[0-9]\ s ]] || fail damaged.mp4 "the reason is: $(choice)"
[ $(($(said frames_damaged) + $(said packets_damaged))) != 0 ] || fail damaged.mp4 "no damage is counted"
ffmpeg -nostdin -v error -xerror -i copy.mp4 -f null - || fail damaged.mp4 "its copy does not play"
echo "ok      damage is found: $(choice)"

# ---- what does not fit, and why. other NAME FATES REASON: FATES of picture and sound, the choice must hold REASON.
other() {
  local name=$1 fates=$2 reason=$3
  shift 3
  take "$name" "$@"
  same "what is copied of $name" "$(copied)" "$fates"
  [[ $(choice) == *"$reason"* ]] || fail "$name" "the reason is: $(choice)"
  ffmpeg -nostdin -v error -xerror -i copy.mp4 -f null - || fail "$name" "its copy does not play"
  echo "ok      $name: $(choice)"
}
change() { make_film "${source_film[@]}" "${coded[@]}" "$@"; } # OPTION… NAME
change -g 300 -keyint_min 300 -sc_threshold 0 long-groups.mp4
other long-groups.mp4 01 'its key frames are more than a second apart'
change -x264-params open-gop=1:keyint=30 open-groups.mp4
other open-groups.mp4 01 'its key frames are more than a second apart'
change -bf 3 -x264-params b-adapt=0 three-b.mp4
other three-b.mp4 01 'more than two B-frames'
change -vf "select='not(eq(mod(n,7),3))'" -vsync vfr uneven.mp4
other uneven.mp4 01 'its frames do not come at an even beat'
change -vf "select='not(eq(n,140))'" -vsync vfr one-missing.mp4
other one-missing.mp4 01 'its frames do not come at an even beat'
change -vf setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc hdr.mp4
other hdr.mp4 01 HDR
change -pix_fmt yuvj420p full-range.mp4
other full-range.mp4 01 'full-range colour'
change -pix_fmt yuv420p10le ten-bits.mp4
other ten-bits.mp4 01 'not 8 bits, 4:2:0'
change -pix_fmt yuv422p fine-colour.mp4
other fine-colour.mp4 01 'not 8 bits, 4:2:0'
change -flags +ilme+ildct -x264-params tff=1 interlaced.mp4
other interlaced.mp4 01 interlaced
change -vf setsar=4/3 broad-pixels.mp4
other broad-pixels.mp4 01 'its pixels are not square'
python3 "$here/turn.py" fits.mp4 turned.mp4
other turned.mp4 01 'stored turned'
other fits.mp4 01 'larger than 240 lines' 240
make_film -i fits.mp4 -c copy -f mpegts stream.ts
other stream.ts 00 'not in the form of MP4'
make_film -ss 0.7 -i fits.mp4 -c copy cut.mp4
other cut.mp4 00 'its edit list cuts into a group of pictures'
make_film -i fits.mp4 -c:v copy -c:a libopus other-sound.mkv
other other-sound.mkv 10 'sound re-encoded: opus'
make_film -i fits.mp4 -c:v copy -c:a aac -ar 22050 slow-sound.mp4
other slow-sound.mp4 10 'neither 44.1 nor 48 kHz'
make_film -i fits.mp4 -c:v copy -c:a aac -ac 6 broad-sound.mp4
other broad-sound.mp4 10 'more than two channels'
make_film -itsoffset 0.4 -i fits.mp4 -i fits.mp4 -map 1:v -map 0:a -c copy later-sound.mp4
other later-sound.mp4 10 'it begins apart from the picture'
make_film -itsoffset 0.4 -i fits.mp4 -i fits.mp4 -map 0:v -map 1:a -c copy later-picture.mp4
other later-picture.mp4 01 'the sound begins before it'
make_film -i fits.mp4 -map 0:a -c copy only-sound.m4a
other only-sound.m4a 01 'copied: fits'
other fits.mp4 10 'copied: fits, 6 key frames verified' --no-sound

# ---- a flash and a beep still meet, whichever of the two is copied
flash_at() {
  ffmpeg -nostdin -v error -i copy.mp4 -vf "signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-" -f null - |
    awk -F'[=:]' '/pts_time/ {t = $NF} /YAVG/ && $NF > 120 {print t; exit}'
}
beep_at() { ffmpeg -nostdin -v info -i copy.mp4 -vn -af "silencedetect=n=-30dB:d=0.05" -f null - 2>&1 | sed -n 's/.*silence_end: \([0-9.]*\).*/\1/p' | sed -n 1p; }
beat() { # NAME FATES FFMPEG-ARGUMENTS…
  local name=$1 fates=$2 flash beep
  make_film -f lavfi -i "color=black:s=320x240:r=25:d=4,drawbox=c=white:t=fill:enable='between(t,1,1.2)'" \
    -f lavfi -i "sine=f=1000:r=48000:d=4,volume=0:enable='not(between(t,1,1.2))'" -pix_fmt yuv420p -c:v libx264 -g 25 -bf 2 "${@:3}" "$name"
  take "$name"
  same "what is copied of $name" "$(copied)" "$fates"
  flash=$(flash_at) beep=$(beep_at)
  awk -v a="${flash:-9}" -v b="${beep:--9}" 'BEGIN {d = a - b; exit !(d < 0.04 && d > -0.04)}' || fail "$name" "flash at ${flash:-?} s, beep at ${beep:-?} s"
  echo "ok      $name ($fates): flash $flash s, beep $beep s"
}
beat both.mp4 11 -c:a aac
beat both.mkv 11 -c:a aac
beat both-later.mp4 11 -c:a aac -output_ts_offset 7
beat picture.mkv 10 -c:a libopus
beat sound.mp4 01 -c:a aac -g 200

[ "$failed" = 0 ] || { echo "$failed failed"; exit 1; }
