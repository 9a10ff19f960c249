#!/bin/bash
# What cameras, telephones and recorders write, made on the spot, one kind a line: each through the caged worker, and what the
# copy must be. (sync.sh measures order and step; media.sh and manifest.sh have real recordings.)
# shellcheck source=tests/flow/driving.bash
. "$(dirname "$0")/driving.bash"

wrong() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }
is() { [ "$2" = "$3" ] || wrong "$1" "$4 is $2, not $3"; }
said() { grep -o "$1=[^ ]*" said | tail -n 1 | cut -d= -f2; }
line() { sed -n "s/^$1=//p" said; }
quiet() { ffmpeg -nostdin -v error -y "$@"; }
probed() { ffprobe -v error -select_streams "$1" -show_entries "stream=$2" -of csv=p=0 copy; }

# copy NAME FILE: must be taken, and decode without an error
copy() {
  rm -f copy
  if ! timeout 120 "$drive" "$worker" "$2" copy >said 2>&1 </dev/null; then
    wrong "$1" "$(tail -n 2 said | sed -n 1p)"
    return 1
  fi
  local errors
  errors=$(ffmpeg -nostdin -v error -xerror -i copy -f null - 2>&1 | sed -n 1,2p)
  [ -z "$errors" ] || wrong "$1" "the copy does not decode: $errors"
  echo "ok      $1"
}
whole() { # NAME: nothing may be called damaged, nothing repaired
  is "$1" "$(said frames_damaged),$(said packets_damaged),$(line places),$(line repairs)" 0,0,, "what is told of damage"
}
refused() { # NAME FILE WORDS
  local code=0
  timeout 120 "$drive" "$worker" "$2" copy >said 2>&1 </dev/null || code=$?
  is "$1" "$code" 65 "the exit code"
  grep -q "^refused (65): .*$3" said && echo "ok      $1 ($(sed -n 's/^refused (65): //p' said))" || wrong "$1" "said: $(grep ^refused said || true)"
}
# A picture whose four corners differ: red, green / blue, white.
corners="color=red:s=160x120:r=25[a];color=green:s=160x120:r=25[b];color=blue:s=160x120:r=25[c];color=white:s=160x120:r=25[d];[a][b]hstack[e];[c][d]hstack[f];[e][f]vstack"
corner_letters() { # FILE: the colours at the four corners, as letters, row by row
  ffmpeg -nostdin -v error -i "$1" -frames:v 1 -vf scale=8:8:flags=area,format=rgb24 -f rawvideo - | python3 -c '
import sys
d = sys.stdin.buffer.read()
def letter(x, y):
    r, g, b = d[3 * (8 * y + x):][:3]
    return "w" if min(r, g, b) > 150 else "k" if max(r, g, b) < 60 else "rgb"[max(range(3), key=(r, g, b).__getitem__)]
print(letter(1, 1) + letter(6, 1) + letter(1, 6) + letter(6, 6))'
}
colour_at() { # FILE: mean R G B of the middle of its first frame
  ffmpeg -nostdin -v error -i "$1" -frames:v 1 -vf crop=iw/4:ih/4,scale=1:1:flags=area,format=rgb24 -f rawvideo - | od -An -tu1 | xargs
}
# peak and rms of the copy's sound, in dB
loudness() { ffmpeg -nostdin -i copy -af volumedetect -f null - 2>&1 | sed -n 's/.*\(max\|mean\)_volume: \([-0-9.]*\) dB/\2/p' | xargs; }

bars="testsrc2=s=320x240:r=25:d=1" tone="sine=f=440:r=48000:d=1"

