#!/bin/bash
# Shows that each check can fail: plants a fault in a copy of the tree and expects the check of that name to find just that.
# Needs build/release and build/hooks.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/clipvault-lint.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
tar -c --exclude=./.git --exclude=./build . | tar -x -C "$scratch"
mkdir -p "$scratch/build/hooks" "$scratch/build/release" "$scratch/build/hooks-cage-none"
cp -a build/release/obj build/release/clipvault build/release/clipvault-transcode build/release/clipvault-bridge "$scratch/build/release/"
cp -a build/manual "$scratch/build/"
cp -a build/hooks/clipvault "$scratch/build/hooks/"
cp -a build/hooks-cage-none/clipvault-transcode "$scratch/build/hooks-cage-none/"
cd "$scratch"
passed=0 failed=0 skipped=0

# finds CHECK PATTERN: the check fails now, and says PATTERN.
finds() {
  local check=$1 pattern=$2 said code=0
  said=$(tests/lint/run.sh "$check") || code=$?
  if grep -q "^skipped" <<<"$said"; then
    skipped=$((skipped + 1)); echo "skipped  $check: $pattern"
  elif [ "$code" != 0 ] && grep -q "^FAILED   $check" <<<"$said" && grep -qE "$pattern" <<<"$said"; then
    passed=$((passed + 1)); echo "ok       $check finds: $pattern"
  else
    failed=$((failed + 1)); printf 'FAILED   %s does not find: %s\n%s\n' "$check" "$pattern" "$said"
  fi
}
# plant FILE: a new source from standard input; $1 is remembered for compile and for the checks of single files.
plant() { planted=$1; mkdir -p "$(dirname "$1")"; cat >"$1"; export LINT_FILES=$1; }
compile() { mkdir -p "build/release/obj/$(dirname "$planted")"; ${CC:-cc} -I. -c -o "build/release/obj/${planted%.c}.o" "$planted"; }
uproot() { rm -f "$planted" "build/release/obj/${planted%.c}.o"; unset LINT_FILES; }
# forge PROGRAM FLAGS…: a program of that name from standard input, in place of the one that was built.
forge() { local out=build/release/$1; shift; mv "$out" kept; ${CC:-cc} -x c - -o "$out" "$@"; }
restore() { mv kept "build/release/$1"; }

# ---- layers
plant vault/base/planted.c <<<'#include "vault/index.h"';     finds layers 'vault/base/planted.c:1: includes upwards: vault/index.h'; uproot
plant keys/planted.c <<<'#include "ingest/wire.h"';           finds layers 'keys/planted.c:1: includes upwards'; uproot
plant vault/planted.c <<<'#include "vault/cmd.h"';            finds layers 'vault/planted.c:1: includes upwards'; uproot
plant player-bridge/planted.h <<<'#include "ingest/wire.h"';  finds layers 'ingest and player-bridge do not know each other'; uproot
plant ingest/worker/planted.c <<<'#include "vault/index.h"';  finds layers 'a confined program includes vault/index.h'; uproot
plant ingest/worker/planted.c <<<'#include "ingest/worker.h"'; finds layers 'a confined program includes ingest/worker.h'; uproot
plant ingest/planted.c <<<'#include "ingest/worker/kind.h"';  finds layers 'inside of a confined program'; uproot
plant ingest/wire_planted.c <<<'#include "ingest/worker.h"';  finds layers 'the wire form includes'; uproot
plant vault/planted.c <<<'#include "id.h"';                   finds layers 'which is no file'; uproot

# ---- libraries
plant vault/planted.c <<<'#include <sqlite3.h>';              finds libraries 'vault/planted.c:1: sqlite3.h'; uproot
plant vault/planted.c <<<'#include <libavformat/avformat.h>'; finds libraries 'libavformat/avformat.h has no place'; uproot
plant ingest/planted.c <<<'# include <magic.h>';              finds libraries 'magic.h has no place'; uproot
plant ingest/worker/planted.c <<<'#include <openssl/evp.h>';  finds libraries 'openssl/evp.h has no place'; uproot

# ---- names
plant vault/planted.c <<<'int stranger(void) { return 0; }';  compile; finds names 'vault/planted.c:1: exports stranger'; uproot
plant vault/index_planted.c <<<'int indexes_planted;';        compile; finds names 'exports indexes_planted'; uproot
plant vault/planted.c <<<'int main(void) { return 0; }';      compile; finds names 'vault/planted.c:1: exports main'; uproot
plant vault/file_utils.c <<<'int file_utils;';                finds names 'vault/file_utils.c:1: says nothing'; uproot

