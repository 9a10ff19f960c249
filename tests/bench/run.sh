#!/bin/bash
# Runs the measurements of this folder one after the other, prints their tables, and writes docs/benchmarks.md. Nothing else should
# run meanwhile; a machine that was not quiet is named in the document. A peer that is missing is a gap with a name, and what fails is
# named as failed, while the others go on. No figure is a condition for anything.
#   tests/bench/run.sh [NAME…]     default: all, e.g. seal shred ingest; where names are given, the document stays as it is
#   BENCH=quick|full|tiny          how much: about ten minutes (default), some hours, or only whether all of them run
#   DOCUMENT=FILE                  where it is written to
# Each is a script that finds the release programs in $CLIPVAULT, the programs that measure beside them in bench/, those with test
# hooks in $CLIPVAULT_HOOKS, and has $TMPDIR to itself. Its lines that begin with "#:" say what it compares, what limits the figures,
# what it needs, beside which peers, and its arguments for each size ("-": not in this one).
set -euo pipefail
cd "$(dirname "$0")/../.."
size=${BENCH:-quick}
case $size in tiny | quick) most=400 ;; full) most=10800 ;; *) echo "run.sh: BENCH is quick, full or tiny, not $size" >&2; exit 64 ;; esac
order=(seal shred withdraw no_return cut growth memory copy ingest two ranges upload pages preset)
names=("$@")
[ $# -gt 0 ] || names=("${order[@]}")
document=${DOCUMENT:-}
[ $# -gt 0 ] || document=${DOCUMENT:-docs/benchmarks.md}
export CLIPVAULT=${CLIPVAULT:-$PWD/build/release} CLIPVAULT_HOOKS=${CLIPVAULT_HOOKS:-$PWD/build/hooks}
unset BENCH
out=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-bench.XXXXXX")
running=
trap 'rm -rf "$out"' EXIT
trap '[ -z "$running" ] || { kill "$running"; wait "$running"; }; exit 130' INT TERM
failed=() gaps=() left_out=()

said() { sed -n "s/^#: $2  *//p" "tests/bench/$1.sh"; } # NAME WHAT
first() { sed -n '1p'; }

# ---- where it was measured
quiet() { awk '{exit $1 > 1}' /proc/loadavg; }
# What was compiled just before this is over, and still counts in the load for a minute or two.
for ((i = 0; i < 30; i++)); do [ "$size" != tiny ] && ! quiet || break; sleep 5; done
load=$(cut -d' ' -f1-3 /proc/loadavg) began=$(date -u '+%Y-%m-%d %H:%M UTC') began_s=$SECONDS
noisy=
quiet || noisy="**The machine was not quiet** when this began (load average $load): ratios say something, seconds and MB/s hardly anything."
disk() { # of $TMPDIR, where scripts keep what they write to a disk
  local source rotates
  source=$(findmnt -n -o SOURCE -T "${TMPDIR:-/tmp}" 2>/dev/null || true)
  rotates=$(lsblk -n -d -o ROTA,TRAN,MODEL "$source" 2>/dev/null | first || true)
  read -r rotates kind <<<"$rotates" || true
  printf '%s' "$(findmnt -n -o FSTYPE -T "${TMPDIR:-/tmp}" 2>/dev/null || stat -f -c %T "${TMPDIR:-/tmp}")"
  case $rotates in 0) printf ', no rotating disk' ;; 1) printf ', a disk that calls itself rotating' ;; esac
  case $source in */vd*) printf ', virtual (virtio)' ;; */xvd*) printf ', virtual (Xen)' ;; */nvme*) printf ', NVMe' ;; esac
  [ -z "${kind:-}" ] || printf ', %s' "$kind"
}
virtual() { grep -q '^flags.* hypervisor' /proc/cpuinfo && echo ', in a virtual machine' || true; }
machine() {
  printf '| | |\n| --- | --- |\n'
  printf '| when | %s, %s, clipvault %s |\n' "$began" "BENCH=$size" "$("$CLIPVAULT/clipvault" version | sed -n '1s/^clipvault //p')"
  printf '| processor | %s, %s cores%s |\n' "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | first)" "$(nproc)" "$(virtual)"
  printf '| memory | %s GiB |\n' "$(awk '/^MemTotal/ {printf "%.0f", $2 / 1048576}' /proc/meminfo)"
  printf '| kernel, system | %s, %s |\n' "$(uname -sr)" "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)"
  printf '| disk | %s |\n' "$(disk)"
  printf '| load average at the beginning | %s |\n' "$load"
}
version() { # PACKAGE COMMAND
  command -v "$2" >/dev/null || { echo "| $1 | **missing** |"; return; }
  local package
  package=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null || true)
  echo "| $1 | ${package:-not of a package} |"
}
versions() {
  printf '| peer | version (Debian) |\n| --- | --- |\n'
  version age age; version gocryptfs gocryptfs; version nginx nginx; version ffmpeg ffmpeg; version openssl openssl; version sqlite3 sqlite3
  version coreutils shred; version swtpm swtpm; version chromium chromium
}