# ---- tracks ----
quiet -f lavfi -i "$bars" -f lavfi -i "testsrc2=s=640x480:r=5:d=1" -map 0 -map 1 -c:v libx264 -disposition:v:1 0 two.mp4
copy 'two films, the slow one larger' two.mp4 && is 'two films' "$(probed v:0 width,height,r_frame_rate)" 320,240,25/1 'the one taken' && whole 'two films'
quiet -f lavfi -i "color=c=red:s=300x300" -frames:v 1 cover.jpg
quiet -f lavfi -i "$tone" -i cover.jpg -map 0 -map 1 -c:a libmp3lame -c:v copy -disposition:v attached_pic -id3v2_version 3 song.mp3
copy 'sound with a cover' song.mp3 && is 'sound with a cover' "$(said mime),$(probed v codec_name)" audio/mp4, 'what it became' && whole 'sound with a cover'
quiet -f lavfi -i "$tone" -i cover.jpg -map 0 -map 1 -c:a aac -c:v copy -disposition:v attached_pic song.m4a
copy 'the same in m4a' song.m4a && is 'the same in m4a' "$(said mime),$(probed v codec_name)" audio/mp4, 'what it became'
printf '1\n00:00:00,000 --> 00:00:20,000\nA name that nobody shall read\n' >words.srt
quiet -f lavfi -i "$bars" -f lavfi -i "$tone" -i words.srt -map 0 -map 1 -map 2 -c:v libx264 -c:a aac -c:s srt words.mkv
copy 'subtitles' words.mkv && is subtitles "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 copy | xargs)" 'video audio' 'what it holds'
if grep -qa 'nobody shall' copy; then wrong subtitles 'they are in the copy'; fi
quiet -f lavfi -i "$bars" -f lavfi -i "$tone" -i words.srt -map 0 -map 1 -map 2 -c:v libx264 -c:a aac -c:s mov_text -metadata:s:v:0 timecode=01:00:00:00 code.mov
copy 'time code and text tracks' code.mov && is 'time code' "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 copy | xargs)" 'video audio' 'what it holds' && whole 'time code'
maps=()
for ((i = 0; i < 40; i++)); do maps+=(-map 0:a); done
quiet -f lavfi -i "$tone" "${maps[@]}" -c:a pcm_s16le many.mkv
refused 'forty tracks' many.mkv 'more than 32 streams'
quiet -f lavfi -i "$tone" "${maps[@]:0:60}" -c:a aac thirty.mp4
copy 'thirty tracks' thirty.mp4 && is 'thirty tracks' "$(said mime)" audio/mp4 'what it became'

# ---- sound ----
six="aevalsrc=0.9*sin(2*PI*440*t)|0.9*sin(2*PI*440*t)|0.9*sin(2*PI*440*t)|0.9*sin(2*PI*440*t)|0.9*sin(2*PI*440*t)|0.9*sin(2*PI*440*t):c=5.1:s=48000:d=1"
quiet -f lavfi -i "$six" -c:a pcm_s24le loud.wav
copy '5.1 at full volume' loud.wav && is '5.1' "$(probed a:0 channels)" 2 'the number of channels'
read -r mean peak <<<"$(loudness)"
awk -v m="$mean" -v p="$peak" 'BEGIN {exit !(p <= 0.1 && p - m < 3.6 && p - m > 2.4)}' || wrong '5.1' "mean $mean dB, peak $peak dB: a sine wave that was clipped, or lost"
for form in pcm_u8:8000:1 pcm_s16le:22050:2 pcm_s24le:96000:2 pcm_f32le:192000:1 pcm_alaw:8000:1 pcm_f64le:44100:2; do
  IFS=: read -r codec rate channels <<<"$form"
  wave="0.5*sin(2*PI*440*t)"
  [ "$channels" = 1 ] || wave="$wave|$wave"
  quiet -f lavfi -i "aevalsrc=$wave:s=48000:d=1" -c:a "$codec" -ar "$rate" form.wav
  copy "sound $form" form.wav || continue
  is "sound $form" "$(probed a:0 channels)" "$channels" 'the number of channels'
  whole "sound $form"
  read -r mean _ <<<"$(loudness)"
  awk -v m="$mean" 'BEGIN {exit !(m > -9.6 && m < -8.5)}' || wrong "sound $form" "mean $mean dB, not about -9"
done

# ---- pictures of many forms ----
for form in yuv422p yuv444p yuv420p10le yuv422p10le yuvj420p gray; do
  quiet -f lavfi -i "color=c=0x4060a0:s=320x240:r=25:d=0.4" -vf format=$form -c:v libx264 -profile:v "$( [[ $form == *j* || $form == gray ]] && echo high || echo high444)" form.mp4 2>/dev/null || quiet -f lavfi -i "color=c=0x4060a0:s=320x240:r=25:d=0.4" -vf format=$form -c:v libx264 form.mp4
  copy "pixels $form" form.mp4 || continue
  is "pixels $form" "$(probed v:0 pix_fmt)" yuv420p 'their form'
  whole "pixels $form"
  read -r r g b <<<"$(colour_at copy)"
  [ "$form" = gray ] || awk -v r="$r" -v g="$g" -v b="$b" 'BEGIN {exit !((r-64)^2 < 50 && (g-96)^2 < 50 && (b-160)^2 < 50)}' || wrong "pixels $form" "the colour is $r $g $b"
