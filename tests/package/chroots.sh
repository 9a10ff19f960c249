#!/bin/bash
# The package as an administrator gets it, on bare Debian 12 and 13: built there from what debian/control lists and nothing else, installed by
# apt into another bare system, put to work (story.sh), and looked through by that release's lintian.
#
#   tests/package/chroots.sh [SUITE…]   SUITE: bookworm, trixie (both)
#   CHROOTS=DIR   where the systems lie, some GB; default: a folder below /var/tmp, removed afterwards. SUITE.base and SUITE.build in a
#                 folder that is given are used again
#   MIRROR=URL    a Debian mirror; default: the one this machine's apt uses
#
# Needs root, debootstrap, ffmpeg, and build/npm (make deps). Took half an hour for both together on two busy cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "chroots.sh needs root"; exit 77; }
suites=("$@")
[ $# -gt 0 ] || suites=(bookworm trixie)
place=${CHROOTS:-}
[ -n "$place" ] || { place=$(mktemp -d /var/tmp/clipvault-package.XXXXXX); trap 'rm -rf --one-file-system "$place"' EXIT; }
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | grep '/debian/*$' | sed -n 1p)}

# inside ROOT COMMAND…: as root of that system, with processes of its own, which end with it.
inside() {
  unshare --mount --pid --fork --kill-child bash -c '
    root=$1; shift
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' inside "$@"
}
# fresh SUITE NAME: a copy of the bare system, with the way to the mirror.
fresh() {
  rm -rf --one-file-system "${place:?}/$1.$2"
  cp -a "$place/$1.base" "$place/$1.$2"
  [ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$place/$1.$2/etc/resolv.conf"
  echo force-unsafe-io >"$place/$1.$2/etc/dpkg/dpkg.cfg.d/unsafe-io" # it need not outlive a power cut
  inside "$place/$1.$2" apt-get -q update
}
built() { # built SUITE: the package is in $place/SUITE.deb
  local root=$place/$1.build
  if [ ! -e "$root/etc/debian_version" ]; then fresh "$1" build; fi
  rm -rf "$root/root/clipvault"
  mkdir -p "$root/root/clipvault/build"
  tar -c --exclude=./.git --exclude=./build . | tar -x -C "$root/root/clipvault" --no-same-owner
  cp -r build/npm "$root/root/clipvault/build/npm"
  inside "$root" nice bash -c 'cd /root/clipvault && apt-get -qy install --no-install-recommends fakeroot lintian && apt-get -qy build-dep --no-install-recommends . && LINTIAN=no debian/make-deb'
  cp "$root"/root/clipvault/build/deb/clipvault_*.deb "$place/$1.deb"
}
accepted() { # accepted SUITE: by its lintian
  inside "$place/$1.build" nice bash -c 'cd /root/clipvault/build/deb && lintian --fail-on error,warning clipvault_*.changes'
}
works() { # works SUITE
  local root=$place/$1.run
  fresh "$1" run
  mkdir "$root/root/given"
  cp "$place/$1.deb" "$root/root/given/clipvault.deb"
  cp tests/package/story.sh "$place/film.mp4" "$root/root/given/"
  cp -r tests/vectors/vaults "$root/root/given/vaults"
  inside "$root" nice bash /root/given/story.sh /root/given/clipvault.deb /root/given/film.mp4 /root/given/vaults
  rm -rf --one-file-system "$root"
}

ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=320x240:rate=25 -f lavfi -i sine=frequency=440 -t 3 -c:v libx264 -preset ultrafast \
  -pix_fmt yuv420p -c:a aac -y "$place/film.mp4"
for suite in "${suites[@]}"; do
  begun=$SECONDS
  [ -e "$place/$suite.base/etc/debian_version" ] || debootstrap --variant=minbase "$suite" "$place/$suite.base" "$mirror" >"$place/$suite.log" 2>&1 ||
    { tail -n 20 "$place/$suite.log"; exit 1; }
  echo "==== $suite: a bare system after $((SECONDS - begun)) s"
  built "$suite"
  echo "==== $suite: built after $((SECONDS - begun)) s"
  works "$suite"
  echo "==== $suite: works after $((SECONDS - begun)) s"
  accepted "$suite"
  echo "==== $suite: all of it in $((SECONDS - begun)) s"
done
