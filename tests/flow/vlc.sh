#!/bin/bash
# A film in the real VLC, without a screen: from a ticket of the API, and by `clipvault play`. It plays, jumps, steps and gets to the
# end; a "no" keeps it out; nothing of the film or its address lies anywhere afterwards.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
command -v vlc >/dev/null || skip "VLC is not installed"
real=$(command -v vlc)
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,still >/dev/null
film f.mp4 30 640x360
clip=$(take_in f.mp4 "$ada")

# In the place of VLC: VLC as it is, but without a screen, and told what to do by a file. Where `windows` lies it takes the option that
# only a VLC with windows knows.
mkdir bin home pictures
cat >bin/vlc <<W
#!/bin/bash
[ "\${!#}" = --version ] || tr '\\0' '\\n' </proc/\$\$/cmdline >argv.txt
[ ! -e windows ] || for word; do shift; [ "\$word" = --no-qt-recentplay ] || set -- "\$@" "\$word"; done
exec "$real" --vout=dummy --aout=dummy -vv \$(cat how.txt) "\$@" 2>vlc.log
W
chmod +x bin/vlc
export PATH=$stage/bin:$PATH HOME=$stage/home


# As VLC says, and as the log says. The film lasts 30 s, and is played as fast as that: who was through sooner has jumped. (Which bytes
# it had on the way says little: between the two there is room for megabytes.)
got_to_the_end() { # got_to_the_end [SECONDS, a pattern]
  awk '/using demux module "mp4"/ {film = 1} film && /EOF reached/ {end = 1} END {exit !end}' vlc.log || fail "VLC did not get to the end: $(tail -n 5 vlc.log)"
  ask audit list | jq -e --arg s "${1:-1?[0-9]}" 'map(select(.did == "viewing.ended"))[-1].details | test("-100 %; [0-9]+ bytes; " + $s + " s")' >/dev/null ||
    fail "what was seen: $(ask audit list | jq -c 'map(select(.did == "viewing.ended"))')"
}
untold() { ! grep -q 'ticket\|[0-9a-f]\{64\}' argv.txt || fail "the address is among the arguments: $(cat argv.txt)"; }
some=--prefetch-buffer-size=64 # KiB; VLC takes 16 MB of a film ahead otherwise, and a jump asks for nothing

# ---- alone; a VLC that knows of no windows, and one that would remember what it showed in them
echo "-I dummy $some --start-time=28" >how.txt
ask play "$clip" --purpose supervision --player vlc | jq -e ".clip == \"$clip\"" >/dev/null || fail "play"
got_to_the_end; untold
! grep -q recent argv.txt || fail "an option it does not know: $(cat argv.txt)"
touch windows
ask play "$clip" --purpose supervision --player vlc >/dev/null
got_to_the_end; untold
grep -qx -- --no-qt-recentplay argv.txt || fail "it would remember what it showed: $(cat argv.txt)"
expect 77 play "$clip" --purpose research --player vlc; says "$ada"

# ---- through a server: it is jumped, halted and stepped
printf 'a lantern over water' >pw.ida
ask case assign "$family" --practitioner "$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)" >/dev/null
serve
sign_in ida "$(cat pw.ida)"
ticket() { call POST "/api/clips/$clip/ticket" '{"purpose":"supervision"}'; answers 200; jq -r .url answer.json; }
echo "-I oldrc --rc-fake-tty --rc-unix=$stage/rc --snapshot-path=$stage/pictures --snapshot-format=png --no-snapshot-preview $some" >how.txt
address=$(ticket)
vlc --play-and-exit "$address" >/dev/null & playing=$!
python3 "$tests/remote.py" vlc "$stage/rc" 15 "$stage/pictures" | tee did.json
wait $playing
jq -e '.jumped == 15 and .stands and .stepped' did.json >/dev/null || fail "$(cat did.json)"
cp vlc.log first.log
echo "-I dummy" >how.txt
timeout 20 vlc --play-and-exit "$address" || true
grep -q 'HTTP.* 403' vlc.log || fail "once more with the same ticket: $(tail -n 5 vlc.log)"
end_server
cp first.log vlc.log
got_to_the_end '[0-9]+'
ask consent withdraw --person "$ada" >/dev/null
expect 77 play "$clip" --purpose supervision --player vlc

# ---- what is left of it all: a list of VLC's own, which is empty
same "$(find home -type f | tr '\n' ' ')" "home/.local/share/vlc/ml.xspf " "what VLC left"
! grep -q 'ticket\|http://127' home/.local/share/vlc/ml.xspf || fail "$(cat home/.local/share/vlc/ml.xspf)"
