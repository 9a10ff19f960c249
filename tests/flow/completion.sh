#!/bin/bash
# What a shell offers after Tab: in bash by calling the function as bash does, in zsh by pressing the key in one. Both files are made
# from the table of commands (vault/manual/).
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
made=$OLDPWD/build/manual
[ -e "$made/bash" ] || fail "build/manual was not made"
# shellcheck source=/dev/null
. "$made/bash"
touch film.mov; mkdir folder

# offers "WORDS TYPED" EXPECTED…: all that is offered for the last word (an empty one after a space at the end).
offers() {
  local typed=$1 got
  shift
  read -ra COMP_WORDS <<<"clipvault $typed"
  [[ "$typed" != *' ' && -n $typed ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _clipvault
  got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ')
  same "$got" "$*" "after \"clipvault $typed\" bash offers"
}
# every command has its words
for name in $(ask help | jq -r .help | sed -n 's/^  \([a-z][a-z-]*\( [a-z-]*\)\?\)  .*/\1/p; s/^  \([a-z][a-z-]* [a-z-]*\) [a-z].*/\1/p' | sed 's/ /+/' | sort -u); do
  read -r first second <<<"${name/+/ }"
  # shellcheck disable=SC2154 # from the file that is sourced
  [[ " $_clipvault_first " == *" $first "* ]] || fail "$first is not offered"
  [ -z "$second" ] || [[ " $(_clipvault_second "$first") " == *" $second "* ]] || fail "$first $second is not offered"
done
offers "cons" consent
offers "consent " list record renew show withdraw
offers "consent re" record renew
offers "--vault /x --json consent w" withdraw
offers "--vault fo" folder
offers "--vault=fo" # one word, as only the line's own editor takes it apart
offers "init --sl" --slot
offers "init --slot " key-file passphrase shares tpm
offers "init --slot = k" key-file
offers "ingest fi" film.mov
offers "ingest --case fi"
offers "ingest --case cas_x f" film.mov folder
offers "export clp_x --to f" film.mov folder
offers "help consent rec" record
offers "grant re" revoke
offers "show --dry"
offers "export clp_x --prog" --progress
offers "clip people clp_x --pur"

command -v zsh >/dev/null || skip "zsh is not here"
mkdir functions
cp "$made/zsh" functions/_clipvault
cat >press.zsh <<'Z'
zmodload zsh/zpty
setopt extended_glob
zpty -b shell zsh -f -i
say() { zpty -w shell $1; }
say "PS1='> '; unset zle_bracketed_paste; fpath=($PWD/functions \$fpath); autoload -U compinit; compinit -u -D; zstyle ':completion:*' format ''; setopt no_list_beep no_auto_menu; LISTMAX=10000; stty rows 200 cols 200"
say 'print rea''dy'
text=
# await TEXT: reads until the screen has it, for 15 s at most.
await() {
  local more
  repeat 150; do
    while zpty -r -t shell more; do text+=$more; done
    text=${text//($'\e'[^a-zA-Z]#[a-zA-Z]|[$'\r\a'])/} # what moves the cursor
    [[ $text != *$1* ]] || return 0
    sleep 0.1
  done
}
await ready
for line shown in "$@"; do
  text=
  zpty -n -w shell $'\x15'"$line"$'\t\t'
  await "$shown"
  [[ $text == *$shown* ]] || print -r -- "after \"$line\" zsh does not show \"$shown\": $text"
done
zpty -d shell
Z
said=$(timeout 120 zsh -f press.zsh 'clipvault consent wi' 'clipvault consent withdraw' \
  'clipvault unl' 'clipvault unlock' \
  'clipvault init --slot pass' 'clipvault init --slot passphrase' \
  'clipvault consent record --as' 'clipvault consent record --assent' \
  'clipvault ingest fil' 'clipvault ingest film.mov' \
  'clipvault consent ' 'someone takes their consent back' 2>&1)
same "$said" "" "zsh"
