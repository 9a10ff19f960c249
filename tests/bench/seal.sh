#!/bin/bash
# Sealing and opening a file against `age`, whole processes, in interleaved rounds whose order turns; medians and ratios.
#   tests/bench/seal.sh [rounds] [MiB] [folder…]      default: 5 rounds, 1024 MiB, in $TMPDIR and in /dev/shm
# Ours also hashes the sealed file (SHA-256, for certificates) and brings it to the disk before it says that it is done; `age`
# does neither. So there is a row for age followed by `sync FILE`, and what `openssl dgst` takes for the hash alone.
# The machine may be shared: quote ratios. Needs age; the key it makes lives in the folder that is removed at the end.
#
#: title    Sealing and opening a file
#: what     A file of random bytes is sealed and opened by whole processes: ours (ChaCha20-Poly1305 by chunks, with the SHA-256 of what was sealed and an fsync) beside `age`, `age` with a `sync` of its file, and two of `openssl`'s commands; then the container alone, by both libraries it can use.
#: limits   Ours is bound by SHA-256, which age does not take, and on a disk by its fsync; in /dev/shm by cipher and hash on one core. `openssl enc` has no authentication, and is there as a floor.
#: peers    age openssl
#: tiny     2 8 /dev/shm
#: quick    3 128
#: full     7 1024
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
rounds=${1:-5} mib=${2:-1024}
folders=("${@:3}")
[ ${#folders[@]} -gt 0 ] || folders=("${TMPDIR:-/tmp}" /dev/shm)
command -v age >/dev/null || { echo "SKIP: no age"; exit 0; }
program=${CLIPVAULT:-$PWD/build/release}/bench/bench_container
[ -x "$program" ] || make -s build/release/bench/bench_container

age_encrypt() { age -r "$recipient" -o "$work/age.out" "$work/plain"; }
age_encrypt_sync() { age_encrypt && sync "$work/age.out"; }
ours_seal() { "$program" seal "$work/plain" "$work/ours.out"; }
age_decrypt() { age -d -i "$work/key" -o "$work/opened" "$work/age"; }
ours_open() { "$program" open "$work/ours" "$work/opened"; }
age_decrypt_null() { age -d -i "$work/key" -o /dev/null "$work/age"; }
ours_open_null() { "$program" open "$work/ours" /dev/null; }
sha256_alone() { openssl dgst -sha256 "$work/ours" >/dev/null; }
# Encrypted, and nothing that would notice a change: openssl's command has no authenticated cipher.
openssl_encrypt() { openssl enc -aes-256-ctr -K "$(printf '42%.0s' {1..32})" -iv 00000000000000000000000000000000 -in "$work/plain" -out "$work/openssl.out"; }
steps=(age_encrypt age_encrypt_sync ours_seal age_decrypt ours_open age_decrypt_null ours_open_null sha256_alone openssl_encrypt)

# In a virtual machine the host takes free memory back, and whoever touches it next pays for it (up to 2 s for 1 GiB, seen as
# system time). So as much as a step fills is touched and freed just before it, for both sides alike.
warm() {
  head -c $(((mib + mib / 2) << 20)) /dev/zero >/dev/shm/seal.warm.$$
  rm -f /dev/shm/seal.warm.$$
}

# What one step writes is gone, and on the disk nothing is left to do, before the next one starts.
timed() {
  warm
  local start=$EPOCHREALTIME
  "$1"
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN{printf "%.3f\n", b - a}' >>"$work/$1.s"
  rm -f "$work"/*.out "$work/opened"
  sync -f "$work"
}
row() { # NAME STEP STEP-COMPARED-WITH
  printf '  %-34s %-20s %8.0f   %s\n' "$1" "$(spread "$2" 1)" "$(awk -v m="$(median "$2" 1)" -v mib="$mib" 'BEGIN {print mib * 1.048576 / m}')" \
    "$(ratio "$3" "$2" 1)"
}

measure() { # FOLDER
  local step i
  work=$(mktemp -d "$1/seal.XXXXXX")
  trap 'rm -rf "$work"' EXIT INT TERM
  head -c $((mib << 20)) /dev/urandom >"$work/plain"
  age-keygen -o "$work/key" 2>/dev/null
  recipient=$(age-keygen -y "$work/key")
  age -r "$recipient" -o "$work/age" "$work/plain"
  "$program" seal "$work/plain" "$work/ours"
  ours_open && cmp "$work/opened" "$work/plain" && rm "$work/opened"
  for ((i = 0; i < rounds; i++)); do
    for ((step = 0; step < ${#steps[@]}; step++)); do timed "${steps[$(((step + i) % ${#steps[@]}))]}"; done
  done
  printf '%s MiB on %s, %s rounds: median (lowest-highest)\n' "$mib" "$(stat -f -c %T "$1")" "$rounds"
  printf '  %-34s %-20s %8s   %s\n' '' seconds MB/s 'times as fast as age'
  row 'age encrypt' age_encrypt age_encrypt
  row 'age encrypt, sync' age_encrypt_sync age_encrypt
  row 'seal (with SHA-256 and fsync)' ours_seal age_encrypt
  row '  against age encrypt, sync' ours_seal age_encrypt_sync
  row '(SHA-256 alone, openssl dgst)' sha256_alone age_encrypt
  row '(openssl enc, not authenticated)' openssl_encrypt age_encrypt
  row 'age decrypt to a file' age_decrypt age_decrypt
  row 'open to a file' ours_open age_decrypt
  row 'age decrypt to /dev/null' age_decrypt_null age_decrypt_null
  row 'open to /dev/null' ours_open_null age_decrypt_null
  rm -rf "$work"
  trap - EXIT INT TERM
}

for folder in "${folders[@]}"; do measure "$folder"; done
for folder in "${folders[@]}"; do "$program" $((mib < 256 ? mib : 256)) "$folder" 5; done
