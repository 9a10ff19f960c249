#!/bin/bash
# Somebody studies a film with the review player: by keys, by buttons, by typing; loops, marks, speeds, sound, full screen.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
family=$(ask case open --title "Family Alder" --practitioner "$ida" | get .case)
ben=$(person Ben carer)
consent "$ben" intervention,supervision --until 2090-01-01 >/dev/null
film kitchen.mp4 12 640x360
clip=$(take_in kitchen.mp4 "$ben")
serve
walk player "$clip"
end_server