# ---- links, hardened, hooks
forge clipvault -Wl,--no-as-needed -lsodium -lsqlite3 -lcrypto -lseccomp <<<'int main(void) { return 0; }'
finds links 'clipvault:1: must not link libseccomp'; restore clipvault
forge clipvault -Wl,--no-as-needed -lsodium -lcrypto <<<'int main(void) { return 0; }'
finds links 'clipvault:1: does not link libsqlite3'; restore clipvault
forge clipvault -no-pie <<<'int main(void) { return 0; }'
finds hardened 'clipvault:1: is not position independent'; finds hardened 'binds lazily'
finds hardened 'no stack protector'; finds hardened 'without _FORTIFY_SOURCE'; restore clipvault
forge clipvault-transcode -z execstack <<<'int main(void) { return 0; }'
finds hardened 'clipvault-transcode:1: has an executable stack'; restore clipvault-transcode
forge clipvault <<<'#include <stdlib.h>
int main(void) { return !getenv("CLIPVAULT_TEST_NOW"); }'
finds hooks 'build/release/clipvault:1: holds CLIPVAULT_TEST_NOW'; restore clipvault
forge clipvault-transcode -fsanitize=address <<<'int main(int c, char **v) { return v[c - 1][0]; }'
finds hooks 'clipvault-transcode:1: calls __asan_'; restore clipvault-transcode
forge clipvault-transcode <<<'#include <stdio.h>
int main(void) { return puts("seccomp, widened for sanitizers"); }'
finds hooks 'clipvault-transcode:1: holds widened for sanitizers'; restore clipvault-transcode
forge clipvault-transcode <<<'#include <stdio.h>
int main(void) { return puts("this cage is opened for a test"); }'
finds hooks 'build/release/clipvault-transcode:1: holds this cage is opened for a test'; restore clipvault-transcode
mv build/release/clipvault-transcode kept; cp build/hooks-cage-none/clipvault-transcode build/release/
finds hooks 'build/release/clipvault-transcode:1: holds this cage is opened for a test'; restore clipvault-transcode
mv build/hooks-cage-none/clipvault-transcode kept; cp build/release/clipvault-transcode build/hooks-cage-none/
finds hooks 'hooks-cage-none.*this check is blind'; mv kept build/hooks-cage-none/clipvault-transcode
mv build/hooks/clipvault kept; cp build/release/clipvault build/hooks/
finds hooks 'this check is blind'; mv kept build/hooks/clipvault

# ---- text
plant docs/planted.md <<<"see /hom""e/alice/notes";           finds paths 'docs/planted.md:1: names a folder'; uproot
plant vault/planted.c <<<"/* TO""DO: later */";               finds notes 'vault/planted.c:1: a note to ourselves'; uproot
plant docs/planted.bin < <(head -c 300000 /dev/zero);         finds sizes 'docs/planted.bin:1: is larger than 200 KB'; uproot
plant vault/planted.c < <(echo 'int planted(int a) {'; seq -f '  a += %g;' 80; echo '  return a;'; echo '}')
finds sizes 'vault/planted.c:1: planted has 83 lines'; uproot
plant vault/planted.c < <(seq -f 'int planted%g;' 601);       finds sizes 'more than 600 lines'; uproot

# ---- format and analysis
plant vault/planted.c <<<'int planted( void ){return 0;}';    finds format 'vault/planted.c:1: is laid out differently'; uproot
plant vault/planted.c <<<'int planted(void) { int a[2] = {0}; return a[2]; }'
finds cppcheck 'vault/planted.c:1: .*out of bounds'; uproot
plant vault/planted.c <<<'int planted(int a) { int b; if (a) b = 1; return b; }'
finds tidy 'vault/planted.c:1: Undefined or garbage value'; uproot
plant vault/planted.c <<<'#include <stdlib.h>
int planted(void) { return system("true"); }'
finds tidy 'vault/planted.c:2: .*command processor'; uproot

plant tests/planted.sh <<<'#!/bin/bash
rm -rf $1/*; cd $2'
finds shell 'tests/planted.sh:2: '; uproot
plant tests/planted.sh <<<'#!/bin/bash
seq 100000 | head -n 1'
finds shell 'tests/planted.sh:2: is piped into head'; uproot

# ---- units
spoil() { sed -i.kept "$1" player-bridge/systemd/clipvault.service; finds units "$2"; mv player-bridge/systemd/clipvault.service{.kept,}; }
spoil 's/^ProtectHome=.*/ProtectHom=yes/' "clipvault.service:[0-9]+: Unknown key 'ProtectHom'"
spoil '/^SystemCallFilter/d' 'clipvault.service:1: Overall exposure level'
spoil 's/^LimitCORE=0/LimitCORE=1/' 'is confined otherwise than clipvault.service'

# ---- manual
mar() { cp "$2" kept; sed -i "$3" "$2"; finds "$1" "$4"; mv kept "$2"; } # mar CHECK FILE EDIT PATTERN
mar manual build/manual/man/clipvault-check.1 's/^\.Nd .*//' 'clipvault-check.1:4: NAME section without description'
mar manual build/manual/man/clipvault-check.1 's/Xr clipvault 1/Xr clipvalt 1/' 'manual not found: Xr clipvalt'
mar manual build/manual/zsh 's/^}$//' 'build/manual/zsh:1: '
mar manual build/manual/bash 's/^}$//' 'build/manual/bash:1: '

# ---- package
mar package debian/control '/libseccomp-dev/d' 'debian/control:1: does not ask for libseccomp-dev'
mar package tests/deps.sh 's/ libjansson-dev//' 'deps.sh does not list libjansson-dev'
mar package debian/copyright '/npm.uqr/d' 'debian/copyright:1: does not name uqr'
mar package player-bridge/apparmor/clipvault 's/^ *network inet stream,/  network inet strem,/' 'apparmor/clipvault:1: '

tail=
[ "$skipped" = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ "$failed" = 0 ]
