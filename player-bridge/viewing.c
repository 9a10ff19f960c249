#include "player-bridge/viewing.h"

#include "player-bridge/events.h"
#include "player-bridge/viewing_log.h"
#include "vault/account.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/clip.h"
#include "vault/dispatch.h"
#include "vault/film.h"
#include "vault/inquiry.h"
#include "vault/permit.h"
#include "vault/uses.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { ETAG = 40 };

/* ---- the decision */

static struct inquiry_about about(const struct ticket *t) {
  return (struct inquiry_about){&t->clip, POLICY_VIEW, t->purpose, t->rendition[0] ? t->rendition : NULL};
}

struct opening {
  const struct viewing_wish *wish;
  struct ticket *ticket;
};

static enum err read_rendition(const char *asked, char out[INDEX_WORD]) {
  static const char *const shown[] = {USES_AS_FILMED, USES_OBSCURED};
  for (size_t i = 0; asked && i < sizeof shown / sizeof *shown; i++)
    if (strcmp(asked, shown[i]) == 0) {
      snprintf(out, INDEX_WORD, "%s", asked);
      return ERR_OK;
    }
  return asked ? err_set(ERR_USAGE, "what is seen is the rendition as-filmed or obscured, not \"%.20s\"", asked) : ERR_OK;
}

/* What there is of the rendition besides the film. */
static enum err look_beside(struct vault *v, struct ticket *t) {
  AUTO(bytes) struct bytes objects = {0};
  TRY(index_object_of(v->index, &t->clip, &objects));
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, objects); i++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, objects)[i];
    for (enum ticket_beside n = 0; n < TICKET_BESIDE; n++)
      if (strcmp(o->rendition, t->rendition) == 0 && strcmp(o->role, ticket_beside_name(n)) == 0) t->has |= UINT32_C(1) << n;
  }
  return ERR_OK;
}

static enum err decide(struct vault *v, void *context) {
  struct opening *o = context;
  struct ticket *t = o->ticket;
  struct inquiry_leave leave;
  TRY(id_parse(ID_CLIP, o->wish->clip, &t->clip));
  TRY(purpose_parse(o->wish->purpose, &t->purpose));
  TRY(read_rendition(o->wish->rendition, t->rendition));
  struct inquiry_about a = about(t);
  TRY(inquiry_require(v, &a, &leave));
  if (leave.rendition != t->rendition) snprintf(t->rendition, sizeof t->rendition, "%s", leave.rendition);
  t->until_ms = leave.until_ms;
  return look_beside(v, t);
}

enum err viewing_open(struct monitor *m, const struct viewing_wish *wish, uint8_t key[TICKET_KEY], struct ticket **out) {
  struct ticket t = {.once = wish->once, .visit = wish->visit, .visitor = wish->visitor};
  struct opening o = {wish, &t};
  TRY(dispatch_within(m->session, &wish->visitor, decide, &o));
  int64_t latest_ms = clock_now_ms() + VISIT_MOST_MS;
  if (t.until_ms > latest_ms) t.until_ms = latest_ms;
  return ticket_make(&m->tickets, &t, key, out);
}

/* A viewing that was the last of a grant goes on after it was counted, as long as the grant itself stands. */
static bool is_its_last(struct vault *v, const struct ticket *t, const struct policy_answer *a) {
  struct permit p;
  if (!t->counted || id_is_zero(&t->by) || a->count != 1 || a->reasons[0].reason != POLICY_GRANT_IS_USED_UP) return false;
  if (permit_load(v, &t->by, &p) != ERR_OK || p.state != PERMIT_LIVE) return false;
  return p.until_ms > v->now_ms;
}

