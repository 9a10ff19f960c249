#include "player-bridge/errand.h"

#include "vault/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WAITING = 16, EACH = 4, MOST_WAIT_MS = 100 * 1000 /* less than the bridge waits for an answer (http/line.c) */ };

struct monitor_errand {
  struct bytes message;
  struct id account;
  int64_t put_ms;
  struct monitor_errand *next;
};

static void free_errand(struct monitor_errand *e) {
  bytes_free(&e->message);
  free(e);
}

/* What was decoded encodes to the same bytes again. */
static enum err encode(const struct wire_message *ask, struct bytes *out) {
  char name[WIRE_MESSAGE_MOST_NAME + 1];
  wire_message_begin(out, ask->verb, ask->number, ask->has_session ? ask->session : NULL);
  for (size_t i = 0; i < ask->count; i++) {
    const struct wire_message_field *f = &ask->fields[i];
    snprintf(name, sizeof name, "%.*s", (int)f->name_length, f->name);
    wire_message_put(out, name, f->value, f->length);
  }
  return wire_message_end(out);
}

bool errand_has_enough(const struct monitor *m, const struct id *account) {
  size_t own = 0;
  for (const struct monitor_errand *e = m->errands; e; e = e->next) own += id_equal(&e->account, account);
  return own >= EACH;
}

enum err errand_put(struct monitor *m, const struct wire_message *ask, const struct id *account) {
  struct monitor_errand **last = &m->errands;
  size_t count = 0;
  for (; *last; last = &(*last)->next) count++;
  if (count >= MOST_WAITING) return err_set(ERR_BUSY, "too much is being made just now; try again in a minute");
  struct monitor_errand *e = calloc(1, sizeof *e);
  if (!e) return err_set(ERR_IO, "out of memory");
  e->account = *account;
  e->put_ms = clock_steady_ms();
  enum err failed = encode(ask, &e->message);
  if (failed == ERR_OK)
    *last = e;
  else
    free_errand(e);
  return failed;
}

bool errand_take(struct monitor *m, struct bytes *out, bool *late) {
  struct monitor_errand *e = m->errands;
  if (!e) return false;
  m->errands = e->next;
  bytes_free(out);
  *out = e->message;
  e->message = (struct bytes){0};
  *late = clock_steady_ms() - e->put_ms > MOST_WAIT_MS;
  free_errand(e);
  return true;
}

void errand_free_all(struct monitor *m) {
  while (m->errands) {
    struct monitor_errand *e = m->errands;
    m->errands = e->next;
    free_errand(e);
  }
}
