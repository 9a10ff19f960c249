#!/bin/bash
# Ranges of a film over keep-alive connections: the bridge against nginx (sendfile) serving the plain file, against nginx over a
# gocryptfs mount of it, and against the least that it can cost (bench_bare.c): a bare loop that reads, authenticates, decrypts and
# sends, and the same loop that reads and sends the plain file. Server and client share two cores; rounds are interleaved and their order
# turns. Then what it takes to open a film, and what memory a flood of sign-ins costs.
#   tests/bench/ranges.sh [rounds] [ms a round] [MB of film] [connections,…] [KiB of range[:KiB of grid],…]
#     default: 3 2000 300 1,32,256 64,1024,64:64      a grid: where ranges may begin; without it anywhere
# nginx has two workers, no log, and otherwise its defaults. Ratios are medians of the rounds. nginx's figures for one connection
# suffer from delayed acknowledgements. Needs ffmpeg, curl, jq, python3, nginx; gocryptfs if there is FUSE.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-3} round_ms=${2:-2000} mb=${3:-300}
IFS=, read -ra connections <<<"${4:-1,32,256}"
IFS=, read -ra ranges <<<"${5:-64,1024,64:64}"
for tool in ffmpeg curl jq python3 nginx; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
bench=${BENCH:-$PWD/build/release/bench}
client=$bench/bench_ranges
for tool in bench_ranges bench_bare; do [ -x "$bench/$tool" ] || make -s "build/release/bench/$tool"; done
here=$PWD/tests/bench
work=$(mktemp -d)
ended=()
finish() {
  local pid
  for pid in "${ended[@]}"; do kill "$pid" 2>/dev/null || true; done
  [ ! -e "$work/mounted" ] || fusermount3 -u "$work/mount" 2>/dev/null || true
  wait
  rm -rf "$work" "/dev/shm/ranges.$$"
}
trap finish EXIT INT TERM
# Two cores for all, where there are more.
[ "$(nproc)" -le 2 ] || taskset -cp 0,1 $$ >/dev/null
ticks=$(getconf CLK_TCK)

