#include "player-bridge/bridge.h"

#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_START_MS = 15 * 1000, MOST_END_MS = 3000, LOW_FD = 10 };

static enum err spawn(struct bridge *b) {
  char program[PATH_MAX];
  TRY(program_path("clipvault-bridge", program));
  TRY(program_start(program, PROGRAM_OWN_GROUP, &b->pid, &b->fd));
  return wire_link_new(b->fd, &b->link);
}

static enum err tell_setup(struct bridge *b, const struct bridge_setup *s) {
  AUTO(wire_link_frame) struct wire_link_frame frame = {0};
  wire_message_begin(&frame.body, WIRE_SETUP, 0, NULL);
  wire_message_put_number(&frame.body, "tls", s->tls);
  wire_message_put_number(&frame.body, "behind_tls", s->behind_tls);
  wire_message_put_number(&frame.body, "threads", s->threads);
  wire_message_put_number(&frame.body, "connections", s->connections);
  if (s->tls) wire_message_put(&frame.body, "cert", s->cert->data, s->cert->length);
  if (s->tls) wire_message_put(&frame.body, "key", s->key->data, s->key->length);
  TRY(wire_message_end(&frame.body));
  frame.fds[0] = fcntl(s->listener, F_DUPFD_CLOEXEC, LOW_FD);
  if (frame.fds[0] < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot hand over the listening socket");
  frame.fd_count = 1;
  return wire_link_send(b->link, &frame);
}

/* Why it did not start stands on standard error, which it shares with us. */
static enum err did_not_start(void) {
  return err_set(ERR_UNAVAILABLE, "clipvault-bridge did not start; what it says stands above, or there was no time for it");
}

static enum err await_ready(struct bridge *b) {
  int64_t until_ms = clock_steady_ms() + MOST_START_MS;
  for (int64_t left_ms = MOST_START_MS; left_ms > 0; left_ms = until_ms - clock_steady_ms()) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    struct wire_message m;
    bool got;
    if (wire_link_flush(b->link) != ERR_OK || wire_link_receive(b->link, &frame, &got) != ERR_OK) return did_not_start();
    if (got && wire_message_get(frame.body.data, frame.body.length, &m) == ERR_OK && m.verb == WIRE_READY) return ERR_OK;
    if (got) return did_not_start();
    struct pollfd on = {.fd = b->fd, .events = POLLIN | (wire_link_waits(b->link) ? POLLOUT : 0)};
    IGNORE(poll(&on, 1, (int)left_ms));
  }
  return did_not_start();
}

enum err bridge_start(const struct bridge_setup *setup, struct bridge *out) {
  struct bridge b = {.fd = -1};
  enum err e = spawn(&b);
  if (e == ERR_OK) e = tell_setup(&b, setup);
  if (e == ERR_OK) e = await_ready(&b);
  if (e != ERR_OK)
    bridge_kill(&b);
  else
    *out = b;
  return e;
}

static bool ended_within(struct bridge *b, int most_ms) {
  for (int waited_ms = 0; b->pid > 0 && waited_ms < most_ms; waited_ms += 5) {
    if (waitpid(b->pid, NULL, WNOHANG) == b->pid) b->pid = 0;
    if (b->pid) nanosleep(&(struct timespec){.tv_nsec = 5 * 1000000L}, NULL);
  }
  return b->pid <= 0;
}

void bridge_kill(struct bridge *b) {
  if (b->pid > 0) kill(b->pid, SIGKILL);
  while (b->pid > 0 && waitpid(b->pid, NULL, 0) < 0 && errno == EINTR) continue;
  b->pid = 0;
  wire_link_free(b->link);
  b->link = NULL;
  b->fd = -1;
}

void bridge_stop(struct bridge *b) {
  struct wire_link_frame frame = {0};
  wire_message_begin(&frame.body, WIRE_QUIT, 0, NULL);
  if (b->link && wire_link_send(b->link, &frame) == ERR_OK) IGNORE(ended_within(b, MOST_END_MS));
  wire_link_frame_free(&frame);
  bridge_kill(b);
}
