#!/bin/bash
# The author of a file, in the cage: each layer of it shown alone, with the others off, and with all off as the control. First
# what code that took over the worker could try; then playlists under the names of films, which make libavformat itself
# reach for something. All that is ever reached for is planted here, or listens on loopback.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
[ -x "$hooked-cage-none/clipvault-transcode" ] || skip "needs the cages with one layer each (make tested TEST_CLOCK=1)"
layers="none formats opens protocols nameless seccomp landlock limits"
shown=0

among() { [[ " $2 " == *" $1 "* ]]; } # among WORD LIST

# ---- what taken-over code could try: which layer alone stops it
# Landlock learns to stop more with each version of its interface; on a kernel without, seccomp alone must do.
abi=$("$hooked/tests/cage_probe" abi)
lock4=landlock lock6=landlock
[ "$abi" -ge 4 ] || lock4=
[ "$abi" -ge 6 ] || lock6=
stops() {
  case $1 in
    read-file | create-file | run-program | trace-parent | read-parent) echo "seccomp landlock" ;;
    connect-tcp) echo "seccomp $lock4" ;;
    connect-abstract | signal-parent) echo "seccomp $lock6" ;;
    send-udp | connect-local | start-process | executable-memory) echo seccomp ;;
    grow-file | descriptor-more) echo "seccomp limits" ;;
    addresses | compute) echo limits ;;
    *) fail "an act that is in no table: $1" ;;
  esac
}
probe() { # probe LAYER PROGRAM
  local layer=$1 act outcome count=0 by
  "$2" >probe.out || fail "the probe in $layer: $(cat probe.out)"
  while read -r act outcome; do
    count=$((count + 1)) shown=$((shown + 1))
    by=$(stops "$act")
    if [ "$layer" = all ] || among "$layer" "$by"; then
      [[ $outcome == stopped* ]] || fail "$act is not stopped by $layer"
    else
      same "$outcome" "done" "$act with $layer alone"
    fi
  done <probe.out
  same "$count" 16 "acts tried in $layer"
}
for layer in $layers; do probe "$layer" "$hooked-cage-$layer/cage_probe"; done
probe all "$hooked/tests/cage_probe"

# ---- what is planted, and playlists that name it
make_film() { ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=320x240:rate=25 -t 1 -c:v libx264 -preset ultrafast "$@"; }
make_film -f mpegts seg.ts
make_film cam2.mp4
make_film -movflags +frag_keyframe+empty_moov+default_base_moof frag.mp4
port=$((20000 + RANDOM % 20000))
hls() { printf '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n%s\n#EXT-X-ENDLIST\n' "$1"; }
hls seg.ts >hls.mp4
hls "$PWD/seg.ts" >hls-absolute.mp4
hls "http://127.0.0.1:$port/seg.ts" >hls-network.mp4
printf 'ffconcat version 1.0\nfile cam2.mp4\n' >concat.mp4
cat >dash.mp4 <<END
<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="100000" codecs="avc1.42c00d" width="320" height="240">
<BaseURL>frag.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>
END
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video %d RTP/AVP 96\na=rtpmap:96 H264/90000\n' "$port" >sdp.mp4

# reaches LAYER KIND TARGET FILE: whether the worker with that layer alone (or all) reaches the target when given the file.
reaches() {
  local worker=$hooked-cage-$1/clipvault-transcode code=0
  [ "$1" != all ] || worker=$programs/clipvault-transcode
  timeout 60 "$hooked/tests/reached" "$2" "$3" "$hooked/tests/worker_drive" "$worker" "$4" - >reached.out 2>&1 || code=$?
  [ "$code" -le 1 ] || fail "cannot watch $3: exit code $code: $(cat reached.out)"
  return "$code"
}
# attack KIND TARGET FILE LAYERS: the control reaches the target, and so does each layer alone but those named.
attack() {
  local layer
  for layer in $layers all; do
    shown=$((shown + 1))
    if [ "$layer" = all ] || among "$layer" "$4"; then
      ! reaches "$layer" "$1" "$2" "$3" || fail "$3 reaches $2 in spite of $layer"
    else
      reaches "$layer" "$1" "$2" "$3" || fail "$3 does not reach $2 with $layer alone: $(cat reached.out)"
    fi
  done
}
always="formats protocols seccomp"
# From version 61 on libavformat itself takes no HLS playlist under the name of a film: one more wall, which has no control here.
attack_hls() { if ffprobe -v quiet hls.mp4; then attack "$@"; else echo "$3: this libavformat takes no such playlist, whatever the cage"; fi; }
attack_hls file seg.ts hls.mp4 "$always opens nameless landlock limits"
attack_hls file seg.ts hls-absolute.mp4 "$always opens nameless landlock limits"
# These demuxers open for themselves: the refusal to open on their behalf does not concern them. (From version 61 on DASH asks.)
asks=
ffprobe -v quiet hls.mp4 || asks=opens
attack file cam2.mp4 concat.mp4 "$always landlock limits"
attack file frag.mp4 dash.mp4 "$always $asks landlock limits"
attack_hls tcp "$port" hls-network.mp4 "$always opens nameless limits $lock4"
attack udp "$port" sdp.mp4 "$always limits"

# What was read arrives: without a cage the neighbour's frames are in the result.
"$hooked/tests/worker_drive" "$hooked-cage-none/clipvault-transcode" concat.mp4 stolen.mp4 >/dev/null
same "$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 stolen.mp4)" 25 "frames of the neighbour"

# ---- published attacks
media=${CLIPVAULT_MEDIA:-}
if [ -n "$media" ]; then
  cp "$media/hostile/hls-playlist-renamed.mp4" "$media/hostile/dash-manifest-renamed.webm" .
  make_film -f hls -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 -hls_segment_filename 'playlist%d.m4s' playlist.m3u8
  cp playlist0.m4s playlist1.m4s
  cp frag.mp4 sample.audio.mp4
  attack_hls file playlist0.m4s hls-playlist-renamed.mp4 "$always opens nameless landlock limits"
  attack file sample.audio.mp4 dash-manifest-renamed.webm "$always $asks landlock limits"
  # A playlist hidden in the subtitles of an AVI: libavformat itself has stopped following those. What the file names is made
  # to be the planted one, by a name of the same length, so that nothing else can be why.
  LC_ALL=C sed -e 's#file://etc/passwd#.//////////seg.ts#g' -e 's#/etc/passwd#.////seg.ts#g' -e 's#GOD\.txt#.seg.ts#g' \
    "$media/hostile/read_passwd_bypass.mp4" >bypass.mp4
  LC_ALL=C sed -e 's#file://etc/passwd#.//////////seg.ts#g' -e 's#/dev/zero#.//seg.ts#g' "$media/hostile/read_passwd.avi" >subtitles.avi
  cp seg.ts .seg.ts
  for file in bypass.mp4 subtitles.avi; do
    grep -aqF seg.ts "$file" || fail "$file names nothing of ours"
    for layer in none all; do ! reaches "$layer" file seg.ts "$file" || fail "$file reaches the planted file with $layer"; done
  done
fi
echo "$shown acts and attacks, in cages with all, one and no layer; Landlock ABI $abi"
