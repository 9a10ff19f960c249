#include "player-bridge/monitor.h"

#include "player-bridge/api.h"
#include "player-bridge/errand.h"
#include "player-bridge/events.h"
#include "player-bridge/gone.h"
#include "player-bridge/uploads.h"
#include "player-bridge/viewing.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/dispatch.h"
#include "vault/spool.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum {
  TICK_MS = 1000,
  LOOK_AGAIN_MS = 10 * 1000,
  MOST_LET_GO_MS = 2000,
  MOST_RESTARTS = 5,
  CALM_MS = 60 * 1000,
  MOST_FRAMES = 64
};

struct monitor_backlog {
  struct wire_link_frame frame;
  struct monitor_backlog *next;
};

/* ---- saying */

unsigned monitor_status(enum err e) {
  switch (e) {
    case ERR_OK: return 200;
    case ERR_USAGE: return 400;
    case ERR_REFUSED: return 403;
    case ERR_MISSING: return 404;
    case ERR_DATA: return 422;
    case ERR_BUSY:
    case ERR_UNAVAILABLE: return 503;
    default: return 500;
  }
}

void monitor_say(struct monitor *m, struct bytes *message) {
  struct wire_link_frame frame = {0};
  if (wire_message_end(message) != ERR_OK) {
    log_error("%s", err_text());
    return;
  }
  frame.body = *message;
  *message = (struct bytes){0};
  if (m->bridge.link)
    IGNORE(wire_link_send(m->bridge.link, &frame));
  else
    wire_link_frame_free(&frame);
}

static void begin_failure(struct monitor *m, struct bytes *message, uint64_t number, unsigned status, const char *word) {
  m->counts.refused++;
  wire_message_begin(message, WIRE_ANSWER, number, NULL);
  wire_message_put_number(message, "status", status);
  wire_message_put_text(message, "error", word);
  wire_message_put_text(message, "detail", err_text());
}

void monitor_fail_as(struct monitor *m, uint64_t number, unsigned status, const char *word) {
  AUTO(bytes) struct bytes message = {0};
  begin_failure(m, &message, number, status, word);
  monitor_say(m, &message);
}

void monitor_fail_later(struct monitor *m, uint64_t number, unsigned wait_s) {
  AUTO(bytes) struct bytes message = {0};
  begin_failure(m, &message, number, MONITOR_TOO_MANY, err_word(ERR_BUSY));
  wire_message_put_number(&message, "retry_after", wait_s);
  monitor_say(m, &message);
}

void monitor_fail(struct monitor *m, uint64_t number, unsigned status, enum err failure) {
  monitor_fail_as(m, number, status, err_word(failure));
}

void monitor_answer(struct monitor *m, uint64_t number, unsigned status, const struct bytes *json) {
  monitor_answer_as(m, number, status, NULL, json);
}

void monitor_answer_as(struct monitor *m, uint64_t number, unsigned status, const char *type, const struct bytes *body) {
  AUTO(bytes) struct bytes message = {0};
  if (body->failed || body->length > WIRE_MESSAGE_MOST_BYTES - 1024) {
    monitor_fail(m, number, 503, err_set(ERR_UNAVAILABLE, "the answer is too long; ask for less at once"));
    return;
  }
  wire_message_begin(&message, WIRE_ANSWER, number, NULL);
  wire_message_put_number(&message, "status", status);
  if (type) wire_message_put_text(&message, "type", type);
  wire_message_put(&message, "body", body->data, body->length);
  monitor_say(m, &message);
}

/* ---- the process on the other side */

static enum err watch(struct monitor *m, int fd) {
  struct epoll_event on = {.events = EPOLLIN, .data.fd = fd};
  return epoll_ctl(m->wait_fd, EPOLL_CTL_ADD, fd, &on) ? err_set_errno(ERR_UNAVAILABLE, "cannot watch a socket") : ERR_OK;
}

static void drop_backlog(struct monitor *m) {
  while (m->backlog) {
    struct monitor_backlog *b = m->backlog;
    m->backlog = b->next;
    wire_link_frame_free(&b->frame);
    free(b);
  }
  m->backlog_last = &m->backlog;
}

/* What it asked and was not answered dies with it. */
static void lose_bridge(struct monitor *m) {
  bridge_kill(&m->bridge);
  drop_backlog(m);
  errand_free_all(m);
  m->lost++;
  viewing_bridge_gone(m);
  events_bridge_gone(m);
  m->bridge_gone = true;
}

