#!/bin/bash
# Every command as every role: what docs/roles.md says is so, and it says something of every command.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
table=$OLDPWD/docs/roles.md
unlisted=";init;serve;unlock;lock;restore;user reclaim;certificate verify;version;help;" # told below the table
unplayed=";play;replica adopt;" # need a player, a vault that lost its effaceable store: tests/flow/play.sh, replicas.sh

# ---- a vault with somebody in each role and something of each kind
new_vault
echo "a heron over wet fields" >pw
own=$(ask user add --name Ida --role practitioner | get .user)
other=$(ask user add --name Ulf --role practitioner | get .user)
supervisor=$(ask user add --name Sue --role supervisor | get .user)
# shellcheck disable=SC2034 # by name, in all
officer=$(ask user add --name Ole --role officer | get .user)
# shellcheck disable=SC2034
administrator=$(ask user add --name Adam --role administrator | get .user)
pia=$(ask user add --name Pia --role practitioner | get .user)
gone=$(ask user add --name Gus --role practitioner | get .user)
ask user disable "$gone" >/dev/null
ask user link "$supervisor" "$own" >/dev/null
family=$(ask case open --title Hers --practitioner "$own" | get .case)
ada=$(person Ada child) ben=$(person Ben carer) cy=$(ask person add --name Cy | get .person)
con=$(consent "$ada" intervention,supervision --media still,clip --until 2090-01-01)
picture a.png; picture b.png
a=$(take_in a.png "$ada")
hold=$(ask hold place --case "$family" --reason x --owner y --review 2090-01-01 | get .hold)
ask hold release "$hold" >/dev/null
held=$(ask hold place --person "$ben" --reason x --owner y --review 2090-01-01 | get .hold)
asked=$(ask break-glass request "$a" --reason x | get .grant)
printf 'person %s fill\n0 0 0 8 8\n' "$ada" >marks
"$programs/tests/act_as" vault key "$own"
said=$(ask remark add "$a" --purpose supervision --at 0 --text x --shared | get .remark)
cycle=$(ask cycle open --case "$family" | get .cycle); ask cycle add "$cycle" "$a" --as film >/dev/null
goal=$(ask goal add --case "$family" --text x | get .goal)
laid=$(ask supervise ask "$a" --supervisor "$supervisor" | get .supervision)
granted=$(ask grant "$a" --user "$pia" --purpose intervention --until 2090-01-01 | get .grant)

