# shellcheck shell=bash disable=SC2154,SC2034 # work, programs are of the script that sources this; kase, person for it
# What the scripts of this folder share: steps that are timed in interleaved rounds whose order turns, medians, ratios, and the
# peak memory of a process and its worker. A step is a function of one command, which it ends with `exec`; what it takes stands
# in $work/STEP.s, a line of wall and CPU seconds for each round. The machine may be shared: quote the ratios.

# The high-water mark of a process, while it runs.
note_peak() { # PID FILE
  local name value
  while read -r name value _; do
    if [ "$name" = VmHWM: ] && [ "$value" -gt "$(cat "$2" 2>/dev/null || echo 0)" ]; then echo "$value" >"$2"; fi
  done 2>/dev/null <"/proc/$1/status"
}
watch() { # PID NAME: until it ends
  local child children
  while [ -e "/proc/$1" ]; do
    children=
    { note_peak "$1" "$work/$2.peak"; read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true # no newline at its end
    for child in $children; do note_peak "$child" "$work/$2.worker.peak" 2>/dev/null || true; done
    sleep 0.2
  done
}
timed() { # STEP: appends wall and CPU seconds
  local pid watcher start=$EPOCHREALTIME end TIMEFORMAT='%U %S'
  "$1" &
  pid=$!
  watch "$pid" "$1" &
  watcher=$!
  { time wait "$pid"; } 2>"$work/cpu"
  end=$EPOCHREALTIME
  awk -v a="$start" -v b="$end" '{printf "%.3f %.3f\n", b - a, $1 + $2}' "$work/cpu" >>"$work/$1.s"
  wait "$watcher" # and not for a server that the script has started
}
turn() { # ROUND STEP…: each once, another one first in each round
  local round=$1 i
  shift
  for ((i = 0; i < $#; i++)); do timed "${@:$(((i + round) % $# + 1)):1}"; done
}
column() { cut -d' ' -f"$2" "$work/$1.s"; } # STEP 1|2
# Of numbers, one a line: their median; and, as FORMAT has it, `median (lowest-highest)`.
middle() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
spread_of() { # FORMAT [FACTOR]
  sort -n | awk -v f="$1" -v by="${2:-1}" '{v[NR] = $1 * by}
    END {printf f " (" f "-" f ")", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR]}'
}
median() { column "$1" "$2" | middle; }
spread() { column "$1" "$2" | spread_of "${3:-%.2f}" "${4:-1}"; } # STEP 1|2 [FORMAT [FACTOR]]
peak() { cat "$work/$1.peak" 2>/dev/null || echo -; } # STEP: KiB

# Round by round, so that a slow spell of the machine touches both: median, lowest and highest of A/B.
ratio() { # STEP STEP 1|2
  paste -d' ' <(column "$1" "$3") <(column "$2" "$3") | awk '{print $1 / ($2 > 0 ? $2 : 0.001)}' | spread_of %.2f
}

# A vault of its own for each round, else the film would be known already; for `clipvault ingest … --case $kase --person $person`.
new_vault() {
  export CLIPVAULT_DIR=$work/vault CLIPVAULT_KEY_FILE=$work/key
  rm -rf "$work/vault" "$work/key"
  "$programs/clipvault" init --slot key-file --key-file "$work/key" >/dev/null
  kase=$("$programs/clipvault" --json case open --title bench | jq -r .case)
  person=$("$programs/clipvault" --json person add --name bench | jq -r .person)
  "$programs/clipvault" consent record --person "$person" --purpose supervision >/dev/null
}
