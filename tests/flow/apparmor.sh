#!/bin/bash
# AppArmor's profile, which no kernel here can load: the files that the two confined programs open until their cages are closed, and
# those that are handed to the bridge, are ones that it allows. Control: with a rule taken away one of them is not.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# clipvault hides from strace what it does, unless this is loaded into it (tests/attack/preload); what it starts is seen until it hides.
gcc -O1 -shared -fPIC -o seen.so "$tests/../attack/preload/dumpable.c" -ldl
watched=(strace -E LD_PRELOAD="$stage/seen.so" -ff -y -s 4096 -qq -e "trace=openat,execve" -e signal=none)
profile=$OLDPWD/player-bridge/apparmor/clipvault judge=$tests/profile.py
parser=$(PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser) || skip "apparmor_parser is not here"
strace -qq -o /dev/null true 2>/dev/null || skip "nothing may be traced here"
new_vault
ada=$(person "Ada" carer)
consent "$ada" supervision --media recording,still >/dev/null
film film.mp4 1
picture picture.png
heif-enc picture.png -o picture.heic >/dev/null 2>&1 || true # where there is an encoder
"${watched[@]}" -o take "$programs/clipvault" ingest film.mp4 picture.* --case "$family" --person "$ada" >/dev/null || true
"${watched[@]}" -o serve "$programs/clipvault" serve --listen 127.0.0.1:0 >out 2>err &
server=$!
end() { pkill -TERM -P "$server" clipvault; }
trap '[ -z "$server" ] || end || true; leave' EXIT
for _ in $(seq 300); do grep -q '^listening on ' out && break; kill -0 $server || fail "$(cat err)"; sleep 0.05; done
end || fail "no server to end"
wait $server || true
server=

judged() { "$parser" --preprocess "$1" >flat 2>/dev/null; python3 "$judge" flat take.* serve.*; }
sed 's|@LIBEXECDIR@|/usr/libexec/clipvault|' "$profile" >profile
judged profile || fail "the profile is too narrow"
sed '/task/d' profile >narrow
! judged narrow >said || fail "a missing rule was not noticed"
grep -q 'task/ (r)' said || fail "$(cat said)"
