#!/bin/bash
# Cuts and stills and the law: who is in them, what they may be used for, when they end, what a withdrawal does to them, what is
# refused and in which words, and that a cut which does not come to its end leaves nothing.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
[ -x "$hooked/clipvault" ] || skip "needs a build with test hooks (make TEST_CLOCK=1)"
programs=$hooked
new_vault
ada=$(person Ada child) mira=$(person Mira carer) tom=$(person Tom staff)
consent "$ada" intervention,supervision,research --media recording,clip,still >/dev/null
consent "$mira" intervention,supervision --media recording,clip >/dev/null
consent "$tom" intervention,supervision --media recording >/dev/null
film film.mp4 6
clip=$(ask ingest film.mp4 --case "$family" --person "$ada" --person "$mira" --recorded 2026-01-15 --expires 2031-05-01 | get '.ingested[0].clip')
objects() { find vault/objects -type f | wc -l; }
clips() { ask ls | jq length; }
people() { ask show "$1" | jq -r '.people | sort | join(" ")'; }
sorted() { printf '%s\n' "$@" | sort | tr '\n' ' ' | sed 's/ $//'; }

# A cut inherits case, people, date, end and source; it names its parent; it has a log entry; its uses are those of clips.
made=$(ask cut "$clip" --in 25 --out 3.0)
part=$(get .clip <<<"$made")
same "$(jq -c '[.parent, .state, .from_frame, .to_frame, .frames]' <<<"$made")" "[\"$clip\",\"live\",25,75,50]"
for key in case sha256 file_name recorded_at expires_at; do
  same "$(ask show "$part" | jq -c ".$key")" "$(ask show "$clip" | jq -c ".$key")" "$key of a cut"
done
same "$(ask show "$part" | jq -r '.kind, .parent, .from_frame, .to_frame' | tr '\n' ' ')" "clip $clip 25 75 "
same "$(people "$part")" "$(sorted "$ada" "$mira")" "who is in a cut"
same "$(purposes "$part")" intervention,supervision
ask audit list --clip "$part" | jq -e --arg parent "$clip" '.[] | select(.did == "clip.cut") | .details == "of \($parent), frames 25 to 75"' >/dev/null || fail "$(ask audit list --clip "$part")"
# The same moment may be cut twice: it is no duplicate of a file.
same "$(purposes "$(ask cut "$clip" --in 25 --out 75 | get .clip)")" intervention,supervision
vault check --deep >/dev/null

# Only some of the people: what they alone agreed to. A still needs consent to stills, which Mira did not give.
alone=$(ask cut "$clip" --in 0 --out 10 --person "$ada" | get .clip)
same "$(people "$alone")" "$ada"
same "$(purposes "$alone")" intervention,research,supervision
picture=$(ask still "$clip" --at 1.0 --person "$ada" | get .clip)
same "$(ask show "$picture" | jq -r '.kind, .from_frame, .to_frame, .width, .height' | tr '\n' ' ')" "still 25 26 320 240 "
same "$(purposes "$picture")" intervention,research,supervision
both=$(ask still "$clip" --at 25 | get .clip)
same "$(state "$both")" quarantined "a still with somebody who agreed to clips only"
expect 77 export "$both" --purpose supervision --to never.jpg
consent "$mira" supervision --media still >/dev/null
same "$(state "$both"),$(purposes "$both")" live,supervision "once she agreed"
vault export "$both" --purpose supervision --to still.jpg >/dev/null
same "$(ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 still.jpg)" mjpeg,320,240

# Tom agreed to recordings, not to clips: a cut with him waits in quarantine, and ends there by itself.
film other.mp4 3
second=$(take_in other.mp4 "$ada" "$tom")
same "$(purposes "$second")" intervention,supervision
waits=$(ask cut "$second" --in 0 --out 25 | get .clip)
same "$(state "$waits"),$(purposes "$waits")" quarantined, "a cut with somebody who agreed to recordings only"

