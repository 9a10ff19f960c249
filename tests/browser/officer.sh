#!/bin/bash
# "I want it deleted": an officer on the phone finds the person, sees what would be lost, takes the consent back, and has the receipt;
# places a hold; says why somebody cannot see a clip; looks whether the log is whole; puts a record right, erases one; sees a film in an
# emergency, as a second officer said yes. Without that no footage can be reached from this seat.
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
# Somebody whose birthday decides until when their yes counts, somebody who is in nothing, and a second officer.
jim=$(person "Jim Example" child) pia=$(person "Pia Example" carer)
ask person correct "$jim" --born 2010-05-01 >/dev/null
consent "$jim" intervention --media still --after born:22y >/dev/null
picture jim.png
take_in jim.png "$jim" >/dev/null
echo "a scan" >form.txt
consent "$pia" supervision --form form.txt >/dev/null
password olga >pw; ask user add --name olga --role officer --password-file pw >/dev/null; rm pw
film one.mp4 2; film two.mp4 2; picture soon.png
kept=$(take_in one.mp4 "$mira" "$tim")
lost=$(take_in two.mp4 "$mira")
destroyed=$(take_in soon.png "$tim")
picture frozen.png
frozen=$(take_in frozen.png "$tim")
ask restrict --clip "$frozen" --reason "It is disputed" >/dev/null
ask hold place --clip "$kept" --reason "Inquiry 7" --owner "safeguarding lead" --review 2027-03-01 >/dev/null
serve
walk officer "$kept" "$destroyed" "$frozen" "$mira" "$jim" "$pia"
end_server
same "$(state "$kept")" held "the clip under a hold"
same "$(state "$lost")" shredded "the other"
