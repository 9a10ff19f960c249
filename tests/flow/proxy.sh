#!/bin/bash
# A proxy ends TLS and passes on: with the files that are shipped nothing of a film or an upload reaches one of its files, its logs name
# no address of a film, and nobody claims through it to have been signed on. Without them, both are found in clear.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
# shellcheck source=tests/flow/proxying.bash
. "$OLDPWD/tests/flow/proxying.bash"
new_vault
ada=$(person "Ada" carer)
printf 'a lantern over water' >pw.ida
ida=$(ask user add --name ida --role practitioner --password-file pw.ida | get .user)
family=$(ask case open --title "Ida's" --practitioner "$ida" | get .case)
consent "$ada" supervision --media recording,still >/dev/null
ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t" -t 4 -c:v libx264 -preset ultrafast -qp 14 \
  -g 25 -pix_fmt yuv420p -y film.mp4
clip=$(take_in film.mp4 "$ada")
secure=$(free_port) plain=$(free_port)
certificate
serve_unix

# in_clear: whether a part of a film stands in a file that a process of the proxy has open (it unlinks its own at once).
in_clear() {
  python3 - "$(echo "$proxy"; pgrep -P "$proxy")" <<'PYTHON'
import os, sys
films, processes = ["whole.mp4", "sent.mp4"], sys.argv[1].split()
marks = []
for film in films:
    data = open(film, "rb").read()
    marks += [data[at:at + 32] for at in range(5000, len(data) - 32, len(data) // 60)]
for process in processes:
    folder = f"/proc/{process}/fd"
    for fd in os.listdir(folder):
        path = f"{folder}/{fd}"
        target = os.readlink(path)
        if target.startswith("/") and not target.startswith("/dev") and os.path.isfile(path):
            data = open(path, "rb").read()
            if any(mark in data for mark in marks):
                print(target)
                sys.exit(0)
sys.exit(1)
PYTHON
}
soon_in_clear() { for _ in $(seq 50); do ! in_clear >found || return 0; sleep 0.1; done; return 1; }
b64() { printf %s "$1" | base64 -w 0; }
slow_viewer() { # reads the beginning, and waits
  url=$(open_clip "$clip" supervision)
  curl -sS --limit-rate 20k --max-time 20 -b jar.ida -o slow.mp4 "$base$url" 2>/dev/null & viewer=$!
}
slow_upload() { # slow_upload CURL-OPTION…: sends most of a film, and keeps the rest until there is a file `enough`
  call POST /api/uploads "" -H "Tus-Resumable: 1.0.0" -H "Upload-Length: $sent" \
    -H "Upload-Metadata: filename $(b64 f.mp4),case $(b64 "$family"),persons $(b64 "$ada"),kind $(b64 recording)"
  answers 201
  upload=$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)
  (cat sent.mp4; for _ in $(seq 400); do [ ! -e enough ] || break; sleep 0.05; done) | curl -sS -o /dev/null -b jar.ida -X PATCH -H "Origin: $base" -H "X-CSRF: $csrf" -H "Tus-Resumable: 1.0.0" \
    -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" "$@" -T - "$base$upload" 2>upload.err & sender=$!
}
# passes_through: signing in, a film by ranges, an upload; leaves whole.mp4.
passes_through() {
  who nobody
  call GET /api/me; answers 401
  sign_in ida "$(cat pw.ida)"
  grep -qi '^set-cookie: __Host-clipvault=[0-9a-f]\{64\}; Path=/; HttpOnly; SameSite=Lax; Secure' headers.txt || fail "$(cat headers.txt)"
  grep -qi '^strict-transport-security: max-age=[1-9]' headers.txt || fail "no HSTS: $(cat headers.txt)"
  grep -q '^HTTP/2 200' headers.txt || fail "not HTTP/2: $(cat headers.txt)"
  url=$(open_clip "$clip" supervision)
  curl -sS -b jar.ida -o whole.mp4 -D headers.txt "$base$url"
  grep -qi '^cache-control: no-store' headers.txt || fail "$(cat headers.txt)"
  size=$(stat -c %s whole.mp4)
  same "$(curl -sS -b jar.ida -r 70000-70099 -o part -w '%{http_code}' "$base$url")" 206 "a range"
  cmp -s part <(dd if=whole.mp4 bs=100 skip=700 count=1 status=none) || fail "the bytes of a range"
  same "$(curl -sS -b jar.ida -H "Range: bytes=$size-" -o part -w '%{http_code}' "$base$url")" 416 "a range beyond the end"
  same "$(curl -sS -b jar.ida -I -o part -w '%{http_code} %header{content-length}' "$base$url")" "200 $size" HEAD
  # Events come as they happen.
  rm -f events
  curl -sSN -b jar.ida -o events "$base/api/events" & local listener=$!
  for _ in $(seq 100); do ! grep -qs clipvault events || break; sleep 0.05; done
  hold=$(ask hold place --clip "$clip" --reason x --owner y --review 2090-01-01 | get .hold)
  for _ in $(seq 100); do grep -qs '^event: clip' events && break; sleep 0.05; done
  grep -q '^event: clip' events || fail "no event came: $(cat events)"
  kill $listener; wait $listener || true
  ask hold release "$hold" >/dev/null
  call POST "/api/clips/$clip/ticket" '{"purpose":"supervision"}'; answers 200
  ticket=$(jq -r .url answer.json)
  [[ $ticket == "$base"/ticket/* ]] || fail "$ticket"
  same "$(curl -sS --http1.1 -r 0-9 "$ticket" | wc -c)" 10 "a ticket over HTTP/1.1"
  same "$(curl -sS -o answer.json -D headers.txt -w '%{http_code}' "http://127.0.0.1:$plain$url")" 301 "without TLS"
  same "$(sed -n 's/\r$//; s/^[Ll]ocation: //p' headers.txt)" https://localhost/ "where it leads"
  local elsewhere
  elsewhere=$(curl -sS -k -o /dev/null -w '%{http_code}' -H 'Host: other.example' "$base/healthz")
  [[ $elsewhere == 4?? ]] || fail "another name is answered with $elsewhere"
}
# stays_out: neither a slow viewer's film nor an upload lies in a file of the proxy's; the uploads came whole.
stays_out() {
  local found
  slow_viewer
  slow_upload --http1.1 -H "Transfer-Encoding: chunked"; local first=$upload first_sender=$sender
  slow_upload --http2
  # Both are sealed as they come, but for the last MiB: nobody collects them first.
  for _ in $(seq 200); do [ "$(du -sb vault/spool | cut -f1)" -lt $((2 * sent - 2600000)) ] || break; sleep 0.05; done
  [ "$(du -sb vault/spool | cut -f1)" -ge $((2 * sent - 2600000)) ] || fail "what was sent did not come: $(du -sb vault/spool)"
  found=$(in_clear) && fail "in clear: $found"
  touch enough
  kill $viewer 2>/dev/null || true
  wait $first_sender || true
  wait $sender || true
  wait $viewer || true
  rm enough
  for upload in "$first" "$upload"; do
    same "$(curl -sS -b jar.ida -H "Tus-Resumable: 1.0.0" -I "$base$upload" | sed -n 's/\r$//; s/^[Uu]pload-[Oo]ffset: //p')" $((sent - 100)) "what came of an upload"
    call DELETE "$upload" "" -H "Tus-Resumable: 1.0.0"; answers 204
  done
}
# keeps_quiet: no address of a film in a log, also where the server is away or the film is cut.
keeps_quiet() {
  local key=${url##*/} name
  kill -STOP "$server"
  curl -sS --max-time 0.3 -o /dev/null "$base/ticket/${ticket##*/}?who=ida" 2>/dev/null || true
  kill -CONT "$server"
  mv http.sock away.sock
  same "$(curl -sS -b jar.ida -o /dev/null -w '%{http_code}' "$base$url?who=ida")" "$1" "with the server away"
  same "$(curl -sS -b jar.ida -o /dev/null -w '%{http_code}' --path-as-is "$base/x/../%66ilm/$key")" "$1" "with the server away"
  curl -sS -b jar.ida -o /dev/null "$base/elsewhere/$key"
  mv away.sock http.sock
  for name in "$key" "${ticket##*/}" who=ida lantern "$(awk '/clipvault/ {print $7}' jar.ida)"; do
    ! grep -rq -- "$name" log || fail "a log has: $(grep -rh -- "$name" log)"
  done
  grep -q 'GET /film/\.\.\.' log/clipvault.log || fail "nothing is logged: $(tail -n 3 log/clipvault.log)"
  grep -q "/api/clips/$clip" log/clipvault.log || fail "the API is not logged"
}
# says_nothing: what came in from outside as if the proxy had said it does not reach the server. A listener stands in its place.
says_nothing() {
  mv http.sock away.sock
  rm -f heard
  python3 - <<'PYTHON' & listener=$!
import socket
s = socket.socket(socket.AF_UNIX); s.bind("http.sock"); s.listen(); s.settimeout(10)
open("listens", "w").close()
c, _ = s.accept()
open("heard", "wb").write(c.recv(65536))
c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
PYTHON
  for _ in $(seq 100); do [ ! -e listens ] || break; sleep 0.05; done
  curl -sS -o /dev/null "$@" -H 'OIDC_CLAIM_iss: https://evil' -H 'OIDC_CLAIM_sub: ida' -H 'oidc-claim-iss: https://evil' -H 'OIDC-CLAIM-sub: ida' -H 'OIDC_CLAIM_auth_time: 1' -H 'OIDC-CLAIM-auth-time: 1' \
    -H 'X-Clipvault-Sign-On: guess' -H 'X-Forwarded-For: 10.9.8.7' -H 'X-Real: yes' "$base/healthz"
  wait $listener
  rm -f http.sock listens
  mv away.sock http.sock
  grep -qi '^x-real: yes' heard || fail "$(cat heard)"
  ! grep -qiE 'oidc|evil|guess|10\.9\.8\.7' heard || fail "it was passed on: $(cat heard)"
}

head -c 6000000 /dev/urandom >sent.mp4
sent=$(($(stat -c %s sent.mp4) + 100)) # with what is kept
for which in nginx apache; do
  rm -rf log spool
  command -v "${which/apache/apache2}" >/dev/null || { echo "$which is not here"; continue; }
  adapted "$shipped/$which.conf" >site.conf
  "${which}_on" "$stage/site.conf"
  passes_through
  stays_out
  says_nothing --http1.1; says_nothing --http2
  keeps_quiet "$([ $which = nginx ] && echo 502 || echo 503)"
  # A cut film ends short on this side of the proxy as well.
  url=$(open_clip "$clip" supervision)
  curl -sS --limit-rate 1M -b jar.ida -o short.mp4 "$base$url" 2>/dev/null & viewer=$!
  sleep 0.3
  call DELETE /api/session; answers 204
  code=0; wait $viewer || code=$?
  [ "$code" != 0 ] && [ "$(stat -c %s short.mp4)" -lt "$size" ] || fail "the film was not cut: $code, $(stat -c %s short.mp4) of $size"
  ! grep -rq "${url##*/}" log || fail "the cut is logged: $(grep -rh "${url##*/}" log)"
  proxy_ends

  # ---- the same without what keeps it out of files: then it is found in them
  if [ $which = nginx ]; then
    grep -vE 'buffering|max_temp_file' site.conf >careless.conf
  else
    sed 's/proxy-sendchunked 1/proxy-sendcl 1/' site.conf >careless.conf
  fi
  "${which}_on" "$stage/careless.conf"
  sign_in ida "$(cat pw.ida)"
  if [ $which = nginx ]; then
    slow_viewer
    soon_in_clear || fail "nginx as it is by default keeps no film: the search finds nothing"
    kill $viewer 2>/dev/null || true; wait $viewer || true
  fi
  slow_upload --http1.1 -H "Transfer-Encoding: chunked"
  soon_in_clear || fail "$which, when it is told to, keeps no upload: the search finds nothing"
  echo "$which, carelessly: $(cat found)"
  touch enough; wait $sender || true; rm enough
  proxy_ends
done
end_server
