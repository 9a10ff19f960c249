#include "ingest/queue.h"

#include "ingest/ingest.h"
#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/dispatch.h"
#include "vault/intake.h"
#include "vault/shred.h"
#include "vault/spool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PAUSE_MS = 30 * 1000, LONG_PAUSE_MS = 5 * 60 * 1000, TOLD_MS = 250, REMEMBERED = 32 };

/* One that is taken in. */
struct turn {
  struct queue *queue;
  bool taken, done, gone; /* gone: nobody wants it any more */
  struct upload upload;
  struct spool_reader *reader;
  struct source source;
  struct intake *intake;
  int64_t told_ms; /* when it was last told how far it is */
};

struct queue {
  struct session *holder;
  struct queue_host host;
  struct turn turns[QUEUE_AT_ONCE];
  int wait_fd, now_fd; /* an epoll; in it, what is readable when there is something to do at once */
  bool raised;         /* the latter is */
  bool look;           /* somebody may be waiting for a place */
  int64_t paused_ms;   /* until then none is begun */
  struct {
    struct id upload;
    int64_t until_ms; /* it alone rests until then */
  } resting[REMEMBERED];
  struct {
    struct id account;
    uint64_t turn; /* the latest of theirs */
  } had[REMEMBERED];
  uint64_t turns_taken;
  struct key_user user;
};

static void close_reader(struct turn *t) {
  spool_close(t->reader);
  t->reader = NULL;
}

static void leave(struct turn *t) {
  ingest_free(t->intake);
  close_reader(t);
  upload_free(&t->upload);
  *t = (struct turn){.queue = t->queue};
}

/* ---- the upload as a source */

static enum err read_upload(void *context, uint64_t offset, void *out, size_t length) {
  struct turn *t = context;
  return spool_read(t->reader, offset, out, length);
}

/* Nobody writes to it any more, and each chunk is authenticated whenever it is read. */
static enum err upload_is_as_it_was(void *context) {
  (void)context;
  return ERR_OK;
}

static void upload_hashed(void *context, const uint8_t sha256[32]) {
  struct turn *t = context;
  memcpy(t->upload.sha256, sha256, sizeof t->upload.sha256);
}

/* ---- as the uploader */

static void how_far(void *context, unsigned permille) {
  struct turn *t = context;
  const struct queue_host *host = &t->queue->host;
  int64_t now_ms = clock_steady_ms();
  if (!host->how_far || (permille && now_ms - t->told_ms < TOLD_MS)) return;
  t->told_ms = now_ms;
  host->how_far(host->context, &t->upload, permille);
}

/* Their rights may have changed since they began, and while it is taken in. */
static enum err still_may(struct vault *v, const struct upload *u) {
  TRY(intake_require_case(v, &u->kase));
  return intake_require_people(v, INDEX_ROWS(struct id, u->people), INDEX_COUNT(struct id, u->people));
}

static enum err begin(struct vault *v, struct turn *t) {
  const struct upload *u = &t->upload;
  how_far(t, 0);
  TRY(spool_open(v, u, &t->reader));
  t->source = (struct source){.context = t,
                              .bytes = spool_length(t->reader),
                              .read = read_upload,
                              .unchanged = upload_is_as_it_was,
                              .hashed = upload_hashed};
  const struct ingest_order order = {.source = &t->source,
                                     .name = bytes_text(&u->file_name),
                                     .kase = u->kase,
                                     .people = INDEX_ROWS(struct id, u->people),
                                     .people_count = INDEX_COUNT(struct id, u->people),
                                     .kind = u->kind,
                                     .recorded_ms = u->recorded_ms,
                                     .recorded_by_then = true,
                                     .expires_ms = CLOCK_NEVER_MS,
                                     .keep_original = v->config.keep_originals,
                                     .how_far = how_far,
                                     .how_far_context = t};
  return ingest_begin(v, &order, &t->intake);
}

/* ---- what becomes of it */

static bool is_of_the_upload(const struct session *s, enum err e) {
  return !session_stopped(s) && (e == ERR_DATA || e == ERR_USAGE || e == ERR_REFUSED || e == ERR_MISSING);
}

static void describe(struct turn *t, enum err e) {
  struct upload *u = &t->upload;
  if (e == ERR_OK) {
    const struct ingest_result *r = ingest_result(t->intake);
    snprintf(u->word, sizeof u->word, "%s", r->duplicate ? "duplicate" : r->quarantined ? "quarantined" : "live");
    u->clip = r->clip;
  } else {
    snprintf(u->word, sizeof u->word, "refused");
    snprintf(u->reason, sizeof u->reason, "%s", err_text());
  }
  t->done = true;
}

