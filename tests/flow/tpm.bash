# Sourced by stories, after story.bash: an emulated TPM of their own. start_tpm [NAME] makes one, or starts it again with what it
# knew, and points clipvault at it; stop_tpm ends it, as a machine that goes away.
command -v swtpm >/dev/null || skip "needs swtpm"

tpm_pids=()
start_tpm() { # start_tpm [NAME [MORE…]]
  local name=${1:-tpm} socket
  socket=$stage/$name/s
  mkdir -p "$stage/$name"
  rm -f "$socket" "$socket.ctrl"
  swtpm socket --tpm2 --tpmstate dir="$stage/$name" --server type=unixio,path="$socket" --ctrl type=unixio,path="$socket.ctrl" \
    --flags not-need-init,startup-clear "${@:2}" 2>"$stage/$name.log" &
  tpm_pid=$!
  tpm_pids+=("$tpm_pid")
  for ((i = 0; i < 100; i++)); do [ ! -S "$socket" ] || [ ! -S "$socket.ctrl" ] || break; sleep 0.05; done
  [ -S "$socket" ] || fail "swtpm does not start: $(cat "$stage/$name.log")"
  export CLIPVAULT_TPM2_TCTI=swtpm:path=$socket TPM2TOOLS_TCTI=swtpm:path=$socket
}
stop_tpm() { { kill -9 "$tpm_pid" && wait "$tpm_pid"; } 2>/dev/null || true; }
end_tpms() { { for pid in "${tpm_pids[@]}"; do kill -9 "$pid"; done; wait; } 2>/dev/null || true; }
trap 'code=$?; end_tpms; set +e; trap - ERR; (exit "$code"); ending' EXIT
in_tpm() { tpm2_getcap handles-nv-index; } # what memory is set aside in it