# ---- one film, three servers
make_film() { # bits that do not get fewer by sealing, and a film that is copied: quick to make
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=1280x720:rate=25,noise=alls=60:allf=t" -t 4 -c:v libx264 -preset ultrafast \
    -qp 14 -g 25 -pix_fmt yuv420p -y "$work/short.mp4"
  local times=$((mb * 1000000 / $(stat -c %s "$work/short.mp4")))
  ffmpeg -nostdin -loglevel error -stream_loop "$times" -i "$work/short.mp4" -c copy -movflags +faststart -y "$work/film.mp4"
}
call() { curl -sS -b "$work/jar" -c "$work/jar" -H "Origin: $base" -H "X-CSRF: ${csrf:-}" "$@"; }
ready() { # PID FILE: until it has a line
  for _ in $(seq 200); do
    [ ! -s "$2" ] || return 0
    kill -0 "$1"
    sleep 0.05
  done
  return 1
}
start_ours() {
  export CLIPVAULT_DIR=$work/vault CLIPVAULT_KEY_FILE=$work/key
  local ask=("$programs/clipvault" --json) user kase
  printf 'a password for measuring' >"$work/password"
  "${ask[@]}" init --slot key-file --key-file "$work/key" >/dev/null
  user=$("${ask[@]}" user add --name ida --role practitioner --password-file "$work/password" | jq -r .user)
  kase=$("${ask[@]}" case open --title bench --practitioner "$user" | jq -r .case)
  person=$("${ask[@]}" person add --name bench --case "$kase" | jq -r .person)
  "${ask[@]}" consent record --person "$person" --purpose supervision --media recording --case "$kase" >/dev/null
  clip=$("${ask[@]}" ingest "$work/film.mp4" --case "$kase" --person "$person" | jq -r '.ingested[0].clip')
  serve_ours
  path=$(call -d '{"purpose":"supervision"}' "$base/api/clips/$clip/open" | jq -r .url)
  call -o "$work/plain/film" "$base$path"
}
serve_ours() {
  rm -f "$work/serve.out" "$work/jar"
  "$programs/clipvault" serve --listen 127.0.0.1:0 >"$work/serve.out" &
  monitor=$!
  ended+=("$monitor")
  ready $monitor "$work/serve.out"
  bridge=$(pgrep -P $monitor -x clipvault-bridg)
  base=$(sed -n 's/^listening on //p' "$work/serve.out")
  csrf=$(call -d "{\"name\":\"ida\",\"password\":\"$(cat "$work/password")\"}" "$base/api/session" | jq -r .csrf)
  cookie="Cookie: clipvault=$(awk '/clipvault/ {print $7}' "$work/jar")"
}
start_bare() { # NAME [plain]; its port is in $port
  "$bench/bench_bare" "$work/plain/film" "$work/$1.sealed" "${@:2}" >"$work/$1.out" &
  ended+=($!)
  ready $! "$work/$1.out"
  pids[$1]=${ended[-1]} ports[$1]=$(cat "$work/$1.out") paths[$1]=/film
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start_nginx() { # NAME FOLDER; its port is in $port
  port=$(free_port)
  cat >"$work/$1.conf" <<END
worker_processes 2; daemon off; pid $work/$1.pid; error_log $work/$1.err;
events { worker_connections 1024; }
http { access_log off; sendfile on; keepalive_requests 1000000000; client_body_temp_path $work/$1.t; proxy_temp_path $work/$1.t;
  fastcgi_temp_path $work/$1.t; uwsgi_temp_path $work/$1.t; scgi_temp_path $work/$1.t;
  server { listen 127.0.0.1:$port; root $2; } }
END
  [ "$(id -u)" != 0 ] || sed -i "1s/^/user root; /" "$work/$1.conf"
  nginx -c "$work/$1.conf" 2>/dev/null &
  ended+=($!)
  ready $! "$work/$1.pid"
  sleep 0.2
  pids[$1]=$(pgrep -P $! | tr '\n' ' ')
}
start_gocryptfs() {
  command -v gocryptfs >/dev/null || { echo "SKIP gocryptfs: not installed"; return 1; }
  mkdir "$work/sealed" "$work/mount"
  echo "a password for measuring" >"$work/word"
  gocryptfs -init -q -scryptn 10 -passfile "$work/word" "$work/sealed" >/dev/null
  gocryptfs -q -fg -passfile "$work/word" "$work/sealed" "$work/mount" 2>"$work/gocryptfs.err" &
  local pid=$!
  for _ in $(seq 100); do mountpoint -q "$work/mount" && break; sleep 0.05; done
  mountpoint -q "$work/mount" || { echo "SKIP gocryptfs: cannot be mounted here: $(sed -n '1,1p' "$work/gocryptfs.err")"; return 1; }
  touch "$work/mounted"
  ended+=("$pid")
  cp "$work/plain/film" "$work/mount/film"
  gocryptfs_pid=$pid
}

# ---- measuring
cpu_of() { local all=0 pid; for pid in $1; do all=$((all + $(awk '{print $14 + $15}' "/proc/$pid/stat"))); done; echo $all; }
peak_of() { local all=0 pid; for pid in $1; do all=$((all + $(awk '/^VmHWM/ {print $2}' "/proc/$pid/status"))); done; echo $all; }
one() { # NAME RANGE CONNECTIONS: appends answers/s, MB/s, p50, p99 ms, CPU s a GiB
  local before kib=${2%:*} grid=1
  [[ $2 != *:* ]] || grid=$((${2#*:} * 1024))
  before=$(cpu_of "${pids[$1]}")
  "$client" 127.0.0.1 "${ports[$1]}" "${paths[$1]}" "$size" $((kib * 1024)) $grid "$3" "$round_ms" "$cookie" >"$work/round"
  # The warm-up is in the CPU time, not in the bytes; it is a fifth of the round.
  awk -v cpu=$(($(cpu_of "${pids[$1]}") - before)) -v ticks="$ticks" \
    '{printf "%.1f %.2f %s %s %.3f\n", $1 / $3, $2 / $3 / 1e6, $4, $5, cpu / ticks * 0.8 / ($2 / 2 ^ 30)}' "$work/round" >>"$work/$1.$2.$3"
}
middle() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
figure() { cut -d' ' -f"$2" "$work/$1" | middle; }
against() { paste -d' ' "$work/$1" "$work/$2" | awk '{print $1 / $6}' | sort -n |
  awk '{v[NR] = $1} END {printf "%.2f (%.2f-%.2f)", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR]}'; }

mkdir "$work/plain"
declare -A pids ports paths
make_film
start_ours
size=$(stat -c %s "$work/plain/film")
pids[bridge]=$bridge ports[bridge]=${base##*:} paths[bridge]=$path
start_nginx nginx "$work/plain"
ports[nginx]=$port paths[nginx]=/film
start_bare bare
start_bare plain plain
servers=(bridge nginx bare plain)
if start_gocryptfs; then
  start_nginx gocryptfs "$work/mount"
  ports[gocryptfs]=$port paths[gocryptfs]=/film pids[gocryptfs]="${pids[gocryptfs]} $gocryptfs_pid"
  servers+=(gocryptfs)
fi
for name in "${servers[@]}"; do # the same bytes
  cmp <(curl -sS -H "$cookie" -r 1000000-1999999 "http://127.0.0.1:${ports[$name]}${paths[$name]}") <(dd if="$work/plain/film" bs=1M skip=1000000 count=1000000 iflag=skip_bytes,count_bytes status=none)
done

printf '%s bytes, %s rounds of %s ms (a fifth of each warms up); medians, and (lowest-highest) of a ratio\n' "$size" "$rounds" "$round_ms"
printf '  %-14s %5s  %-10s %8s %8s  %-18s %6s %8s %8s %8s\n' range conns server 'req/s' 'MB/s' 'x nginx' 'x bare' 'p50 ms' 'p99 ms' 'CPU s/GiB'
for range in "${ranges[@]}"; do
  for count in "${connections[@]}"; do
    for ((i = 0; i < rounds; i++)); do
      for ((k = 0; k < ${#servers[@]}; k++)); do one "${servers[$(((i + k) % ${#servers[@]}))]}" "$range" "$count"; done
    done
    label="${range%:*} KiB"
    [[ $range != *:* ]] || label+=" on ${range#*:}"
    for name in "${servers[@]}"; do
      f=$name.$range.$count
      printf '  %-14s %5s  %-10s %8.0f %8.0f  %-18s %6s %8.2f %8.2f %8.2f\n' "$label" "$count" "$name" "$(figure "$f" 1)" "$(figure "$f" 2)" \
        "$(against "$f" "nginx.$range.$count")" "$(against "$f" "bare.$range.$count" | cut -d' ' -f1)" "$(figure "$f" 3)" "$(figure "$f" 4)" "$(figure "$f" 5)"
    done
  done
done
echo "  peak memory after all of that, KiB: $(for name in "${servers[@]}"; do printf '%s %s  ' "$name" "$(peak_of "${pids[$name]}")"; done)"
echo "  goal: 0.90 of nginx at 64 KiB and 0.70 at 1 MiB over 32 connections; 7 and 3.3 of gocryptfs; 40000 KiB for the bridge"
python3 "$here/opening.py" "${base##*:}" "${cookie#Cookie: }" "$csrf" "$clip" 200 "$work"
python3 "$here/signing_in.py" "${base##*:}" 64 5
echo "  peak memory after the flood, KiB: monitor $(peak_of "$monitor") bridge $(peak_of "$bridge")"
if mkdir "/dev/shm/ranges.$$" 2>/dev/null; then # the same without a disk
  kill "$monitor"
  wait "$monitor" || true
  cp -a "$work/vault" "/dev/shm/ranges.$$/vault"
  export CLIPVAULT_DIR=/dev/shm/ranges.$$/vault
  serve_ours
  python3 "$here/opening.py" "${base##*:}" "${cookie#Cookie: }" "$csrf" "$clip" 200 "/dev/shm/ranges.$$"
fi
