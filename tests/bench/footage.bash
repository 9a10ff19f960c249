# shellcheck shell=bash
# Films to measure with: three kinds of 1080p footage with sound, made from real recordings (../shared/media) where they are at
# hand, else from libavfilter's test sources, which the tables then say.
#   talk     little noise, little movement: a camera that stands, two people who sit     H.264, 30/s, MP4
#   phone    a telephone held in the hand, its own noise and sharpening                  H.264 or HEVC as it came, MP4
#   tape     a camcorder, interlaced                                                     H.264, 50 fields/s, AC-3, MPEG-TS
media=${CLIPVAULT_TEST_MEDIA:-../shared/media}
speech=(-f lavfi -i "aevalsrc='0.3*sin(2*PI*(140+30*sin(2*PI*0.7*t))*t)*(0.5+0.5*sin(2*PI*3*t))+0.01*random(0)':s=48000")
ff() { ffmpeg -nostdin -v error -y "$@"; }

# Real frames forwards and backwards, over and over: no seam that an encoder would have to pay for. They are held in memory.
to_and_fro() { # FILE FRAMES FILTER: the graph that plays it
  printf 'movie=%s,trim=end_frame=%s,%s,split[a][b];[b]reverse[c];[a][c]concat,loop=-1:%s,setpts=N/FRAME_RATE/TB' "$1" "$2" "$3" $(($2 * 2))
}
footage_source() { # KIND: of what it is made here
  local from=chaplin.mp4
  [ "$1" != phone ] || from=VID_20191220_170832.mp4
  [ "$1" != tape ] || from=sony-ilce-7m3-avchd.mts
  if [ -e "$media/video/$from" ]; then echo "(from $from)"; else echo "(a test pattern: the recordings of ../shared are not at hand)"; fi
}
footage_talk() { # SECONDS OUT: a still scene that drifts a little, a face that moves, a trace of noise
  local scene="testsrc2=s=1920x1080:r=30"
  [ ! -e "$media/video/chaplin.mp4" ] ||
    scene=$(to_and_fro "$media/video/chaplin.mp4" 100 "scale=1920:1080:flags=bicubic,hqdn3d,fps=30")
  ff -f lavfi -i "$scene,noise=alls=2:allf=t" "${speech[@]}" -t "$1" -c:v libx264 -preset veryfast -crf "${quality:-16}" -bf 2 -g "${gop:-90}" -pix_fmt yuv420p \
    -c:a aac -b:a 128k "$2"
}
footage_phone() {
  if [ -e "$media/video/VID_20191220_170832.mp4" ]; then
    ff -stream_loop -1 -i "$media/video/VID_20191220_170832.mp4" -map 0:v:0 -c copy -t "$1" "$2.picture.mp4"
    ff -i "$2.picture.mp4" "${speech[@]}" -t "$1" -map 0:v -map 1:a -c:v copy -c:a aac -b:a 128k "$2"
    rm "$2.picture.mp4"
  else
    ff -f lavfi -i "testsrc2=s=1920x1080:r=30,noise=alls=12:allf=t" "${speech[@]}" -t "$1" -c:v libx264 -preset veryfast -b:v 17M \
      -pix_fmt yuv420p -c:a aac -b:a 128k "$2"
  fi
}
footage_tape() {
  local scene="testsrc2=s=1920x1080:r=50,noise=alls=6:allf=t,tinterlace=interleave_top,fps=25"
  [ ! -e "$media/video/sony-ilce-7m3-avchd.mts" ] || scene=$(to_and_fro "$media/video/sony-ilce-7m3-avchd.mts" 25 "format=yuv420p,settb=1/25,setpts=N,fps=25")
  ff -f lavfi -i "$scene,setfield=tff" "${speech[@]}" -t "$1" -c:v libx264 -preset veryfast -flags +ildct+ilme -x264-params tff=1 \
    -b:v 17M -maxrate 24M -bufsize 24M -c:a ac3 -b:a 192k -f mpegts "$2"
}