/* What is said of the recording is no failure of the vault. */
static enum err note(struct turn *t, enum err e, bool done) {
  if (e != ERR_OK && !is_of_the_upload(t->queue->holder, e)) return e;
  if (e != ERR_OK || done) describe(t, e);
  return ERR_OK;
}

/* The sweep ends what is a day old, whoever is at it. */
static enum err look_for_it(struct vault *v, struct turn *t) {
  struct index_upload row;
  enum err e = index_upload_get(v->index, &t->upload.row.id, &row, NULL, NULL);
  t->gone = e == ERR_MISSING;
  return t->gone ? ERR_OK : e;
}

/* Called before keys are destroyed: what it read with has one of them. The rest goes at its next step, as whoever calls goes
 * through a list in which the intake stands, too. */
static void recheck(void *context) {
  struct queue *q = context;
  for (int i = 0; i < QUEUE_AT_ONCE; i++) {
    struct turn *t = &q->turns[i];
    if (t->taken && !t->gone && look_for_it(q->holder->vault, t) == ERR_OK && t->gone) close_reader(t);
  }
}

static enum err decide(struct vault *v, void *context) {
  struct turn *t = context;
  bool done = false;
  TRY(look_for_it(v, t));
  if (t->gone) return ERR_OK;
  enum err e = still_may(v, &t->upload);
  if (e == ERR_OK) e = t->intake ? ingest_step(t->intake, &done) : begin(v, t);
  return note(t, e, done);
}

static enum err find_visitor(struct vault *v, const struct id *account, struct session_visitor *out) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, account, &a));
  *out = (struct session_visitor){.account = *account, .generation = a.generation};
  return ERR_OK;
}

/* Who uploaded it may not act any more by now: that is of the upload, too. What is a clip already stays one, and is known again
 * when the upload's turn comes once more. */
static enum err decide_as_uploader(struct turn *t) {
  struct session *holder = t->queue->holder;
  struct session_visitor visitor;
  enum err e = find_visitor(holder->vault, &t->upload.row.account, &visitor);
  if (e == ERR_OK) e = dispatch_within(holder, &visitor, decide, t);
  return e == ERR_OK || t->done ? e : note(t, e, false);
}

static enum err settle(struct vault *v, void *context) {
  struct turn *t = context;
  TRY(look_for_it(v, t));
  if (t->gone) return ERR_OK;
  TRY(index_account_get(v->index, &t->upload.row.account, &v->actor, NULL));
  return upload_settle(v, &t->upload);
}

/* What was sealed in vain goes with what begins every command. */
static enum err end_well(struct turn *t) {
  struct queue *q = t->queue;
  ingest_free(t->intake);
  t->intake = NULL;
  close_reader(t); /* before its key is destroyed */
  TRY(dispatch_within(q->holder, NULL, settle, t));
  if (q->host.settled && !t->gone) q->host.settled(q->host.context, &t->upload);
  leave(t);
  return ERR_OK;
}

/* One that could not be taken in waits by itself; of too many the one that has rested longest is tried at once. */
static void rest(struct queue *q, const struct id *upload, int64_t ms) {
  size_t at = 0;
  for (size_t i = 1; i < REMEMBERED; i++)
    if (q->resting[i].until_ms < q->resting[at].until_ms) at = i;
  q->resting[at].upload = *upload;
  q->resting[at].until_ms = clock_steady_ms() + ms;
}

static bool rests(const struct queue *q, const struct id *upload) {
  int64_t now_ms = clock_steady_ms();
  for (size_t i = 0; i < REMEMBERED; i++)
    if (q->resting[i].until_ms > now_ms && id_equal(&q->resting[i].upload, upload)) return true;
  return false;
}

/* What is wrong with the vault is wrong for everybody: none is begun for a while. */
static void pause_all(struct queue *q) {
  if (session_stopped(q->holder)) return;
  log_warn("an upload could not be taken in, and is tried again: %s", err_text());
  q->paused_ms = clock_steady_ms() + PAUSE_MS;
}

static enum err put_last(struct vault *v, void *context) {
  const struct id *upload = context;
  TRY(index_begin(v->index));
  TRY(index_upload_put_last(v->index, upload));
  return index_commit(v->index);
}

static enum err count_failure(struct vault *v, void *context) {
  struct turn *t = context;
  TRY(look_for_it(v, t));
  return t->gone ? ERR_OK : upload_failed(v, &t->upload);
}

