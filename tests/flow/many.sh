#!/bin/bash
# A card in one command: everything that is a recording is taken in, everything else is told of, and neither a broken file nor
# a worker that dies nor Ctrl-C costs more than the file in hand.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,still,audio >/dev/null
take() { ask ingest "$@" --case "$family" --person "$ada"; }
told() { jq -e "$1" out.json >/dev/null || fail "expected $1: $(cat out.json)"; }
clean() { # clean WHERE: nothing is left of what was not finished
  vault check --deep >check.out 2>&1 || fail "$1: $(cat check.out)"
  [ -z "$(find vault/objects -type f -newer "$2" ! -size +0)" ] || fail "$1: an empty object"
}

# Twelve files in folders, good and bad, twice the same, and what a card holds besides.
mkdir -p card/DCIM/100CANON card/DCIM/101CANON/deeper card/.Trashes card/PRIVATE/AVCHD
film card/DCIM/100CANON/a.mp4 1
film card/DCIM/100CANON/b.mov 1
cp card/DCIM/100CANON/a.mp4 card/DCIM/101CANON/same.mp4
picture card/DCIM/101CANON/deeper/p.png
ffmpeg -nostdin -loglevel error -f lavfi -i sine=d=1 -y card/voice.wav
head -c 3000 card/DCIM/100CANON/b.mov >card/DCIM/100CANON/cut.mov
: >card/DCIM/100CANON/empty.mp4
head -c 5000 /dev/urandom >card/DCIM/100CANON/noise.mp4
echo "just words" >card/words.txt
film card/closed.mp4 1 && chmod 000 card/closed.mp4
picture $'card/steers\e[31m\xe2\x80\xaegnp.png'
film card/z.mp4 1
picture card/.Trashes/t.png
echo x >card/PRIVATE/AVCHD/INDEX.BDM; echo x >card/DCIM/100CANON/a.THM; echo x >card/Thumbs.db
ln -s ../closed.mp4 card/DCIM/link.mp4; ln -s /etc card/outside; mkfifo card/pipe
take card/ >out.json
told '.ingested | map(.file) | . == ["DCIM/100CANON/a.mp4", "DCIM/100CANON/b.mov", "DCIM/101CANON/deeper/p.png", "steers\u001b[31m\u202egnp.png", "voice.wav", "z.mp4"]'
told '.duplicates | map(.file) == ["DCIM/101CANON/same.mp4"]'
told '.refused | map(.file) == ["DCIM/100CANON/cut.mov", "DCIM/100CANON/empty.mp4", "DCIM/100CANON/noise.mp4", "closed.mp4", "words.txt"]'
told '.skipped | map(.file) == [".Trashes", "DCIM/100CANON/a.THM", "DCIM/link.mp4", "PRIVATE/AVCHD/INDEX.BDM", "Thumbs.db", "outside", "pipe"]'
told '[.refused[], .skipped[]] | all(.reason | length > 0)'
vault check --deep >/dev/null
same "$(ask show "$(jq -r '.ingested[2].clip' out.json)" | get .file_name)" p.png

# For people, names cannot steer the terminal. All there already: still 0; nothing there: 65.
said=$(vault ingest card --case "$family" --person "$ada")
says "steers?[31m?gnp.png"
[[ $said != *$'\e'* && $said != *$'\xe2\x80\xae'* ]] || fail "a name steers the terminal"
mkdir -p hollow/in
expect 65 ingest hollow --case "$family" --person "$ada"; says "nothing was taken in"

# Folders too deep and files beside folders.
deep=nest; for i in $(seq 20); do deep=$deep/$i; done
mkdir -p "$deep"; picture "$deep/far.png"; picture nest/near.png; picture beside.png
take nest beside.png >out.json
told '(.ingested | map(.file) == ["near.png", "beside.png"]) and (.skipped | length == 1) and (.skipped[0].reason | test("deep"))'

# Progress for programs: each line whole, what it says grows, and ends at everything.
mkdir queue
for n in 1 2 3; do film "queue/$n.mp4" 2 640x360; done
"$programs/clipvault" --json --progress ingest queue --case "$family" --person "$ada" >out.json 2>lines
told '.ingested | length == 3'
jq -se '(map(.permille_all) | . == sort) and .[-1].permille_all == 1000 and .[-1].index == 3 and all(.count == 3)
  and (map(.file) | unique == ["1.mp4", "2.mp4", "3.mp4"])' lines >/dev/null || fail "progress: $(cat lines)"

