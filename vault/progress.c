#include "vault/progress.h"

#include "vault/base/clock.h"
#include "vault/json.h"
#include "vault/plain.h"

#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST_MS = 100, BAR = 20, LEAST_NAME = 8, TERMINAL = 80, SOON_MS = 1000, LEAST_SHARE = 5 };

static uint64_t done_bytes(const struct progress_queue *q, unsigned permille) {
  return q->before_bytes + (uint64_t)((unsigned __int128)q->file_bytes * permille / 1000);
}

unsigned progress_all_permille(const struct progress_queue *q, unsigned permille) {
  uint64_t done = done_bytes(q, permille);
  if (!q->all_bytes || done >= q->all_bytes) return q->index < q->count ? 999 : permille;
  return (unsigned)((unsigned __int128)done * 1000 / q->all_bytes);
}

/* As fast as so far. The first moments say little: nothing is promised then. */
int64_t progress_eta_ms(const struct progress_queue *q, unsigned permille, int64_t now_ms) {
  uint64_t done = done_bytes(q, permille);
  int64_t took_ms = now_ms - q->began_ms;
  if (!done || took_ms < SOON_MS || progress_all_permille(q, permille) < LEAST_SHARE || done > q->all_bytes) return -1;
  return (int64_t)((unsigned __int128)(uint64_t)took_ms * (q->all_bytes - done) / done);
}

/* ---- a line for programs */
static void put_member(struct json *j, const char *key, int64_t value) {
  json_key(j, key);
  if (value < 0)
    json_null(j);
  else
    json_number(j, value);
}

static void put_line(struct bytes *out, const char *what, const struct progress_queue *q, unsigned permille) {
  struct json j = json_begin(out);
  json_object(&j);
  json_key(&j, "what");
  json_text(&j, what);
  put_member(&j, "permille", permille);
  if (q) {
    json_key(&j, "file");
    json_text(&j, q->file);
    put_member(&j, "index", (int64_t)q->index);
    put_member(&j, "count", (int64_t)q->count);
    put_member(&j, "permille_all", progress_all_permille(q, permille));
    put_member(&j, "eta_ms", progress_eta_ms(q, permille, clock_steady_ms()));
  }
  json_close(&j);
  if (json_end(&j) == ERR_OK) bytes_put_text(out, "\n");
}

/* ---- a bar for people */
static size_t columns_of(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : TERMINAL;
}

static void put_eta(struct bytes *out, int64_t ms) {
  int64_t s = (ms + 999) / 1000;
  if (s < 100)
    bytes_printf(out, "%d s left", (int)s);
  else if (s < INT64_C(100) * 60)
    bytes_printf(out, "%d min left", (int)((s + 59) / 60));
  else
    bytes_printf(out, "%d h left", (int)((s + 3599) / 3600));
}

/* What stands behind the name. */
static void put_rest(struct bytes *out, const struct progress_queue *q, unsigned permille) {
  int64_t eta_ms = progress_eta_ms(q, permille, clock_steady_ms());
  if (q->count > 1) bytes_printf(out, "  all %3u %%", progress_all_permille(q, permille) / 10);
  if (eta_ms < 0 || (permille >= 1000 && q->index >= q->count)) return;
  bytes_put_text(out, "  ");
  put_eta(out, eta_ms);
}

/* One line, and never wider than the terminal: a line that wraps is not overwritten. */
static void put_bar(struct bytes *out, size_t columns, const char *what, const struct progress_queue *q, unsigned permille) {
  AUTO(bytes) struct bytes head = {0}, rest = {0};
  bytes_put_text(&head, "[");
  for (unsigned i = 0; i < BAR; i++) bytes_put_u8(&head, i * 1000 < permille * BAR ? '#' : '.');
  bytes_printf(&head, "] %3u %% ", permille / 10);
  if (q && q->count > 1) bytes_printf(&head, "%llu/%llu ", (unsigned long long)q->index, (unsigned long long)q->count);
  if (q) put_rest(&rest, q, permille);
  size_t taken = head.length + rest.length + 1;
  bytes_printf(out, "\r%s", bytes_text(&head));
  plain_put(out, what, columns > taken + LEAST_NAME ? columns - taken : LEAST_NAME);
  bytes_printf(out, "%s\033[K%s", bytes_text(&rest), permille >= 1000 ? "\n" : "");
}

/* Shorter than PIPE_BUF: it goes as a whole. A reader that left is none of our business. */
static void put_out(struct session *s, const struct bytes *line) {
  struct pollfd p = {.fd = s->progress_fd, .events = POLLOUT};
  if (!line->length || line->length > PIPE_BUF || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)) return;
  if (write(s->progress_fd, line->data, line->length) < 0) s->progress_fd = -1;
}

static void show(struct session *s, const struct progress_queue *q, const char *what, unsigned permille) {
  AUTO(bytes) struct bytes line = {0};
  int64_t now = clock_steady_ms();
  if (s->progress_fd < 0 || (permille < 1000 && now - s->progress_ms < LEAST_MS)) return;
  s->progress_ms = now;
  if (permille > 1000) permille = 1000;
  if (s->progress)
    put_line(&line, what, q, permille);
  else
    put_bar(&line, columns_of(s->progress_fd), what, q, permille);
  put_out(s, &line);
  s->progress_bar = !s->progress && permille < 1000;
}

void progress_show(struct session *s, const char *what, unsigned permille) { show(s, NULL, what, permille); }

void progress_show_queue(struct session *s, const struct progress_queue *q, const char *what, unsigned permille) {
  show(s, q, what, permille);
}

void progress_clear(struct session *s) {
  AUTO(bytes) struct bytes line = {0};
  if (!s->progress_bar) return;
  bytes_put_text(&line, "\r\033[K");
  put_out(s, &line);
  s->progress_bar = false;
}
