#!/bin/bash
# Whether the player shows the very frame that it says, read from the pixels: films whose frames carry their number in large
# blocks are taken in like any other, and sought and stepped through at random. EXACT=1000 for as many; LONG=1 on ten minutes of
# 1080p, for figures. Nothing wrong is allowed.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"

seats
wrap=65536 # numbers begin anew after so many
if [ "${LONG:-}" = 1 ]; then
  films=25:15000 wrap=1500 # one minute, ten times over
  numbered minute.mp4 1500 25 1920 1080 -preset veryfast -profile:v high -bf 2 -g 25 -flags +cgop -b:v 5M
  ffmpeg -nostdin -loglevel error -stream_loop 9 -i minute.mp4 -c copy -movflags +faststart 25.mp4
else
  films='25:400 30000/1001:300'
  numbered 25.mp4 400 25 640 360
  numbered 30000.mp4 300 30000/1001 640 360
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
walk exact "${EXACT:-60}" "$wrap" "${clips[@]}"
end_server
