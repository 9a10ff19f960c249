#!/bin/bash
# The operator's guide, word for word: every block of docs/operating.md that is marked sh, in order, in one shell.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
guide=$OLDPWD/docs/operating.md
export HOME=$PWD PATH=$programs:$PATH
unset CLIPVAULT_DIR CLIPVAULT_KEY_FILE
blocks=$(grep -cx '```sh' "$guide")
[ "$blocks" -ge 9 ] || fail "only $blocks blocks are marked sh"

# Between setting up and the first backup the guide's reader has footage; here it is one picture.
footage() {
  family=$(ask case open --title "The Example family" | get .case)
  ada=$(person Ada child)
  consent "$ada" intervention --media still --until 2090-01-01 >/dev/null
  picture a.png
  clip=$(take_in a.png "$ada")
}
n=0
while IFS= read -r -d $'\f' block; do
  n=$((n + 1))
  echo "block $n"
  printf '%s\n' "$block" >block.sh
  # shellcheck disable=SC1091
  . ./block.sh # any command of it that fails ends the story
  # What the blocks that follow look after: footage, in the vault that the guide itself made.
  [ "$n" != 3 ] || footage
done < <(awk '/^```sh$/ {on = 1; next} /^```$/ {if (on) printf "\f"; on = 0} on' "$guide")
same "$n" "$blocks"
[ "$(state "$clip")" = live ] || fail "after all of the guide the clip does not live any more"
[[ $(vault ls) == *"$clip"* ]] || fail "the restored vault does not list the clip"
