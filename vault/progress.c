#include "vault/progress.h"

#include "vault/json.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { LEAST_MS = 100, BAR = 30, MOST_LINE = 512, MOST_NAME = 30 };

static int64_t monotonic_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put_line(struct bytes *out, const char *what, unsigned permille) {
  struct json j = json_begin(out);
  json_object(&j);
  json_key(&j, "what");
  json_text(&j, what);
  json_key(&j, "permille");
  json_number(&j, permille);
  json_close(&j);
  if (json_end(&j) == ERR_OK) bytes_put_text(out, "\n");
}

static void put_bar(struct bytes *out, const char *what, unsigned permille) {
  bytes_put_text(out, "\r[");
  for (unsigned i = 0; i < BAR; i++) bytes_put_u8(out, i * 1000 < permille * BAR ? '#' : '.');
  bytes_printf(out, "] %3u %% ", permille / 10);
  bytes_put_plain(out, what, MOST_NAME); /* a file's name must not be able to steer the terminal */
  bytes_put_text(out, permille >= 1000 ? "\033[K\n" : "\033[K");
}

void progress_show(struct session *s, const char *what, unsigned permille) {
  AUTO(bytes) struct bytes line = {0};
  int64_t now = monotonic_ms();
  if (s->progress_fd < 0 || (permille < 1000 && now - s->progress_ms < LEAST_MS)) return;
  s->progress_ms = now;
  if (permille > 1000) permille = 1000;
  if (s->progress)
    put_line(&line, what, permille);
  else
    put_bar(&line, what, permille);
  struct pollfd p = {.fd = s->progress_fd, .events = POLLOUT};
  if (!line.length || line.length > MOST_LINE || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)) return;
  /* Shorter than PIPE_BUF: it goes as a whole. A reader that left is none of our business. */
  if (write(s->progress_fd, line.data, line.length) < 0) s->progress_fd = -1;
}
