# Sourced by tests of what goes wrong under whole flows, after story.bash: nothing that they start may last for ever. Of a program that
# does is told what it does, and at which point; then it is killed, so that one point has failed and not the whole test.
# shellcheck disable=SC2154 # stage: of the story
usual_patience=60
patience() { echo "$1" >"$stage/patience"; } # SECONDS that a program may last from now on
# hung: whether one did since this was asked last
hung() { [ -e "$stage/hung" ] && rm "$stage/hung"; }
# lasting PID SECONDS: programs below that process which have lasted longer, and what is below these; a shell waits for others
lasting() {
  ps -e -o pid=,ppid=,etimes=,comm= | awk -v top="$1" -v most="$2" '
    { parent[$1] = $2; late[$1] = $3 > most && $4 !~ /^(bash|sleep)$/ }
    END {
      for (pid in parent) {
        found = 0
        for (above = pid; above > 1 && above != top; above = parent[above]) found = found || late[above]
        if (found && above == top) print pid
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
  tr '\0' ' ' <"/proc/$1/cmdline"
  echo
  stack_of "$1"
}
watch_over() { # PID
  local pid pids
  while sleep 1 && [ -d "$stage" ] && kill -0 "$1"; do
    pids=$(lasting "$1" "$(<"$stage/patience")")
    [ -n "$pids" ] || continue
    { echo "HUNG: $(cat "$stage/where")"; for pid in $pids; do tell_of "$pid"; done; } >"$stage/hung.txt"
    for pid in $pids; do kill -QUIT "$pid" || true; done # preloaded, it says itself where it is
    sleep 0.5
    { dd if="$stage/w/told" bs=1 skip=2048 count=1536 | tr -d '\0'; echo; } >>"$stage/hung.txt"
    touch "$stage/hung"
    cat "$stage/hung.txt" >&3
    for pid in $pids; do kill -KILL "$pid" || true; done
  done
}
patience $usual_patience
echo "the beginning" >"$stage/where"
watch_over $$ 3>&2 2>/dev/null &
