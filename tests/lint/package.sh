#!/bin/bash
# The package: debian/control asks for what tests/deps.sh lists for building, debian/copyright names whatever of others is carried,
# AppArmor's parser takes the profile, and everything that `make install` puts somewhere is taken away by `make uninstall`.
set -euo pipefail
scratch=$(mktemp -d "${TMPDIR:-/tmp}/package.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# A compiler and make are always there (build-essential); npm's files are fetched before, the decoders of libheif are needed to run.
asked() { awk '/^Build-Depends:/ { on = 1; sub(/^[^:]*:/, "") } on && /^[^ ]/ { exit } on { sub(/,.*/, ""); print $1 }' debian/control; }
diff <(asked | grep -vE '^(debhelper-compat|dh-apparmor)$' | sort) \
  <(tests/deps.sh --list build | grep -vE '^(gcc|libc6-dev|make|npm|libheif-plugin-.*)$' | sort) |
  sed -n 's|^< |debian/control:1: tests/deps.sh does not list |p; s|^> |debian/control:1: does not ask for |p' || true

# Whatever a browser gets of other people's is carried in the package.
while IFS=$'\t' read -r package _; do
  [[ $package == '#'* ]] || grep -qF "Files: build/npm/$package/*" debian/copyright || echo "debian/copyright:1: does not name $package"
done <player-bridge/web/vendor.tsv

parser=$(PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser) || { echo "apparmor_parser is not here"; exit 77; }
profile=player-bridge/apparmor/clipvault
sed 's|@LIBEXECDIR@|/usr/libexec/clipvault|' $profile >"$scratch/profile"
"$parser" --skip-kernel-load --skip-cache --quiet "$scratch/profile" 2>&1 | sed '/^Cache read\/write disabled: interface file missing/d' | sed "s|^|$profile:1: |" || true

find debian -maxdepth 1 -name '*.service' -o -maxdepth 1 -name '*.timer' | sed 's|$|:1: was made while packaging; it belongs to player-bridge/systemd|'

if [ -e build/release/core.a ]; then # only what is built already
  make -s install PREFIX=/usr APPARMORDIR=/etc/apparmor.d LIBEXECDIR="$(cat build/placed/folder)" DESTDIR="$scratch/root" >/dev/null
  [ "$(find "$scratch/root" -type f | wc -l)" -gt 150 ] || echo "Makefile:1: make install leaves something out"
  make -s uninstall PREFIX=/usr APPARMORDIR=/etc/apparmor.d LIBEXECDIR="$(cat build/placed/folder)" DESTDIR="$scratch/root" >/dev/null
  find "$scratch/root" -type f -printf 'Makefile:1: make uninstall leaves %P\n'
fi
