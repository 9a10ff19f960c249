#!/bin/bash
# From the start of `consent withdraw` to the last byte that a running export of the film still delivers, and to the withdrawal's own
# return. The reader takes 64 KiB at a time and rests in between, so that the export is in its middle and its pipe full.
#   tests/bench/cut.sh [rounds]     default: 7
#
#: title    Withdrawal while it is being watched
#: what     An export runs, its reader slow and its pipe full, while a withdrawal is commanded: until the last byte comes out, and until the command returns.
#: limits   What stands in the pipe when the export is told to let go: 64 KiB, at the reader's pace.
#: needs    ffmpeg python3 jq
#: tiny     1
#: quick    5
#: full     15
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-7}
programs=${CLIPVAULT:-$PWD/build/release}
[ -x "$programs/clipvault-transcode" ] || make -s all
work=$(mktemp -d "${TMPDIR:-/tmp}/cut.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
export CLIPVAULT_DIR=$work/vault CLIPVAULT_KEY_FILE=$work/key
ask() { "$programs/clipvault" --json "$@"; }
ask init --slot key-file --key-file key >/dev/null
family=$(ask case open --title bench | jq -r .case)
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=1280x720:rate=25,noise=alls=60:allf=t" -t 12 -c:v libx264 -preset ultrafast \
  -crf 14 -g 12 -bf 0 -pix_fmt yuv420p film.mp4
person=$(ask person add --name one | jq -r .person)
ask consent record --person "$person" --purpose intervention >/dev/null
clip=$(ask ingest film.mp4 --case "$family" --person "$person" --kind recording | jq -r '.ingested[0].clip')
for ((i = 0; i < rounds; i++)); do
  rm -rf copy; cp -a vault copy; sync -f "$work"
  python3 - "$programs/clipvault" "$clip" "$person" <<'P'
import subprocess, sys, time, threading
program, clip, person = sys.argv[1:]
export = subprocess.Popen([program, "--vault", "copy", "export", clip, "--purpose", "intervention", "--to", "-"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
taken, last = 0, [0.0]
def read():
    global taken
    while True:
        block = export.stdout.read1(65536)
        if not block: return
        taken += len(block); last[0] = time.monotonic(); time.sleep(0.01)
reader = threading.Thread(target=read); reader.start()
time.sleep(1.0)
began = time.monotonic()
subprocess.run([program, "--vault", "copy", "consent", "withdraw", "--person", person], check=True, stdout=subprocess.DEVNULL)
returned = time.monotonic()
reader.join(); export.wait()
print(f"{max(0, last[0] - began) * 1000:.0f} {(returned - began) * 1000:.0f} {taken} {export.returncode}")
P
done >lines
mid() { cut -d' ' -f"$1" lines | spread_of %.0f; }
printf 'withdrawal while a film of %s bytes is exported, %s rounds, median (least-most)\n' "$(stat -c %s film.mp4)" "$rounds"
printf '  last byte delivered after   %s ms\n  the withdrawal returned after %s ms\n' "$(mid 1)" "$(mid 2)"
printf '  bytes delivered in all: %s; exit codes of the exports: %s\n' "$(awk '{print $3}' lines | sort -n | sed -n '1p;$p' | paste -sd-)" "$(awk '{print $4}' lines | sort -u | paste -sd,)"
