#!/bin/bash
# An upload by tus (sealed as it comes, 204 after fsync) against `curl -T` of the same bytes to nginx's dav, which does not call fsync:
# a second measurement of it has a `sync` of the file behind it, after which as much is promised. The client is curl for all of
# them, reading a file of holes; rounds are interleaved and their order turns. Then one upload whole, and what memory it took.
#   tests/bench/upload.sh [rounds] [MB a round] [MB of the whole]     default: 5 1000 5000
# Of each round one byte is never sent, so that nothing is taken in meanwhile. What is sent at the end is no film: it is hashed, looked
# at and refused. Server and client share two cores. Needs curl, jq, nginx.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-5} mb=${2:-1000} whole_mb=${3:-5000}
for tool in curl jq nginx; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
work=$(mktemp -d)
ended=()
finish() {
  local pid
  for pid in "${ended[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT INT TERM
[ "$(nproc)" -le 2 ] || taskset -cp 0,1 $$ >/dev/null
ticks=$(getconf CLK_TCK)
ready() { # PID FILE: until it has a line
  for _ in $(seq 200); do
    [ ! -s "$2" ] || return 0
    kill -0 "$1"
    sleep 0.05
  done
  return 1
}

# ---- the two servers
start_ours() {
  local user
  new_vault
  printf 'a password for measuring' >"$work/password"
  user=$("$programs/clipvault" --json user add --name ida --role practitioner --password-file "$work/password" | jq -r .user)
  "$programs/clipvault" case assign "$kase" --practitioner "$user" >/dev/null
  "$programs/clipvault" serve --listen 127.0.0.1:0 >"$work/serve.out" &
  monitor=$!
  ended+=("$monitor")
  ready $monitor "$work/serve.out"
  bridge=$(pgrep -P $monitor -x clipvault-bridg)
  base=$(sed -n 's/^listening on //p' "$work/serve.out")
  csrf=$(call -d "{\"name\":\"ida\",\"password\":\"$(cat "$work/password")\"}" "$base/api/session" | jq -r .csrf)
}
start_nginx() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  mkdir "$work/dav"
  cat >"$work/nginx.conf" <<END
worker_processes 2; daemon off; pid $work/nginx.pid; error_log $work/nginx.err;
$([ "$(id -u)" != 0 ] || echo "user root;")
events { }
http { access_log off; client_max_body_size 0; client_body_temp_path $work/dav.t; proxy_temp_path $work/dav.t;
  fastcgi_temp_path $work/dav.t; uwsgi_temp_path $work/dav.t; scgi_temp_path $work/dav.t;
  server { listen 127.0.0.1:$port; root $work/dav; location / { dav_methods PUT DELETE; } } }
END
  nginx -c "$work/nginx.conf" 2>/dev/null &
  ended+=($!)
  for _ in $(seq 100); do [ ! -s "$work/nginx.pid" ] || break; sleep 0.05; done
}
call() { curl -sS -b "$work/jar" -c "$work/jar" -H "Origin: $base" -H "X-CSRF: ${csrf:-}" -H "Tus-Resumable: 1.0.0" "$@"; }
b64() { printf %s "$1" | base64 -w 0; }
create() { # create BYTES: $upload is its address
  upload=$base$(call -o /dev/null -D - -X POST -H "Upload-Length: $1" \
    -H "Upload-Metadata: filename $(b64 film.mp4),case $(b64 "$kase"),persons $(b64 "$person"),kind $(b64 recording)" "$base/api/uploads" |
    sed -n 's/\r$//; s/^[Ll]ocation: //p')
}
send() { exec curl -sS -f -o /dev/null -b "$work/jar" -X PATCH -H "Origin: $base" -H "X-CSRF: $csrf" -H "Tus-Resumable: 1.0.0" \
  -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" -T "$1" "$upload"; }

# ---- steps
by_tus() { send "$work/file"; }
whole() { send "$work/file"; }
by_dav() { exec curl -sS -f -o /dev/null -T "$work/file" "http://127.0.0.1:$port/file"; }
by_dav_synced() { curl -sS -f -o /dev/null -T "$work/file" "http://127.0.0.1:$port/file" && exec sync "$work/dav/file"; }
cpu() { # cpu PID…: seconds so far, of them all
  local pid
  for pid; do cut -d' ' -f14,15 "/proc/$pid/stat"; done | awk -v t="$ticks" '{s += $1 + $2} END {printf "%.2f", s / t}'
}
line() { # line STEP NAME [MORE]
  printf '  %-44s %7.0f MB/s   %s\n' "$2" "$(awk -v mb="$mb" -v s="$(median "$1" 1)" 'BEGIN {print mb / s}')" "${3:-}"
}
# Signing in takes 64 MiB for a moment: what was at most in memory is counted from here on, where the kernel lets us.
forget_peaks() { for pid in "$monitor" "$bridge"; do echo 5 >"/proc/$pid/clear_refs" || true; done 2>/dev/null; }
peak_of() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" | awk '{printf "%.1f MB", $1 / 1000}'; }

truncate -s "${mb}000000" "$work/file"
start_ours
start_nginx
spent=0
for ((i = 0; i < rounds; i++)); do
  for step in $(printf '%s\n' by_tus by_dav by_dav_synced by_tus by_dav by_dav_synced | sed -n "$((i % 3 + 1)),$((i % 3 + 3))p"); do
    if [ "$step" = by_tus ]; then create $((mb * 1000000 + 1)); before=$(cpu "$monitor" "$bridge"); fi
    timed "$step"
    if [ "$step" = by_tus ]; then
      spent=$(awk -v s="$spent" -v a="$before" -v b="$(cpu "$monitor" "$bridge")" 'BEGIN {print s + b - a}')
      call -o /dev/null -X DELETE "$upload"
    else
      rm -f "$work/dav/file"
    fi
    sync -f "$work"
  done
done
printf '%s rounds of %s MB, server and client on two cores; medians, ratios round by round\n' "$rounds" "$mb"
line by_tus "tus, sealed and synced" "$(awk -v s="$spent" -v n="$((rounds * mb))" 'BEGIN {printf "%.2f s of CPU a GB (monitor and bridge)", s / n * 1000}')"
line by_dav_synced "nginx dav, sync of the file behind it" "tus has $(ratio by_dav_synced by_tus 1) of it"
line by_dav "nginx dav" "tus has $(ratio by_dav by_tus 1) of it"

# ---- one whole, and what memory it took
[ "$whole_mb" -gt 0 ] || exit 0
truncate -s "${whole_mb}000000" "$work/file"
forget_peaks
printf '\none upload of %s MB; peak memory before it: monitor %s, bridge %s\n' "$whole_mb" "$(peak_of "$monitor")" "$(peak_of "$bridge")"
create "${whole_mb}000000"
mb=$whole_mb
timed whole
line whole "sent, sealed and synced"
start=$EPOCHREALTIME
while state=$(call "$upload" | jq -r '.state + " " + (.sha256 // "")') && [[ $state == waiting* ]]; do sleep 0.2; done
printf '  then %s after %.1f s (hashed, looked at)\n' "${state%% *}" "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}')"
[ "${state#* }" = "$(sha256sum "$work/file" | cut -d' ' -f1)" ] || echo "  THE SHA-256 IS ANOTHER: $state"
printf '  peak memory after it: monitor %s, bridge %s\n' "$(peak_of "$monitor")" "$(peak_of "$bridge")"
