#!/bin/bash
# What `clipvault consent withdraw` costs as a whole process, from start to exit, for a person in 1, 100 and 1000 clips (each with
# a second person in it, each usable for two purposes): taking back one purpose (uses end, every clip lives on) and taking back
# everything (the clips die, their ciphertext is deleted); and for a person in one clip of a vault of 1001.
#   tests/bench/withdraw.sh [rounds] [clips,…] [others] [folder…]     default: 5 1,100,1000 1000 $TMPDIR /dev/shm
# Vaults are filled by tests/bench/bench_clips.c and opened with a key file: a passphrase adds the time that Argon2id is meant to
# take. Each round withdraws in a fresh copy of each vault; wall and CPU are medians. The sealed films are a few bytes long, which
# changes nothing: `bytes` is what was read and written under objects/, by strace, once.
#
#: title    Withdrawing a consent
#: what     `clipvault consent withdraw` as a whole process, for a person in 1, 100 and 1000 clips: one purpose (uses end) and everything (clips die), and in one clip among many others. Nothing else does this, so there is no peer.
#: limits   Starting and opening the vault for few clips; for many, the rows that each has in the index, as all keys go in one rewriting of the tree and no ciphertext is read or written (the last line counts). On a disk, the syncs.
#: needs    jq strace
#: tiny     1 1,5 5 /dev/shm
#: quick    3 1,100,1000 1000 /dev/shm
#: full     5 1,100,1000 1000
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-5} others=${3:-1000}
IFS=, read -ra sizes <<<"${2:-1,100,1000}"
folders=("${@:4}")
[ ${#folders[@]} -gt 0 ] || folders=("${TMPDIR:-/tmp}" /dev/shm)
programs=${CLIPVAULT:-$PWD/build/release}
fill=$programs/bench/bench_clips
[ -x "$fill" ] || make -s build/release/bench/bench_clips
purposes=supervision,service_training
export CLIPVAULT_KEY_FILE

vault() { "$programs/clipvault" --vault "$work/$1" "${@:2}"; }
make_vault() { # NAME CLIPS OTHERS; leaves who withdraws in NAME.person
  local kase person second p
  CLIPVAULT_KEY_FILE=$work/$1.key
  vault "$1" init --slot key-file --key-file "$CLIPVAULT_KEY_FILE" >/dev/null
  kase=$(vault "$1" --json case open --title bench | jq -r .case)
  person=$(vault "$1" --json person add --name one | jq -r .person)
  second=$(vault "$1" --json person add --name two | jq -r .person)
  for p in "$person" "$second"; do vault "$1" consent record --person "$p" --purpose $purposes >/dev/null; done
  "$fill" "$work/$1" "$CLIPVAULT_KEY_FILE" "$kase" "$2" "$person" "$second"
  [ "$3" = 0 ] || "$fill" "$work/$1" "$CLIPVAULT_KEY_FILE" "$kase" "$3" "$second"
  echo "$person" >"$work/$1.person"
}
copy() {
  rm -rf "$work/copy"
  cp -a "$work/$1" "$work/copy"
  sync -f "$work"
}
withdraw() { # NAME WHAT
  local how=()
  [ "$2" = everything ] || how=(--purpose "$2")
  CLIPVAULT_KEY_FILE=$work/$1.key vault copy --json consent withdraw --person "$(cat "$work/$1.person")" "${how[@]}"
}
timed() { # NAME WHAT: appends wall and CPU seconds
  local spent TIMEFORMAT='%R %U %S'
  copy "$1"
  spent=$({ time withdraw "$1" "$2" >"$work/answer.json"; } 2>&1)
  awk '{print $1, $2 + $3}' <<<"$spent" >>"$work/$1.$2.s"
  jq -e --argjson clips "${1%-*}" --arg what "$2" \
    '.state == "done" and (.clips_lost | length) == $clips * (if $what == "everything" then 2 else 1 end)' "$work/answer.json" >/dev/null
}
a_clip() { # NAME WHAT: us of CPU that each clip more costs
  awk -v clips="${1%-*}" -v cpu="$(median "$1.$2" 2)" -v base="$(median "1-0.$2" 2 2>/dev/null || echo 0)" \
    'BEGIN {print (clips > 1 ? int((cpu - base) * 1e6 / (clips - 1)) : "-")}'
}
touched() { # bytes that pass between the process and the sealed films
  copy "$1"
  CLIPVAULT_KEY_FILE=$work/$1.key strace -f -y -e trace=read,write,pread64,pwrite64 -o "$work/calls" "$programs/clipvault" \
    --vault "$work/copy" consent withdraw --person "$(cat "$work/$1.person")" >/dev/null
  grep -F "$work/copy/objects/" "$work/calls" | awk '{n += $NF} END {print n + 0}'
}

for folder in "${folders[@]}"; do
  work=$(mktemp -d "$folder/withdraw.XXXXXX")
  trap 'rm -rf "$work"' EXIT INT TERM
  names=("${sizes[@]/%/-0}" "1-$others")
  for name in "${names[@]}"; do make_vault "$name" "${name%-*}" "${name#*-}"; done
  for ((i = 0; i < rounds; i++)); do
    for name in "${names[@]}"; do
      timed "$name" supervision
      timed "$name" everything
    done
  done
  printf 'consent withdraw on %s, whole process, %s rounds: median (lowest-highest)\n' "$(stat -f -c %T "$folder")" "$rounds"
  printf '  %8s %8s  %-12s %-18s %-18s %s\n' clips others 'taken back' 'wall ms' 'CPU ms' 'us CPU per clip'
  for name in "${names[@]}"; do
    for what in supervision everything; do
      printf '  %8d %8d  %-12s %-18s %-18s %s\n' "${name%-*}" "${name#*-}" "$what" "$(spread "$name.$what" 1 %.0f 1000)" \
        "$(spread "$name.$what" 2 %.0f 1000)" "$(a_clip "$name" "$what")"
    done
  done
  echo "  bytes of sealed films read or written by withdrawing everything from ${sizes[-1]} clips: $(touched "${sizes[-1]}-0")"
  rm -rf "$work"
done
