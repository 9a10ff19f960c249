#!/bin/bash
# A film goes up from a browser by the real tus-js-client, in spite of everything: it is halted, and goes on; the server is killed in the
# middle and starts anew; whoever uploads signs in again, and it goes on to the end from what was sealed.
# shellcheck source=tests/browser/seats.bash
. "$(dirname "$0")/seats.bash"
seats
family=$(ask case open --title "The Example family" --practitioner "$ida" | get .case)
mira=$(person "Mira Example" carer)
consent "$mira" supervision --media recording >/dev/null
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t" -t 2 -c:v libx264 -preset ultrafast -qp 14 \
  -g 25 -pix_fmt yuv420p -y film.mp4
echo "a film of $(stat -c %s film.mp4) bytes"
serve
coproc browser { walk uploads "$family" "$mira" "$PWD/film.mp4"; }
# shellcheck disable=SC2154 # browser_PID, which bash sets
walking=$browser_PID
exec {from}<&"${browser[0]}" {to}>&"${browser[1]}"
read -r -t 60 word <&"$from" || true
same "$word" "kill it" "what the browser says in the middle"
kill -9 "$server"
wait "$server" 2>/dev/null || true
[ -n "$(find "$CLIPVAULT_DIR/spool" -type f -size +0)" ] || fail "nothing is in the spool"
listen=${base#http://} serve
echo "it is back" >&"$to"
cat <&"$from"
wait "$walking"
end_server
same "$(find "$CLIPVAULT_DIR/spool" -type f)" "" "the spool"
same "$(ask ls --state live | jq length)" 1 "clips that can be seen"
