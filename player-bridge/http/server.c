#include "player-bridge/http/server.h"

#include "player-bridge/http/exchange.h"
#include "player-bridge/http/patience.h"
#include "vault/base/clock.h"

#include <microhttpd.h>
#include <string.h>

enum { IDLE_S = 30, MEMORY = 24 << 10, MEMORY_STEP = 4 << 10, MOST_OPTIONS = 16 };

static struct MHD_Daemon *daemon_of_all;

static void turn_to(struct MHD_Connection *c, enum patience_with with) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  if (info) patience_turn(info->socket_context, with, clock_steady_ms());
}

/* Of a body: an upload as long as something comes, a form that holds a place piece by piece, any other for its time. */
static void await_more(struct MHD_Connection *c, const struct exchange *x) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  size_t pieces;
  if (exchange_holds_place(x, &pieces) && info)
    patience_piece(info->socket_context, pieces, clock_steady_ms());
  else
    turn_to(c, exchange_wants_body(x) ? PATIENCE_ANSWER : PATIENCE_BODY);
}

static void connection_changes(void *context, struct MHD_Connection *c, void **own, enum MHD_ConnectionNotificationCode how) {
  (void)context;
  if (how == MHD_CONNECTION_NOTIFY_CLOSED) {
    patience_end(*own);
    *own = NULL;
    return;
  }
  /* What the library answers holds until it is asked again (1.0 uses one place for all answers). */
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info) return;
  int fd = info->connect_fd;
  info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  *own = patience_begin(fd, info ? info->client_addr : NULL, clock_steady_ms());
}

static enum MHD_Result handle(void *context, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                              const char *data, size_t *length, void **own) {
  struct exchange *x = *own;
  enum MHD_Result answered;
  (void)context, (void)version;
  if (!x) {
    *own = x = exchange_new(c, method, url);
    if (!x) return MHD_NO;
    turn_to(c, PATIENCE_BODY);
    return exchange_begins(x, &answered) ? MHD_YES : answered;
  }
  if (!*length) turn_to(c, PATIENCE_ANSWER);
  if (!*length) return exchange_go(x);
  enum MHD_Result taken = exchange_take(x, data, length);
  await_more(c, x);
  return taken;
}

static void finished(void *context, struct MHD_Connection *c, void **own, enum MHD_RequestTerminationCode how) {
  (void)context, (void)how;
  exchange_free(*own);
  *own = NULL;
  turn_to(c, PATIENCE_HEAD);
}

/* A "+" in a path is a plus, and "%00" no end of it: such a path is nobody's. */
static size_t unescape(void *context, struct MHD_Connection *c, char *text) {
  (void)context, (void)c;
  size_t length = MHD_http_unescape(text);
  if (strlen(text) != length) *text = 0;
  return strlen(text);
}

static void quiet(void *context, const char *format, va_list arguments) {
  (void)context, (void)format, (void)arguments; /* what it complains of comes from strangers */
}

/* How strictly a request is read: the library renamed it. */
#if MHD_VERSION >= 0x01000000
#define STRICTNESS MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICTNESS MHD_OPTION_STRICT_FOR_CLIENT
#endif

enum err server_start(struct setup *s) {
  struct MHD_OptionItem options[MOST_OPTIONS] = {
      {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)quiet, NULL},
      {MHD_OPTION_LISTEN_SOCKET, s->listener, NULL},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)finished, NULL},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changes, NULL},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL},
      {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)s->most_connections, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_INCREMENT, MEMORY_STEP, NULL},
      {STRICTNESS, 1, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
  };
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | (s->tls ? MHD_USE_TLS : 0), at = 10;
  if (s->threads > 1) options[at++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->threads, NULL};
  if (s->tls) {
    options[at++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert.data};
    options[at++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->key.data};
    options[at++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.3"};
  }
  patience_prepare(s->most_connections);
  daemon_of_all = MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
  if (!daemon_of_all && s->tls)
    return err_set(ERR_CONFIG, "the HTTP server did not start: is that a certificate with its key, in PEM?");
  if (!daemon_of_all) return err_set(ERR_UNAVAILABLE, "the HTTP server did not start");
  s->listener = -1;
  return ERR_OK;
}

void server_quiesce(void) {
  MHD_socket listener = daemon_of_all ? MHD_quiesce_daemon(daemon_of_all) : MHD_INVALID_SOCKET;
  (void)listener; /* closed with the process: another bridge may be listening on the same */
}

void server_stop(void) {
  if (daemon_of_all) MHD_stop_daemon(daemon_of_all);
  daemon_of_all = NULL;
}
