#!/bin/bash
# Papers to be filed: filled with how this vault is set up and what it holds, and with nothing that is about somebody.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
family=$(ask case open --title "The Quill family" | get .case)
ada=$(person "Ada Quill" child) ben=$(person "Ben Quill" carer)
for who in "$ada" "$ben"; do consent "$who" intervention,supervision --media still --until 2090-01-01 >/dev/null; done
picture a.png; picture b.png
take_in a.png "$ada" "$ben" >/dev/null; take_in b.png "$ada" >/dev/null
ask user add --name Sue --role supervisor --external --until 2090-01-01 --agreement 17 >/dev/null
printf 'quarantine_days = 9\nalarm_command = /usr/bin/logger\n' >vault/clipvault.conf

# the assessment says what is so
vault report dpia >dpia.md
for fact in "destroyed after 9 days" "supervisors: 1" "alarm: set" "last sweep: NEVER" "WITHOUT A HOLDER" "<5 on record" "assurance \`file\`" \
  "opens with: 1 key-file" "| Supervision | The practitioner shows it to their supervisor, to learn from it. | <5 |" "| Research | Studied by researchers. | 0 |"; do
  grep -qF -- "$fact" dpia.md || fail "the assessment does not say: $fact"
done
# a sum is told as far as its parts are, and kinds, which add up to the same, not at all
cy=$(person "Cy Quill" other)
picture c.png; take_in c.png "$cy" >/dev/null
vault report dpia | grep -qF "| Films, clips, sound and stills held | 2 to 8 |" || fail "$(vault report dpia | grep held)"
same "$(ask stats | jq -c '.counts | [.clips, .kinds]')" '[{"live":"<5","quarantined":"<5"},{"all":"not told"}]' "counts of films"
vault stats --format csv | grep -qx "kinds,all,not told" || fail "$(vault stats --format csv)"
# it changes with the vault
ask sweep >/dev/null
ask replica add --holder "file:$PWD/holder" >/dev/null
vault report dpia >later.md
! grep -qF "NEVER" later.md || fail "a sweep ran, and the assessment does not know"
! grep -qF "WITHOUT A HOLDER" later.md || fail "there is a holder, and the assessment does not know"
# so does the entry for the record
vault report processing >processing.md
grep -qF "without all consents 9 days" processing.md || fail "the record does not say how long quarantine lasts"
# nobody is named, and no place is left open
for paper in dpia.md later.md processing.md; do
  ! grep -nE 'Quill|Ada|Sue|\{\{|\}\}|per_|cas_|clp_' "$paper" || fail "$paper names somebody, or has a place that was not filled"
done
[ "$(ask report dpia | get .facts.quarantine_days)" = 9 ] || fail "--json has no facts"
