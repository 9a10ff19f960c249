#!/bin/bash
# Order and step, measured: films whose frames carry their number and that flash and beep at every second, in many containers
# and codings, through the caged worker; then all of it is read back from the copy. Prints a table:
#   frames of source and copy; frames wrong (unreadable, out of order, lost); how far a frame lies from its time at most;
#   beep against flash in the source, and in the copy (least … most, negative: the beep is early).
# A frame may lie one and a half of the copy's frames from its place (an even beat moves it), a beep one frame from its flash.
# shellcheck source=tests/flow/driving.bash
. "$(dirname "$0")/driving.bash"
counter=$here/counter.py

# master NAME NUM DEN SECONDS: a lossless film to make the others from
master() {
  python3 "$counter" make "$2" "$3" "$4" picture sound
  ffmpeg -nostdin -v error -y -f rawvideo -pix_fmt gray -s 320x240 -r "$2/$3" -i picture -f s16le -ar 48000 -ac 1 -i sound \
    -vf scale=out_range=tv,format=yuv420p -c:v libx264 -preset ultrafast -qp 0 -c:a flac "$1.mkv"
  rm picture sound
}
master pal 25 1 4
master ntsc 30000 1001 3
master fast 240 1 2
master sixty 60 1 3
master slow 1 1 4

# compare NAME FILE [PASSED-OVER]
compare() {
  rm -f copy.mp4
  if ! timeout 120 "$drive" "$worker" "$2" copy.mp4 >said 2>&1 </dev/null; then
    echo "$1: $(tail -n 2 said | sed -n 1p)"
    failed=$((failed + 1))
    return
  fi
  python3 "$counter" compare "$1" "$2" copy.mp4 "${3:-0}" || failed=$((failed + 1))
}
# try NAME MASTER EXTENSION FFMPEG-ARGUMENTS…
try() {
  local name=$1 from=$2.mkv to=film.$3
  shift 3
  ffmpeg -nostdin -v error -y -i "$from" "$@" "$to" || { echo "$name: ffmpeg cannot make it"; failed=$((failed + 1)); return; }
  compare "$name" "$to" "${passed_over:-0}"
}

printf '%-34s %5s %5s %6s %8s %16s %16s\n' film source copy wrong 'off (ms)' 'source (ms)' 'copy (ms)'
try 'mp4 h264 with B-frames, aac' pal mp4 -c:v libx264 -bf 3 -g 50 -c:a aac
try 'mp4 fragmented' ntsc mp4 -c:v libx264 -c:a aac -movflags frag_keyframe+empty_moov
try 'mp4 hevc 10 bit' pal mp4 -c:v libx265 -x265-params log-level=none -preset ultrafast -pix_fmt yuv420p10le -c:a aac
try 'mov prores 4:2:2 10 bit, 24-bit pcm' pal mov -c:v prores -c:a pcm_s24le
try 'mov 4:4:4, 96 kHz' ntsc mov -c:v libx264 -preset ultrafast -pix_fmt yuv444p -c:a pcm_s24le -ar 96000
try 'mkv vp9 opus' ntsc mkv -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus
try 'mkv h264 flac' ntsc mkv -c:v libx264 -preset ultrafast -c:a flac
ffmpeg -nostdin -v error -i pal.mkv -c:v libvpx -deadline realtime -b:v 1M -c:a libvorbis -f webm -live 1 - | cat >live.webm
compare 'webm vp8 vorbis, no duration' live.webm
try 'avi mjpeg, 8-bit pcm' pal avi -c:v mjpeg -q:v 3 -pix_fmt yuvj420p -c:a pcm_u8 -ar 22050
try 'avi mpeg4 with B-frames, mp3' pal avi -c:v mpeg4 -bf 2 -q:v 3 -c:a libmp3lame
try 'mpeg-ps mpeg2 mp2' pal mpg -c:v mpeg2video -q:v 3 -c:a mp2
try 'asf wmv2 wma2' pal asf -c:v wmv2 -q:v 3 -c:a wmav2
try 'flv h264 aac' ntsc flv -c:v libx264 -c:a aac -ar 44100
try '3gp h263, 8 kHz' pal 3gp -s 352x288 -c:v h263 -q:v 3 -c:a aac -ar 8000
try 'ts h264 ac3' pal ts -c:v libx264 -bf 2 -c:a ac3
try 'm2ts 1080i-like, top field first' pal m2ts -vf interlace=lowpass=off -r 12.5 -c:v libx264 -flags +ilme+ildct -x264-params tff=1 -c:a ac3
try 'dv-like, bottom field first' pal mkv -vf setfield=bff -c:v libx264 -flags +ilme+ildct -x264-params bff=1 -c:a pcm_s16le
try 'clock begins at 1000 s' pal mkv -c:v libx264 -c:a libopus -output_ts_offset 1000
ffmpeg -nostdin -v error -i pal.mkv -c:v libx264 -g 50 -bf 2 -c:a aac whole.mp4
ffmpeg -nostdin -v error -ss 0.7 -i whole.mp4 -c copy edited.mp4
compare 'cut by an edit list' edited.mp4
try 'uneven frames' ntsc mkv -vf "select='not(mod(n,3))+between(n,20,40)'" -vsync vfr -c:v libx264 -c:a libopus
try 'uneven frames in mp4' pal mp4 -vf "select='lt(n,30)+not(mod(n,5))'" -vsync vfr -c:v libx264 -c:a aac
try 'sound begins later' pal mkv -af atrim=start=0.5 -c:v libx264 -c:a flac
try 'picture begins later' pal mkv -vf trim=start=0.52 -c:v libx264 -c:a libopus
try 'sound is longer' pal mp4 -vf trim=end=2.4 -c:v libx264 -c:a aac
try 'picture is longer' pal mp4 -af atrim=end=2.4 -c:v libx264 -c:a aac
try '60 fps' sixty mp4 -c:v libx264 -c:a aac
passed_over=5 try '240 fps' fast mp4 -c:v libx264 -c:a aac
try '1 fps' slow mp4 -c:v libx264 -c:a aac
try 'no sound' ntsc mp4 -c:v libx264 -an

