/* clipvault-bridge: HTTP for browsers and players. It is told where to listen, closes its cage, then meets strangers. Its socket
 * to the monitor is descriptor 3; it holds no key but those of films that are streaming now. */
#include "player-bridge/http/exchange.h"
#include "player-bridge/http/feed.h"
#include "player-bridge/http/line.h"
#include "player-bridge/http/patience.h"
#include "player-bridge/http/respond.h"
#include "player-bridge/http/server.h"
#include "player-bridge/http/stream.h"
#include "player-bridge/http/values.h"
#include "vault/base/log.h"
#include "vault/base/sandbox.h"
#include "vault/base/secret.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

/* Two files for each film that the monitor may hand over (ticket.h) and one for each of four things beside it, and some for
 * ourselves. */
enum { FILES_BESIDE = 6 * 1024 + 128, MOST_MALLOC_ARENAS = 4, KEPT_BY_MALLOC = 8 << 20, MAPPED_FROM = 1 << 20 };

/* A cage of 4 GiB of addresses has no room for a malloc arena (64 MiB each) per thread. Each answer takes a block and gives it
 * back, each piece of an upload two: malloc would give them back to the kernel every time, which then clears them anew. */
static void prepare(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, MOST_MALLOC_ARENAS);
  mallopt(M_TRIM_THRESHOLD, KEPT_BY_MALLOC);
  mallopt(M_MMAP_THRESHOLD, MAPPED_FROM); /* it does not grow by itself any more once the other is set */
}

static enum err say_ready(const char *cage) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_READY, 0, NULL);
  wire_message_put_text(&message, "cage", cage);
  TRY(wire_message_end(&message));
  line_say(&message, NULL, 0);
  return ERR_OK;
}

static enum err begin(void) {
  AUTO(wire_link_frame) struct wire_link_frame first = {0};
  AUTO(setup) struct setup setup = {.listener = -1};
  char cage[SANDBOX_TEXT];
  TRY(secret_init());
  TRY(line_open(SANDBOX_SOCKET));
  TRY(line_first(&first));
  TRY(setup_read(&first, &setup));
  exchange_prepare(setup.tls, setup.behind_tls);
  respond_prepare(setup.tls);
  values_prepare();
  TRY(sandbox_enter_serving((uint32_t)setup.most_connections + FILES_BESIDE, cage));
  TRY(server_start(&setup));
  return say_ready(cage);
}

static void tick(int64_t now_ms) {
  stream_tick(now_ms);
  feed_tick(now_ms);
  patience_tick(now_ms);
}

int main(void) {
  const struct line_host host = {stream_granted, stream_stop, feed_event, tick};
  prepare();
  enum err e = begin();
  if (e == ERR_OK) e = line_run(&host);
  if (e == ERR_OK) server_quiesce();
  stream_stop_all();
  feed_end_all();
  server_stop();
  secret_wipe_all();
  if (e != ERR_OK) log_error("%s", err_text());
  return (int)e;
}
