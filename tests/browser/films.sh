#!/bin/bash
# Films that are not like others, from the page that takes them to the player: frames that come at uneven times, an edit list, one
# frame, three frames, no picture at all. Which frame is on screen is read from the pixels.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
family=$(ask case open --title "Family Alder" --practitioner "$ida" | get .case)
ben=$(person Ben carer)
consent "$ben" intervention --until 2090-01-01 >/dev/null
numbered even.mp4 80 25 320 180
# Of every five frames the fourth is not there: its time is the third's as well. As telephones do in the dark.
ffmpeg -nostdin -loglevel error -i even.mp4 -vf "select='not(eq(mod(n,5),3))'" -fps_mode vfr -c:v libx264 -preset ultrafast uneven.mkv
# It begins in the middle of a group: the frames before are there to be decoded, and not to be shown.
ffmpeg -nostdin -loglevel error -ss 1.32 -i even.mp4 -c copy edited.mp4
[ "$(ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 edited.mp4 | grep -c -- -)" -gt 0 ] || fail "edited.mp4 hides nothing"
numbered one.mp4 1 25 320 180
numbered three.mp4 3 25 320 180
ffmpeg -nostdin -loglevel error -f lavfi -i "aevalsrc=if(lt(t\,1)\,0\,sin(2000*t)):s=44100:d=4" voice.wav
serve
walk films "$family" "$PWD"
end_server
