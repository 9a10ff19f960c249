#!/bin/bash
# What goes wrong while more than one thing happens: a sweep of several clips that are due, disturbed at its system calls; two shreds at
# once, one of them killed; a shred while a film of that clip is exported, and while one of the same person is taken in; a reader who
# blocks the checkpoint. After each, what was to live opens, and the archivist with copies from before and from between opens nothing.
#   FAULT_STRIDE=1   every call of the sweep; by default every 45th of each kind, from another one each time
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm # no power fails here
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/flow/story.bash
. "$here/../flow/story.bash"
: "${FAULT_STRIDE:=45}"
# shellcheck source=tests/fault/injected.bash
. "$here/injected.bash"
programs=$hooked
[ -x "$programs/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
command -v sqlite3 >/dev/null || skip "needs sqlite3"

new_vault
kim=$(person "Kim" carer)
consent "$kim" supervision --media still,recording >/dev/null
names=(one two three four)
declare -A clip
for name in "${names[@]}" stays; do
  picture "$name.png"
  end=2030-01-01
  [ "$name" != stays ] || end=2040-01-01
  clip[$name]=$(ask ingest "$name.png" --case "$family" --person "$kim" --expires $end | get '.ingested[0].clip')
  vault export "${clip[$name]}" --purpose supervision --to "$name.jpg" >/dev/null
done
vault ls >/dev/null
cp -a vault pristine

dead() { # NAME…
  local name
  for name; do
    same "$(state "${clip[$name]}")" shredded "$where: $name"
    archivist "${clip[$name]}" "$name.jpg" "$CLIPVAULT_KEY_FILE"
  done
}
alive() { for name; do opens "${clip[$name]}" "$name.jpg" || fail "$where: $name is lost: $(cat export.out)"; done; }

# ---- a sweep
export CLIPVAULT_TEST_NOW=2030-01-02T00:00:00Z CLIPVAULT_TEST_JUMP_OK=1
see sweep
where="a sweep"
dead "${names[@]}"; alive stays; whole
cp trace undisturbed
for call in $calls; do
  count=$(grep -cE "^$call\(" undisturbed || true)
  for ((n = count < first ? 1 : first; n <= count; n += stride)); do
    for how in signal=SIGKILL error=EIO; do
      where="a sweep, $how at $call $n of $count"
      rm -rf vault between; cp -a pristine vault
      injected "$how" "$call" "$n" sweep
      case $how:$code in *:0 | signal=*:137 | error=*:7[45] | error=*:73 | error=*:65) ;; *) fail "$where: exit code $code: $(cat out)" ;; esac
      cp -a vault between
      vault sweep >out 2>&1 || fail "$where: again: $(cat out)"
      olds=between
      dead one; for name in two three four; do same "$(state "${clip[$name]}")" shredded "$where"; done
      alive stays; whole
    done
  done
done
unset CLIPVAULT_TEST_NOW CLIPVAULT_TEST_JUMP_OK
echo "a sweep: $points points"

# ---- two at once, one of which is killed
for point in shred-1 shred-3 shred-4 shred-5 shred-6 job-keys-gone job-concluded; do
  where="two shreds at once, one killed at $point"
  rm -rf vault between; cp -a pristine vault
  (CLIPVAULT_TEST_CRASH=$point "$programs/clipvault" shred "${clip[one]}" --reason first >first.out 2>&1 || true) 2>/dev/null &
  one=$!
  "$programs/clipvault" shred "${clip[two]}" --reason second >second.out 2>&1 &
  two=$!
  code=0; wait $two || code=$?
  [ "$code" = 0 ] || [ "$code" = 75 ] || fail "$where: the other ended with $code: $(cat second.out)"
  wait $one
  cp -a vault between
  vault ls >/dev/null
  [ "$(state "${clip[one]}")" = shredded ] || vault shred "${clip[one]}" --reason again >/dev/null
  [ "$(state "${clip[two]}")" = shredded ] || vault shred "${clip[two]}" --reason again >/dev/null
  olds="pristine between"
  dead one; olds=between; dead two; alive three four stays; whole
  points=$((points + 1))
done

# ---- while the same film is exported, and while another of the same person is taken in
rm -rf vault; cp -a pristine vault
olds="pristine between"
film long.mp4 20 1280x720
clip[film]=$(take_in long.mp4 "$kim")
vault export "${clip[film]}" --purpose supervision --to film.jpg >/dev/null
rm -rf between; cp -a vault between
where="a shred during an export"
mkfifo pipe
"$programs/clipvault" export "${clip[film]}" --purpose supervision --to - >pipe 2>export.err &
pid=$!
exec 3<pipe
head -c 100000 <&3 >part
ask shred "${clip[film]}" --reason meanwhile >/dev/null
cat <&3 >rest
exec 3<&-
code=0; wait $pid || code=$?
same "$code" 77 "$where: $(cat export.err)"
[ "$(stat -c %s rest)" -lt 400000 ] || fail "$where: $(stat -c %s rest) bytes were still given out"
olds=between
dead film; alive "${names[@]}" stays; whole
points=$((points + 1))

where="a shred during an ingest of the same person"
before=$(find vault/objects -type f | wc -l)
printf x >>long.mp4
"$programs/clipvault" --json ingest long.mp4 --case "$family" --person "$kim" >ingest.out 2>ingest.err &
pid=$!
until [ "$(find vault/objects -type f | wc -l)" -gt "$before" ]; do kill -0 $pid || fail "$where: it ended too early: $(cat ingest.err)"; sleep 0.05; done
ask shred "${clip[one]}" --reason meanwhile >/dev/null
wait $pid || fail "$where: $(cat ingest.out ingest.err)"
olds=pristine
dead one; alive two three four stays; whole
vault export "$(jq -er '.ingested[0].clip' ingest.out)" --purpose supervision --to taken.mp4 >/dev/null
points=$((points + 1))

# ---- a reader who blocks the checkpoint, before and after the change
where="a reader in the way"
rm -rf vault; cp -a pristine vault
mkfifo hold
sqlite3 vault/keys.db <hold >reading 2>&1 &
reader=$!
exec 3>hold
echo "BEGIN; SELECT count(*) FROM node;" >&3
until [ -s reading ]; do kill -0 $reader || fail "$(cat reading)"; sleep 0.02; done
expect 75 shred "${clip[one]}" --reason blocked
rm -rf between; cp -a vault between
same "$(sqlite3 vault/index.db "SELECT count(*) FROM job WHERE state = 'pending'")" 1 "$where: what is pending"
code=0; vault export "${clip[one]}" --purpose supervision --to never.jpg >/dev/null 2>&1 || code=$?
[ "$code" != 0 ] || fail "$where: it opens while it is pending"
exec 3>&-
wait $reader
vault ls >/dev/null
olds="pristine between"
dead one; alive two three four stays; whole
points=$((points + 1))

# The control: with the effaceable store of before, the attack succeeds.
cp -a pristine/. vault/
opens "${clip[one]}" one.jpg || fail "the control: it should open"
echo "$points points, every ${stride}th call, from the ${first}th"
