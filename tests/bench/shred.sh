#!/bin/bash
# What it costs to destroy one key among 10^3 to 10^6, and 1000 at once, against flat stores that seal every other key under a fresh
# root key ("rewrap everything"); what those are: tests/bench/bench_keys.c. The same with a holder and a replica, where the bytes are
# those that the replica receives; and up to 10^5 with the effaceable secret in an emulated TPM, if there is swtpm (hardware takes
# longer for each of the three writings, and for the storage key of each session).
#   tests/bench/shred.sh [rounds] [shreds] [leaves,…] [folder…]     default: 3 201 1000,10000,100000,1000000 $TMPDIR /dev/shm
# CPU counts the kernel's work for the process, median of all shreds, and the median of the rounds is printed; rounds of tree and
# flat stores take turns. In /dev/shm nothing waits for a disk. The machine may be shared: quote ratios, and whether it is flat.
#
#: title    Destroying a key
#: what     One key among many, and a thousand at once: the key tree beside flat stores of the same keys, in which every other key is sealed anew under a fresh root key: rows of SQLite, one file of sealed keys, one sealed file. Then the tree with copies elsewhere, with its secret in an emulated TPM, and `shred -u` of ciphertext.
#: limits   The tree seals one node a level, and waits for the syncs of its protocol (docs/format.md): on a disk those are nearly all of its wall time. The flat stores read and seal everything, and so grow with it. An emulated TPM answers at once; one of hardware does not.
#: peers    swtpm shred
#: tiny     2 5 1000 /dev/shm
#: quick    3 51 1000,10000,100000 /dev/shm
#: full     3 201 1000,10000,100000,1000000
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3} shreds=${2:-201} batch=1000
IFS=, read -ra sizes <<<"${3:-1000,10000,100000,1000000}"
folders=("${@:4}")
[ ${#folders[@]} -gt 0 ] || folders=("${TMPDIR:-/tmp}" /dev/shm)
program=${CLIPVAULT:-$PWD/build/release}/bench/bench_keys
[ -x "$program" ] || make -s build/release/bench/bench_keys

one() { # KIND LEAVES TIMES…: a store of its own, made anew
  mkdir "$work/store"
  "$program" "$1" "$work/store" "${@:2}" >>"$work/lines"
  rm -rf "$work/store"
}
tpm_pid=
start_tpm() {
  command -v swtpm >/dev/null || return 0
  mkdir "$work/tpm"
  swtpm socket --tpm2 --tpmstate dir="$work/tpm" --server type=unixio,path="$work/tpm/s" --ctrl type=unixio,path="$work/tpm/s.ctrl" \
    --flags not-need-init,startup-clear 2>/dev/null &
  tpm_pid=$!
  while [ ! -S "$work/tpm/s.ctrl" ]; do sleep 0.1; done
  export CLIPVAULT_TPM2_TCTI=swtpm:path=$work/tpm/s
}
stop_tpm() {
  [ -z "$tpm_pid" ] || { kill "$tpm_pid" && wait "$tpm_pid"; } 2>/dev/null || true
  tpm_pid=
}
measure() {
  local i leaves
  for ((i = 0; i < rounds; i++)); do
    for leaves in "${sizes[@]}"; do
      one tree "$leaves" "$shreds" "$batch"
      one copied "$leaves" "$shreds" "$batch"
      [ -z "$tpm_pid" ] || [ "$leaves" -gt 100000 ] || one tpm "$leaves" "$shreds" "$batch"
      one rows "$leaves" 1
      one file "$leaves" 1
      one blob "$leaves" 1
    done
  done
}
# Fields: what, leaves, at once, levels, sealed bytes, CPU µs, wall ms, p90 ms, times
table() {
  awk '
    function median(list,  v, n, i, j, t) {
      n = split(list, v, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      return v[int((n + 1) / 2)]
    }
    { key = $2 " " $1 " " $3; if (!(key in cpu)) order[++count] = key
      levels[key] = $4; bytes[key] = $5; cpu[key] = cpu[key] " " $6; wall[key] = wall[key] " " $7; late[key] = late[key] " " $8 }
    END {
      name["tree"] = "key tree"; name["tpm"] = "key tree, E in a TPM"; name["copied"] = "key tree, holder, replica"; name["rows"] = "flat: rows of SQLite"; name["file"] = "flat: file of sealed keys"
      name["blob"] = "flat: one sealed file"
      printf "  %8s %5s  %-26s %6s %12s %11s %10s %9s %8s %8s\n", "leaves", "dies", "", "levels", "bytes sealed", "CPU us", "wall ms", "p90", "x CPU", "x wall"
      for (i = 1; i <= count; i++) {
        split(order[i], k, " "); base = k[1] " tree " k[3]; key = order[i]
        c = median(cpu[key]); w = median(wall[key])
        printf "  %8d %5d  %-26s %6s %12d %11.0f %10.2f %9.2f", k[1], k[3], name[k[2]], levels[key] ? levels[key] : "-", bytes[key], c, w, median(late[key])
        if (k[2] == "tree") printf "\n"; else printf " %8.1f %8.1f\n", c / median(cpu[base]), w / median(wall[base])
      }
    }' "$work/lines"
}

# What overwriting the ciphertext itself would take: `shred -u` (three passes), made durable, of one film's worth of bytes.
overwrite() {
  local TIMEFORMAT='%R' mib=256 spent
  head -c ${mib}M /dev/urandom >"$work/ciphertext"
  sync -f "$work"
  spent=$({ time shred -u "$work/ciphertext"; } 2>&1)
  awk -v s="$spent" -v mib=$mib 'BEGIN{printf "  shred -u of %d MiB of ciphertext: %.0f ms, %.1f ms for each MiB, and a copy elsewhere is untouched\n", mib, s * 1000, s * 1000 / mib}'
}

for folder in "${folders[@]}"; do
  work=$(mktemp -d "$folder/shred.XXXXXX")
  trap 'stop_tpm; rm -rf "$work"' EXIT INT TERM
  start_tpm
  measure
  printf 'keystore_shred on %s, %s rounds of %s; flat stores: how many times as much\n' "$(stat -f -c %T "$folder")" "$rounds" "$shreds"
  table
  overwrite
  stop_tpm
  rm -rf "$work"
done
