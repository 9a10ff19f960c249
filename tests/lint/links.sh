#!/bin/bash
# Each program links directly what it is meant to, no more and no less. (Indirectly is another matter: Debian's libavformat
# drags much along.) libc, libm and the loader may always be there.
set -euo pipefail

expect() { # expect PROGRAM LIBRARY…
  local program=build/release/$1
  shift
  [ -e "$program" ] || { echo "$program:1: was not built"; return; }
  diff <(printf '%s\n' "$@" | sort) \
       <(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*\]/\1/p' | grep -vxE 'libc|libm|ld-linux.*' | sort) |
    sed -n "s|^< |$program:1: does not link |p; s|^> |$program:1: must not link |p" || true
}

expect clipvault libcrypto libsodium libsqlite3 libtss2-esys libtss2-mu libtss2-tctildr
expect clipvault-transcode libavcodec libavfilter libavformat libavutil libheif libmagic libseccomp libsodium
expect clipvault-bridge libcrypto libjansson libmicrohttpd libseccomp libsodium
