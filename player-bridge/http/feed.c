#include "player-bridge/http/feed.h"

#include "player-bridge/http/line.h"
#include "vault/base/clock.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Proxies and clients give a silent connection up after 30 s or more. */
enum { MOST_KEPT = 64 << 10, SILENT_MS = 15 * 1000, BLOCK = 4 << 10 };

struct feed {
  uint64_t number;
  struct MHD_Connection *connection;
  int socket;
  /* under feeds.lock */
  struct bytes kept; /* what was not read yet */
  bool waits;        /* the connection is suspended: there was nothing to say */
  bool over, lost;   /* nothing more comes; it is not read any more */
  int64_t said_ms;
  struct feed *next;
};

static struct {
  struct feed *first;
  pthread_mutex_t lock;
} feeds = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int socket_of(struct MHD_Connection *c) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

struct feed *feed_new(uint64_t number, struct MHD_Connection *c) {
  static const char begins[] = "retry: 3000\n: clipvault\n\n";
  struct feed *f = calloc(1, sizeof *f);
  if (!f) return NULL;
  *f = (struct feed){.number = number, .connection = c, .socket = socket_of(c), .said_ms = clock_steady_ms()};
  bytes_put(&f->kept, begins, sizeof begins - 1);
  pthread_mutex_lock(&feeds.lock);
  f->next = feeds.first;
  feeds.first = f;
  pthread_mutex_unlock(&feeds.lock);
  return f;
}

/* The monitor hears of it, whether it had begun to speak or not. */
static void say_left(const struct feed *f) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_LEFT, f->number, NULL);
  if (wire_message_end(&message) == ERR_OK) line_say(&message, NULL, 0);
}

void feed_free(struct feed *f) {
  if (!f) return;
  say_left(f);
  pthread_mutex_lock(&feeds.lock);
  for (struct feed **at = &feeds.first; *at; at = &(*at)->next)
    if (*at == f) {
      *at = f->next;
      break;
    }
  pthread_mutex_unlock(&feeds.lock);
  bytes_free(&f->kept);
  free(f);
}

/* ---- to whoever listens */

static size_t take(struct feed *f, char *out, size_t most) {
  size_t n = f->kept.length < most ? f->kept.length : most;
  memcpy(out, f->kept.data, n);
  memmove(f->kept.data, f->kept.data + n, f->kept.length - n);
  f->kept.length -= n;
  return n;
}

static ssize_t say_on(void *context, uint64_t position, char *out, size_t most) {
  struct feed *f = context;
  ssize_t n = 0;
  (void)position;
  pthread_mutex_lock(&feeds.lock);
  if (f->lost)
    n = MHD_CONTENT_READER_END_WITH_ERROR;
  else if (f->kept.length)
    n = (ssize_t)take(f, out, most);
  else if (f->over)
    n = MHD_CONTENT_READER_END_OF_STREAM;
  else
    MHD_suspend_connection(f->connection);
  f->waits = n == 0;
  pthread_mutex_unlock(&feeds.lock);
  return n;
}

static void left(void *context) { feed_free(context); }

struct MHD_Response *feed_response(struct feed *f) {
  struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, say_on, f, left);
  /* Proxies are asked not to wait until there is more of it. */
  if (!r || (MHD_add_response_header(r, "Content-Type", "text/event-stream") == MHD_YES &&
             MHD_add_response_header(r, "X-Accel-Buffering", "no") == MHD_YES))
    return r;
  pthread_mutex_lock(&feeds.lock);
  f->lost = true;
  pthread_mutex_unlock(&feeds.lock);
  return r;
}

/* ---- from the monitor. With the lock, as all below */

static void go_on(struct feed *f) {
  if (!f->waits) return;
  f->waits = false;
  MHD_resume_connection(f->connection);
}

/* What it could not even be told it is told anew, when it comes back. */
static void send_away(struct feed *f) {
  f->lost = true;
  if (f->socket >= 0) shutdown(f->socket, SHUT_RDWR);
}

static void keep(struct feed *f, const struct bytes *text) {
  if (text->failed || f->kept.length + text->length > MOST_KEPT)
    send_away(f);
  else
    bytes_put(&f->kept, text->data, text->length);
  if (f->kept.failed) send_away(f);
  f->said_ms = clock_steady_ms();
}

/* The name of an event is a word, and its JSON one line: the monitor's writer makes no other. */
static bool write_event(const struct wire_message *m, struct bytes *out) {
  AUTO(bytes) struct bytes event = {0}, data = {0};
  uint64_t id;
  if (!wire_message_number(m, "id", 0, &id) || !wire_message_text(m, "event", 0, 32, &event) ||
      !wire_message_text(m, "data", 0, MOST_KEPT, &data) || strpbrk(bytes_text(&event), "\r\n") ||
      strpbrk(bytes_text(&data), "\r\n"))
    return false;
  bytes_printf(out, "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)id, bytes_text(&event), bytes_text(&data));
  return true;
}

void feed_event(const struct wire_message *m) {
  AUTO(bytes) struct bytes text = {0};
  uint64_t ends;
  bool over = wire_message_number(m, "ends", 0, &ends) && ends;
  if (!over && !write_event(m, &text)) return;
  pthread_mutex_lock(&feeds.lock);
  for (struct feed *f = feeds.first; f; f = f->next) {
    if (f->number != m->number) continue;
    if (over)
      f->over = true;
    else
      keep(f, &text);
    go_on(f);
  }
  pthread_mutex_unlock(&feeds.lock);
}

/* Nobody looks at the socket of a connection that is suspended but us. */
static bool has_hung_up(const struct feed *f) {
  struct pollfd on = {.fd = f->socket, .events = POLLRDHUP};
  return f->waits && f->socket >= 0 && poll(&on, 1, 0) > 0 && (on.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

void feed_tick(int64_t now_ms) {
  static const char comment[] = ":\n\n";
  AUTO(bytes) struct bytes text = {0};
  bytes_put(&text, comment, sizeof comment - 1);
  pthread_mutex_lock(&feeds.lock);
  for (struct feed *f = feeds.first; f; f = f->next) {
    f->lost |= has_hung_up(f);
    if (!f->lost && now_ms - f->said_ms < SILENT_MS) continue;
    if (!f->lost) keep(f, &text);
    go_on(f);
  }
  pthread_mutex_unlock(&feeds.lock);
}

void feed_end_all(void) {
  pthread_mutex_lock(&feeds.lock);
  for (struct feed *f = feeds.first; f; f = f->next) {
    f->over = true;
    go_on(f);
  }
  pthread_mutex_unlock(&feeds.lock);
}