static enum err start_bridge(struct monitor *m) {
  TRY(bridge_start(&m->setup, &m->bridge));
  return watch(m, m->bridge.fd);
}

/* It parses what strangers send, so it may fall; those who are signed in stay so, and their films go on when they ask again. */
static enum err revive(struct monitor *m) {
  int64_t now_ms = clock_steady_ms();
  if (now_ms - m->restart_ms > CALM_MS) m->restarts = 0;
  m->restart_ms = now_ms;
  log_warn("the bridge ended; it is started anew");
  if (++m->restarts > MOST_RESTARTS) return err_set(ERR_UNAVAILABLE, "clipvault-bridge does not stay alive");
  return start_bridge(m);
}

/* ---- hearing */

static void handle(struct monitor *m, const struct wire_link_frame *frame) {
  struct wire_message message;
  if (frame->fd_count || frame->key_count || wire_message_get(frame->body.data, frame->body.length, &message) != ERR_OK) {
    log_warn("the bridge said what is no message, and was ended");
    lose_bridge(m);
    return;
  }
  switch (message.verb) {
    case WIRE_ASK: api_ask(m, &message); return;
    case WIRE_FILM: viewing_grant(m, &message); return;
    case WIRE_SEEN: viewing_seen(m, &message); return;
    case WIRE_BODY: uploads_body(m, &message); return;
    case WIRE_LEFT: events_left(m, &message); return;
    case WIRE_STOPPED:
    case WIRE_READY: return; /* late */
    default: log_warn("the bridge said what a bridge does not say, and was ended"); lose_bridge(m);
  }
}

/* The next frame: of those that waited, else a new one. */
static enum err next_frame(struct monitor *m, struct wire_link_frame *out, bool *got) {
  struct monitor_backlog *b = m->backlog;
  *got = b != NULL;
  if (!b) return m->bridge.link ? wire_link_receive(m->bridge.link, out, got) : err_set(ERR_IO, "there is no bridge");
  *out = b->frame;
  m->backlog = b->next;
  if (!m->backlog) m->backlog_last = &m->backlog;
  free(b);
  return ERR_OK;
}

static void keep(struct monitor *m, struct wire_link_frame *frame) {
  struct monitor_backlog *b = calloc(1, sizeof *b);
  if (!b) return; /* it is not answered: whoever asked hears so after a while */
  b->frame = *frame;
  *frame = (struct wire_link_frame){0};
  *m->backlog_last = b;
  m->backlog_last = &b->next;
}

/* ---- letting go */

static bool is_stopped(const struct wire_link_frame *frame, uint64_t number) {
  struct wire_message message;
  return wire_message_get(frame->body.data, frame->body.length, &message) == ERR_OK && message.verb == WIRE_STOPPED &&
         message.number == number;
}

static enum err await_stopped(struct monitor *m, uint64_t number) {
  int64_t until_ms = clock_steady_ms() + MOST_LET_GO_MS;
  for (;;) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    bool got;
    TRY(wire_link_flush(m->bridge.link));
    TRY(wire_link_receive(m->bridge.link, &frame, &got));
    if (got && is_stopped(&frame, number)) return ERR_OK;
    if (got) keep(m, &frame);
    int64_t left_ms = until_ms - clock_steady_ms();
    if (left_ms <= 0) return err_set(ERR_BUSY, "the bridge does not let go");
    struct pollfd on = {.fd = m->bridge.fd, .events = POLLIN | (wire_link_waits(m->bridge.link) ? POLLOUT : 0)};
    if (!got) IGNORE(poll(&on, 1, (int)left_ms));
  }
}

void monitor_let_go(struct monitor *m, const uint64_t films[], size_t count) {
  enum { AT_ONCE = 200 };
  for (size_t done = 0; done < count && m->bridge.link; done += AT_ONCE) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    uint64_t number = ++m->last_stop;
    wire_message_begin(&frame.body, WIRE_STOP, number, NULL);
    for (size_t i = done; i < count && i < done + AT_ONCE; i++) wire_message_put_number(&frame.body, "film", films[i]);
    enum err e = wire_message_end(&frame.body);
    if (e == ERR_OK) e = wire_link_send(m->bridge.link, &frame);
    if (e == ERR_OK) e = await_stopped(m, number);
    if (e == ERR_OK) continue;
    log_warn("the bridge was ended, as it did not let go of a film: %s", err_text());
    lose_bridge(m);
  }
}

static void recheck(void *context) {
  viewing_recheck(context);
  uploads_recheck(context);
}

