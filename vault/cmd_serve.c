/* serve: the web application's server, and everybody else's way to the vault while it runs. */
#include "ingest/queue.h"
#include "player-bridge/address.h"
#include "player-bridge/api.h"
#include "player-bridge/events.h"
#include "player-bridge/monitor.h"
#include "player-bridge/signon.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/base/secret.h"
#include "vault/cmd.h"
#include "vault/dispatch.h"
#include "vault/request.h"
#include "vault/session.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MOST_PEM = 64 << 10, CONNECTIONS = 1024, MOST_THREADS = 4, SWEEP_MS = 30 * 1000 };

struct serving {
  struct session *session;
  struct address address;
  struct bytes cert, key;
  uint8_t *sign_on; /* in the arena */
  struct monitor monitor;
  struct queue *queue;
  int both_fd;     /* an epoll: readable when monitor or queue have something to do */
  enum err failed; /* of a turn inside another command */
  int64_t swept_ms;
};

static void serving_auto(struct serving *s) {
  queue_free(s->queue);
  io_close(&s->both_fd);
  monitor_stop(&s->monitor);
  address_close(&s->address);
  bytes_free(&s->cert);
  bytes_free(&s->key);
  secret_free(s->sign_on);
}

static enum err read_pem(const struct request *rq, const char *option, struct bytes *out) {
  size_t got;
  uint8_t *room = bytes_extend(out, MOST_PEM);
  TRY(bytes_check(out));
  TRY(io_read_upto(request_fd(rq, option, 0), room, MOST_PEM, &got));
  out->length = got;
  if (got == MOST_PEM) return err_set(ERR_DATA, "the file given with --%s is too long for PEM", option);
  out->data[got] = 0;
  return ERR_OK;
}

static enum err read_tls(const struct request *rq, struct serving *s, bool *tls) {
  bool cert = request_text(rq, "tls-cert"), key = request_text(rq, "tls-key");
  if (cert != key) return err_set(ERR_USAGE, "--tls-cert and --tls-key belong together");
  if (cert) TRY(read_pem(rq, "tls-cert", &s->cert));
  if (cert) TRY(read_pem(rq, "tls-key", &s->key));
  *tls = cert;
  return ERR_OK;
}

/* Whoever says who somebody is must be told from whoever else may reach the socket. */
static enum err read_sign_on(const struct request *rq, struct serving *s) {
  if (!request_count(rq, "sign-on-secret")) return ERR_OK;
  if (!s->address.is_unix)
    return err_set(ERR_USAGE, "--sign-on-secret goes with --listen unix:PATH: what comes over a network is not believed");
  s->sign_on = secret_alloc(SIGNON_SECRET);
  return signon_read(request_fd(rq, "sign-on-secret", 0), s->sign_on);
}

static unsigned threads(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 2 ? 2 : cores > MOST_THREADS ? MOST_THREADS : (unsigned)cores;
}

/* ---- what is due ends by itself */

static enum err look_for_due(struct vault *v, bool *any) {
  AUTO(bytes) struct bytes due = {0};
  int64_t now_ms = clock_now_ms();
  TRY(index_clip_due(v->index, now_ms, &due));
  TRY(index_wrap_due(v->index, now_ms, &due));
  TRY(index_consent_due(v->index, now_ms, &due));
  TRY(index_upload_due(v->index, now_ms, &due));
  *any = due.length != 0;
  return ERR_OK;
}

static void sweep(struct serving *s) {
  AUTO(request) struct request rq = {0};
  AUTO(reply) struct reply reply = {0};
  bool any = false;
  if (clock_steady_ms() - s->swept_ms < SWEEP_MS) return;
  s->swept_ms = clock_steady_ms();
  rq.command = command_by_name(s->session->commands, "sweep");
  if (look_for_due(s->session->vault, &any) != ERR_OK || !any || !rq.command) return;
  dispatch_own(s->session, &rq, &reply);
  if (reply.status != ERR_OK) log_warn("the sweep: %s", bytes_text(&reply.message));
}

/* ---- what was uploaded is taken in */

static struct events_upload about(const struct upload *u, const char *state) {
  return (struct events_upload){
      .upload = u->row.id, .account = u->row.account, .state = state, .offset = -1, .length = -1, .permille = -1};
}

static void tell_how_far(void *context, const struct upload *u, unsigned permille) {
  struct serving *s = context;
  struct events_upload what = about(u, "taking-in");
  what.permille = (int)permille;
  events_upload(&s->monitor, &what);
}

static void tell_put_off(void *context, const struct upload *u) {
  struct serving *s = context;
  const struct events_upload what = about(u, "waiting");
  events_upload(&s->monitor, &what);
}

static void tell_settled(void *context, const struct upload *u) {
  struct serving *s = context;
  struct events_upload what = about(u, u->word);
  what.clip = u->clip;
  what.reason = u->reason;
  events_upload(&s->monitor, &what);
}

