#!/bin/bash
# A practitioner from a school: opens a case, says who may be filmed and what each of them agreed to, sends a film from the laptop, and
# watches it, with nothing but the mouse, the keyboard and plain words.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
film kitchen.mp4 8 640x360
film refused.mp4 2
head -c 3000 refused.mp4 >broken.mp4
ffmpeg -nostdin -loglevel error -f lavfi -i "color=white:size=800x1100" -frames:v 1 -y form.jpg
serve
walk practitioner "$PWD"
# What the pages did is what the vault holds.
same "$(ask ls --state live | jq length)" 1 "clips that can be seen"
con=$(ask consent list | jq -er 'map(select(.purposes | map(.state) | index("refused"))) | .[0].consent')
same "$(ask consent show "$con" | jq -r .form_sha256)" "$(sha256sum form.jpg | cut -d' ' -f1)" "the form that was sent along"
end_server