static void give_up(struct turn *t) {
  struct upload *u = &t->upload;
  snprintf(u->word, sizeof u->word, "refused");
  snprintf(
      u->reason, sizeof u->reason,
      "It could not be taken in: %d times what examines films here did not come to its end over it, as happens where the machine "
      "has too little memory, or with a very unusual file. Nothing of it was kept. Tell whoever looks after clipvault, and send "
      "it again.",
      UPLOAD_MOST_FAILURES);
  t->done = true;
}

/* Through no fault of the file, as far as anybody knows: it is tried again after a while, and after a longer one, while others go
 * on. */
static enum err try_again(struct turn *t) {
  struct queue *q = t->queue;
  char id[ID_TEXT];
  log_warn("an upload could not be taken in: %s", err_text());
  TRY(dispatch_within(q->holder, NULL, count_failure, t));
  if (t->gone) return ERR_OK;
  log_warn("%s failed for the %u. time", id_format(ID_UPLOAD, &t->upload.row.id, id), t->upload.failures);
  if (t->upload.failures >= UPLOAD_MOST_FAILURES) {
    give_up(t);
    return end_well(t);
  }
  rest(q, &t->upload.row.id, t->upload.failures > 1 ? LONG_PAUSE_MS : PAUSE_MS);
  if (q->host.put_off) q->host.put_off(q->host.context, &t->upload);
  leave(t);
  return ERR_OK;
}

static void try_later(struct turn *t) {
  struct queue *q = t->queue;
  struct id id = t->upload.row.id;
  bool fell = t->intake && ingest_worker_failed(t->intake) && !session_stopped(q->holder);
  ingest_free(t->intake);
  t->intake = NULL;
  if (fell && try_again(t) == ERR_OK) return;
  pause_all(q);
  if (!session_stopped(q->holder)) IGNORE(dispatch_within(q->holder, NULL, put_last, &id));
  leave(t);
}

static void step(struct turn *t) {
  enum err e = ERR_OK;
  bool done = false;
  if (!t->gone && t->intake && !ingest_decides(t->intake)) {
    e = ingest_step(t->intake, &done);
    e = note(t, e, done);
  } else if (!t->gone) {
    e = decide_as_uploader(t);
  }
  if (e == ERR_OK && t->done) e = end_well(t);
  if (e != ERR_OK) try_later(t);
  if (t->gone) leave(t);
  t->queue->look |= !t->taken;
}

/* ---- who is next */

static bool is_under_way(const struct queue *q, const struct id *upload) {
  for (int i = 0; i < QUEUE_AT_ONCE; i++)
    if (q->turns[i].taken && id_equal(&q->turns[i].upload.row.id, upload)) return true;
  return false;
}

/* 0: not of late. */
static uint64_t last_turn(const struct queue *q, const struct id *account) {
  for (size_t i = 0; i < REMEMBERED; i++)
    if (id_equal(&q->had[i].account, account)) return q->had[i].turn;
  return 0;
}

static void note_turn(struct queue *q, const struct id *account) {
  size_t at = 0; /* theirs, else the oldest */
  for (size_t i = 1; i < REMEMBERED; i++)
    if (q->had[i].turn < q->had[at].turn) at = i;
  for (size_t i = 0; i < REMEMBERED; i++)
    if (id_equal(&q->had[i].account, account)) at = i;
  q->had[at].account = *account;
  q->had[at].turn = ++q->turns_taken;
}

/* Who had their turn longest ago goes first: nobody waits for all of somebody who sends very many. */
static const struct index_upload *choose(const struct queue *q, const struct bytes *waiting) {
  const struct index_upload *rows = INDEX_ROWS(struct index_upload, *waiting), *first = NULL;
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, *waiting); i++) {
    if (is_under_way(q, &rows[i].id) || rests(q, &rows[i].id)) continue;
    if (!first || last_turn(q, &rows[i].account) < last_turn(q, &first->account)) first = &rows[i];
  }
  return first;
}

/* Found and taken in one step, so that it is still there. One whose row cannot be read stands in nobody's way. */
static enum err take_next(struct vault *v, void *context) {
  struct turn *t = context;
  struct queue *q = t->queue;
  AUTO(bytes) struct bytes waiting = {0};
  TRY(index_upload_list(v->index, "waiting", &waiting));
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, waiting) && !t->taken; i++) {
    const struct index_upload *next = choose(q, &waiting);
    if (!next) break;
    enum err e = upload_load(v, &next->id, &t->upload);
    if (e != ERR_OK && e != ERR_DATA) return e;
    if (e != ERR_OK) log_warn("an upload cannot be taken in: %s", err_text());
    if (e != ERR_OK) rest(q, &next->id, LONG_PAUSE_MS);
    if (e == ERR_OK) note_turn(q, &next->account);
    t->taken = e == ERR_OK;
  }
  return ERR_OK;
}