/* Whether what was allowed when it began is allowed now. *until_ms is left alone where nobody can tell. */
static bool still_may(struct vault *v, const struct ticket *t, int64_t *until_ms) {
  AUTO(inquiry) struct inquiry q = {0};
  AUTO(account) struct account a = {0};
  struct inquiry_about what = about(t);
  bool kept = false;
  if (account_read(v, &t->visitor.account, &a) != ERR_OK || a.generation != t->visitor.generation) return false;
  if (account_standing(&a, v->now_ms) != ACCOUNT_ACTS) return false;
  if (inquiry_keeps_key(v, &t->clip, t->rendition, t->purpose, &kept) != ERR_OK || !kept) return false;
  if (inquiry_ask(v, &a.row, &what, &q) != ERR_OK) return false;
  if (q.answer.allowed) *until_ms = q.answer.until_ms;
  return q.answer.allowed || is_its_last(v, t, &q.answer);
}

/* ---- handing it over */

struct handing {
  struct monitor *monitor;
  struct ticket *ticket;
  enum ticket_beside which;
  struct film_parts parts;
  char mime[CLIP_TEXT], etag[ETAG];
};

/* The same bytes have the same tag, others another: what the index knows of the sealed objects, hashed. */
static void make_etag(const struct film_parts *p, char out[ETAG]) {
  uint8_t digest[16];
  char hex[2 * sizeof digest + 1];
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, sizeof digest);
  for (size_t i = 0; i < p->count; i++) crypto_generichash_update(&state, p->part[i].binding, sizeof p->part[i].binding);
  crypto_generichash_final(&state, digest, sizeof digest);
  snprintf(out, ETAG, "\"%s\"", sodium_bin2hex(hex, sizeof hex, digest, sizeof digest));
}

/* Entered, and counted, before a key leaves: a viewing that was cut short is a viewing. Once for each address, however often its
 * film comes and goes. */
static enum err begin(struct vault *v, struct ticket *t) {
  char details[128];
  if (!t->counted) TRY(permit_use(v, &t->clip, t->purpose, &t->by));
  snprintf(details, sizeof details, "for %s, %s, in a %s", purpose_name(t->purpose), t->rendition,
           t->once ? "player" : "browser");
  return audit_append(v, "viewing.began", ID_CLIP, &t->clip, details);
}

static enum err allow(struct vault *v, struct ticket *t) {
  struct inquiry_about a = about(t);
  struct inquiry_leave leave;
  if (t->counted && still_may(v, t, &t->until_ms)) return ERR_OK;
  TRY(inquiry_require(v, &a, &leave));
  t->until_ms = leave.until_ms;
  return ERR_OK;
}

/* Thumbnails, waveform and index of frames are forms of our own (docs/format.md). */
static enum err read_mime(struct vault *v, struct handing *h) {
  struct clip_facts facts = {0};
  if (h->which == TICKET_FILM) TRY(clip_facts(v, &h->ticket->clip, &facts));
  snprintf(h->mime, sizeof h->mime, "%.100s",
           h->which == TICKET_FILM     ? facts.mime
           : h->which == TICKET_POSTER ? "image/jpeg"
                                       : "application/octet-stream");
  sodium_memzero(&facts, sizeof facts); /* a name is in it */
  return ERR_OK;
}

/* What is shown with a film is of the same viewing: it begins it, and is not written down again. Decided and entered of one state
 * of the index. */
static enum err hand_over_in(struct vault *v, void *context, const struct request *rq) {
  struct handing *h = context;
  struct ticket *t = h->ticket;
  (void)rq;
  TRY(allow(v, t));
  TRY(film_hand_over(v, &t->clip, t->rendition, t->purpose, h->which == TICKET_FILM ? NULL : ticket_beside_name(h->which),
                     &h->parts));
  TRY(read_mime(v, h));
  make_etag(&h->parts, h->etag);
  return h->which != TICKET_FILM && t->counted ? ERR_OK : begin(v, t);
}

static enum err hand_over(struct vault *v, void *context) {
  struct handing *h = context;
  (void)v;
  TRY(viewing_log_enter(h->monitor, hand_over_in, h));
  h->ticket->counted = true;
  return ERR_OK;
}

