#!/bin/bash
# Cuts and stills are exact to the frame, and sound stays in step: films whose frames carry their number and whose seconds carry
# a beep are cut at every kind of place, let out again, and read.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/flow/story.bash
. "$here/story.bash"
media=${CLIPVAULT_MEDIA:-}
look() { python3 "$here/frames.py" "$@"; }

# numbered FILE RATE FRAMES: lively pictures with a hard cut every 37 frames, and a chirp at each second.
numbered() {
  local seconds
  seconds=$(awk "BEGIN {print $3 / ($2)}")
  ffmpeg -nostdin -loglevel error -f lavfi -i "color=black:s=320x32:r=$2,geq=lum='16+219*mod(floor(N/pow(2,floor(X*16/W))),2)':cb=128:cr=128" \
    -f lavfi -i "testsrc2=s=320x208:r=$2,noise=alls=12:allf=t,negate=enable='mod(floor(n/37),2)'" \
    -f lavfi -i "aevalsrc='0.5*sin(2*PI*(400*mod(t,1)+20000*mod(t,1)^2))*lt(mod(t,1),0.08)':s=48000:d=$seconds" \
    -filter_complex '[0][1]vstack' -t "$seconds" -c:v libx264 -preset ultrafast -crf 12 -pix_fmt yuv420p -c:a pcm_s16le -y "$1"
}
drive() { "$programs/tests/worker_drive" "$programs/clipvault-transcode" "$@" >/dev/null; }
let_out() { # CLIP FILE
  rm -f "$2"
  vault export "$1" --purpose supervision --to "$2" >/dev/null
}
new_vault
kim=$(person Kim carer)
consent "$kim" supervision --media recording,clip,still,audio >/dev/null
cuts=0 frames=0 spliced=0

# cut FROM TO: of $film ($whole is its copy, let out); every frame is the right one, nothing is broken at the seams.
cut() {
  local made clip
  made=$(ask cut "$film" --in "$1" --out "$2")
  clip=$(get .clip <<<"$made")
  same "$(get .frames <<<"$made")" $(($2 - $1)) "frames of $1 to $2"
  let_out "$clip" cut.mp4
  look sequence cut.mp4 "$1" "$2" || fail "frames of $1 to $2, $(get .choice <<<"$made")"
  [[ $made != *"taken over"* ]] || spliced=$((spliced + 1))
  cuts=$((cuts + 1)) frames=$((frames + $2 - $1))
}
keys() { ffprobe -v error -select_streams v -show_entries packet=flags -of csv=p=0 "$1" | awk '/K/ {print NR - 1}'; } # closed groups
begin() { # RATE FRAMES: a new $film, its $whole, where its groups begin
  rm -f numbered.mkv
  numbered numbered.mkv "$1" "$2"
  film=$(take_in numbered.mkv "$kim")
  let_out "$film" whole.mp4
  look sequence whole.mp4 0 "$2"
  mapfile -t groups < <(keys whole.mp4)
}

# At 25 frames a second: whole, ends, single frames, and every relation to the borders of groups.
begin 25 200
for range in '0 200' '0 1' '199 200' '198 200' '1 200' '0 199' '100 101'; do
  # shellcheck disable=SC2086 # two words
  cut $range
done
border=${groups[2]}
for from in -1 0 1; do cut $((border + from)) $((border + 1 + from)); done
for from in -2 -1 0 1; do cut $((border + from)) $((border + 60)); done
for to in -1 0 1 2; do cut $((border - 30)) $((border + to)); done
[ "$spliced" -ge 8 ] || fail "only $spliced of $cuts cuts took anything over"

# What was taken over is what was there, bit by bit; what was not is no less right.
made=$(ask cut "$film" --in 30 --out 170)
let_out "$(get .clip <<<"$made")" cut.mp4
read -r wrong equal count _ < <(look like cut.mp4 whole.mp4 30)
taken=$(sed -n 's/.*frames \([0-9]*\) to \([0-9]*\) taken.*/\2 - \1/p' <<<"$made")
same "$wrong,$equal,$count" "0,$((taken)),140" "frames wrong, equal to the film's, in all"
# Its parameter sets stand beside the picture and nowhere in it; no message of the encoder's is left.
units=$(ffmpeg -nostdin -loglevel trace -i cut.mp4 -c copy -bsf:v trace_headers -f null - 2>&1 | grep -c 'Supplemental Enhancement' || true)
same "$units" 0 "messages in a cut"
# What is derived of a cut is of the cut: its index names its key frames, and counts from where it was cut.
drive whole.mp4 cut.mp4 --may-copy --derive --from 30 --to 170 --objects .
same "$(python3 "$here/frames.py" index frames)" "140 1200000 $(keys cut.mp4 | tr '\n' ' ' | sed 's/ $//')" "the frame index of a cut"