static void fill(struct turn *t) {
  if (dispatch_within(t->queue->holder, NULL, take_next, t) != ERR_OK) pause_all(t->queue);
}

/* ---- turns */

/* Puts what this place waits for into the epoll; a worker that ended took its own socket out. */
static bool wait_for(const struct turn *t) {
  struct pollfd on = t->intake ? ingest_wait(t->intake) : (struct pollfd){.fd = -1};
  if (on.fd < 0) return false;
  struct epoll_event event = {.events = (on.events & POLLOUT) ? EPOLLOUT : EPOLLIN};
  int wait_fd = t->queue->wait_fd;
  if (!epoll_ctl(wait_fd, EPOLL_CTL_MOD, on.fd, &event)) return true;
  return errno == ENOENT && !epoll_ctl(wait_fd, EPOLL_CTL_ADD, on.fd, &event);
}

static void note_ready(struct queue *q) {
  bool ready = q->look;
  uint64_t count = 1;
  for (int i = 0; i < QUEUE_AT_ONCE; i++) ready |= !wait_for(&q->turns[i]) && q->turns[i].taken;
  if (ready == q->raised) return;
  ssize_t moved = ready ? write(q->now_fd, &count, sizeof count) : read(q->now_fd, &count, sizeof count);
  if (moved == sizeof count) q->raised = ready;
}

static void go_on(struct queue *q) {
  bool look = q->look && clock_steady_ms() >= q->paused_ms;
  q->look = false;
  for (int i = 0; i < QUEUE_AT_ONCE; i++) {
    struct turn *t = &q->turns[i];
    if (!t->taken && look) fill(t);
    if (t->taken) step(t);
  }
  note_ready(q);
}

void queue_turn(struct queue *q) {
  if (q->holder->vault->index->writing) return;
  q->look = true;
  go_on(q);
}

enum err queue_run(struct queue *q, int watch, int timeout_ms) {
  int64_t until_ms = clock_steady_ms() + timeout_ms;
  for (q->look = true;;) {
    go_on(q);
    int64_t left_ms = until_ms - clock_steady_ms();
    struct pollfd on[] = {{.fd = watch, .events = POLLIN}, {.fd = q->wait_fd, .events = POLLIN}};
    int ready = poll(on, 2, left_ms > 0 ? (int)left_ms : 0);
    if (ready < 0 && errno != EINTR) return err_set_errno(ERR_IO, "cannot wait for requests");
    if (ready <= 0 || on[0].revents || left_ms <= 0) return ERR_OK;
  }
}

int queue_fd(const struct queue *q) { return q->wait_fd; }

enum err queue_new(struct session *holder, const struct queue_host *host, struct queue **out) {
  struct queue *q = calloc(1, sizeof *q);
  if (!q) return err_set(ERR_IO, "out of memory");
  *q = (struct queue){.holder = holder, .host = *host, .wait_fd = epoll_create1(EPOLL_CLOEXEC)};
  q->now_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  for (int i = 0; i < QUEUE_AT_ONCE; i++) q->turns[i].queue = q;
  struct epoll_event on = {.events = EPOLLIN};
  if (q->wait_fd >= 0 && q->now_fd >= 0 && !epoll_ctl(q->wait_fd, EPOLL_CTL_ADD, q->now_fd, &on)) {
    q->user = (struct key_user){.recheck = recheck, .context = q};
    shred_register(holder->vault, &q->user);
    *out = q;
    return ERR_OK;
  }
  queue_free(q);
  return err_set_errno(ERR_UNAVAILABLE, "cannot wait for workers");
}

static enum err nothing(struct vault *v, void *context) {
  (void)v, (void)context;
  return ERR_OK;
}

void queue_free(struct queue *q) {
  bool any = false;
  if (!q) return;
  shred_unregister(q->holder->vault, &q->user);
  for (int i = 0; i < QUEUE_AT_ONCE; i++) {
    any |= q->turns[i].taken;
    leave(&q->turns[i]);
  }
  if (any) IGNORE(dispatch_within(q->holder, NULL, nothing, NULL)); /* begins by deleting what was sealed */
  io_close(&q->wait_fd);
  io_close(&q->now_fd);
  free(q);
}
