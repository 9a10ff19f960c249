#!/bin/bash
# An administrator looks after accounts and the machine: who may sign in, what is shared, places, backups, health. Nobody who was filmed is
# named on any of these pages or in any answer, and no footage can be reached. And an authenticator app is set up, used, lost.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
family=$(ask case open --title "The Zauberlehrling family" | get .case)
mira=$(person "Mirabelle Zauberlehrling" carer)
consent "$mira" intervention,supervision --media recording,clip >/dev/null
film kellerfilm.mp4 2
clip=$(take_in kellerfilm.mp4 "$mira")
ask grant "$clip" --user "$sue" --purpose supervision --until 2090-01-01 >/dev/null
ask hold place --clip "$clip" --reason "Zauberlehrling inquiry" --owner "Mirabelle's solicitor" --review 2027-03-01 >/dev/null

ask replica add --nodes "$PWD/elsewhere" --name attic >/dev/null
ask backup --to backup >/dev/null
serve
walk administrator "$clip" "$mira" "$family"
end_server
same "$(ask user list | jq -r '.[] | select(.name == "ada").totp')" false "after the reset, whether ada's app is asked for"
same "$(ask audit list | jq '[.[] | select(.did == "user.app-enrolled")] | length')" 1 "apps that were enrolled, in the log"
