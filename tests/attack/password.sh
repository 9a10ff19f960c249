#!/bin/bash
# A password that was typed is nowhere in the memory of the process that parses HTTP, once it has been answered: neither the right one nor
# a wrong one. The control is the same process that wipes nothing: its dump has them.
# shellcheck source=tests/flow/story.bash
. "$(dirname "$0")/../flow/story.bash"
# shellcheck source=tests/flow/serving.bash
. "$OLDPWD/tests/flow/serving.bash"
command -v gcore >/dev/null || skip "needs gcore"
! nm -D "$programs/clipvault-bridge" 2>/dev/null | grep __asan_init >/dev/null || skip "a sanitizer wants to be the first library"
gcc -O1 -shared -fPIC -o dumpable.so "$tests/../attack/preload/dumpable.c" -ldl
new_vault
printf 'a lantern planted over water' >pw.ida
ask user add --name ida --role practitioner --password-file pw.ida >/dev/null

# A bridge that may be dumped: what is started beside a copy of clipvault. KEPT: without the protection.
real=$programs
mkdir dumped
cp "$real/clipvault" dumped/
programs=$stage/dumped
bridge_with() { # bridge_with NAME=VALUE…
  printf '#!/bin/sh\nexec /usr/bin/env LD_PRELOAD=%s %s %s\n' "$stage/dumpable.so" "$*" "$real/clipvault-bridge" >dumped/clipvault-bridge
  chmod +x dumped/clipvault-bridge
}
# typed: signs in, rightly and wrongly; how many of the passwords are in a dump of the bridge then is in $found. Their ends are looked for: what
# is given back loses its first bytes in any case.
typed() {
  local bridge password
  serve
  sign_in ida "$(cat pw.ida)"
  who nobody
  call POST /api/session '{"name":"ida","password":"a planted mistake, as it were, of hers"}'; answers 401
  call GET /healthz
  bridge=$(pgrep -P "$server")
  gcore -o core "$bridge" >gcore.out 2>&1 || skip "not even what allows it can be dumped here: $(tail -n 1 gcore.out)"
  found=0
  for password in "over water" "as it were, of hers"; do
    ! grep -qaF "$password" "core.$bridge" || found=$((found + 1))
  done
  grep -qaF "libmicrohttpd" "core.$bridge" || fail "this is no dump of the bridge"
  rm "core.$bridge"
  end_server
}
bridge_with A=a; typed
same "$found" 0 "passwords in the memory of the bridge"
bridge_with KEPT=1; typed
[ "$found" -ge 1 ] || fail "the control: nothing was found where nothing is wiped"
echo "passwords found: none, and without the protection $found of 2"
