#!/bin/bash
# Ranges of a film over keep-alive connections: the bridge against nginx (sendfile) serving the plain file, against nginx over a
# gocryptfs mount of it, and against the least that it can cost (bench_bare.c): a bare loop that reads, authenticates, decrypts and
# sends, and the same loop that reads and sends the plain file. Server and client share two cores; rounds are interleaved and their order
# turns. Then what it takes to open a film, and what memory a flood of sign-ins costs.
#   tests/bench/ranges.sh [rounds] [ms a round] [MB of film] [connections,…] [KiB of range[:KiB of grid],…]
#     default: 3 2000 300 1,32,256 64,1024,64:64      a grid: where ranges may begin; without it anywhere
# nginx has two workers, no log, and otherwise its defaults. Ratios are medians of the rounds. nginx's figures for one connection
# suffer from delayed acknowledgements. Needs ffmpeg, curl, jq, python3, nginx; gocryptfs if there is FUSE.
#
#: title    Serving ranges of a film, to few and to many streams
#: what     The bridge beside nginx (sendfile) with the plain file, nginx over a gocryptfs mount of it, and the least it can cost: a bare loop that reads, decrypts and sends, and one that only reads and sends. Streams are keep-alive connections that ask without rest. Then opening a film, and a flood of sign-ins.
#: limits   Server and client share two cores, so the figures are of the processor: decrypting, copying to the socket and HTTP for the bridge; the socket alone for nginx. Opening waits for the log's fsync.
#: needs    ffmpeg curl jq python3
#: peers    nginx gocryptfs
#: tiny     1 200 20 2 64
#: quick    3 500 100 1,32,256 64,1024
#: full     3 2000 300
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-3} round_ms=${2:-2000} mb=${3:-300}
IFS=, read -ra connections <<<"${4:-1,32,256}"
IFS=, read -ra ranges <<<"${5:-64,1024,64:64}"
for tool in ffmpeg curl jq python3 nginx; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
bench=$programs/bench
client=$bench/bench_ranges
for tool in bench_ranges bench_bare; do [ -x "$bench/$tool" ] || make -s "build/release/bench/$tool"; done
here=$PWD/tests/bench
openings=100 # one account may see 128 films at once (player-bridge/ticket.h)
work=$(mktemp -d)
. tests/bench/server.bash
on_two_cores
unmount() {
  [ ! -e "$work/mounted" ] || fusermount3 -u "$work/mount" 2>/dev/null || true
  rm -rf "/dev/shm/ranges.$$"
}

# ---- one film, three servers
make_film() { # bits that do not get fewer by sealing, and a film that is copied: quick to make
  ffmpeg -nostdin -loglevel error -f lavfi -i "testsrc2=size=1280x720:rate=25,noise=alls=60:allf=t" -t 4 -c:v libx264 -preset ultrafast \
    -qp 14 -g 25 -pix_fmt yuv420p -y "$work/short.mp4"
  local times=$((mb * 1000000 / $(stat -c %s "$work/short.mp4")))
  ffmpeg -nostdin -loglevel error -stream_loop "$times" -i "$work/short.mp4" -c copy -movflags +faststart -y "$work/film.mp4"
}
start_ours() {
  serve_new
  clip=$("$programs/clipvault" --json ingest "$work/film.mp4" --case "$kase" --person "$person" | jq -r '.ingested[0].clip')
  path=$(call -d '{"purpose":"supervision"}' "$base/api/clips/$clip/open" | jq -r .url)
  call -o "$work/plain/film" "$base$path"
}
start_bare() { # NAME [plain]; its port is in $port
  "$bench/bench_bare" "$work/plain/film" "$work/$1.sealed" "${@:2}" >"$work/$1.out" &
  ended+=($!)
  ready $! "$work/$1.out"
  pids[$1]=${ended[-1]} ports[$1]=$(cat "$work/$1.out") paths[$1]=/film
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
# shellcheck disable=SC2086 # several processes
spent_by() { cpu_of ${pids[$1]}; }
# shellcheck disable=SC2086
peak_by() { peak_of ${pids[$1]}; }
one() { # NAME RANGE CONNECTIONS: appends answers/s, MB/s, p50, p99 ms, CPU s a GiB
  local before kib=${2%:*} grid=1
  [[ $2 != *:* ]] || grid=$((${2#*:} * 1024))
  before=$(spent_by "$1")
  "$client" 127.0.0.1 "${ports[$1]}" "${paths[$1]}" "$size" $((kib * 1024)) $grid "$3" "$round_ms" "$cookie" >"$work/round"
  # The warm-up is in the CPU time, not in the bytes; it is a fifth of the round.
  awk -v before="$before" -v after="$(spent_by "$1")" \
    '{printf "%.1f %.2f %s %s %.3f\n", $1 / $3, $2 / $3 / 1e6, $4, $5, (after - before) * 0.8 / ($2 / 2 ^ 30)}' "$work/round" >>"$work/$1.$2.$3"
}
figure() { cut -d' ' -f"$2" "$work/$1" | middle; }
against() { paste -d' ' "$work/$1" "$work/$2" | awk '{print $1 / $6}' | spread_of %.2f; }

mkdir "$work/plain"
declare -A pids ports paths
make_film
start_ours
size=$(stat -c %s "$work/plain/film")
pids[bridge]=$bridge ports[bridge]=${base##*:} paths[bridge]=$path
start_nginx nginx "$work/plain"
ports[nginx]=$port paths[nginx]=/film pids[nginx]=$nginx
start_bare bare
start_bare plain plain
servers=(bridge nginx bare plain)
if start_gocryptfs; then
  start_nginx gocryptfs "$work/mount"
  ports[gocryptfs]=$port paths[gocryptfs]=/film pids[gocryptfs]="$nginx $gocryptfs_pid"
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
echo "  peak memory after all of that, KiB: $(for name in "${servers[@]}"; do printf '%s %s  ' "$name" "$(peak_by "$name")"; done)"
echo "  goal: 0.90 of nginx at 64 KiB and 0.70 at 1 MiB over 32 connections; 7 and 3.3 of gocryptfs; 40000 KiB for the bridge"
python3 "$here/opening.py" "${base##*:}" "${cookie#Cookie: }" "$csrf" "$clip" "$openings" "$work"
python3 "$here/signing_in.py" "${base##*:}" 64 5
echo "  peak memory after the flood, KiB: monitor $(peak_of "$monitor") bridge $(peak_of "$bridge")"
if mkdir "/dev/shm/ranges.$$" 2>/dev/null; then # the same without a disk
  end_server
  cp -a "$work/vault" "/dev/shm/ranges.$$/vault"
  export CLIPVAULT_DIR=/dev/shm/ranges.$$/vault
  serve
  python3 "$here/opening.py" "${base##*:}" "${cookie#Cookie: }" "$csrf" "$clip" "$openings" "/dev/shm/ranges.$$"
fi