done
quiet -f lavfi -i "testsrc2=s=321x243:r=25:d=0.4" -pix_fmt yuv444p -c:v libx264 odd.mp4
copy 'odd sides' odd.mp4 && is 'odd sides' "$(probed v:0 width,height)" 320,242 'their size'
quiet -f lavfi -i "testsrc2=s=16x16:r=25:d=0.2" -c:v libx264 tiny.mp4
copy 'sixteen pixels' tiny.mp4 && whole 'sixteen pixels'
quiet -f lavfi -i "testsrc2=s=320x240:r=25" -frames:v 1 -c:v libx264 single.mp4
copy 'a single frame' single.mp4 && is 'a single frame' "$(said frames)" 1 'the number of frames' && whole 'a single frame'

# HDR: white at 203 nits is a bright grey to white, and colours stay what they are.
for transfer in smpte2084 arib-std-b67; do
  quiet -f lavfi -i "$corners" -t 0.2 \
    -vf "format=yuv444p10le,zscale=tin=bt709:pin=bt709:min=bt709:rin=tv:t=$transfer:p=bt2020:m=bt2020nc:r=tv:npl=203,format=yuv420p10le" \
    -c:v libx265 -x265-params "log-level=none:colorprim=bt2020:transfer=$transfer:colormatrix=bt2020nc" hdr.mp4
  copy "HDR $transfer" hdr.mp4 || continue
  is "HDR $transfer" "$(probed v:0 color_transfer)" bt709 'the transfer function'
  is "HDR $transfer" "$(corner_letters copy)" rgbw 'what is in its corners'
  grep -q 'settings=.*tone-mapped' said || wrong "HDR $transfer" 'it is not told of'
done

quiet -f lavfi -i "$corners" -t 0.2 -c:v libx265 -pix_fmt yuv420p10le -x265-params "log-level=none:transfer=smpte2084" bare.mp4
copy 'HDR that names only its transfer function' bare.mp4 && is 'bare HDR' "$(probed v:0 color_transfer)" bt709 'the transfer function'

# Dolby Vision, by a configuration box put into the sample description: profile 8 has an HLG picture, profile 5 has none.
for profile in 8 5; do
  python3 - $profile <<'PYTHON'
import struct, sys
data = bytearray(open("hdr.mp4", "rb").read())
profile = int(sys.argv[1])
box = struct.pack(">I4s", 32, b"dvvC" if profile > 7 else b"dvcC") + bytes([1, 0]) + struct.pack(">H", profile << 9 | 6 << 3 | 5) + bytes([(4 if profile == 8 else 0) << 4]) + bytes(19)
entry = data.index(b"hvc1" if b"hvc1" in data else b"hev1", data.index(b"stsd")) - 4
end = entry + struct.unpack(">I", data[entry:entry + 4])[0]
data[end:end] = box
at = {name: data.index(name) - 4 for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")}
for where in list(at.values()) + [entry]:
    data[where:where + 4] = struct.pack(">I", struct.unpack(">I", data[where:where + 4])[0] + len(box))
open("dolby.mp4", "wb").write(data)
PYTHON
  ffprobe -v error -show_entries stream_side_data=dv_profile -of csv=p=0 dolby.mp4 | grep -q $profile || wrong "Dolby Vision $profile" 'the control: ffprobe does not see it'
  if [ $profile = 8 ]; then
    copy 'Dolby Vision, profile 8' dolby.mp4 && is 'Dolby Vision' "$(corner_letters copy)" rgbw 'what is in its corners'
  else
    refused 'Dolby Vision, profile 5' dolby.mp4 'Dolby Vision of profile 5'
  fi
done

# Interlaced: a moving edge must not be torn into a comb.
for first in tff bff; do
  quiet -f lavfi -i "color=black:s=320x240:r=50:d=1" -vf "drawbox=x='mod(n*8,280)':w=40:h=240:c=white:t=fill:eval=frame" -c:v ffv1 moving.mkv 2>/dev/null ||
    quiet -f lavfi -i "color=black:s=320x240:r=50:d=1[b];color=white:s=40x240:r=50:d=1[w];[b][w]overlay=x='mod(n*8,280)'" -c:v ffv1 moving.mkv
  quiet -i moving.mkv -vf "interlace=scan=$first:lowpass=off" -c:v mpeg2video -q:v 2 -flags +ilme+ildct -top "$([ $first = tff ] && echo 1 || echo 0)" laced.mpg
  copy "interlaced $first" laced.mpg || continue
  grep -q 'settings=.*bwdif' said || wrong "interlaced $first" 'it was not deinterlaced'
  combed=$(ffmpeg -nostdin -v info -i copy -vf idet -f null - 2>&1 | sed -n 's/.*Multi frame detection: TFF: *\([0-9]*\) BFF: *\([0-9]*\).*/\1 \2/p' | tail -n 1 | awk '{print $1 + $2}')
  [ "${combed:-99}" -le 2 ] || wrong "interlaced $first" "$combed frames are still combed"
done

# ---- turned and mirrored ----
quiet -f lavfi -i "$corners" -t 0.2 -c:v libx264 -pix_fmt yuv420p upright.mp4
turned() { # a b c d of the matrix, corners as they must come out
  python3 "$here/turn.py" upright.mp4 turned.mp4 "$@"
  copy "matrix $1 $2 $3 $4" turned.mp4 || return 0
  is "matrix $1 $2 $3 $4" "$(corner_letters copy)" "$5" 'what is in its corners'
  case $1$2 in 01 | 0-1) is "matrix $*" "$(probed v:0 width,height)" 240,320 'its size' ;; *) is "matrix $*" "$(probed v:0 width,height)" 320,240 'its size' ;; esac
}
turned 1 0 0 1 rgbw
turned -1 0 0 1 grwb
turned -1 0 0 -1 wbgr
turned 1 0 0 -1 bwrg
turned 0 1 1 0 rbgw
turned 0 1 -1 0 brwg
turned 0 -1 -1 0 wgbr
turned 0 -1 1 0 gwrb
turned 0 0 0 0 rgbw
grep -q 'repairs=an impossible rotation was ignored' said || wrong 'a flat matrix' 'it is not told of'

