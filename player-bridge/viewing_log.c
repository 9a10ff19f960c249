#include "player-bridge/viewing_log.h"

#include "vault/alarm.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/clip.h"
#include "vault/dispatch.h"
#include "vault/transact.h"

#include <sodium.h>
#include <stdio.h>

enum { MOST_PARTS_TOLD = 8, FAST = 4, FAST_FREE_S = 120 };

enum err viewing_log_enter(struct monitor *m, enum err (*change)(struct vault *v, void *context, const struct request *rq),
                           void *context) {
  struct vault *v = m->session->vault;
  uint8_t root[32];
  uint64_t before = 0;
  bool known = audit_head(v, &before, root) == ERR_OK && before == m->log_entries;
  TRY(transact(v, change, context, NULL));
  if (known) IGNORE(audit_head(v, &m->log_entries, root));
  return vault_anchor(v);
}

struct entry {
  const char *verb, *details;
  const struct id *clip;
};

static enum err note_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct entry *e = context;
  return audit_append(v, e->verb, ID_CLIP, e->clip, e->details);
}

static enum err note(struct monitor *m, const char *verb, const struct id *clip, const char *details) {
  struct entry e = {verb, details, clip};
  return viewing_log_enter(m, note_in, &e);
}

struct sight {
  struct monitor *monitor;
  const struct ticket *ticket;
  struct bytes details;
  const char *verb;
  bool fast; /* more of it than anybody can watch in that time */
};

static enum err note_sight(struct vault *v, void *context) {
  struct sight *s = context;
  TRY(index_account_get(v->index, &s->ticket->visitor.account, &v->actor, NULL));
  TRY(note(s->monitor, s->verb, &s->ticket->clip, bytes_text(&s->details)));
  if (s->fast) TRY(note(s->monitor, "viewing.fast", &s->ticket->clip, "more than four times as fast as it plays"));
  return ERR_OK;
}

/* "0-12 %, 40-100 %" */
static void put_parts(struct bytes *out, const struct wire_message *said, uint64_t size) {
  uint64_t from, to;
  size_t n = 0;
  for (; size && n < MOST_PARTS_TOLD && wire_message_number(said, "from", n, &from) && wire_message_number(said, "to", n, &to);
       n++)
    bytes_printf(out, "%s%d-%d %%", n ? ", " : "", (int)(100.0 * (double)from / (double)size),
                 (int)(100.0 * (double)to / (double)size));
  if (wire_message_number(said, "from", n, &from)) bytes_put_text(out, " and more");
  if (!n) bytes_put_text(out, "nothing of it");
}

struct lasting {
  const struct id *clip;
  int64_t ms;
};

static enum err how_long(struct vault *v, void *context) {
  struct lasting *l = context;
  struct clip_facts facts;
  TRY(clip_facts(v, l->clip, &facts));
  l->ms = facts.duration_ms;
  sodium_memzero(&facts, sizeof facts); /* a name is in it */
  return ERR_OK;
}

/* How long the film lasts; -1 if nobody knows (any more). */
static int64_t duration_ms(struct monitor *m, const struct ticket *t) {
  struct lasting l = {.clip = &t->clip};
  return dispatch_within(m->session, NULL, how_long, &l) == ERR_OK && l.ms >= 0 ? l.ms : -1;
}

static bool is_fast(struct monitor *m, const struct ticket *t, uint64_t sent, uint64_t size, int64_t took_ms) {
  int64_t lasts_ms = size ? duration_ms(m, t) : -1;
  if (lasts_ms <= 0) return false;
  double watched_ms = (double)lasts_ms * ((double)sent / (double)size);
  return watched_ms > FAST * (double)took_ms + FAST_FREE_S * 1000.0;
}

void viewing_log_ended(struct monitor *m, const struct ticket *t, const struct wire_message *said, const char *how) {
  struct sight s = {.monitor = m, .ticket = t, .verb = "viewing.ended"};
  uint64_t size = 0, sent = 0;
  int64_t took_ms = clock_steady_ms() - t->began_ms;
  bytes_printf(&s.details, "for %s, %s: ", purpose_name(t->purpose), t->rendition);
  if (said && wire_message_number(said, "size", 0, &size) && wire_message_number(said, "sent", 0, &sent)) {
    put_parts(&s.details, said, size);
    bytes_printf(&s.details, "; %llu bytes", (unsigned long long)sent);
    s.fast = is_fast(m, t, sent, size, took_ms);
  } else {
    bytes_put_text(&s.details, "what of it is not known");
  }
  bytes_printf(&s.details, "; %lld s%s", (long long)(took_ms / 1000), how);
  if (dispatch_within(m->session, NULL, note_sight, &s) != ERR_OK) m->failed = true;
  bytes_free(&s.details);
}

void viewing_log_fault(struct monitor *m, const struct ticket *t, const char *fault) {
  struct sight s = {.monitor = m, .ticket = t, .verb = "viewing.stopped"};
  char words[256], id[ID_TEXT];
  snprintf(words, sizeof words, "%s was stopped while it was seen: %.150s", id_format(ID_CLIP, &t->clip, id), fault);
  bytes_put_plain(&s.details, fault, 200);
  m->counts.faults++;
  IGNORE(dispatch_within(m->session, NULL, note_sight, &s));
  bytes_free(&s.details);
  alarm_raise(&m->session->vault->config, ALARM_VERIFICATION, words);
}
