# Sourced by tests of what goes wrong under whole flows, after story.bash: nothing that they start may last for ever. Of a program that
# does is told what it does, and at which point; then it is killed, so that one point has failed and not the whole test.
# shellcheck disable=SC2154 # stage: of the story
usual_patience=60
# patience TURNS: so long may a program last from now on. A turn is a second, and longer on a machine that has no time for anybody: who
# only waits for a processor has not hung.
patience() { echo "$1" >"$stage/patience"; }
# hung: whether one did since this was asked last
hung() { [ -e "$stage/hung" ] && rm "$stage/hung"; }
# below PID: the programs that it started, and what these started; a shell waits for others
below() {
  ps -e -o pid=,ppid=,comm= | awk -v top="$1" '
    { parent[$1] = $2; name[$1] = $3 }
    END {
      for (pid in parent) {
        for (above = pid; above > 1 && above != top; above = parent[above]) continue
        if (above == top && name[pid] !~ /^(bash|sleep)$/) print pid
      }
    }'
}
# stack_of PID: of each thread, by a debugger if there is one and it may, else what the kernel tells
stack_of() {
  local task
  for task in /proc/"$1"/task/*; do
    echo "thread ${task##*/}: $(sed -n 's/^State:\s*//p' "$task/status"), in $(cat "$task/wchan"), $(cut -d ' ' -f 14,15 "$task/stat") ticks"
    cat "$task/stack" || true
  done
  if command -v gdb; then
    timeout 20 gdb -p "$1" -batch -ex 'thread apply all bt'
  elif command -v eu-stack; then
    timeout 20 eu-stack -p "$1"
  fi | grep -E '^(Thread|#|TID)' || true
}
tell_of() { # PID
  [ -d "/proc/$1" ] || return
  tr '\0' ' ' <"/proc/$1/cmdline"
  echo
  stack_of "$1"
}
# end_all PID…: tells of them, and kills them
end_all() {
  local pid
  { echo "HUNG: $(<"$stage/where")"; for pid; do tell_of "$pid"; done; } >"$stage/hung.txt"
  for pid; do kill -QUIT "$pid"; done # one that is preloaded says itself where it is
  sleep 0.5
  { dd if="$stage/w/told" bs=1 skip=2048 count=1536 | tr -d '\0'; echo; } >>"$stage/hung.txt"
  touch "$stage/hung"
  cat "$stage/hung.txt" >&3
  for pid; do kill -KILL "$pid"; done
}
watch_over() { # PID
  local pid pids most late
  local -A before=() now=()
  set +e
  while sleep 1 && [ -d "$stage" ] && kill -0 "$1"; do
    now=() late=
    read -r most <"$stage/patience" || continue # it is just being written
    pids=$(below "$1")
    for pid in $pids; do
      now[$pid]=$((${before[$pid]:-0} + 1))
      [ "${now[$pid]}" -le "$most" ] || late=1
    done
    # shellcheck disable=SC2086
    [ -z "$late" ] || end_all $pids
    before=()
    for pid in "${!now[@]}"; do before[$pid]=${now[$pid]}; done
  done
}
patience $usual_patience
echo "the beginning" >"$stage/where"
watch_over $$ 3>&2 2>/dev/null &
