#!/bin/bash
# Every file of the folder of real recordings ends as its manifest says, each alone through the caged worker: what is taken
# decodes without an error, with the size, length, turn and tracks the manifest tells of; what is refused is refused in words
# that fit. (everything.sh takes all of them through the whole program.)
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
media=${CLIPVAULT_MEDIA:-}
[ -n "$media" ] && [ -e "$media/MANIFEST.tsv" ] || skip "no folder of real recordings (CLIPVAULT_MEDIA)"
drive=$programs/tests/worker_drive worker=$programs/clipvault-transcode
failed=0
wrong() { echo "FAILED  $1: $2"; failed=$((failed + 1)); }

# Where the manifest leaves a choice, this is ours.
refused_by_choice='image/animated-loop-3.webp hostile/big-height.webp image/pixel-motion-photo-shortened.jpg hostile/200kB-garbage-prefix.mp3
  hostile/chunk_out_of_range.mp4 hostile/infloop.m4a hostile/invalid-bitstream.webm hostile/test_case_1185230.mp4 hostile/zero_empty_stsc.mp4'

# what_must FILE EXPECTED: taken, repaired, or refused
what_must() {
  case $2 in
    *'or refuse'* | *'else refuse'* | *'refuse or accept'* | *'refuse, or accept'* | *', or accept'*)
      if grep -qwF -- "$1" <<<"$refused_by_choice"; then echo refused; else echo taken; fi ;;
    'accept with repair'*) echo repaired ;;
    accept*) echo taken ;;
    refuse*) echo refused ;;
    *) echo "what is '$2'?" >&2; exit 1 ;;
  esac
}
# words FILE EXPECTED: a pattern that the reason must match
words() {
  case $2 in
    *'too many pixels'*) echo 'too many pixels' ;;
    *manifest* | *'(playlist)'*) echo playlist ;;
    *'(empty)'*) echo 'is empty' ;;
    *protected*) echo protected ;;
    *'no picture or sound'*) echo 'no picture or sound' ;;
    *truncated*) echo 'cut short' ;;
    *'no media'*) echo 'cut short' ;;
    *'as damaged'*) echo damaged ;;
    *'not an image'*) echo 'text file' ;;
    *) echo '[a-z]{3,}.*[.)]' ;;
  esac
}
said() { grep -o "$1=[^ ]*" said | tail -n 1 | cut -d= -f2; }

# near NAME WHAT GOT WANT SLACK
near() { awk -v a="$3" -v b="$4" -v s="$5" 'BEGIN {exit !(a - b <= s && b - a <= s)}' || wrong "$1" "its $2 is $3, not $4"; }

# expected_size PROBE-COLUMN: upright, square pixels, at most 1080 lines (films); empty if the column does not tell
expected_size() {
  python3 - "$1" "$2" <<'PYTHON'
import re, sys
path, probe = sys.argv[1:]
turn = re.search(r"rotation=(-?\d+)", probe)
if path.startswith("image/"):
    size, held = re.search(r"exif:.*?(\d+)x(\d+)", probe), re.search(r"orientation (\d)", probe)
    swap, most = bool(held and int(held[1]) >= 5), 1 << 30
    ratio = 1.0
else:
    size, swap, most = re.search(r"v:\w+ (\d+)x(\d+)", probe), bool(turn and abs(int(turn[1])) == 90), 1080
    sar = re.search(r"sar=(\d+):(\d+)", probe)
    ratio = int(sar[1]) / int(sar[2]) if sar and int(sar[1]) else 1.0
if size:
    w, h = int(size[1]) * ratio, int(size[2])
    if swap: w, h = h, w
    scale = min(1.0, most / min(w, h))
    print(round(w * scale), round(h * scale))
PYTHON
}

# check_taken FILE PROBE-COLUMN MUST
check_taken() {
  local file=$1 probe=$2 errors want kind seconds
  errors=$(ffmpeg -nostdin -v error -xerror -i copy -f null - 2>&1 | sed -n 1,2p)
  [ -z "$errors" ] || wrong "$file" "the copy does not decode: $errors"
  case $file in
    video/*) kind=video/mp4 ;;
    audio/*) kind=audio/mp4 ;;
    image/*) kind=image/jpeg ;;
    *) kind=$(said mime) ;;
  esac
  [ "$(said mime)" = "$kind" ] || wrong "$file" "became $(said mime)"
  if [ "$3" = repaired ]; then grep -q '^repairs=.' said || wrong "$file" "no repair is named"; fi
  # A control of the other kind: nothing is called damaged that is not.
  if [ "$3" = taken ] && [[ $file != hostile/* ]]; then
    grep -q 'frames_damaged=0 packets_damaged=0' said && grep -q '^places=$' said || wrong "$file" "damage is told of: $(grep -E '^(made|places)' said | tr '\n' ' ')"
  fi
  want=$(expected_size "$file" "$probe")
  [ "$file" != video/nasa_13013.mp4 ] || want='480 270' # the finer of two films, with more frames
  if [ -n "$want" ] && [ "$kind" != audio/mp4 ] && [[ $file != hostile/no_timescale.mp4 ]]; then
    read -r width height <<<"$want"
    near "$file" width "$(said size | cut -dx -f1)" "$width" 1
    near "$file" height "$(said size | cut -dx -f2)" "$height" 1
  fi
  [ "$kind" != image/jpeg ] || return 0
  if [[ $probe == *' a:'* && $probe != *a:unknown* ]]; then
    [ -n "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 copy)" ] || wrong "$file" "its sound is gone"
  fi
  case $file in # what the container says is wrong: measured by decoding all of it
    video/sample_fragmented.mp4) seconds=1.07 ;;
    audio/fixture.wma.asf) seconds=0.65 ;;
    video/nasa_13013.mp4) seconds=13.06 ;;
    video/mediarecorder-chrome-no-duration.webm) seconds=4.94 ;;
    *) seconds=$(sed -n 's/.*dur=\([0-9.]*\).*/\1/p' <<<"$probe") ;;
  esac
  [ -z "$seconds" ] || near "$file" length "$(awk -v ms="$(said duration_ms)" 'BEGIN {print ms / 1000}')" "$seconds" 0.3
}

count=0 taken=0
while IFS=$'\t' read -r path _ sha256 probe _ _ _ _ expected; do
  [ "$path" != path ] || continue
  count=$((count + 1)) code=0
  [ "$(sha256sum <"$media/$path" | cut -d' ' -f1)" = "$sha256" ] || { wrong "$path" "is not the file the manifest describes"; continue; }
  must=$(what_must "$path" "$expected")
  timeout 120 "$drive" "$worker" "$media/$path" copy >said 2>&1 </dev/null || code=$?
  case $code/$must in
    0/taken | 0/repaired) taken=$((taken + 1)); check_taken "$path" "$probe" "$must" ;;
    65/refused) grep -qE "^refused \(65\): .*$(words "$path" "$expected")" said || wrong "$path" "was refused in other words: $(grep ^refused said)" ;;
    *) wrong "$path" "exit code $code where it must be $must ('$expected'): $(grep ^refused said || tail -n 1 said)" ;;
  esac
done <"$media/MANIFEST.tsv"
[ "$count" -ge 119 ] || wrong manifest "lists only $count files"
[ "$failed" = 0 ] || fail "$failed findings in $count files"
echo "$count files alone: $taken taken, $((count - taken)) refused, all as the manifest says"