# What is refused, and how it is said.
before=$(objects)
refused() { # CODE WORDS COMMAND…
  local code=$1 words=$2
  shift 2
  expect "$code" "$@"
  says "$words"
}
refused 64 "the film has 150 frames (6.000 s)" cut "$clip" --in 0 --out 151
refused 64 "--out lies beyond the end" cut "$clip" --in 0 --out 6.04
refused 64 "--in lies beyond the end" cut "$clip" --in 150 --out 151
refused 64 "nothing lies between --in and --out" cut "$clip" --in 75 --out 3.0
refused 64 "nothing lies between" cut "$clip" --in 10 --out 9
refused 64 "--at lies beyond the end" still "$clip" --at 150
refused 64 "takes a frame's number (123) or seconds with a point" cut "$clip" --in 1:02 --out 75
refused 64 "--at takes" still "$clip" --at 3s
refused 64 "needs --out" cut "$clip" --in 3
refused 64 "$tom is not in the clip" cut "$clip" --in 0 --out 9 --person "$tom"
refused 64 "given twice" cut "$clip" --in 0 --out 9 --person "$ada" --person "$ada"
refused 64 "this is a picture" cut "$picture" --in 0 --out 1
refused 64 "this is a picture" still "$picture" --at 0
refused 66 "no such clip" cut "clp_${clip:4:22}aaaa" --in 0 --out 9
refused 77 "quarantine" cut "$waits" --in 0 --out 9
refused 77 "quarantine" still "$waits" --at 0
same "$(objects)" "$before" "objects after what was refused"
ffmpeg -nostdin -loglevel error -f lavfi -i sine=d=3:r=48000 -y tone.wav
consent "$ada" supervision --media audio >/dev/null
tone=$(take_in tone.wav "$ada")
refused 64 "sound without a picture" still "$tone" --at 1.0
refused 64 "has no frames; give seconds" cut "$tone" --in 0 --out 1.5
heard=$(ask cut "$tone" --in 0.5 --out 1.75)
same "$(jq -c '[.state, .duration_ms, .purposes[]]' <<<"$heard")" '["live",1250,"supervision"]'
same "$(ask show "$(get .clip <<<"$heard")" | get .kind)" audio
vault check --deep >/dev/null

# A clip whose own time is over is cut no more, swept or not.
film brief.mp4 2
brief=$(ask ingest brief.mp4 --case "$family" --person "$ada" --expires 2027-03-01 | get '.ingested[0].clip')
piece=$(ask cut "$brief" --in 5 --out 20 | get .clip)
export CLIPVAULT_TEST_NOW=2027-03-02T00:00:00Z CLIPVAULT_TEST_JUMP_OK=1
refused 77 "time is over" cut "$brief" --in 0 --out 9
ask sweep >/dev/null
same "$(state "$brief"),$(state "$piece"),$(state "$clip")" shredded,shredded,live "a cut ends with the film's own date"
refused 77 "has ended" cut "$brief" --in 0 --out 9
same "$(state "$waits")" shredded "a cut's quarantine is over"

# Killed at every step: nothing of the cut is there, the film is, and it can be cut again.
before=$(objects) known=$(clips)
for point in ingest-sealed ingest-keys ingest-commit; do
  for command in "cut $clip --in 10 --out 60" "still $clip --at 33"; do
    code=0
    # shellcheck disable=SC2086 # words
    { CLIPVAULT_TEST_CRASH=$point "$programs/clipvault" $command >killed.out 2>&1 || code=$?; } 2>/dev/null
    same "$code" 137 "$point was passed by $command: $(cat killed.out)"
    same "$(clips),$(objects)" "$known,$before" "clips and objects after a kill at $point"
    vault check --deep >/dev/null
  done
done
ask shred "$(ask cut "$clip" --in 10 --out 60 | get .clip)" --reason tidy >/dev/null

# Interrupted (Ctrl-C): 75, and nothing of it stays.
film long.mp4 16 1280x720
long=$(take_in long.mp4 "$ada" "$mira")
before=$(objects) known=$(clips)
"$programs/clipvault" cut "$long" --in 1 --out 16.0 >cut.out 2>&1 &
pid=$!
until [ "$(objects)" -gt "$before" ]; do kill -0 $pid || fail "the cut ended too early: $(cat cut.out)"; sleep 0.02; done
kill -INT $pid
code=0; wait $pid || code=$?
same "$code" 75 "an interrupted cut: $(cat cut.out)"
same "$(clips),$(objects)" "$known,$before" "clips and objects after an interruption"

# A withdrawal in the middle is answered at once, and stops it; it ends the film and what was cut from it.
early=$(ask cut "$long" --in 0 --out 5 | get .clip)
before=$(objects)
"$programs/clipvault" cut "$long" --in 1 --out 16.0 >cut.out 2>&1 &
pid=$!
until [ "$(objects)" -gt "$before" ]; do kill -0 $pid || fail "the cut ended too early: $(cat cut.out)"; sleep 0.02; done
start=$(date +%s%N)
ask consent withdraw --person "$mira" >withdrawn.json
took=$((($(date +%s%N) - start) / 1000000))
code=0; wait $pid || code=$?
same "$code" 77 "a cut whose film was withdrawn: $(cat cut.out)"
grep -q stopped cut.out || fail "$(cat cut.out)"
[ "$took" -lt 10000 ] || fail "the withdrawal took $took ms"
for ended in "$clip" "$part" "$long" "$early" "$both"; do same "$(state "$ended")" shredded "after the withdrawal"; done
for lives in "$alone" "$picture"; do same "$(state "$lives")" live "a cut that she is not in"; done
jq -e --arg a "$part" --arg b "$long" '[.clips_lost[].clip] | index($a) and index($b)' withdrawn.json >/dev/null || fail "$(cat withdrawn.json)"
vault export "$alone" --purpose research --to alone.mp4 >/dev/null
same "$(ffprobe -v error -count_packets -select_streams v -show_entries stream=nb_read_packets -of csv=p=0 alone.mp4)" 10
vault check --deep >/dev/null
vault audit verify >/dev/null