# A clock that starts anew or wraps, a film whose form changes midway. What ffmpeg itself makes of them is no measure, so these
# are compared with the uncut film.
part() { # part FILE FROM TO OFFSET MORE…
  local to=$1 from=$2 end=$3 offset=$4
  shift 4
  ffmpeg -nostdin -v error -y -i pal.mkv -ss "$from" -to "$end" -c:v libx264 -bf 0 -g 25 -c:a mp2 "$@" -output_ts_offset "$offset" -muxdelay 0 -muxpreload 0 "$to"
}
against() { # against NAME FILE: compare with the whole
  rm -f copy.mp4
  timeout 120 "$drive" "$worker" "$2" copy.mp4 >said 2>&1 </dev/null || { echo "$1: $(tail -n 2 said | sed -n 1p)"; failed=$((failed + 1)); return; }
  python3 "$counter" compare "$1" pal.mkv copy.mp4 0 || failed=$((failed + 1))
}
ffmpeg -nostdin -v error -y -i pal.mkv -c:v libx264 -c:a flac -output_ts_offset -0.5 -avoid_negative_ts disabled negative.mkv
against 'clock begins below zero' negative.mkv
part a.ts 0 2 5000
part b.ts 2 4 100
cat a.ts b.ts >jump.ts
against 'ts, clock jumps back' jump.ts
grep -q 'repairs=clock jump of -490[0-9.]* s closed' said || { echo "the jump is not told of: $(grep repairs said)"; failed=$((failed + 1)); }
part a.ts 0 2 100
part b.ts 2 4 5000
cat a.ts b.ts >jump.ts
against 'ts, clock jumps forward' jump.ts
part wrap.ts 0 4 95441.7
against 'ts, clock wraps after 26.5 h' wrap.ts
part a.ts 0 2 10
part b.ts 2 4 12 -s 640x480
cat a.ts b.ts >size.ts
against 'ts, size changes midway' size.ts
part b.ts 2 4 12 -ac 2 -ar 32000
cat a.ts b.ts >form.ts
against 'ts, form of the sound changes' form.ts

[ "$failed" = 0 ] || { echo "$failed failed"; exit 1; }