static void put_object(struct bytes *message, const struct film_parts *p, size_t n) {
  AUTO(bytes) struct bytes object = {0};
  bytes_put(&object, p->part[n].ids.vault.b, sizeof p->part[n].ids.vault.b);
  bytes_put(&object, p->part[n].ids.clip.b, sizeof p->part[n].ids.clip.b);
  bytes_put(&object, p->part[n].ids.object.b, sizeof p->part[n].ids.object.b);
  bytes_put(&object, p->part[n].binding, sizeof p->part[n].binding);
  wire_message_put(message, "object", object.data, object.length);
}

static enum err send_film(struct monitor *m, const struct wire_message *ask, struct handing *h, bool begun) {
  AUTO(wire_link_frame) struct wire_link_frame frame = {0};
  struct ticket *t = h->ticket;
  uint8_t token[TICKET_KEY], peer[TICKET_KEY];
  wire_message_bytes(ask, "token", token, sizeof token);
  wire_message_bytes(ask, "peer", peer, sizeof peer);
  wire_message_begin(&frame.body, WIRE_GRANTED, ask->number, NULL);
  wire_message_put_number(&frame.body, "film", *ticket_number(t, h->which));
  if (h->which != TICKET_FILM) wire_message_put_text(&frame.body, "beside", ticket_beside_name(h->which));
  wire_message_put(&frame.body, "token", token, sizeof token);
  wire_message_put_number(&frame.body, "by_session", !t->once);
  if (t->once)
    wire_message_put(&frame.body, "peer", peer, sizeof peer);
  else
    wire_message_put(&frame.body, "session", ask->session, sizeof ask->session);
  wire_message_put_number(&frame.body, "begun", begun);
  wire_message_put_text(&frame.body, "mime", h->mime);
  wire_message_put_text(&frame.body, "etag", h->etag);
  for (size_t i = 0; i < h->parts.count; i++) {
    put_object(&frame.body, &h->parts, i);
    frame.fds[frame.fd_count++] = h->parts.part[i].fd;
    h->parts.part[i].fd = -1;
  }
  frame.keys = (uint8_t *)h->parts.keys;
  frame.key_count = h->parts.count;
  h->parts.keys = NULL;
  TRY(wire_message_end(&frame.body));
  return wire_link_send(m->bridge.link, &frame);
}

/* Whose address it is. `number` is that of HTTP if it is not theirs. */
static enum err claim(struct monitor *m, const struct wire_message *ask, struct ticket **out, unsigned *status, bool *begun) {
  uint8_t token[TICKET_KEY], peer[TICKET_KEY];
  uint64_t by_session, from_start;
  bool whole = wire_message_bytes(ask, "token", token, sizeof token) && wire_message_bytes(ask, "peer", peer, sizeof peer) &&
               wire_message_number(ask, "by_session", 0, &by_session) && wire_message_number(ask, "from_start", 0, &from_start);
  struct ticket *t = whole ? ticket_find(&m->tickets, token) : NULL;
  struct visit *visit = ask->has_session ? visit_find(&m->visits, ask->session) : NULL;
  *status = 404;
  if (!t || t->once == (by_session != 0) || ticket_is_over(t, clock_steady_ms()))
    return err_set(ERR_MISSING, "there is no film at this address, or not any more");
  *status = t->once || visit ? 403 : 401;
  if (!t->once && !visit) return err_set(ERR_REFUSED, "sign in first");
  if (!t->once && visit->number != t->visit) return err_set(ERR_REFUSED, "this address is somebody else's");
  *begun = t->begun;
  bool allowed = true;
  if (t->once) ticket_claim(t, peer, &allowed);
  if (!allowed || (t->once && *begun && from_start))
    return err_set(ERR_REFUSED, "this address was used already; it is good for once");
  *out = t;
  return ERR_OK;
}

/* Several asked before the film was there. */
static enum err say_it_is_there(struct monitor *m, const struct wire_message *ask, uint64_t film) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_GRANTED, ask->number, NULL);
  wire_message_put_number(&message, "film", film);
  monitor_say(m, &message);
  return ERR_OK;
}

