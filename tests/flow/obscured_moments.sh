#!/bin/bash
# Cuts and stills of a film that somebody agreed to only obscured: what they may be used for only so is cut from the obscured film,
# covers the same people, and no frame of the film as it is gets into it.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
command -v python3 >/dev/null || skip "needs python3"
new_vault
ada=$(person "Ada" carer) mira=$(person "Mira" carer)
everything=recording,clip,still
consent "$ada" intervention --media $everything >/dev/null
consent "$ada" external_training --identifiability obscured --media $everything >/dev/null
consent "$mira" intervention,external_training --media $everything >/dev/null

# The left half is Ada, a pattern of its own in every frame; it is filled. The right half is white.
python3 - <<'P' | ffmpeg -nostdin -loglevel error -f rawvideo -pix_fmt gray -s 320x180 -r 25 -i - -f lavfi -i sine=frequency=500 -t 4 -c:v libx264 -preset ultrafast -crf 12 -pix_fmt yuv420p -c:a aac -y film.mp4
import sys
for n in range(100):
    row = bytes(40 + 2 * n if x // 8 % 2 else 16 for x in range(160)) + bytes([235]) * 160
    sys.stdout.buffer.write(row * 180)
P
clip=$(take_in film.mp4 "$ada" "$mira")
printf 'person %s fill\n0 0 0 160 180\n' "$ada" >film.marks
vault obscure mark "$clip" --file film.marks >/dev/null
vault obscure confirm "$clip" --through end >/dev/null
same "$(state "$clip")" live

stripes() { # stripes FILE: how much of Ada's pattern is in its first frame, 0 to 255
  ffmpeg -nostdin -loglevel error -i "$1" -frames:v 1 -vf scale=320:180:flags=neighbor -f rawvideo -pix_fmt gray - | python3 -c '
import sys
f = sys.stdin.buffer.read()
row = f[90 * 320:91 * 320]
assert row[240] > 200, ("the white half is missing", row[240])
print(round(sum(abs(row[x] - row[x + 8]) for x in range(12, 140, 8)) / 16))'
}
sorted() { ask show "$1" | jq -r ".purposes | unique | join(\",\")"; }
frames() { ffprobe -v error -count_packets -select_streams v -show_entries stream=nb_read_packets -of csv=p=0 "$1"; }

# Whoever may see both cuts both: each purpose finds the rendition that its consents ask for.
cut=$(ask cut "$clip" --in 30 --out 70 | get .clip)
still=$(ask still "$clip" --at 80 | get .clip)
for one in "$cut" "$still"; do
  same "$(sorted "$one")" external_training,intervention
  ask explain "$one" --purpose external_training | jq -e '.allowed and .rendition == "obscured"' >/dev/null || fail "obscured"
  ask explain "$one" --purpose intervention | jq -e '.allowed and .rendition == "as-filmed"' >/dev/null || fail "as filmed"
  expect 77 export "$one" --purpose external_training --rendition as-filmed --to no
  vault export "$one" --purpose external_training --to "$one.obscured" >/dev/null
  vault export "$one" --purpose intervention --to "$one.plain" >/dev/null
  [ "$(stripes "$one.plain")" -gt 60 ] || fail "this test does not see Ada where she is: $(stripes "$one.plain")"
  [ "$(stripes "$one.obscured")" -lt 5 ] || fail "Ada shines through: $(stripes "$one.obscured")"
done
same "$(frames "$cut.obscured"),$(frames "$cut.plain")" 40,40
ask obscure show "$cut" | jq -e --arg ada "$ada" '.confirmed.people | map(select(.covered) | .person) == [$ada]' >/dev/null || fail "who is covered"
expect 0 obscure show "$cut"; says "cut from an obscured film"
vault check --deep >/dev/null

# Who is not in the cut is not covered in it, and asks for nothing: a clip of Mira alone is hers as filmed.
alone=$(ask cut "$clip" --in 30 --out 70 --person "$mira" | get .clip)
same "$(sorted "$alone")" external_training,intervention
ask explain "$alone" --purpose external_training | jq -e '.allowed and .rendition == "as-filmed"' >/dev/null || fail "hers alone"

# Once the film may only be seen obscured, it is cut from that alone.
vault consent record --person "$ada" --refuse intervention --identifiability as-filmed --case "$family" >/dev/null
same "$(state "$clip")" live
expect 77 export "$clip" --purpose intervention --rendition as-filmed --to no
before=$(ask ls | jq length)
later=$(ask cut "$clip" --in 30 --out 70 | get .clip) frame=$(ask still "$clip" --at 80 | get .clip)
for one in "$later" "$frame"; do
  same "$(sorted "$one")" external_training,intervention
  expect 77 export "$one" --purpose external_training --rendition as-filmed --to no
  vault export "$one" --purpose external_training --to "$one.obscured" >/dev/null
  [ "$(stripes "$one.obscured")" -lt 5 ] || fail "Ada shines through: $(stripes "$one.obscured")"
done
same "$(python3 -c 'import sqlite3, sys
print(sqlite3.connect("file:vault/index.db?mode=ro", uri=True).execute("SELECT count(*) FROM wrap WHERE rendition <> ? AND clip IN "
  "(SELECT clip FROM wrap GROUP BY clip HAVING sum(rendition = ?) = 0)", ("obscured", "as-filmed")).fetchone()[0])')" 0 "a film as it is"
# A yes that comes again does not hide what there is: the film as it is is gone, and the obscured one is still shown and cut.
consent "$ada" intervention --media $everything >/dev/null
ask explain "$later" --purpose intervention | jq -e '.allowed and .rendition == "obscured"' >/dev/null || fail "what is kept is shown"
vault export "$later" --purpose intervention --to later.mp4 >/dev/null
ask cut "$clip" --in 30 --out 70 >/dev/null
# Of a medium that she did not agree to there is nothing obscured, and nothing waits for it.
tom=$(person "Tom" staff)
consent "$tom" external_training --identifiability obscured --media recording >/dev/null
film other.mp4 2
consent "$tom" intervention --media recording >/dev/null
other=$(take_in other.mp4 "$tom")
printf 'person %s fill\n0 0 0 320 240\n' "$tom" >other.marks
vault obscure mark "$other" --file other.marks >/dev/null
vault obscure confirm "$other" --through end >/dev/null
waits=$(ask cut "$other" --in 5 --out 20 | get .clip)
same "$(state "$waits")" quarantined "as filmed it waits"
vault consent record --person "$tom" --refuse intervention --identifiability as-filmed --case "$family" >/dev/null
same "$(state "$other")" live
before=$(ask ls | jq length)
expect 77 cut "$other" --in 5 --out 20; says "not even obscured"
same "$(ask ls | jq length)" "$before" "nothing was kept"

# Somebody takes back what one of two renditions is cut under, in the middle: that one is left out, the other is kept.
eli=$(person "Eli" carer) fay=$(person "Fay" carer)
consent "$eli" intervention,supervision --media $everything >/dev/null
consent "$fay" supervision --media $everything >/dev/null
fays=$(consent "$fay" intervention --identifiability obscured --media $everything)
film long.mp4 30 1280x720
long=$(take_in long.mp4 "$eli" "$fay")
printf 'person %s fill\n0 0 0 640 720\n' "$fay" >long.marks
vault obscure mark "$long" --file long.marks >/dev/null
vault obscure confirm "$long" --through end >/dev/null
halfway() { # halfway WITHDRAW…: cuts, and says that as soon as the first part is being made
  local pid count
  count=$(find vault/objects -type f | wc -l)
  "$programs/clipvault" --json cut "$long" --in 1 --out 29.0 >cut.out 2>cut.err &
  pid=$!
  until [ "$(find vault/objects -type f | wc -l)" -gt "$count" ]; do kill -0 $pid || fail "the cut ended too early: $(cat cut.out cut.err)"; sleep 0.02; done
  vault "$@" >/dev/null
  code=0; wait $pid || code=$?
}
halfway consent withdraw "$fays"
same "$code" 0 "a cut of which one part was taken back: $(cat cut.err)"
same "$(sorted "$(jq -r .clip cut.out)")" supervision "what is left of it"
vault export "$(jq -r .clip cut.out)" --purpose supervision --to part.mp4 >/dev/null
consent "$fay" intervention --identifiability obscured --media $everything >/dev/null
vault obscure confirm "$long" --through end >/dev/null
halfway obscure drop "$long"
same "$code" 0 "a cut whose obscured film was dropped: $(cat cut.err)"
expect 77 export "$(jq -r .clip cut.out)" --purpose intervention --to no.mp4
vault obscure confirm "$long" --through end >/dev/null
halfway consent withdraw --person "$eli"
same "$code" 77 "nothing is left: $(cat cut.out)"
vault check --deep >/dev/null

# A withdrawal ends what was cut, too.
vault consent withdraw --person "$ada" >/dev/null
for one in "$clip" "$cut" "$still" "$later" "$frame"; do same "$(state "$one")" shredded "after the withdrawal"; done
same "$(state "$alone")" live
vault check --deep >/dev/null
vault audit verify >/dev/null
