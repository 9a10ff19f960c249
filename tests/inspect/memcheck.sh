#!/bin/bash
# Short stories and the unit tests under valgrind's memcheck (`make valgrind` builds what it runs): what is read before it was written, leaks,
# and descriptors that are left. What it may say is in memcheck.supp, one by one, with the reason; anything else is a failure.
#   STORIES="flow/stills"   only these tests, as tests/run.sh names them, unit tests as unit/memcheck/…
#
# valgrind cannot run in a cage (it makes memory executable all the time): the bridge has none here. The worker starts without valgrind, as
# it is mostly other people's decoders; what is ours of it is in unit tests. Nothing is filled with zeroes by the compiler, as it is in
# what we ship.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/inspect/wrapped.bash
. tests/inspect/wrapped.bash
cp tests/inspect/memcheck.supp "$reports/supp"
wrap hooks-memcheck memcheck "exec valgrind -q --leak-check=full --show-leak-kinds=definite,possible --track-fds=yes --num-callers=24 --vgdb=no \
  --child-silent-after-fork=yes --gen-suppressions=all --suppressions=$reports/supp --log-file=$reports/told.%p " hooks-memcheck
: "${STORIES:=unit/memcheck/test_* flow/stills flow/holds}"
# A descriptor that was there when the process began is whoever's it was; what a unit test leaves open ends with it.
sift() { sed -E 's/^==[0-9]+== ?//; /^FILE DESCRIPTORS: /d' | awk -v RS= '!/^Open .*(<inherited from parent>|_cmocka_run_group_tests)/ {print $0 "\n"}'; }
# Not those that close the cage, nor those that hold how soon something is heard.
TEST_SECONDS=3000 ONLY=${STORIES//$'\n'/ } EXCEPT='unit/memcheck/test_worker_cage unit/memcheck/test_bridge_feed unit/memcheck/test_control' run_wrapped memcheck