/* Which of it; TICKET_FILM unless something beside it is named. */
static enum err read_which(const struct wire_message *ask, const struct ticket *t, enum ticket_beside *out) {
  AUTO(bytes) struct bytes name = {0};
  *out = TICKET_FILM;
  if (!wire_message_find(ask, "beside", 0)) return ERR_OK;
  for (enum ticket_beside n = 0; wire_message_text(ask, "beside", 0, INDEX_WORD, &name) && n < TICKET_BESIDE; n++)
    if (strcmp(bytes_text(&name), ticket_beside_name(n)) == 0) *out = n;
  if (*out != TICKET_FILM && !t->once && t->has >> *out & 1) return ERR_OK;
  return err_set(ERR_MISSING, "there is no such thing beside this film");
}

static enum err grant(struct monitor *m, const struct wire_message *ask, unsigned *status) {
  struct handing h = {.monitor = m};
  bool begun = false;
  TRY(claim(m, ask, &h.ticket, status, &begun));
  *status = 0;
  TRY(read_which(ask, h.ticket, &h.which));
  uint64_t *number = ticket_number(h.ticket, h.which);
  if (*number) return say_it_is_there(m, ask, *number);
  enum err e = dispatch_within(m->session, &h.ticket->visitor, hand_over, &h);
  if (e == ERR_OK) {
    *number = ++m->last_film;
    h.ticket->used_ms = clock_steady_ms();
    if (h.which == TICKET_FILM) h.ticket->began_ms = h.ticket->used_ms;
    m->counts.films += h.which == TICKET_FILM;
    e = send_film(m, ask, &h, begun);
  }
  film_parts_free(&h.parts);
  return e;
}

void viewing_grant(struct monitor *m, const struct wire_message *ask) {
  unsigned status = 0;
  enum err e = grant(m, ask, &status);
  if (e != ERR_OK) monitor_fail(m, ask->number, status ? status : monitor_status(e), e);
}

/* ---- letting go */

/* Appends the numbers of all that the bridge has of it. */
static size_t add_numbers(struct ticket *t, uint64_t films[TICKET_BESIDE + 1]) {
  size_t count = 0;
  for (enum ticket_beside n = 0; n <= TICKET_FILM; n++)
    if (*ticket_number(t, n)) films[count++] = *ticket_number(t, n);
  return count;
}

static void let_go_of(struct monitor *m, struct ticket *t) {
  uint64_t films[TICKET_BESIDE + 1];
  monitor_let_go(m, films, add_numbers(t, films));
}

void viewing_seen(struct monitor *m, const struct wire_message *said) {
  AUTO(bytes) struct bytes fault = {0};
  uint64_t film;
  struct ticket *t = wire_message_number(said, "film", 0, &film) ? ticket_by_film(&m->tickets, film) : NULL;
  if (!t) return;
  if (wire_message_text(said, "fault", 0, 200, &fault) && !t->dead) {
    viewing_log_fault(m, t, bytes_text(&fault));
    events_viewing(m, t, "fault");
    t->dead = true;
    let_go_of(m, t);
    return; /* what was seen is told when it is let go of */
  }
  if (film == t->film) viewing_log_ended(m, t, said, t->dead ? "; it was stopped" : "");
  for (enum ticket_beside n = 0; n <= TICKET_FILM; n++)
    if (*ticket_number(t, n) == film) *ticket_number(t, n) = 0;
  t->used_ms = clock_steady_ms();
  if (t->dead && !ticket_is_shown(t)) ticket_forget(t);
}

/* ---- its end */

typedef bool judge(struct monitor *m, struct ticket *t);

