#!/bin/bash
# Two builds of the package, in different folders, at different times, by different settings, are the same bytes; and one with another
# SOURCE_DATE_EPOCH, which is the control, is not.
#
#   tests/package/reproducible.sh      needs what `make deb` needs, and twice its time
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/deps.sh build package
place=$(mktemp -d "${TMPDIR:-/var/tmp}/clipvault-twice.XXXXXX")
trap 'rm -rf "$place"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
build() { # build NAME FOLDER SETTING…
  local name=$1 folder=$2
  shift 2
  env LINTIAN=no CCACHE_DISABLE=1 "$@" debian/make-deb "$folder" "$place/$name" >"$place/log" 2>&1 || { tail -n 30 "$place/log"; fail "the build $name"; }
}
bytes() { (cd "$place/$1" && sha256sum -- *.deb); }

build one "$place/a" TZ=Pacific/Kiritimati LC_ALL=C HOME=/nonexistent DEB_BUILD_OPTIONS=parallel=2
sleep 2
build two "$place/another/folder/of/another/length" TZ=America/Anchorage LC_ALL=C.UTF-8 LANGUAGE=de HOME="$place" DEB_BUILD_OPTIONS=parallel=3
bytes one
diff <(bytes one) <(bytes two) || fail "two builds differ"

tree=$place/another/folder/of/another/length/clipvault
(cd "$tree" && SOURCE_DATE_EPOCH=1700000000 dpkg-buildpackage --build=binary --no-sign --no-pre-clean) >"$place/log" 2>&1 || { tail -n 30 "$place/log"; fail "the control"; }
mkdir "$place/three"
mv "$tree"/../clipvault*.deb "$place/three"
! diff -q <(bytes one) <(bytes three) >/dev/null || fail "another date makes no difference: this test is blind"
echo "the same bytes twice; another date gives others"
