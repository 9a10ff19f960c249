#!/bin/bash
# Whether the player shows the very frame that it says, read from the pixels: films whose frames carry their number in large
# blocks are taken in like any other, and sought and stepped through at random. EXACT=1000 for as many; LONG=1 on ten minutes of
# 1080p, for figures. Nothing wrong is allowed.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/browser/seats.bash
. "$OLDPWD/tests/browser/seats.bash"

# numbered FILE FRAMES RATE WIDTH HEIGHT [OPTION…]: below the number something moves, so that there is something to decode.
numbered() {
  local file=$1 frames=$2 rate=$3 width=$4 half=$(($5 / 2))
  shift 5
  python3 "$browser/numbered.py" "$frames" | ffmpeg -nostdin -loglevel error -f rawvideo -pix_fmt gray -s 16x1 -r "$rate" -i - \
    -f lavfi -i "testsrc2=size=${width}x$half:rate=$rate" -f lavfi -i "sine=frequency=330" \
    -filter_complex "[0]scale=${width}x$half:flags=neighbor,format=yuv420p[n];[n][1]vstack=shortest=1" \
    -frames:v "$frames" -shortest -c:v libx264 -preset ultrafast "$@" -pix_fmt yuv420p -c:a aac -y "$file"
}

seats
if [ "${LONG:-}" = 1 ]; then
  films=25:15000
  numbered 25.mp4 15000 25 1920 1080 -preset veryfast -profile:v high -bf 2 -g 25 -flags +cgop -b:v 5M
else
  films='25:500 30000/1001:400'
  numbered 25.mp4 500 25 640 360
  numbered 30000.mp4 400 30000/1001 640 360
fi
family=$(ask case open --title "Family Alder" --practitioner "$ida" | get .case)
ben=$(person Ben carer)
consent "$ben" intervention --until 2090-01-01 >/dev/null
clips=()
for film in $films; do
  rate=${film%:*}
  clip=$(take_in "${rate%/*}.mp4" "$ben")
  same "$(ask show "$clip" | jq -r '"\(.frame_rate) \(.frames)"')" "$([ "$rate" = 25 ] && echo 25/1 || echo "$rate") ${film#*:}" "rate and frames of what was taken in"
  clips+=("$clip")
done
serve
walk exact "${EXACT:-60}" "${clips[@]}"
end_server
