#include "player-bridge/http/setup.h"

#include "vault/base/io.h"

enum { MOST_PEM = 64 << 10, MOST_THREADS = 16, LEAST_CONNECTIONS = 64, MOST_CONNECTIONS = 16384 };

void setup_free(struct setup *s) {
  io_close(&s->listener);
  bytes_free(&s->cert);
  bytes_free(&s->key);
}

static bool read_fields(const struct wire_message *m, struct setup *s) {
  uint64_t tls = 0, behind = 0;
  bool all = wire_message_number(m, "tls", 0, &tls) && wire_message_number(m, "behind_tls", 0, &behind) &&
             wire_message_number(m, "threads", 0, &s->threads) && wire_message_number(m, "connections", 0, &s->most_connections);
  s->tls = tls;
  s->behind_tls = behind;
  all = all && s->threads && s->threads <= MOST_THREADS && s->most_connections >= LEAST_CONNECTIONS &&
        s->most_connections <= MOST_CONNECTIONS;
  return all &&
         (!tls || (wire_message_text(m, "cert", 0, MOST_PEM, &s->cert) && wire_message_text(m, "key", 0, MOST_PEM, &s->key)));
}

enum err setup_read(struct wire_link_frame *frame, struct setup *out) {
  struct wire_message m;
  TRY(wire_message_get(frame->body.data, frame->body.length, &m));
  if (m.verb != WIRE_SETUP || frame->fd_count != 1 || !read_fields(&m, out))
    return err_set(ERR_DATA, "this is no setup of the bridge");
  out->listener = frame->fds[0];
  frame->fd_count = 0;
  return ERR_OK;
}
