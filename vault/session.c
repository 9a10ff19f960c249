#include "vault/session.h"

#include "vault/interrupt.h"

#include <poll.h>

void session_attend(struct session *s) {
  if (s->attend) s->attend(s);
}

static bool client_left(const struct session *s) {
  struct pollfd p = {.fd = s->client_fd, .events = POLLRDHUP};
  return s->client_fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

bool session_stopped(const struct session *s) { return interrupt_seen() || client_left(s); }

enum err session_check(const struct session *s) {
  return session_stopped(s) ? err_set(ERR_BUSY, "interrupted before it was finished") : ERR_OK;
}
