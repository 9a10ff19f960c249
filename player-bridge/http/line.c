#include "player-bridge/http/line.h"

#include "vault/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_MS = 1000, MOST_WAIT_MS = 120 * 1000 };

static struct {
  int fd, wake;
  struct wire_link *link;
  struct line_waiter *waiters;
  atomic_uint_fast64_t numbers;
  pthread_mutex_t lock; /* link and waiters */
  bool gone, ended;     /* nothing can be said; nobody reads it any more */
} line = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = -1, .fd = -1};

enum err line_open(int fd) {
  line.fd = fd;
  line.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (line.wake < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot make an event");
  return wire_link_new(fd, &line.link);
}

uint64_t line_number(void) { return atomic_fetch_add(&line.numbers, 1) + 1; }

static void nudge(void) {
  const uint64_t one = 1;
  if (write(line.wake, &one, sizeof one) < 0) return; /* it is full: then it is awake already */
}

static struct line_waiter *take(uint64_t number) {
  for (struct line_waiter **at = &line.waiters; *at; at = &(*at)->next)
    if ((*at)->number == number) {
      struct line_waiter *w = *at;
      *at = w->next;
      return w;
    }
  return NULL;
}

void line_forget(struct line_waiter *w) {
  pthread_mutex_lock(&line.lock);
  for (struct line_waiter **at = &line.waiters; *at; at = &(*at)->next)
    if (*at == w) {
      *at = w->next;
      break;
    }
  pthread_mutex_unlock(&line.lock);
}

static void fail(struct line_waiter *w) {
  w->failed = true;
  w->wake(w);
}

/* What cannot be said fails like what is not answered: from the thread that runs the line, once it notices; when that has ended,
 * at once. */
void line_say(struct bytes *message, struct line_waiter *w, uint64_t number) {
  struct wire_link_frame frame = {.body = *message};
  *message = (struct bytes){0};
  pthread_mutex_lock(&line.lock);
  bool ended = line.ended;
  if (w && !ended) {
    w->number = number;
    w->until_ms = clock_steady_ms() + MOST_WAIT_MS;
    w->next = line.waiters;
    line.waiters = w;
  }
  if (line.gone)
    wire_link_frame_free(&frame);
  else
    line.gone = wire_link_send(line.link, &frame) != ERR_OK;
  bool left = line.gone || wire_link_waits(line.link);
  pthread_mutex_unlock(&line.lock);
  if (left) nudge();
  if (w && ended) fail(w);
}

/* ---- the thread that reads it */

static enum err receive(struct wire_link_frame *frame, bool *got) {
  pthread_mutex_lock(&line.lock);
  enum err e = line.gone ? err_set(ERR_IO, "the monitor has gone") : wire_link_flush(line.link);
  if (e == ERR_OK) e = wire_link_receive(line.link, frame, got);
  pthread_mutex_unlock(&line.lock);
  return e;
}

static enum err wait_for_more(void) {
  uint64_t count;
  pthread_mutex_lock(&line.lock);
  short events = POLLIN | (wire_link_waits(line.link) ? POLLOUT : 0);
  pthread_mutex_unlock(&line.lock);
  struct pollfd on[2] = {{.fd = line.fd, .events = events}, {.fd = line.wake, .events = POLLIN}};
  if (poll(on, 2, TICK_MS) < 0 && errno != EINTR) return err_set_errno(ERR_IO, "cannot wait for the monitor");
  if (on[1].revents && read(line.wake, &count, sizeof count) < 0 && errno != EAGAIN)
    return err_set_errno(ERR_IO, "cannot read an event");
  return ERR_OK;
}

enum err line_first(struct wire_link_frame *out) {
  for (bool got = false;;) {
    TRY(receive(out, &got));
    if (got) return ERR_OK;
    TRY(wait_for_more());
  }
}

static void deliver(struct wire_link_frame *frame, uint64_t number) {
  pthread_mutex_lock(&line.lock);
  struct line_waiter *w = take(number);
  pthread_mutex_unlock(&line.lock);
  if (!w) return;
  w->answer = *frame;
  *frame = (struct wire_link_frame){0};
  w->wake(w);
}

/* Those who have waited for too long; all of them, when there will be no answers any more. */
static void give_up(int64_t now_ms, bool all) {
  for (;;) {
    pthread_mutex_lock(&line.lock);
    struct line_waiter *w = line.waiters;
    while (w && !all && w->until_ms > now_ms) w = w->next;
    if (w) take(w->number);
    pthread_mutex_unlock(&line.lock);
    if (!w) return;
    fail(w);
  }
}

static enum err handle(const struct line_host *host, struct wire_link_frame *frame, bool *quit) {
  struct wire_message m;
  TRY(wire_message_get(frame->body.data, frame->body.length, &m));
  switch (m.verb) {
    case WIRE_TAKEN:
    case WIRE_ANSWER: deliver(frame, m.number); return ERR_OK;
    case WIRE_GRANTED:
      host->granted(frame, &m);
      deliver(frame, m.number);
      return ERR_OK;
    case WIRE_STOP: host->stop(&m); return ERR_OK;
    case WIRE_EVENT: host->event(&m); return ERR_OK;
    case WIRE_QUIT: *quit = true; return ERR_OK;
    default: return err_set(ERR_DATA, "the monitor said what a bridge does not understand");
  }
}

static enum err run(const struct line_host *host) {
  int64_t ticked_ms = clock_steady_ms();
  for (bool quit = false; !quit;) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    bool got = false;
    TRY(receive(&frame, &got));
    if (got) TRY(handle(host, &frame, &quit));
    if (!got) TRY(wait_for_more());
    int64_t now_ms = clock_steady_ms();
    if (now_ms - ticked_ms < TICK_MS) continue;
    ticked_ms = now_ms;
    give_up(now_ms, false);
    host->tick(now_ms);
  }
  return ERR_OK;
}

enum err line_run(const struct line_host *host) {
  enum err e = run(host);
  pthread_mutex_lock(&line.lock);
  line.gone = line.ended = true;
  pthread_mutex_unlock(&line.lock);
  give_up(0, true);
  return e;
}