# ---- photographs ----
quiet -f lavfi -i "$corners" -frames:v 1 -q:v 2 -pix_fmt yuvj420p still.jpg
quiet -f lavfi -i "$bars" -c:v libx264 film.mp4
cat still.jpg film.mp4 >motion.jpg
copy 'motion photo' motion.jpg && is 'motion photo' "$(said mime),$(line repairs)" 'image/jpeg,the film behind the photograph was left out' 'what it became'
copy 'photograph' still.jpg && whole photograph
if command -v heif-enc >/dev/null; then
  quiet -i still.jpg still.png
  for kind in heic avif; do
    heif-enc -q 80 -o still.$kind still.png >/dev/null 2>&1 || continue
    copy "$kind" still.$kind && is "$kind" "$(corner_letters copy)" rgbw 'what is in its corners' && whole "$kind"
    cat still.$kind film.mp4 >motion.$kind
    copy "$kind with a film behind" motion.$kind && is "$kind" "$(line repairs)" 'the film behind the photograph was left out' 'what is told'
    head -c "$(($(stat -c %s "still.$kind") * 2 / 3))" still.$kind >cut.$kind
    refused "$kind cut short" cut.$kind 'damaged or cut short\|is damaged'
  done
else
  echo "skipped heic, avif: no heif-enc"
fi
quiet -f lavfi -i "$corners" -frames:v 1 -vf "format=yuv444p10le,zscale=tin=bt709:pin=bt709:min=bt709:rin=tv:t=smpte2084:p=bt2020:m=bt2020nc:r=tv:npl=203,format=yuv420p10le" \
  -c:v libaom-av1 -still-picture 1 -cpu-used 8 -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc hdr.avif
copy 'AVIF in HDR' hdr.avif && is 'AVIF in HDR' "$(corner_letters copy)" rgbw 'what is in its corners'
grep -q 'settings=.*tone-mapped' said || wrong 'AVIF in HDR' 'it was not tone-mapped'
quiet -f lavfi -i "color=red:s=64x64,format=rgba,geq=r=255:g=0:b=0:a=0" -frames:v 1 clear.png
copy 'a picture that is all transparent' clear.png && is 'a transparent picture' "$(corner_letters copy)" wwww 'its corners'
quiet -f lavfi -i "$corners" -t 0.4 -r 5 loop.gif
copy 'animated GIF' loop.gif && is GIF "$(said mime),$(corner_letters copy)" image/jpeg,rgbw 'what it became'

