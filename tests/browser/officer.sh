#!/bin/bash
# "I want it deleted": an officer on the phone finds the person, sees what would be lost, takes the consent back, and has the receipt;
# places a hold; says why somebody cannot see a clip; looks whether the log is whole. No footage can be reached from this seat.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/browser/seats.bash
. "$OLDPWD/tests/browser/seats.bash"
seats
family=$(ask case open --title "The Example family" --practitioner "$ida" | get .case)
mira=$(person "Mira Example" carer) tim=$(person "Tim Example" child)
for who in "$mira" "$tim"; do consent "$who" intervention,supervision --media recording,clip >/dev/null; done
film one.mp4 2; film two.mp4 2
kept=$(take_in one.mp4 "$mira" "$tim")
lost=$(take_in two.mp4 "$mira")
ask hold place --clip "$kept" --reason "Inquiry 7" --owner "safeguarding lead" --review 2027-03-01 >/dev/null
serve
walk officer "$kept" "$lost"
end_server
same "$(state "$kept")" held "the clip under a hold"
same "$(state "$lost")" shredded "the other"
