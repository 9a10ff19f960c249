# Sourced by tests of what goes wrong under a command: strace puts a kill or an error in the place of a system call; what opens, what is
# whole, and the archivist with every old file and every secret. The vault before lies in "pristine".
# shellcheck disable=SC2154 # stage, programs: of the story
command -v strace >/dev/null || skip "needs strace"
strace -qq -o /dev/null true 2>/dev/null || skip "nothing may be traced here"
calls="write pwrite64 pwritev writev fsync fdatasync ftruncate fallocate unlink unlinkat rename renameat renameat2 mkdirat"
stride=${FAULT_STRIDE:-15}
first=$((RANDOM % stride + 1))
points=0 where=undisturbed

# injected HOW CALL N COMMAND…: runs it with the fault at the Nth of these calls of its own; its exit code in $code
injected() {
  local how=$1 call=$2 n=$3
  shift 3
  code=0
  { strace -qq -o /dev/null -e trace="$call" -e inject="$call:$how:when=$n" "$programs/clipvault" "$@" >out 2>&1 </dev/null || code=$?; } 2>/dev/null
  points=$((points + 1))
}
count_of() { grep -cE "^$1\(" trace || true; } # CALL, in the trace
see() { # COMMAND…: which calls it makes, undisturbed
  rm -rf vault; cp -a pristine vault
  strace -qq -o trace -e trace="${calls// /,}" "$programs/clipvault" "$@" >out 2>&1 </dev/null || fail "undisturbed: $(cat out)"
}
opens() { # CLIP FILE [KEY]: an export for supervision gives these bytes
  rm -f seen.jpg
  "$programs/clipvault" --key-file "${3:-$CLIPVAULT_KEY_FILE}" export "$1" --purpose supervision --to seen.jpg >export.out 2>&1 && cmp -s seen.jpg "$2"
}
whole() { vault check --deep >check.out 2>&1 || fail "$where: $(cat check.out)"; }
# archivist CLIP FILE KEY…: with files of any of the earlier vaults $olds, and any of these keys, and today's effaceable store, the clip
# stays shut.
olds=pristine
archivist() {
  local old files f key clip=$1 shown=$2
  shift 2
  for old in $olds; do
    for files in keys.db index.db "keys.db index.db" "keys.db index.db objects"; do
      rm -rf attack; cp -a vault attack; rm -f attack/*.db-*
      for f in $files; do
        rm -rf "attack/$f"; cp -a "$old/$f" attack/
        [ ! -e "$old/$f-wal" ] || cp -a "$old/$f-wal" attack/
      done
      for key; do
        if CLIPVAULT_DIR=$stage/attack opens "$clip" "$shown" "$key"; then fail "$where: what had ended opens with $files of $old"; fi
      done
    done
  done
}
