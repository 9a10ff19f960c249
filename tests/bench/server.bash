# shellcheck shell=bash disable=SC2154 # work, programs, kase, person: of the script that sources this, after measure.bash
# What scripts that measure a server share: ours and nginx on two cores, and what they spend. The script calls `on_two_cores`; whatever
# is started here ends with it, and $work goes.
ended=() # processes that end with the script
finish() {
  local pid
  for pid in "${ended[@]}"; do kill "$pid" 2>/dev/null || true; done
  ! declare -F unmount >/dev/null || unmount
  wait
  rm -rf "$work"
}
trap finish EXIT INT TERM
# Two cores for all, where there are more.
on_two_cores() { [ "$(nproc)" -le 2 ] || taskset -cp 0,1 $$ >/dev/null; }
ticks=$(getconf CLK_TCK)

ready() { # PID FILE: until it has a line
  for _ in $(seq 200); do
    [ ! -s "$2" ] || return 0
    kill -0 "$1"
    sleep 0.05
  done
  echo "a server did not get ready" >&2
  return 1
}

# ---- ours
call() { curl -sS -b "$work/jar" -c "$work/jar" -H "Origin: $base" -H "X-CSRF: ${csrf:-}" -H "Tus-Resumable: 1.0.0" "$@"; }
# A vault of its own, as new_vault makes it, with a practitioner who has a password; $person has agreed for this case.
serve_new() {
  local user
  new_vault
  printf 'a password for measuring' >"$work/password"
  user=$("$programs/clipvault" --json user add --name ida --role practitioner --password-file "$work/password" | jq -r .user)
  "$programs/clipvault" case assign "$kase" --practitioner "$user" >/dev/null
  serve
}
# Serves $CLIPVAULT_DIR, and signs her in: $base is its address, $monitor and $bridge its processes; $csrf and $cookie are hers.
serve() {
  rm -f "$work/serve.out" "$work/jar"
  "$programs/clipvault" serve --listen 127.0.0.1:0 >"$work/serve.out" &
  monitor=$!
  ended+=("$monitor")
  ready "$monitor" "$work/serve.out"
  bridge=$(pgrep -P "$monitor" -x clipvault-bridg)
  base=$(sed -n 's/^listening on //p' "$work/serve.out")
  csrf=$(call -d "{\"name\":\"ida\",\"password\":\"$(cat "$work/password")\"}" "$base/api/session" | jq -r .csrf)
  cookie="Cookie: clipvault=$(awk '/clipvault/ {print $7}' "$work/jar")"
}
end_server() {
  local i
  kill "$monitor"
  wait "$monitor" || true
  for i in "${!ended[@]}"; do [ "${ended[i]}" != "$monitor" ] || unset "ended[i]"; done # its number may soon be another's
}
b64() { printf %s "$1" | base64 -w 0; }
create() { # create BYTES: an upload; $upload is its address
  upload=$base$(call -o /dev/null -D - -X POST -H "Upload-Length: $1" \
    -H "Upload-Metadata: filename $(b64 film.mp4),case $(b64 "$kase"),persons $(b64 "$person"),kind $(b64 recording)" "$base/api/uploads" |
    sed -n 's/\r$//; s/^[Ll]ocation: //p')
}

# ---- nginx
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# start_nginx NAME FOLDER [DIRECTIVE]: two workers, no log; the directive stands in its one location. $port is where, $nginx the workers.
start_nginx() {
  local at=$work/$1.nginx
  mkdir "$at"
  port=$(free_port)
  cat >"$at/conf" <<END
worker_processes 2; daemon off; pid $at/pid; error_log $at/err;
$([ "$(id -u)" != 0 ] || echo "user root;")
events { worker_connections 1024; }
http { access_log off; sendfile on; keepalive_requests 1000000000; client_max_body_size 0; client_body_temp_path $at/t; proxy_temp_path $at/t;
  fastcgi_temp_path $at/t; uwsgi_temp_path $at/t; scgi_temp_path $at/t;
  server { listen 127.0.0.1:$port; root $2; location / { ${3:-} } } }
END
  nginx -c "$at/conf" 2>/dev/null &
  ended+=($!)
  ready $! "$at/pid"
  sleep 0.2
  nginx=$(pgrep -P $! | tr '\n' ' ')
}

# ---- what they spend
cpu_of() { # PID…: seconds so far, of them all
  local pid
  for pid; do cut -d' ' -f14,15 "/proc/$pid/stat"; done | awk -v t="$ticks" '{s += $1 + $2} END {printf "%.2f", s / t}'
}
peak_of() { # PID…: KiB, of them all
  local pid
  for pid; do sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"; done | awk '{s += $1} END {print s + 0}'
}
# Signing in takes 64 MiB for a moment: what was at most in memory is counted from here on, where the kernel lets us.
forget_peaks() { for pid in "$monitor" "$bridge"; do echo 5 >"/proc/$pid/clear_refs" || true; done 2>/dev/null; }
