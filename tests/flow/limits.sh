#!/bin/bash
# What one file may cost: each limit of clipvault.conf, set small, refuses a file by the name of its key, and the same file is
# taken in without it. Then files on which the decoder hangs, crashes or is killed: refused or told, and the vault is whole.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,audio,still >/dev/null
cp vault/clipvault.conf usual.conf

configure() { cp usual.conf vault/clipvault.conf; printf '%s\n' "$@" >>vault/clipvault.conf; }
whole() { # whole WHAT
  vault check --deep >check.out 2>&1 || fail "after $1: $(cat check.out)"
  vault audit verify >/dev/null || fail "the audit log after $1"
  same "$(find vault/objects -type f | wc -l)" "$(find kept -type f | wc -l)" "objects after $1"
}
remember() { rm -rf kept; cp -a vault/objects kept; }
remember
# limited FILE KEY VALUE REASON: refused with that limit, taken in without it.
limited() {
  configure "$2 = $3"
  expect 65 ingest "$1" --case "$family" --person "$ada"
  says "$4"
  says "$2 in clipvault.conf"
  whole "$1 with $2 = $3"
  configure
  take_in "$1" "$ada" >/dev/null
  remember
}

film pixels.mp4 1 640x480
limited pixels.mp4 most_pixels 299K "too many pixels (640 x 480" # 300K
picture pixels.png
limited pixels.png most_pixels 74K "too many pixels (320 x 240"
ffmpeg -nostdin -loglevel error -i pixels.png -vf hflip -y pixels.jpg
limited pixels.jpg most_pixels 74K "too many pixels"

film one.mp4 1
for format in mp4 mkv ts; do
  maps=()
  for ((i = 0; i < 4; i++)); do maps+=(-map 0:a); done
  ffmpeg -nostdin -loglevel error -i one.mp4 -map 0:v "${maps[@]}" -c copy -y "streams.$format"
  limited "streams.$format" most_streams 4 "more than 4 streams"
done

film long.mp4 5
limited long.mp4 most_duration_seconds 4 "longer than 4 seconds"
# One that does not say how long it is: what comes out of it counts.
ffmpeg -nostdin -loglevel error -i long.mp4 -map 0:v -vf hue=h=90 -c:v libx264 -preset ultrafast -f matroska -live 1 - | cat >unsaid.mkv
limited unsaid.mkv most_duration_seconds 3 "longer than 3 seconds"
film packets.mp4 2
limited packets.mp4 most_packets 40 "more than 40 packets"

# Computing: a film whose pictures take longer than a second, and long enough to be caught in the middle further down.
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=50,noise=alls=40:allf=t" -t 40 -c:v libx264 -preset ultrafast -y slow.mp4
configure "most_seconds = 1"
expect 65 ingest slow.mp4 --case "$family" --person "$ada"
says "refused: the file takes longer than 1 seconds (most_seconds in clipvault.conf)"
whole "a film that takes too long"

# A worker is caught in the middle of a film: it has sealed something, and is then stopped, or dies.
# caught SIGNAL: takes in slow.mp4 and sends the worker that signal; leaves what was said in $said and the exit code in $code.
caught() {
  local parent worker='' waited=0
  "$programs/clipvault" ingest slow.mp4 --case "$family" --person "$ada" >said.out 2>&1 &
  parent=$!
  until [ "$(find vault/objects -type f -size +0 | wc -l)" -gt "$(find kept -type f | wc -l)" ]; do
    kill -0 "$parent" 2>/dev/null || fail "it was over before it was caught: $(cat said.out)"
    waited=$((waited + 1))
    [ "$waited" -lt 600 ] || fail "nothing was sealed within a minute"
    sleep 0.1
  done
  worker=$(pgrep -P "$parent") || fail "there is no worker to be caught"
  kill -s "$1" "$worker"
  code=0
  wait "$parent" || code=$?
  said=$(cat said.out)
  ! kill -0 "$worker" 2>/dev/null || fail "the worker is still there"
}
start=$SECONDS
configure "most_seconds = 20"
caught STOP
same "$code" 65 "a hang: $said"
says "most_seconds in clipvault.conf"
[ $((SECONDS - start)) -lt 120 ] || fail "a hang took $((SECONDS - start)) s to end"
whole "a hang"
configure
for signal in SEGV ABRT FPE BUS ILL; do
  caught "$signal"
  same "$code" 65 "a crash: $said"
  says "refused: the file crashed the decoder (SIG$signal)"
  whole "a crash by SIG$signal"
done
caught KILL # by whoever is short of memory
[ "$code" != 0 ] || fail "a killed worker was a success: $said"
whole "a killed worker"
picture after.png
take_in after.png "$ada" >/dev/null
vault check --deep >/dev/null
