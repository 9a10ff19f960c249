#!/bin/bash
# What a library is for has its place: SQL in the index and the key store, the TPM in the key store, media in the worker, HTTP and JSON
# in the bridge, the filter in the cage.
# (Tests may look from outside at what they like.)
set -euo pipefail
find vault keys ingest player-bridge -name '*.[ch]' -exec awk '
  function finding() { print FILENAME ":" FNR ": " header " has no place here" }
  /^[ \t]*#[ \t]*include[ \t]*</ {
    header = $0; sub(/^[^<]*</, "", header); sub(/>.*/, "", header)
    if (FILENAME == "vault/cmd_version.c") next # names the releases of all
    if (header == "sqlite3.h" && FILENAME !~ /^(keys\/(key)?store|vault\/index)[a-z_]*\.[ch]$/) finding()
    if (header ~ /^lib(av|sw|postproc|heif)/ && FILENAME !~ /^ingest\/worker\//) finding()
    if (header ~ /^tss2\// && FILENAME !~ /^keys\/tpm[a-z_]*\.[ch]$/) finding()
    if (header == "magic.h" && FILENAME !~ /^ingest\/worker\//) finding()
    if (header == "seccomp.h" && FILENAME !~ /^vault\/base\/sandbox[a-z_]*\.c$/) finding()
    if (header ~ /^(microhttpd|jansson)\.h$/ && FILENAME !~ /^player-bridge\/http\//) finding()
    if (header ~ /^openssl\// && FILENAME ~ /^(ingest\/worker|player-bridge\/http)\//) finding()
  }' {} +
