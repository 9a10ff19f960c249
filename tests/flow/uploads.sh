#!/bin/bash
# A film comes over a network that breaks and to a server that is killed: tus 1.0, sealed as it comes, and then a clip like any other.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
new_vault
ada=$(person "Ada" carer)
printf 'a lantern over water' >pw.ida
printf 'seven grey pebbles' >pw.sue
printf 'nine green bottles' >pw.pia
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
ask user add --name sue --role supervisor --password-file pw.sue >/dev/null
ask user add --name pia --role practitioner --password-file pw.pia >/dev/null
own=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
family=$own
consent "$ada" supervision --media recording,still >/dev/null
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t" -t 3 -c:v libx264 -preset ultrafast -qp 14 \
  -g 25 -pix_fmt yuv420p -metadata creation_time="$(date -u -d '40 days ago' +%FT10:00:00Z)" -y film.mp4
size=$(stat -c %s film.mp4) third=$(($(stat -c %s film.mp4) / 3))
# in_clear PATH: whether a part of the film stands in a file there as it was sent.
in_clear() {
  python3 - "$1" <<'PYTHON'
import os, sys
film = open("film.mp4", "rb").read()
marks = [film[at:at + 32] for at in range(1000, len(film) - 32, len(film) // 30)]
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and any(mark in data for data in [open(path, "rb").read()] for mark in marks):
            print(path)
            sys.exit(0)
sys.exit(1)
PYTHON
}
mkdir clear; cp film.mp4 clear/; in_clear clear >/dev/null || fail "the search finds nothing"
not_in_clear() { ! in_clear vault || fail "a part of the film lies there in clear"; }
b64() { printf %s "$1" | base64 -w 0; }
metadata="filename $(b64 film.mp4),case $(b64 "$own"),persons $(b64 "$ada"),kind $(b64 recording),recorded $(b64 "$(date -u -d yesterday +%FT12:00:00Z)")"
tus=(-H "Tus-Resumable: 1.0.0")
create() { # create LENGTH [METADATA]; the upload's path is $upload
  call POST /api/uploads "" "${tus[@]}" -H "Upload-Length: $1" -H "Upload-Metadata: ${2-$metadata}"
  upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
}
piece() { # piece OFFSET FILE [CURL OPTION…]
  local offset=$1 file=$2
  shift 2
  call PATCH "$upload" "" "${tus[@]}" -H "Upload-Offset: $offset" -H "Content-Type: ${type:-application/offset+octet-stream}" \
    --data-binary "@$file" "$@"
}
offset_is() { # offset_is BYTES
  status=$(curl -sS -b "jar.$me" "${tus[@]}" -I -o headers.txt -w '%{http_code}' "$base$upload")
  same "$status" 200 "HEAD"
  same "$(sed -n 's/\r$//; s/^[Uu]pload-[Oo]ffset: //p' headers.txt)" "$1" "how much is there"
}
serve

# ---- who may, and what is asked for
who nobody
call OPTIONS /api/uploads; answers 204
grep -qi '^tus-extension: creation,termination,expiration,checksum' headers.txt || fail "$(cat headers.txt)"
grep -qi '^tus-max-size: [0-9]' headers.txt || fail "$(cat headers.txt)"
create "$size"; answers 401
# Whoever may not know of the case hears what they would hear if there were none.
none=$(sed "s/$(printf %s "$own" | base64 -w 0)/$(printf %s cas_aaaaaaaaaaaaaaaaaaaaaaaaaa | base64 -w 0)/" <<<"$metadata")
for stranger in sue pia; do
  sign_in $stranger "$(cat pw.$stranger)"
  create "$size"; theirs="$status $(cat answer.json)"
  answers 404
  create "$size" "$none"; same "$status $(cat answer.json)" "$theirs" "of a case of others, and of none"
done
sign_in ida "$(cat pw.ida)"
create "$size" "filename Zm,case"; answers 400 '.detail | contains("Upload-Metadata")'
create "$size" "filename $(b64 film.mp4),case $(b64 "$own")"; answers 400 '.detail | contains("everyone")'
create 99999999999999; answers 413
create 0; answers 400
call POST /api/uploads "" -H "Upload-Length: 5" -H "Upload-Metadata: $metadata"; answers 412
csrf=${csrf//[0-9]/0}; create "$size"; answers 403 '.detail | contains("X-CSRF")'
who ida

# ---- in pieces
head -c "$third" film.mp4 >one
dd status=none if=film.mp4 of=two iflag=skip_bytes,count_bytes skip="$third" count="$third"
tail -c +$((2 * third + 1)) film.mp4 >three
create "$size"; answers 201
grep -qi '^upload-expires: .* GMT' headers.txt || fail "$(cat headers.txt)"
offset_is 0
piece 0 one; answers 204
offset_is "$third"
piece 0 one; answers 409
piece $((third + 1)) two; answers 409
piece "$third" two -H "Upload-Checksum: sha256 $(openssl dgst -sha256 -binary one | base64)"; answers 460
offset_is "$third"
piece "$third" two -H "Upload-Checksum: md5 AAAA"; answers 400
type=text/plain piece "$third" two; answers 415
piece "$third" two -H "Sec-Fetch-Site: cross-site"; answers 403 '.detail | contains("another site")'
piece "$third" film.mp4; answers 413
offset_is "$third"
who sue; piece "$third" two; answers 404
who ida; csrf=${csrf//[0-9]/0}; piece "$third" two; answers 403; who ida
call GET "$upload"; answers 200 ".state == \"arriving\" and .offset == $third and .sha256 == null"

# ---- the network breaks, and then the server is killed in the middle: it goes on from what is on the disk, whatever that is
begin_slowly() { # begin_slowly OFFSET FILE: sends it, and keeps the rest waiting
  (cat "$2"; sleep 1) | curl -sS -o /dev/null -b jar.ida -X PATCH -H "Origin: $base" -H "X-CSRF: $csrf" "${tus[@]}" -H "Upload-Offset: $1" \
    -H "Content-Type: application/offset+octet-stream" -H "Transfer-Encoding: chunked" -T - "$base$upload" 2>/dev/null &
  sender=$!
  sleep 0.5
}
where() { # how much is there
  curl -sS -b "jar.$me" "${tus[@]}" -I "$base$upload" | sed -n 's/\r$//; s/^[Uu]pload-[Oo]ffset: //p'
}
begin_slowly "$third" two
kill $sender; wait $sender || true
there=$(where)
[ "$there" -gt "$third" ] && [ "$there" -le $((2 * third)) ] || fail "after the network broke $there bytes are there"
dd status=none if=film.mp4 of=next iflag=skip_bytes,count_bytes skip="$there" count=5000000
begin_slowly "$there" next
kill -9 "$server"; wait "$server" 2>/dev/null || true
wait $sender || true
not_in_clear
[ -n "$(ls vault/spool)" ] || fail "nothing is in the spool"
serve
sign_in ida "$(cat pw.ida)"
before=$there there=$(where)
echo "after the kill $there of $size bytes are there, $before were acknowledged"
[ "$there" -gt "$before" ] && [ "$there" -le $((before + 5000000)) ] || fail "$there bytes are there"
same $(((there - before) % 65536)) 0 "of what was torn, whole chunks"
tail -c +$((there + 1)) film.mp4 >rest
piece "$there" rest -H "Upload-Checksum: sha1 $(openssl dgst -sha1 -binary rest | base64)"; answers 204

# ---- it becomes a clip like any other
for _ in $(seq 200); do
  call GET "$upload"; answers 200
  [[ $(jq -r .state answer.json) =~ waiting|arriving ]] || break
  sleep 0.1
done
answers 200 ".state == \"live\" and .sha256 == \"$(sha256sum film.mp4 | cut -d' ' -f1)\""
clip=$(jq -er .clip answer.json)
call GET /api/clips; answers 200 ".clips | map(.clip) == [\"$clip\"]"
# Of when it was recorded, what the film says is earlier than what the browser knows: when the file was last written.
call GET "/api/clips/$clip"; answers 200 ".people == [\"$ada\"] and .recorded_at == \"$(date -u -d '40 days ago' +%FT10:00:00Z)\""
same "$(ls vault/spool)" "" "the spool"
not_in_clear
piece "$size" one; answers 409

# ---- what is given up, what is no film, what is here already
create 1000; answers 201
head -c 500 film.mp4 >some
piece 0 some; answers 204
[ -n "$(ls vault/spool)" ] || fail "nothing is in the spool"
call DELETE "$upload" "" "${tus[@]}"; answers 204
same "$(ls vault/spool)" "" "the spool"
call GET "$upload"; answers 404
create 500; answers 201
piece 0 some; answers 204
for _ in $(seq 100); do call GET "$upload"; [ "$(jq -r .state answer.json)" != waiting ] && break; sleep 0.1; done
answers 200 '.state == "refused" and (.reason | length > 0) and (has("clip") | not)'
end_server
vault check >check.out || fail "$(cat check.out)"
vault audit verify >/dev/null
ask audit list | jq -e 'map(select(.did == "upload.ended")) | length == 3' >/dev/null || fail "$(ask audit list | jq -c 'map(.did)')"

# ---- killed when the key of an upload has gone, and before that is noted: nothing is wrong with the vault, and the sweep notes it
if [ -x "$hooked/clipvault" ]; then
  programs=$hooked
  export CLIPVAULT_TEST_CRASH=shred-6
  serve
  unset CLIPVAULT_TEST_CRASH
  sign_in ida "$(cat pw.ida)"
  create 500; answers 201
  piece 0 some; answers 204
  code=0
  wait "$server" || code=$?
  server=
  same "$code" 137 "the server, killed"
  vault check --deep >check.out || fail "$(cat check.out)"
  vault sweep >/dev/null
  vault check --deep >check.out || fail "$(cat check.out)"
fi
