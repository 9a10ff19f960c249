#!/bin/bash
# A practitioner begins a cycle, looks at a film together with the family, and lays it before her supervisor. A supervisor sees what the
# practitioners they supervise have, as far as everyone in it agreed, and until when; their tags stand beside each other's; the cycle is
# signed off, and stands in the portfolio; the film ends under their eyes when somebody in it changes their mind; and what they may not
# know of is as if it did not exist.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
foreign=$family # the operator's own
tom=$(person "Tom Foreign" carer)
consent "$tom" intervention,supervision --media recording >/dev/null
picture foreign.png
consent "$tom" supervision --media still >/dev/null
other=$(take_in foreign.png "$tom")
family=$(ask case open --title "The Example family" --practitioner "$ida" | get .case)
mira=$(person "Mira Example" carer)
said=$(consent "$mira" intervention,supervision --media recording,clip)
film kitchen.mp4 12 640x360
clip=$(take_in kitchen.mp4 "$mira")
# What each of them tagged: once alike, once the same moment in another layer, once each alone.
as() { "$programs/tests/act_as" vault key "$1"; } # from here on it is them who ask
tag() { ask remark add "$clip" --purpose supervision --at "$1" --to $(($1 + 15)) --tag "$2" --shared >/dev/null; }
operator=$(ask user list | jq -r '.[] | select(.name != "ida" and .name != "sue" and .name != "omar" and .name != "ada").user')
as "$ida"; tag 25 waiting; tag 100 attentive; tag 150 encouraging
as "$sue"; tag 30 waiting; tag 100 receiving; tag 250 guiding
as "$operator"
serve
# The withdrawal is typed elsewhere while the film runs.
(
  awaited() { until [ -e "$1" ]; do kill -0 "$server" 2>/dev/null || exit 0; sleep 0.1; done; }
  awaited withdraw
  ask consent withdraw "$said" --purpose supervision >/dev/null
  awaited withdraw.all
  ask consent withdraw "$said" >/dev/null
) &
walk supervisor "$clip" "$other" "$foreign" "$PWD/withdraw" "$family"
wait %2 2>/dev/null || true
same "$(state "$clip")" shredded "the clip that was withdrawn"
end_server
