#!/bin/bash
# How cost grows with the clips in a vault, and with the people in one clip. Vaults are filled by the real functions, with rows and keys
# and no films (tests/bench/bench_growth.c), in memory; the list is of one case of a hundred clips, each step is done many times in
# one process. Then whole processes, set against sqlite3's command and a plain table of as many rows: reading a hundred of them by an
# index, deleting one with secure_delete, and deleting one and writing the file anew (VACUUM), after which nothing of it is left in
# the file; copies of it elsewhere are untouched by either, while a destroyed key closes every copy.
#   tests/bench/growth.sh [clips,…] [times] [folder]     default: 1000,10000,100000 50 /dev/shm
# Needs jq; sqlite3 for what is set against it.
#
#: title    How cost grows: clips and people
#: what     Vaults of 1000 clips and many more: bytes a clip, opening, listing a case, deciding, sweeping and ending a clip, in one process; then whole commands beside the `sqlite3` command on a plain table; then clips with 1 to 16 people.
#: limits   Every step goes by an index, so that what grows is the depth of trees, and the pages that do not fit into SQLite's cache any more; nothing waits for a disk here. Whole commands start, open the vault and its keys and prove that they fit, which `sqlite3` need not; VACUUM writes all that is left. With people, one key and one consent more for each.
#: needs    jq
#: peers    sqlite3
#: tiny     1000 3
#: quick    1000,10000,100000 31
#: full     1000,10000,100000,1000000 201
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/measure.bash
IFS=, read -ra sizes <<<"${1:-1000,10000,100000}"
times=${2:-50} folder=${3:-/dev/shm}
programs=${CLIPVAULT:-$PWD/build/release}
fill=$programs/bench/bench_growth
[ -x "$fill" ] || make -s build/release/bench/bench_growth
work=$(mktemp -d "$folder/growth.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
export CLIPVAULT_DIR=$work/vault CLIPVAULT_KEY_FILE=$work/key
ask() { "$programs/clipvault" --json "$@"; }
rounds=9

new_people() { # COUNT: $people, who have agreed to two purposes
  local i
  people=()
  for ((i = 0; i < $1; i++)); do
    people+=("$(ask person add --name "number $i" | jq -r .person)")
    ask consent record --person "${people[-1]}" --purpose supervision,service_training >/dev/null
  done
}
begin() { # PEOPLE
  rm -rf "$work/vault" "$work/key" "$work"/*.s
  ask init --slot key-file --key-file "$work/key" >/dev/null
  kase=$(ask case open --title bench | jq -r .case)
  rest=$(ask case open --title rest | jq -r .case)
  new_people "$1"
}
# What is due does not stand in the way of the next size; a line of the table from what a step has printed.
row() { # NAME WHAT [PER]
  awk -v name="$1" -v what="$2" -v per="${3:-1}" '$1 == what {
    printf "  %-44s %9d  %10.3f (%.3f-%.3f) %11.3f  %5d\n", name, $2, $3 / 1e3 / per, $4 / 1e3 / per, $5 / 1e3 / per, $6 / 1e3 / per, $7 }' "$work/lines"
}

# ---- whole processes
our_list() { exec "$programs/clipvault" --json ls --case "$kase" >"$work/out"; }
our_shred() { exec "$programs/clipvault" --json shred "$clip" --reason measured >"$work/out"; }
their_list() { exec sqlite3 -json "$work/plain.db" "SELECT * FROM clip WHERE kase = 1 LIMIT 100" >"$work/out"; }
their_delete() { exec sqlite3 "$work/plain.db" "PRAGMA secure_delete = ON; DELETE FROM clip WHERE n = $gone" >"$work/out"; }
their_vacuum() { exec sqlite3 "$work/plain.db" "PRAGMA secure_delete = ON; DELETE FROM clip WHERE n = $gone + 1000; VACUUM" >"$work/out"; }
plain_table() { # COUNT: as many rows of 1 KB in the clear, the first hundred in a case of their own
  rm -f "$work/plain.db"
  sqlite3 "$work/plain.db" "CREATE TABLE clip (n INTEGER PRIMARY KEY, kase INTEGER, state TEXT, expires_ms INTEGER, facts BLOB);
    CREATE INDEX clip_kase ON clip (kase); BEGIN;
    WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1)
    INSERT INTO clip SELECT n, CASE WHEN n <= 100 THEN 1 ELSE 2 END, 'live', 4102444800000, randomblob(1000) FROM i; COMMIT"
}
processes() { # COUNT
  local i step mine=(our_list our_shred) theirs=()
  ! command -v sqlite3 >/dev/null || { theirs=(their_list their_delete their_vacuum); plain_table "$1"; }
  mapfile -t clips < <(ask ls --case "$kase" | jq -r '.[] | select(.state == "live") | .clip')
  for ((i = 0; i < rounds; i++)); do
    clip=${clips[i]} gone=$((i + 200))
    for ((step = 0; step < ${#mine[@]} + ${#theirs[@]}; step++)); do
      all=("${mine[@]}" "${theirs[@]}")
      once "${all[$(((step + i) % ${#all[@]}))]}"
    done
  done
  for step in "${mine[@]}" "${theirs[@]}"; do
    printf '  %-44s %9d  %s\n' "${names[$step]}" "$1" "$(spread "$step" 1 %.1f 1000)" >>"$work/processes"
  done
}
once() { # STEP: appends wall seconds; for steps so short that nothing can look at their memory
  local start=$EPOCHREALTIME
  ("$1")
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.4f 0\n", b - a}' >>"$work/$1.s"
}
declare -A names=([our_list]='clipvault ls --case' [our_shred]='clipvault shred' [their_list]='sqlite3: SELECT of a hundred'
  [their_delete]='sqlite3: DELETE, secure_delete' [their_vacuum]='sqlite3: DELETE and VACUUM')

for size in "${sizes[@]}"; do
  begin 2
  "$fill" clips "$work/vault" "$work/key" "$kase" "$rest" "$size" "$times" "${people[@]}" >>"$work/lines"
  printf '  %9d %14d %8.0f %14d %8.0f\n' "$size" "$(stat -c %s "$work/vault/index.db")" "$(awk -v n="$size" -v b="$(stat -c %s "$work/vault/index.db")" 'BEGIN {print b / n}')" \
    "$(stat -c %s "$work/vault/keys.db")" "$(awk -v n="$size" -v b="$(stat -c %s "$work/vault/keys.db")" 'BEGIN {print b / n}')" >>"$work/sizes"
  processes "$size"
done
echo "bytes, in a vault where two people are in each clip and agreed to two purposes"
printf '  %9s %14s %8s %14s %8s\n' clips index.db 'a clip' keys.db 'a clip'
cat "$work/sizes"
head=$(printf '  %-44s %9s  %s' '' NUMBER 'ms: median (lowest-highest)         CPU ms  times')
printf '\nin one process, the vault on %s\n%s\n' "$(stat -f -c %T "$folder")" "${head/NUMBER/  clips}"
row 'taking in, without its film (mean)' fill
row 'opening the vault' open
row 'the list of a case of 100 clips' list
row 'a decision: may this be viewed' decision
row 'a sweep, nothing is due' nothing-due
row 'a sweep that ends 2 clips, of each' sweep 2
row 'a shred of one clip, with certificate' shred
printf '\nwhole processes, %s rounds in turns: ms, median (lowest-highest)\n' "$rounds"
sort -s -k1,1 "$work/processes"
command -v sqlite3 >/dev/null || echo "  GAP: no sqlite3; nothing stands beside these"

begin 16
: >"$work/lines"
"$fill" people "$work/vault" "$work/key" "$kase" 100 "${people[@]}" >>"$work/lines"
printf '\npeople in a clip, each of whom has agreed to two purposes\n%s\n' "${head/NUMBER/ people}"
row 'making the clip, its two wraps among it' made
row 'a decision: may this be viewed' decision
row "opening its key with everyone's" keys
