#!/bin/bash
# An upload by tus (sealed as it comes, 204 after fsync) against `curl -T` of the same bytes to nginx's dav, which does not call fsync:
# a second measurement of it has a `sync` of the file behind it, after which as much is promised. The client is curl for all of
# them, reading a file of holes; rounds are interleaved and their order turns. Then one upload whole, and what memory it took.
#   tests/bench/upload.sh [rounds] [MB a round] [MB of the whole]     default: 5 1000 5000
# Of each round one byte is never sent, so that nothing is taken in meanwhile. What is sent at the end is no film: it is hashed, looked
# at and refused. Server and client share two cores. Needs curl, jq, nginx, python3.
#
#: title    Uploading
#: what     tus (sealed as it comes, acknowledged after fsync) beside `curl -T` of the same bytes to nginx's dav, and the same with a `sync` behind it.
#: limits   On two cores: curl, receiving, sealing and hashing; then the disk, which nginx without `sync` does not wait for.
#: needs    curl jq python3
#: peers    nginx
#: tiny     1 20 20
#: quick    3 300 1000
#: full     5 1000 5000
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-5} mb=${2:-1000} whole_mb=${3:-5000}
for tool in curl jq nginx python3; do command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 0; }; done
programs=${CLIPVAULT:-$PWD/build/release}
work=$(mktemp -d)
. tests/bench/server.bash
on_two_cores
send() { exec curl -sS -f -o /dev/null -b "$work/jar" -X PATCH -H "Origin: $base" -H "X-CSRF: $csrf" -H "Tus-Resumable: 1.0.0" \
  -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" -T "$1" "$upload"; }

# ---- steps
by_tus() { send "$work/file"; }
whole() { send "$work/file"; }
by_dav() { exec curl -sS -f -o /dev/null -T "$work/file" "http://127.0.0.1:$port/file"; }
by_dav_synced() { curl -sS -f -o /dev/null -T "$work/file" "http://127.0.0.1:$port/file" && exec sync "$work/dav/file"; }
line() { # line STEP NAME [MORE]
  printf '  %-40s %-18s MB/s   %s\n' "$2" "$(column "$1" 1 | awk -v mb="$mb" '{print mb / $1}' | spread_of %.0f)" "${3:-}"
}
most_of() { awk -v kib="$(peak_of "$1")" 'BEGIN {printf "%.1f MB", kib / 1000}'; }

truncate -s "${mb}000000" "$work/file"
serve_new
mkdir "$work/dav"
start_nginx dav "$work/dav" 'dav_methods PUT DELETE;'
spent=0
for ((i = 0; i < rounds; i++)); do
  for step in $(printf '%s\n' by_tus by_dav by_dav_synced by_tus by_dav by_dav_synced | sed -n "$((i % 3 + 1)),$((i % 3 + 3))p"); do
    if [ "$step" = by_tus ]; then create $((mb * 1000000 + 1)); before=$(cpu_of "$monitor" "$bridge"); fi
    timed "$step"
    if [ "$step" = by_tus ]; then
      spent=$(awk -v s="$spent" -v a="$before" -v b="$(cpu_of "$monitor" "$bridge")" 'BEGIN {print s + b - a}')
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
printf '\none upload of %s MB; peak memory before it: monitor %s, bridge %s\n' "$whole_mb" "$(most_of "$monitor")" "$(most_of "$bridge")"
create "${whole_mb}000000"
mb=$whole_mb
timed whole
line whole "sent, sealed and synced"
start=$EPOCHREALTIME
while state=$(call "$upload" | jq -r '.state + " " + (.sha256 // "")') && [[ $state == waiting* ]]; do sleep 0.2; done
printf '  then %s after %.1f s (hashed, looked at)\n' "${state%% *}" "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}')"
[ "${state#* }" = "$(sha256sum "$work/file" | cut -d' ' -f1)" ] || echo "  THE SHA-256 IS ANOTHER: $state"
printf '  peak memory after it: monitor %s, bridge %s\n' "$(most_of "$monitor")" "$(most_of "$bridge")"