# What each is tried with, and the exit code where it is allowed (0 if not said).
declare -A with=(
  ["slot add"]="key-file --new-key-file new.key" ["slot list"]="" ["slot remove"]="slt_aaaaaaaaaaaaaaaaaaaaaaaaaa =66" [check]=""
  [stats]="" ["report dpia"]="" ["report processing"]="" [backup]="--to copy" ["replica add"]="--nodes PWD/nodes" ["replica list"]="" ["replica remove"]="nothing =66"
  ["case open"]="--title T" ["case close"]="$family" ["case accredited"]="$family" ["case list"]="" ["case show"]="$family"
  ["case assign"]="$family --practitioner $other" ["person add"]="--name N" ["person list"]="" ["person show"]="$ada"
  ["person correct"]="$ada --kind carer" ["person erase"]="$cy" ["consent record"]="--person $ada --purpose research --case $family"
  ["consent list"]="" ["consent show"]="$con" ["consent renew"]="$con" ["consent withdraw"]="$con" [ingest]="b.png --case $family --person $ada"
  [cut]="$a --in 0 --out 1 =64" [still]="$a --at 0 =64" ["clip people"]="$a add $cy" [ls]="" [show]="$a" [explain]="$a --purpose supervision"
  [export]="$a --purpose supervision --to out.png" ["obscure mark"]="$a --file marks" ["obscure show"]="$a" ["obscure confirm"]="$a =66"
  ["obscure drop"]="$a =66" [sweep]="" ["clock confirm"]="" [shred]="$a --reason x" ["hold place"]="--clip $a --reason x --owner y --review 2090-01-01"
  ["hold release"]="$held" ["hold list"]="" [restrict]="--clip $a --reason x" [unrestrict]="hld_aaaaaaaaaaaaaaaaaaaaaaaaaa =66" ["certificate list"]=""
  ["certificate show"]="crt_aaaaaaaaaaaaaaaaaaaaaaaaaa =66" ["certificate key"]="--to pub" ["audit list"]="" ["audit verify"]=""
  ["audit checkpoint"]="" ["audit export"]="--to log" ["audit witness"]="" ["user add"]="--name X --role practitioner" ["user map"]="4711 $pia"
  ["user list"]="" ["user show"]="$pia" ["user disable"]="$pia" ["user enable"]="$gone" ["user link"]="$supervisor $other"
  ["user unlink"]="$supervisor $own" ["user password"]="$pia --password-file pw" ["user totp"]="$pia" ["user reset"]="$pia --password-file pw" ["user identity"]="$pia"
  [grant]="$a --user $pia --purpose supervision --until 2090-01-01" ["grant revoke"]="$granted" ["grant list"]=""
  ["remark add"]="$a --purpose supervision --at 0 --text y" ["remark list"]="$a --purpose supervision" ["remark edit"]="$said --text y"
  ["remark remove"]="$said" ["remark resolve"]="$said" ["remark export"]="$a --purpose supervision --format csv --to out.csv" ["tags list"]="" ["cycle open"]="--case $family" ["cycle list"]="--case $family"
  ["cycle show"]="$cycle" ["cycle close"]="$cycle" ["cycle add"]="$cycle $a --as moment" ["cycle remove"]="$cycle $a"
  ["goal add"]="--case $family --text y" ["goal rate"]="$goal --score 5" ["goal list"]="--case $family"
  ["supervise ask"]="$cycle --supervisor $supervisor" ["supervise list"]="" ["supervise note"]="$laid --text x" ["supervise cancel"]="$laid"
  ["supervise sign-off"]="$cycle --hours 1 --note x" ["training show"]="--user $own" ["training export"]="--to out.json"
  ["break-glass request"]="$a --reason y" ["break-glass confirm"]="$asked")

# ---- nothing is left out
listed=$(sed -n 's/^| `\([a-z -]*\)` |.*/\1/p' "$table")
while read -r command; do
  [[ $unlisted == *";$command;"* ]] || grep -qx "$command" <<<"$listed" || fail "docs/roles.md says nothing of: $command"
done < <(vault help | sed -n 's/^  \([a-z][a-z -]\{21\}\) .*/\1/p' | sed 's/ *$//')

# ---- each role in a folder of its own
try() { # try COMMAND CELL
  local code=0 line=${with[$1]} wanted=77 words
  [ "$2" = no ] || { wanted=0; rm -rf vault new.key copy nodes out.png out.csv out.json pub log; cp -a pristine vault; }
  [[ $line != *=[0-9]* ]] || { [ "$2" = no ] || wanted=${line##*=}; line=${line% =*}; }
  read -ra words <<<"$1 ${line/PWD/$PWD}"
  said=$("$programs/clipvault" "${words[@]}" 2>&1 </dev/null) || code=$?
  [ "$code" = "$wanted" ] || echo "$role, $1: exit code $code instead of $wanted: $(head -c 300 <<<"$said")"
}
all() { # all ROLE COLUMN
  role=$1
  mkdir "$role"; cp -a vault key pw marks b.png "$role"; cd "$role"
  export CLIPVAULT_DIR=$PWD/vault
  "$programs/tests/act_as" vault key "${!role}"
  cp -a vault pristine
  while IFS='|' read -r _ command cells; do
    command=${command//\`/} command=${command# } command=${command% }
    [[ $unplayed == *";$command;"* ]] || try "$command" "$(cut -d'|' -f"$2" <<<"$cells" | tr -d ' ')"
  done < <(grep '^| `' "$table")
}
for pair in "own 1" "other 2" "supervisor 3" "officer 4" "administrator 5"; do
  read -r role column <<<"$pair"
  (all "$role" "$column") >"$role.out" 2>&1 &
  [ "$column" != 2 ] && [ "$column" != 4 ] || wait
done
wait
cat ./*.out >found
[ ! -s found ] || fail "$(cat found)"