# ---- lengths that lie ----
quiet -f lavfi -i "$bars" -f lavfi -i "$tone" -c:v libx264 -c:a aac -movflags +faststart -metadata "comment=$(head -c 90000 /dev/zero | tr '\0' x)" -metadata title=Zebrafink big.mp4
copy 'huge metadata' big.mp4 && whole 'huge metadata'
if grep -qa 'Zebrafink\|xxxxxxxx' copy; then wrong 'huge metadata' 'it is in the copy'; fi
python3 - <<'PYTHON'
import struct
data = bytearray(open("big.mp4", "rb").read())
day = 24 * 3600 * 1000
at = data.index(b"mvhd") + 4
data[at + 12:at + 20] = struct.pack(">II", 1000, day)
for name, skip in ((b"tkhd", 20), (b"mdhd", 16)):
    at = 0
    while (at := data.find(name, at)) >= 0:
        at += 4
        scale = struct.unpack(">I", data[at + 12:at + 16])[0] if name == b"mdhd" else 1000
        data[at + skip:at + skip + 4] = struct.pack(">I", min(day // 1000 * scale, 2 ** 32 - 1))
open("day.mp4", "wb").write(data.replace(b"edts", b"free"))
PYTHON
copy 'a day is claimed, a second is there' day.mp4 && awk -v d="$(said duration_ms)" 'BEGIN {exit !(d > 900 && d < 1200)}' || wrong 'a day' "lasts $(said duration_ms) ms"
quiet -f lavfi -i "$bars" -vf "setpts='if(lt(N,20),N,86400*25)'" -vsync vfr -enc_time_base 1:25 -c:v libx264 far.mkv
refused 'a day between two frames' far.mkv 'jumps by more than ten minutes'
quiet -f lavfi -i "$tone" -c:a pcm_s16le tone.wav
python3 - <<'PYTHON'
data = bytearray(open("tone.wav", "rb").read())
at = data.index(b"data") + 4
for name, value in (("never", b"\xff\xff\xff\xff"), ("none", b"\0\0\0\0")):
    data[4:8] = data[at:at + 4] = value
    open(name + ".wav", "wb").write(data)
PYTHON
for name in never none; do
  copy "a recorder that lost its battery ($name)" $name.wav || continue
  grep -q '^repairs=its stated length' said || wrong "$name.wav" "it is not told of: $(grep repairs said)"
  awk -v d="$(said duration_ms)" 'BEGIN {exit !(d > 950 && d < 1100)}' || wrong "$name.wav" "lasts $(said duration_ms) ms"
done
quiet -f lavfi -i "testsrc2=s=320x240:r=25:d=4" -c:v mjpeg -q:v 4 -pix_fmt yuvj420p whole.avi
head -c "$(($(stat -c %s whole.avi) / 2))" whole.avi >cut.avi
copy 'AVI without its end and index' cut.avi && awk -v n="$(said frames)" 'BEGIN {exit !(n > 40 && n < 60)}' || wrong 'cut AVI' "$(said frames) frames"
grep -q '^repairs=.*index rebuilt' said || wrong 'cut AVI' "it is not told of: $(grep repairs said)"

# ---- damage: where, and how much ----
quiet -f lavfi -i "testsrc2=s=320x240:r=25:d=12" -c:v libx264 -g 25 -bf 0 -b:v 1M -movflags +faststart sound.mp4
python3 - <<'PYTHON'
import random, subprocess
data = bytearray(open("sound.mp4", "rb").read())
lines = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "packet=pts_time,pos,size", "-of", "csv=p=0", "sound.mp4"],
                       stdout=subprocess.PIPE, check=True).stdout.decode().split()
packets = [(float(t), int(p), int(s)) for t, s, p in (l.split(",")[:3] for l in lines)]
random.seed(7)
for time, at, size in packets:
    if 4.0 <= time < 4.4 or 8.0 <= time < 8.2:
        data[at + 6:at + size] = bytes(random.getrandbits(8) for _ in range(size - 6))
open("noisy.mp4", "wb").write(data)
half = bytearray(open("sound.mp4", "rb").read())
for time, at, size in packets:
    if time >= 6.0: half[at:at + size] = bytes(size)
open("half.mp4", "wb").write(half)
PYTHON
copy 'two damaged places' noisy.mp4 && [ "$(said frames_damaged)" -gt 0 ] || wrong 'two damaged places' 'no frame is counted'
line places | tr , '\n' | awk '($1 < 3500 || $1 > 5200) && ($1 < 7500 || $1 > 9200) {bad = 1} $1 < 6000 {first = 1} $1 > 6000 {second = 1} END {exit !(first && second && !bad)}' ||
  wrong 'two damaged places' "they lie at $(line places) ms"
copy 'second half undecodable' half.mp4 && grep -q '^repairs=.*cannot be decoded from [56]\.[0-9] s on' said || wrong 'second half' "it is told of as: $(grep repairs said)"

[ "$failed" = 0 ] || { echo "$failed failed"; exit 1; }