# Progress for people, on a terminal of their own: one line that is overwritten, never wider than the terminal.
# What is left is told only after a second: the fourth film takes longer than that anywhere.
film queue/4.mp4 40 1280x720; film queue/5.mp4 3 640x360
cat >terminal.py <<'EOF'
import fcntl, os, pty, re, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 70, 0, 0))
seen = b""
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece: break
    seen += piece
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
open("pty.out", "wb").write(seen)
bars = [b.split("\x1b[K")[0] for b in seen.decode().replace("\r\n", "\n").split("\r")[1:] if b.startswith("[")]
assert code == 0, (code, seen)
assert len(bars) > 5, seen
for bar in bars:
    assert len(bar) < 70, bar
    assert re.fullmatch(r"\[#*\.*\] +\d+ % \d/5 \d\.mp4  all +\d+ %(  \d+ (s|min|h) left)?", bar), bar
assert any("left" in b for b in bars), bars
assert seen.decode().count("\x1b[K\r\n") >= 2, seen
EOF
python3 terminal.py "$programs/clipvault" ingest queue --case "$family" --person "$ada" || fail "the bar: $(cat -v pty.out)"

# A worker that crashes over one file, and one that somebody kills: the first is the file's fault.
mkdir crash
film crash/1.mp4 12 1280x720; film crash/2.mp4 1
"$programs/clipvault" --json ingest crash --case "$family" --person "$ada" >out.json 2>err &
pid=$! worker=
until worker=$(pgrep -P $pid) && [ -n "$(find vault/objects -newer crash/2.mp4 -type f)" ]; do kill -0 $pid || fail "it ended too early: $(cat out.json err)"; sleep 0.02; done
kill -ILL "$worker" # sanitizers catch SIGSEGV
wait $pid || fail "a crash ended the command: $(cat out.json err)"
told '(.refused | map(.file) == ["1.mp4"]) and (.refused[0].reason | test("crashed")) and (.ingested | map(.file) == ["2.mp4"])'
clean "a crash" crash/2.mp4

# Ctrl-C, at several times: what was finished stays and is told, the rest leaves nothing, and 75.
interrupt() { # interrupt SECONDS: three films, interrupted so late
  local code=0
  rm -rf stop && mkdir stop
  film stop/1.mp4 1; film stop/2.mp4 4 1280x720; film stop/3.mp4 4 1280x720
  live=$(ask ls --state live | jq length)
  "$programs/clipvault" --json ingest stop --case "$family" --person "$ada" ${2:+"$2"} >out.json 2>err &
  pid=$!
  sleep "$1"
  kill -INT $pid
  wait $pid || code=$?
  same "$code" 75 "interrupted after $1 s ($(cat out.json err))"
  told '.refused == []'
  same "$(ask ls --state live | jq length)" $((live + $(jq '.ingested | length' out.json))) "live clips after $1 s"
  clean "interrupted after $1 s" stop/3.mp4
}
interrupt 0.3
interrupt 1.2 --keep-original
# After the first file, in the middle of the second.
rm -rf stop && mkdir stop
film stop/1.mp4 1; film stop/2.mp4 15 1280x720
"$programs/clipvault" --json --progress ingest stop --case "$family" --person "$ada" >out.json 2>err &
pid=$!
until grep -q '"2.mp4","index":2.*' err && grep '"file":"2.mp4"' err | jq -se 'max_by(.permille).permille > 0' >/dev/null; do kill -0 $pid || fail "it ended too early: $(cat out.json err)"; sleep 0.02; done
kill -INT $pid
code=0; wait $pid || code=$?
same "$code" 75
told '(.ingested | map(.file) == ["1.mp4"]) and .refused == [] and .duplicates == []'
clean "interrupted in the second file" stop/2.mp4
take stop >out.json
told '(.duplicates | map(.file) == ["1.mp4"]) and (.ingested | map(.file) == ["2.mp4"])'

# On a terminal the same key reaches the worker too: that is no finding about the file.
film stop/3.mp4 12 1280x720
cat >ctrl.py <<'EOF'
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen, pressed = b"", False
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece: break
    seen += piece
    if b"3/3 3.mp4" in seen and not pressed:
        time.sleep(0.5)
        os.write(fd, b"\x03")
        pressed = True
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
assert code == 75 and b"was refused" not in seen and seen.rstrip().endswith(b"finished"), (code, seen)
EOF
python3 ctrl.py "$programs/clipvault" ingest stop --case "$family" --person "$ada" || fail "Ctrl-C on a terminal"
clean "Ctrl-C on a terminal" stop/3.mp4

# While another command holds the vault, a card waits its turn.
"$programs/clipvault" --json ingest stop --case "$family" --person "$ada" >first.json 2>err &
pid=$!
until [ -e vault/control ]; do kill -0 $pid || fail "$(cat err)"; sleep 0.02; done
expect 75 --wait 0 ingest hollow --case "$family" --person "$ada"
picture hollow/in/late.png
"$programs/clipvault" --json --wait 300 ingest hollow --case "$family" --person "$ada" >out.json || fail "a card that waits its turn"
told '.ingested | map(.file) == ["in/late.png"]'
wait $pid
jq -e '.ingested | map(.file) == ["3.mp4"]' first.json >/dev/null || fail "$(cat first.json)"
vault check --deep >/dev/null
