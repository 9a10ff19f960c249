#!/bin/bash
# A film in a real player (mpv, without a screen; VLC: vlc.sh): through an address that is in no argument and no file, alone and through
# a running server; it plays, jumps, steps; a "no" ends it.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
command -v mpv >/dev/null || skip "mpv is not installed"
real=$(command -v mpv)
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,still >/dev/null
film f.mp4 30 320x240
clip=$(take_in f.mp4 "$ada")

# In the place of mpv: mpv as it is, but without a screen, and told what to do by a file.
mkdir bin home
cat >bin/mpv <<X
#!/bin/bash
tr '\\0' '\\n' </proc/\$\$/cmdline >argv.txt
exec "$real" --no-config --vo=null --ao=null --no-terminal --log-file=mpv.log \$(cat how.txt) "\$@"
X
chmod +x bin/mpv
export PATH=$stage/bin:$PATH HOME=$stage/home

played() { grep -q 'EOF code: 1' mpv.log || fail "mpv did not get to its end: $(tail -n 5 mpv.log)"; }
untold() { ! grep -q 'ticket\|[0-9a-f]\{64\}' argv.txt || fail "the address is among the arguments: $(cat argv.txt)"; }

echo "--start=20 --length=1 --untimed" >how.txt
ask play "$clip" --purpose supervision | jq -e ".clip == \"$clip\"" >/dev/null || fail "play"
played; untold
expect 77 play "$clip" --purpose research; says "$ada"
expect 64 play "$clip" --purpose supervision --player notepad; says "mpv"
expect 66 play clp_aaaaaaaaaaaaaaaaaaaaaaaaaa --purpose supervision
same "$(find . -newer bin/mpv -type f -not -path './vault/*' | sort | tr '\n' ' ')" "./argv.txt ./how.txt ./mpv.log " "files that playing left"

serve
ask play "$clip" --purpose supervision >/dev/null
played; untold
echo "--input-ipc-server=$stage/rc" >how.txt
ask play "$clip" --purpose supervision >/dev/null & playing=$!
python3 "$tests/remote.py" mpv "$stage/rc" 12.5 . | tee did.json
wait $playing
jq -e '.jumped >= 12.5 and .jumped < 12.8 and .step_ms == 40 and .back_ms == -40' did.json >/dev/null || fail "$(cat did.json)"
played; untold

# Somebody's "no" while it plays.
: >how.txt
"$programs/clipvault" play "$clip" --purpose supervision >play.out 2>&1 & playing=$!
for _ in $(seq 100); do [ "$(curl -sS "$base/metrics" | sed -n 's/^clipvault_films //p')" = 1 ] && break; sleep 0.05; done
start=$(date +%s%3N)
ask consent withdraw --person "$ada" >/dev/null
[ $(($(date +%s%3N) - start)) -lt 2000 ] || fail "the withdrawal waited for the player"
same "$(curl -sS "$base/metrics" | sed -n 's/^clipvault_films //p')" 0 "films after the withdrawal"
kill "$(pgrep -P "$playing")" 2>/dev/null || true
wait "$playing" || true
expect 77 play "$clip" --purpose supervision
end_server
ask audit list >log.json
jq -e 'map(select(.did == "viewing.ended" and (.details | test("stopped|100 %")))) | length >= 1' log.json >/dev/null || fail "$(jq -c 'map(select(.did | startswith("viewing")))' log.json)"