/* ---- turns */

/* Whatever changes what is allowed is written in the log. */
static void look_at_log(struct monitor *m) {
  uint8_t root[32];
  uint64_t entries;
  int64_t now_ms = clock_steady_ms();
  if (audit_head(m->session->vault, &entries, root) != ERR_OK) entries = 0;
  if (entries && entries == m->log_entries && now_ms - m->asked_ms < LOOK_AGAIN_MS) return;
  m->log_entries = entries;
  m->asked_ms = now_ms;
  viewing_recheck(m);
}

static void tick(struct monitor *m) {
  int64_t now_ms = clock_steady_ms();
  if (now_ms - m->ticked_ms < TICK_MS && viewing_next_end_ms(m) > clock_now_ms()) return;
  m->ticked_ms = now_ms;
  viewing_tick(m, now_ms);
}

static enum err hear_some(struct monitor *m) {
  for (int i = 0; i < MOST_FRAMES; i++) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    bool got = false;
    enum err e = m->bridge.link ? wire_link_flush(m->bridge.link) : ERR_OK;
    if (e == ERR_OK) e = next_frame(m, &frame, &got);
    if (e != ERR_OK) {
      lose_bridge(m);
      return revive(m);
    }
    if (!got) return ERR_OK;
    handle(m, &frame);
  }
  return ERR_OK;
}

static enum err turn(struct monitor *m) {
  look_at_log(m);
  if (m->bridge_gone) uploads_break_off(m); /* not while it was lost: that may have been in the middle of a destruction */
  m->bridge_gone = false;
  admission_turn(m);
  TRY(hear_some(m));
  tick(m);
  look_at_log(m);
  events_turn(m);
  gone_turn(m);
  struct epoll_event on = {.data.fd = m->bridge.fd};
  on.events = EPOLLIN | (m->bridge.link && wire_link_waits(m->bridge.link) ? EPOLLOUT : 0);
  if (m->bridge.fd >= 0) epoll_ctl(m->wait_fd, EPOLL_CTL_MOD, m->bridge.fd, &on);
  return ERR_OK;
}

enum err monitor_turn(struct monitor *m) {
  if (m->busy) return ERR_OK;
  m->busy = true;
  enum err e = turn(m);
  m->busy = false;
  return e;
}

int monitor_patience_ms(const struct monitor *m) {
  int64_t left_ms = viewing_next_end_ms(m);
  if (m->backlog) return 0;
  if (left_ms == CLOCK_NEVER_MS) return TICK_MS;
  left_ms -= clock_now_ms();
  return left_ms < 0 ? 0 : left_ms < TICK_MS ? (int)left_ms : TICK_MS;
}

/* What a server that was killed left in the spool. */
static enum err recover(struct vault *v, void *context) {
  (void)context;
  if (spool_recover(v) != ERR_OK) log_warn("uploads: %s", err_text());
  return ERR_OK;
}

enum err monitor_start(struct monitor *m, struct session *session, const struct bridge_setup *setup) {
  *m = (struct monitor){.session = session, .setup = *setup, .bridge = {.fd = -1}, .wait_fd = -1};
  m->backlog_last = &m->backlog;
  visit_prepare(&m->visits);
  ticket_prepare(&m->tickets);
  m->wait_fd = epoll_create1(EPOLL_CLOEXEC);
  if (m->wait_fd < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot wait for the bridge");
  TRY(admission_new(&m->admission));
  TRY(watch(m, admission_fd(m->admission)));
  if (session->listen_fd >= 0) TRY(watch(m, session->listen_fd));
  TRY(start_bridge(m));
  TRY(dispatch_within(session, NULL, recover, NULL));
  m->user = (struct key_user){.recheck = recheck, .context = m};
  shred_register(session->vault, &m->user);
  return ERR_OK;
}

void monitor_stop(struct monitor *m) {
  if (!m->session) return;
  shred_unregister(m->session->vault, &m->user);
  viewing_let_go_all(m);
  if (m->bridge.link) IGNORE(hear_some(m)); /* what was seen is written down */
  bridge_stop(&m->bridge);
  drop_backlog(m);
  errand_free_all(m);
  viewing_bridge_gone(m);
  uploads_break_off(m);
  viewing_tick(m, clock_steady_ms());
  admission_free(m->admission);
  visit_free(&m->visits);
  ticket_free(&m->tickets);
  bytes_free(&m->unfinished);
  io_close(&m->wait_fd);
  *m = (struct monitor){0};
}
