#!/bin/bash
# "I want it deleted": an officer on the phone finds the person, sees what would be lost, takes the consent back, and has the receipt;
# places a hold; says why somebody cannot see a clip; looks whether the log is whole. No footage can be reached from this seat.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
# What waits for an officer besides: somebody who was not asked and is in a clip that waits, a clip that is over soon, a share.
noor=$(person "Noor Example" carer) ola=$(person "Ola Example" carer)
picture waits.png; picture shared.png
take_in waits.png "$noor" >/dev/null
consent "$ola" intervention,supervision --media still >/dev/null
ask grant "$(take_in shared.png "$ola")" --user "$sue" --purpose supervision --until 2090-01-01 >/dev/null
family=$(ask case open --title "The Example family" --practitioner "$ida" | get .case)
mira=$(person "Mira Example" carer) tim=$(person "Tim Example" child)
for who in "$mira" "$tim"; do consent "$who" intervention,supervision --media recording,clip >/dev/null; done
consent "$tim" intervention --refuse research --media still --until "$(date -d '+9 days' +%F)" >/dev/null
film one.mp4 2; film two.mp4 2; picture soon.png
kept=$(take_in one.mp4 "$mira" "$tim")
lost=$(take_in two.mp4 "$mira")
destroyed=$(take_in soon.png "$tim")
ask hold place --clip "$kept" --reason "Inquiry 7" --owner "safeguarding lead" --review 2027-03-01 >/dev/null
serve
walk officer "$kept" "$destroyed" "$mira"
end_server
same "$(state "$kept")" held "the clip under a hold"
same "$(state "$lost")" shredded "the other"