# Sound: the same sample of the chirp, wherever it is cut. A picture's frame is 1920 samples long here.
for range in '30 170' '37 163' '1 199' '25 150'; do
  read -r from to <<<"$range"
  let_out "$(ask cut "$film" --in "$from" --out "$to" | get .clip)" cut.mp4
  read -r length lags < <(look sound cut.mp4 whole.mp4 $((from * 1920)) 48000)
  [ -n "$lags" ] || fail "no beep was measured in $range"
  for lag in $lags; do same "$lag" 0 "samples by which the sound of $range is off"; done
  same "$(ffprobe -v error -select_streams a -show_entries stream=duration_ts -of csv=p=0 cut.mp4)" $(((to - from) * 1920)) "samples of $range by the index"
  [ $((length - (to - from) * 1920)) -lt 1024 ] || fail "$length samples in $range"
done

# Times mean the frame on screen: 4.0 s is frame 100, a moment before it 99.
let_out "$(ask cut "$film" --in 3.999 --out 4.0 | get .clip)" cut.mp4
look sequence cut.mp4 99 100

# A hundred stills: a few through the vault, by number and by time, the others straight from the worker.
shown=(0 199)
for ((i = 0; i < 98; i++)); do shown+=($((RANDOM % 200))); done
for i in "${!shown[@]}"; do
  n=${shown[i]} at=$n picture=$(printf 'still-%03d.jpg' "$i")
  [ $((i % 2)) = 0 ] || at=$((n * 40 / 1000)).$(printf '%03d' $((n * 40 % 1000 + i % 40)))
  if [ "$i" -lt 12 ]; then
    vault export "$(ask still "$film" --at "$at" | get .clip)" --purpose supervision --to "$picture" >/dev/null
  else
    drive whole.mp4 "$picture" --from "$n" --still
  fi
done
same "$(look numbers 'still-*.jpg' | tr '\n' ' ')" "$(printf '%s ' "${shown[@]}")" "the numbers in a hundred stills"

# Other rates. At one frame a second every frame is a group of its own.
for row in '30000/1001 120' '5 40' '1 20'; do
  read -r rate count <<<"$row"
  begin "$rate" "$count"
  third=$((count / 3)) border=${groups[$((${#groups[@]} / 2))]}
  cut 1 $((count - 1))
  cut "$third" $((third + 1))
  cut $((border - 1)) $((count - third))
  cut $((count - 2)) "$count"
done

# Sound alone is cut to the millisecond.
ffmpeg -nostdin -loglevel error -i numbered.mkv -vn -c:a copy -t 9 -y chirps.wav
film=$(take_in chirps.wav "$kim")
let_out "$film" whole.m4a
let_out "$(ask cut "$film" --in 1.250 --out 6.777 | get .clip)" cut.m4a
read -r length lags < <(look sound cut.m4a whole.m4a 60000 48000)
same "$lags" "0 0 0 0 0" "samples by which sound alone is off"
same "$(ffprobe -v error -select_streams a -show_entries stream=duration_ts -of csv=p=0 cut.m4a)" $((5527 * 48)) "its samples"

# Real films: each frame is nearest to the very frame of the copy it was cut from.
real=0
for row in 'chaplin.mp4 31 120' 'with-gps.mov 20 93' 'sample.avi 7 83'; do
  read -r name from to <<<"$row"
  [ -e "$media/video/$name" ] || continue
  film=$(take_in "$media/video/$name" "$kim")
  let_out "$film" whole.mp4
  let_out "$(ask cut "$film" --in "$from" --out "$to" | get .clip)" cut.mp4
  read -r wrong equal count apart < <(look like cut.mp4 whole.mp4 "$from")
  same "$wrong,$count" "0,$((to - from))" "frames of $name wrong, in all"
  [ "$apart" -gt 20 ] || fail "only $apart frames of $name can be told from their neighbours"
  real=$((real + 1)) frames=$((frames + count))
  echo "$name: $count frames, $equal of them bit by bit, $apart unlike a neighbour"
done
vault check --deep >/dev/null
echo "$cuts cuts ($spliced took groups over), $frames frames and 100 stills read back, $real real films, 0 wrong"
