#!/bin/bash
# The units for systemd (player-bridge/systemd/): systemd understands every line of them, finds them closed (an exposure of at most
# 0.5 of 10), and both services are confined alike. Offline: no systemd need run.
set -euo pipefail
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not here"; exit 77; }
units=player-bridge/systemd
scratch=$(mktemp -d "${TMPDIR:-/tmp}/units.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cp "$units"/*.service "$units"/*.timer "$scratch"
sed -i 's|@BINDIR@/clipvault|/bin/true|' "$scratch"/*.service
export SYSTEMD_UNIT_PATH=$scratch:

# With the vault elsewhere, as docs/installing.md says: whatever asks for it where it is usually is answered there, or nothing is begun,
# the sweep neither, and nobody hears of it.
for unit in "$scratch"/*.service; do
  mkdir "$unit.d"
  awk '/^\[Unit\]$/ { on = 1 } on && /^```/ { exit } on' docs/installing.md >"$unit.d/elsewhere.conf"
  comm -23 <(sed -n '/\/vault\|LoadCredential=/s/=.*//p' "$unit" | grep -v '^#' | sort -u) <(sed 's/=.*//' "$unit.d/elsewhere.conf" | sort -u) |
    sed "s|^|docs/installing.md:1: a vault elsewhere needs another |"
done

{ systemd-analyze verify --man=no "$scratch"/*.service "$scratch"/*.timer 2>&1 || echo "$units:1: systemd-analyze verify failed"; } | sed "s|$scratch|$units|g"
for unit in "$units"/*.service; do
  systemd-analyze security --no-pager --offline=yes --threshold=5 "$scratch/${unit##*/}" >"$scratch/exposure" 2>&1 ||
    echo "$unit:1: $(sed -n '/Overall/s/[^A-Za-z]*//p' "$scratch/exposure")"
done
confinement() { sed -n '/^# The vault.s folder/,/^LimitMEMLOCK/p' "$1"; }
[ -n "$(confinement "$units/clipvault.service")" ] || echo "$units/clipvault.service:1: is not confined"
diff <(confinement "$units/clipvault.service") <(confinement "$units/clipvault-sweep.service") | sed -n "s|^[<>] |$units/clipvault-sweep.service:1: is confined otherwise than clipvault.service: |p" || true