# ---- one comparison
lacking() { # COMMAND…: those that are not here
  local command missing=()
  for command; do command -v "$command" >/dev/null || missing+=("$command"); done
  echo "${missing[*]}"
}
tidy() { sed -e "s|$PWD/||g" -e "s|$folder|\$TMPDIR|g" -e 's/[[:space:]]*$//' "$1"; }
fenced() { printf '\n```text\n'; tidy "$1"; printf '```\n'; }
section() { # NAME ARGUMENTS CODE SECONDS
  printf '\n## %s\n%s\n' "$(said "$1" title)" "$(said "$1" what)"
  [ -z "$gap" ] || printf '\n**Gap**: %s\n' "$gap"
  [ "$3" = 0 ] || printf '\n**Failed** (%s), so what stands here is not whole.\n' "$([ "$3" = 124 ] && echo "not done after $most s" || echo "exit code $3")"
  [ ! -s "$out/table" ] || fenced "$out/table"
  [ "$3" = 0 ] || [ ! -s "$out/errors" ] || { tail -n 5 "$out/errors" >"$out/last"; printf '\nIts last words:\n'; fenced "$out/last"; }
  printf '\nWhat limits it: %s\n' "$(said "$1" limits)"
  printf '\n`tests/bench/%s.sh%s` (%s s)\n' "$1" "${2:+ $2}" "$4"
}
compare() { # NAME
  local name=$1 arguments needs peers skipped start=$SECONDS code=0
  read -ra needs <<<"$(said "$name" needs)"
  read -ra peers <<<"$(said "$name" peers)"
  arguments=$(said "$name" "$size")
  gap=$(lacking "${peers[@]}")
  [ -z "$gap" ] || gap="nothing stands beside it from: $gap (not installed)."
  : >"$out/table" && : >"$out/errors"
  folder=$(mktemp -d "$out/XXXXXX")
  printf '\n== %s: %s\n' "$name" "$(said "$name" title)"
  [ "$arguments" != - ] || echo "not of this size"
  if [ -n "$(lacking "${needs[@]}")" ]; then
    gap="not measured, because it needs: $(lacking "${needs[@]}") (not installed)."
  elif [ "$arguments" != - ]; then
    # shellcheck disable=SC2086 # arguments are several words
    TMPDIR=$folder timeout -k 20 "$most" bash "tests/bench/$name.sh" $arguments >"$out/table" 2>"$out/errors" </dev/null &
    running=$!
    wait "$running" || code=$?
    running=
  fi
  [ -z "$gap" ] || gaps+=("$name: $gap")
  while read -r skipped; do gaps+=("$name: $skipped"); done < <(sed -n 's/^SKIP:* *//p' "$out/table")
  [ "$code" = 0 ] || failed+=("$name")
  tidy "$out/table"
  [ "$code" = 0 ] || { echo "FAILED with $code"; tail -n 5 "$out/errors"; }
  [ -z "$gap" ] || echo "GAP: $gap"
  [ "$arguments" != - ] || left_out+=("$name")
  [ "$arguments" = - ] || section "$name" "$arguments" "$code" "$((SECONDS - start))" >>"$out/sections"
  rm -rf "$folder" || true # what is still mounted there must not end the others
}

# ---- all of them
machine | sed -n 's/^| \([^|]*[^ |]\) | \(.*\) |$/\1: \2/p'
[ -z "$noisy" ] || echo "$noisy"
: >"$out/sections"
for name in "${names[@]}"; do
  [ -n "$(said "$name" "$size")" ] || { echo "run.sh: tests/bench/$name.sh is no measurement; there are: ${order[*]}" >&2; exit 64; }
  compare "$name"
done
took=$((SECONDS - began_s))
summary="All of it took $((took / 60)) min $((took % 60)) s."
[ ${#left_out[@]} = 0 ] || summary+=" Not of this size, and left out: ${left_out[*]}."
[ ${#gaps[@]} = 0 ] || summary+=$(printf '\n- Gap: %s' "${gaps[@]}")
[ ${#failed[@]} = 0 ] || summary+=$(printf '\n- **Failed**: %s' "${failed[@]}")
printf '\n%s\n' "$summary"
if [ -n "$document" ]; then
  {
    printf '# Side by side\n'
    printf 'What clipvault costs beside what people would pick instead, and how its costs grow. Written by `make bench%s`, and by\n' \
      "$([ $size = quick ] || echo " BENCH=$size")"
    printf 'nobody else: to change a figure, run it again. Rounds are interleaved and their order turns; figures are medians, with\n'
    printf '(lowest-highest) beside them. The size `quick` has short films and small vaults and takes about ten minutes on a quiet\n'
    printf 'machine; `make bench BENCH=full` has long films, vaults of a million clips, more rounds, and takes hours.\n'
    [ -z "$noisy" ] || printf '\n%s\n' "$noisy"
    printf '\n%s\n\n' "$summary"
    machine
    printf '\n'
    versions
    cat "$out/sections"
  } >"$out/document"
  cp "$out/document" "$document"
  echo "written: $document"
fi
[ ${#failed[@]} = 0 ]