/* Stops what is judged over; those that are not seen just now are forgotten. */
static void stop(struct monitor *m, judge *is_over, const char *why) {
  uint64_t films[TICKET_MOST * (TICKET_BESIDE + 1)];
  size_t count = 0;
  for (size_t i = 0; i < TICKET_MOST; i++) {
    struct ticket *t = &m->tickets.all[i];
    if (!t->number || t->dead || !is_over(m, t)) continue;
    t->dead = true;
    m->counts.stopped += t->film != 0;
    if (ticket_is_shown(t)) events_viewing(m, t, why);
    if (ticket_is_shown(t))
      count += add_numbers(t, films + count);
    else if (!t->lost)
      ticket_forget(t);
  }
  if (count) monitor_let_go(m, films, count);
}

static bool not_allowed(struct monitor *m, struct ticket *t) {
  if (!ticket_is_shown(t)) return false; /* it is asked before it is seen again */
  t->asked_ms = clock_steady_ms();
  return !still_may(m->session->vault, t, &t->until_ms);
}

/* Decided by the time it is, whatever the command that runs began with. */
void viewing_recheck(struct monitor *m) {
  struct vault *v = m->session->vault;
  int64_t began_ms = v->now_ms;
  v->now_ms = clock_now_ms();
  stop(m, not_allowed, "not-allowed");
  v->now_ms = began_ms;
}

static bool is_late(struct monitor *m, struct ticket *t) {
  return ticket_is_over(t, clock_steady_ms()) || t->until_ms <= clock_now_ms() ||
         (t->visit && !visit_by_number(&m->visits, t->visit));
}

void viewing_end_visit(struct monitor *m, struct visit *visit) {
  visit_end(visit);
  stop(m, is_late, "over");
}

/* Maybe in the middle of a destruction: what has to be written down waits for the next tick. */
void viewing_bridge_gone(struct monitor *m) {
  for (size_t i = 0; i < TICKET_MOST; i++) {
    struct ticket *t = &m->tickets.all[i];
    t->lost |= t->number && ticket_is_shown(t);
    for (enum ticket_beside n = 0; n <= TICKET_FILM; n++) *ticket_number(t, n) = 0;
  }
}

static void write_down_lost(struct monitor *m) {
  for (size_t i = 0; i < TICKET_MOST; i++) {
    struct ticket *t = &m->tickets.all[i];
    if (!t->number || !t->lost) continue;
    viewing_log_ended(m, t, NULL, "; the bridge was ended");
    t->lost = false;
    if (t->dead) ticket_forget(t);
  }
}

/* Who watches is there, though they ask for nothing. */
static void note_watching(struct monitor *m, int64_t steady_ms) {
  for (size_t i = 0; i < TICKET_MOST; i++) {
    const struct ticket *t = &m->tickets.all[i];
    struct visit *v = ticket_is_shown(t) ? visit_by_number(&m->visits, t->visit) : NULL;
    if (v) v->used_ms = steady_ms;
  }
}

void viewing_tick(struct monitor *m, int64_t steady_ms) {
  note_watching(m, steady_ms);
  for (size_t i = 0; i < VISIT_MOST; i++) {
    struct visit *v = &m->visits.all[i];
    if (v->number && visit_is_over(v, steady_ms)) visit_end(v);
  }
  stop(m, is_late, "over");
  write_down_lost(m);
}

int64_t viewing_next_end_ms(const struct monitor *m) {
  int64_t next_ms = CLOCK_NEVER_MS;
  for (size_t i = 0; i < TICKET_MOST; i++)
    if (ticket_is_shown(&m->tickets.all[i]) && !m->tickets.all[i].dead && m->tickets.all[i].until_ms < next_ms)
      next_ms = m->tickets.all[i].until_ms;
  return next_ms;
}

void viewing_let_go_all(struct monitor *m) {
  for (size_t i = 0; i < TICKET_MOST; i++)
    if (ticket_is_shown(&m->tickets.all[i])) let_go_of(m, &m->tickets.all[i]);
}

size_t viewing_count(const struct monitor *m) {
  size_t count = 0;
  for (size_t i = 0; i < TICKET_MOST; i++) count += m->tickets.all[i].film != 0;
  return count;
}
