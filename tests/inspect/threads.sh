#!/bin/bash
# Whatever runs in threads, under ThreadSanitizer (`make threads` builds it): the server and its bridge, through the stories that serve, and
# the unit tests of what threads share. What it may say is in threads.supp, one by one, with the reason; anything else is a failure.
#   STORIES="flow/serve"   only these tests, as tests/run.sh names them, unit tests as unit/threads/…
#
# The bridge has no cage here: a report needs to read what lies around the program. The worker is the one of build/hooks: it starts no
# threads but libavcodec's, of which ThreadSanitizer, not knowing how they hand things over, would tell much that is not so.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/inspect/wrapped.bash
. tests/inspect/wrapped.bash
cp tests/inspect/threads.supp "$reports/supp"
wrap hooks-san-thread threads "export TSAN_OPTIONS='log_path=$reports/told suppressions=$reports/supp second_deadlock_stack=1 exitcode=0'
exec " hooks
: "${STORIES:=unit/threads/test_bridge_* unit/threads/test_container* unit/threads/test_control unit/threads/test_queue
  unit/threads/test_secret unit/threads/test_signin unit/threads/test_spool unit/threads/test_ticket flow/api flow/confirm flow/cuts flow/demo
  flow/enough flow/events flow/openapi flow/play flow/provided flow/proxy flow/remarked flow/serve flow/signon flow/tls flow/two flow/uploads
  flow/vlc attack/bridge attack/clients}"
sift() { cat; }
TEST_SECONDS=3000 ONLY=${STORIES//$'\n'/ } run_wrapped threads