/* ---- turns */

/* Also while a command that lasts runs in here: neither viewers nor uploads wait for it. */
static void turn(void *context) {
  struct serving *s = context;
  if (s->failed != ERR_OK) return; /* and why is still what err_text() says */
  s->failed = monitor_turn(&s->monitor);
  if (s->failed == ERR_OK) queue_turn(s->queue);
}

/* What such a command has to watch besides its own work. */
static enum err watch_both(struct serving *s) {
  struct epoll_event on = {.events = EPOLLIN};
  s->both_fd = epoll_create1(EPOLL_CLOEXEC);
  bool watches = s->both_fd >= 0 && !epoll_ctl(s->both_fd, EPOLL_CTL_ADD, s->monitor.wait_fd, &on) &&
                 !epoll_ctl(s->both_fd, EPOLL_CTL_ADD, queue_fd(s->queue), &on);
  return watches ? ERR_OK : err_set_errno(ERR_UNAVAILABLE, "cannot wait for requests");
}

static enum err serve(struct serving *s) {
  while (!session_stopped(s->session)) {
    session_attend(s->session);
    TRY(s->failed);
    sweep(s);
    api_run_errand(&s->monitor);
    TRY(queue_run(s->queue, s->monitor.wait_fd, monitor_patience_ms(&s->monitor)));
  }
  return ERR_OK;
}

/* A line for whoever started us, as soon as it is true; with --json it is the one value. */
static enum err announce(const struct serving *s) {
  printf(s->session->json ? "{\"listening\":\"%s\"}\n" : "listening on %s\n", s->address.shown);
  return fflush(stdout) ? err_set_errno(ERR_IO, "cannot say where we listen") : ERR_OK;
}

static enum err run(struct session *session, const struct request *rq, struct reply *reply) {
  AUTO(serving) struct serving s = {.session = session, .address = {.fd = -1}, .monitor = {.wait_fd = -1}, .both_fd = -1};
  const struct queue_host host = {&s, tell_how_far, tell_put_off, tell_settled};
  bool tls;
  TRY(read_tls(rq, &s, &tls));
  TRY(address_listen(request_text_or(rq, "listen", "127.0.0.1:8080"), tls, &s.address));
  TRY(read_sign_on(rq, &s));
  struct bridge_setup setup = {.listener = s.address.fd,
                               .tls = tls,
                               .behind_tls = s.address.is_unix,
                               .cert = &s.cert,
                               .key = &s.key,
                               .threads = threads(),
                               .connections = CONNECTIONS};
  session->takes_lasting = true;
  TRY(monitor_start(&s.monitor, session, &setup));
  TRY(queue_new(session, &host, &s.queue));
  TRY(watch_both(&s));
  session->control_fd = s.both_fd;
  session->also = turn;
  session->also_context = &s;
  session->monitor = &s.monitor;
  s.monitor.sign_on = s.sign_on;
  if (!s.address.is_unix) address_reach(&s.address, s.monitor.base);
  TRY(announce(&s));
  enum err e = serve(&s);
  session->also = NULL;
  session->monitor = NULL;
  session->control_fd = session->listen_fd;
  reply->said = true;
  return e;
}

static const struct command_option options[] = {
    {"--listen", "ADDR", 0, "ADDRESS:PORT or unix:PATH; 127.0.0.1:8080 if not given, and port 0 is any free one"},
    {"--tls-cert", "FILE", OPTION_FILE_IN, "certificate chain (PEM); needed where others can reach the address"},
    {"--tls-key", "FILE", OPTION_FILE_IN, "its key (PEM)"},
    {"--sign-on-secret", "FILE", OPTION_FILE_IN,
     "with unix:PATH: a proxy that knows this line says who is signed on (docs/serving.md)"},
    {0}};
const struct command cmd_serve = {
    .name = "serve",
    .group = "The vault",
    .synopsis = "[--listen ADDRESS:PORT|unix:PATH] [--tls-cert FILE --tls-key FILE] [--sign-on-secret FILE]",
    .summary = "let people use the vault from browsers and players",
    .help =
        "Holds the vault open and serves the web application and its API until it is ended (Ctrl-C, SIGTERM). While it runs "
        "every "
        "other command reaches the vault through it, and what is due is swept. It says \"listening on\" when it is ready. On an "
        "address that others can reach it needs TLS; behind a proxy on the same machine it listens on a Unix socket.\n\n"
        "  clipvault serve\n"
        "  clipvault serve --listen 0.0.0.0:8443 --tls-cert chain.pem --tls-key key.pem\n"
        "  clipvault serve --listen unix:/run/clipvault/http.sock",
    .options = options,
    .flags = COMMAND_LASTS | COMMAND_LOCAL,
    .run = run};
