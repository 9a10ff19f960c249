#!/bin/bash
# What can be done with one clip, by its own practitioner: shared with a colleague and that ended, who is in it put right, faces covered
# with boxes that a mouse or arrow keys move, looked through and confirmed, and in the end destroyed.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
family=$(ask case open --title "The Example family" --practitioner "$ida" | get .case)
mira=$(person "Mira Example" carer) tim=$(person "Tim Example" child)
for who in "$mira" "$tim"; do consent "$who" intervention,supervision --media recording,clip >/dev/null; done
consent "$tim" research --identifiability obscured --media recording,clip >/dev/null
consent "$mira" research --media recording,clip >/dev/null
film kitchen.mp4 3 320x180
clip=$(take_in kitchen.mp4 "$tim")
same "$(ask ls | jq -r ".[] | select(.clip == \"$clip\").purposes | index(\"research\")")" null "before anybody is covered, research"
serve
walk clip "$clip" "$PWD/marks.json"
end_server
# What the page sent is what was drawn: where it stood first, and where it was moved to.
same "$(jq -r .draft.marks marks.json)" "person $tim fill
  f0 126 51 80 90
  f25 126 51 90 96
voice mute all" "the marks"
same "$(jq -r '.confirmed.purposes | sort | join(",")' marks.json)" intervention,research,supervision "what the covered film may be seen for"
same "$(state "$clip")" shredded "the clip"
