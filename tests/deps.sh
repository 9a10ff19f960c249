#!/bin/bash
# Every package this project needs, in one place, and what installs them. What comes from npm is listed in npm.tsv.
#
#   tests/deps.sh [build] [test] [lint] [memcheck] [analyze] [fuzz] [bench] [package]     installs what is missing of these groups; default: build test
#   tests/deps.sh --list [group…]                          only prints the names of Debian's packages
#
# Asks nothing, and does nothing (in well under a second) when all is there. Where releases of Debian differ, /etc/os-release
# is asked, here and nowhere else.
set -euo pipefail

cd "$(dirname "$0")/.."
# The stand-alone verifier runs in any Node from 18 on; Debian's is not forced beside another one.
node=nodejs npm=npm
! command -v node >/dev/null || node=
! command -v npm >/dev/null || npm=

# From Debian 13 on, libheif's decoders (HEVC, AV1) are packages of their own.
release=$(sed -n 's/^VERSION_ID="\?\([0-9]*\).*/\1/p' /etc/os-release 2>/dev/null || true)
heif=libheif-dev
[ "${release:-0}" -lt 13 ] || heif='libheif-dev libheif-plugin-libde265 libheif-plugin-dav1d'
# What tpm2-tss loads to reach an emulated TPM.
tcti=libtss2-tcti-swtpm0
[ "${release:-0}" -lt 13 ] || tcti=libtss2-tcti-swtpm0t64

packages() {
  case $1 in
    build) echo gcc libc6-dev make pkg-config \
      libavformat-dev libavcodec-dev libavutil-dev libavfilter-dev $heif \
      libsodium-dev libsqlite3-dev libssl-dev libmagic-dev libseccomp-dev libtss2-dev libmicrohttpd-dev libjansson-dev $npm ;;
    # ffmpeg makes the films that are taken in; exiftool looks for what should have been removed from them; mpv and VLC (without windows)
    # play them; spin goes through the model of a destruction; gdb's gcore takes what a process has in its memory; nginx and Apache stand
    # in front of the server, which signs people on with mod_auth_openidc; Chromium opens the pages; zsh completes commands, as bash does;
    # AppArmor's parser reads its profile. In lint, systemd's own reader looks at its units, mandoc and man at the manual.
    test) echo libcmocka-dev spin gdb ffmpeg libimage-exiftool-perl libheif-examples jq file sqlite3 strace procps util-linux bsdutils xxd \
      python3 inotify-tools curl mpv vlc-bin vlc-plugin-base openssl swtpm $tcti tpm2-tools nginx apache2-bin libapache2-mod-auth-openidc \
      chromium zsh apparmor $node ;;
    lint) echo binutils clang-format clang-tidy cppcheck shellcheck systemd mandoc man-db ;;
    # valgrind wants to see the names in the C library.
    memcheck) echo valgrind libc6-dbg ;;
    analyze) echo clang ;;
    fuzz) echo clang libclang-rt-dev ;;
    # dpkg-buildpackage builds the package, lintian looks it through; dh-apparmor belongs to what debian/control lists.
    package) echo build-essential debhelper dh-apparmor fakeroot lintian ;;
    # The peers that things are set against (openssl's command among them), and what measures them; Chromium and swtpm are in test.
    bench) echo age gocryptfs fuse3 nginx ffmpeg openssl sqlite3 jq curl strace python3 procps util-linux ;;
    *) echo "deps.sh: no group of packages is called $1" >&2; exit 64 ;;
  esac
}

list_only=
if [ "${1:-}" = --list ]; then list_only=1; shift; fi
[ $# -gt 0 ] || set -- build test
wanted=()
for group in "$@"; do read -ra names <<<"$(packages "$group")"; wanted+=("${names[@]}"); done
if [ -n "$list_only" ]; then printf '%s\n' "${wanted[@]}"; exit; fi

# fetch NAME VERSION SHA256: the archive as npm gives it, which must be the very one that is listed, unpacked.
fetch() {
  local place=build/npm/$1 fresh archive
  [ "$(cat "$place/.sha256" 2>/dev/null)" != "$3" ] || return 0
  echo "fetching: $1 $2"
  mkdir -p build/npm
  fresh=$(mktemp -d build/npm/fresh.XXXXXX)
  archive=$(npm pack --silent --pack-destination "$fresh" "$1@$2" </dev/null) || { rm -rf "$fresh"; echo "deps.sh: npm could not fetch $1 $2" >&2; exit 69; }
  if ! echo "$3  $fresh/$archive" | sha256sum --check --status; then
    rm -rf "$fresh"
    echo "deps.sh: $1 $2 is not the archive that tests/npm.tsv lists; nothing of it was unpacked" >&2
    exit 65
  fi
  tar -xzf "$fresh/$archive" -C "$fresh" --no-same-owner
  echo "$3" >"$fresh/package/.sha256"
  rm -rf "$place"
  mv "$fresh/package" "$place"
  rm -rf "$fresh"
}
fetch_all() {
  local group name version sum
  while IFS=$'\t' read -r group name version _ sum; do
    [[ " $* " != *" $group "* ]] || fetch "$name" "$version" "$sum"
  done <tests/npm.tsv
}

if ! command -v dpkg-query >/dev/null; then
  echo "deps.sh: this is not Debian; please see to it that these are here: ${wanted[*]}" >&2
  fetch_all "$@"
  exit 0
fi
installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | sed -n 's/^ii //p')
mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | sort -u | grep -vxF -f <(printf '%s\n' "$installed"))
if [ ${#missing[@]} = 0 ]; then fetch_all "$@"; exit; fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    printf 'Some packages are missing. Please run, as root:\n  apt-get update && apt-get install --no-install-recommends %s\n' \
      "${missing[*]}" >&2
    exit 69
  fi
fi
echo "installing: ${missing[*]}"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" </dev/null; }
apt update || echo "deps.sh: the package lists could not be refreshed; trying with those that are here" >&2
apt install -y --no-install-recommends "${missing[@]}"
fetch_all "$@"
