#!/bin/bash
# Includes point down only, and a confined program knows nothing but itself:
#
#   rank 0  vault/base/                      3  ingest/, player-bridge/ (which never include each other)
#        1  keys/                            4  vault/main.c, vault/cmd.h, vault/cmd_*, vault/manual/
#        2  vault/
#   confined: ingest/worker/, player-bridge/http/ — only vault/base/, their own folder, and the wire form of the folder above;
#   and nobody else includes what is theirs. The wire form itself stands on vault/base/ alone. The bridge also reads sealed
#   objects (vault/container.h), with the keys of single objects and none of the vault.
set -euo pipefail
find vault keys ingest player-bridge tests -name '*.[ch]' -exec awk '
  function rank(path) {
    if (path ~ /^vault\/base\//) return 0
    if (path ~ /^keys\//) return 1
    if (path ~ /^vault\/(main\.c|cmd\.h|cmd_[a-z0-9_]*\.[ch]|manual\/.*)$/) return 4
    if (path ~ /^vault\//) return 2
    if (path ~ /^(ingest|player-bridge)\//) return 3
    return 9
  }
  function program(path) { # the confined program that a file is a part of
    if (path ~ /^ingest\/worker\//) return "ingest/worker/"
    if (path ~ /^player-bridge\/http\//) return "player-bridge/http/"
    return ""
  }
  function wire(path) { return path ~ /^(ingest|player-bridge)\/wire[a-z_]*\.[ch]$/ }
  function above(path) { sub(/[^\/]*\/$/, "", path); return path }
  function finding(text) { print FILENAME ":" FNR ": " text }

  /^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\""); to = part[2]
    if ((getline line < to) < 0) { finding("includes \"" to "\", which is no file; includes are relative to the root"); next }
    close(to)
    if (FILENAME ~ /^tests\//) next
    if (to ~ /^tests\//) finding("includes a part of the tests")
    if (rank(to) > rank(FILENAME)) finding("includes upwards: " to)
    if ((FILENAME ~ /^ingest\// && to ~ /^player-bridge\//) || (FILENAME ~ /^player-bridge\// && to ~ /^ingest\//))
      finding("ingest and player-bridge do not know each other: " to)
    mine = program(FILENAME)
    if (program(to) != "" && program(to) != mine) finding("includes the inside of a confined program: " to)
    if (mine != "" && to !~ /^vault\/base\// && program(to) != mine && !(wire(to) && index(to, above(mine)) == 1) &&
        !(mine == "player-bridge/http/" && to == "vault/container.h"))
      finding("a confined program includes " to)
    if (wire(FILENAME) && to !~ /^vault\/base\// && !wire(to)) finding("the wire form includes " to)
  }' {} +
