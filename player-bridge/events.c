#include "player-bridge/events.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/log.h"
#include "vault/dispatch.h"
#include "vault/json.h"
#include "vault/news.h"
#include "vault/purpose.h"
#include "vault/reach.h"

#include <sodium.h>
#include <string.h>

/* A bridge that takes nothing is not filled up. */
enum { MOST_QUEUED = 1 << 20, PER_VISIT = 4, PER_ACCOUNT = 16, WAIT_S = 30, RIGHTS_MS = 10 * 1000 };

size_t events_count(const struct monitor *m) {
  size_t count = 0;
  for (size_t i = 0; i < MONITOR_LISTENERS; i++) count += m->listeners[i].number != 0;
  return count;
}

/* ---- saying */

static void end_stream(struct monitor *m, struct monitor_listener *l) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_EVENT, l->number, NULL);
  wire_message_put_number(&message, "ends", 1);
  *l = (struct monitor_listener){0};
  monitor_say(m, &message);
}

static void say(struct monitor *m, struct monitor_listener *l, const char *event, const struct bytes *json) {
  AUTO(bytes) struct bytes message = {0};
  if (!l->number) return;
  if (json->failed || !m->bridge.link || wire_link_queued(m->bridge.link) > MOST_QUEUED) {
    end_stream(m, l);
    return;
  }
  wire_message_begin(&message, WIRE_EVENT, l->number, NULL);
  wire_message_put_number(&message, "id", ++l->said);
  wire_message_put_text(&message, "event", event);
  wire_message_put(&message, "data", json->data, json->length);
  monitor_say(m, &message);
}

static void put_text(struct json *j, const char *key, const char *text) {
  json_key(j, key);
  json_text(j, text);
}

static void say_anew(struct monitor *m, struct monitor_listener *l, const char *why) {
  AUTO(bytes) struct bytes json = {0};
  struct json j = json_begin(&json);
  json_object(&j);
  put_text(&j, "why", why);
  json_close(&j);
  if (json_end(&j) == ERR_OK) say(m, l, "anew", &json);
}

/* ---- who may know */

/* Of what lists show them, as a whole: that it changed is enough to load them anew. */
static void digest_of(const struct reach *r, uint8_t out[MONITOR_REACH]) {
  crypto_generichash_state state;
  const uint8_t all = r->all;
  crypto_generichash_init(&state, NULL, 0, MONITOR_REACH);
  crypto_generichash_update(&state, &all, 1);
  if (r->cases.length) crypto_generichash_update(&state, r->cases.data, r->cases.length);
  crypto_generichash_update(&state, (const uint8_t *)"/", 1);
  if (r->clips.length) crypto_generichash_update(&state, r->clips.data, r->clips.length);
  crypto_generichash_final(&state, out, MONITOR_REACH);
}

static enum err load_reach(struct vault *v, void *context) { return reach_of(v, context); }

/* ---- their beginning and end */

static struct monitor_listener *find_place(struct monitor *m) {
  size_t i = 0;
  while (i < MONITOR_LISTENERS && m->listeners[i].number) i++;
  return i < MONITOR_LISTENERS ? &m->listeners[i] : NULL;
}

/* *enough: it is they themselves who have as many as one may. */
static enum err require_own_room(const struct monitor *m, const struct visit *visit, bool *enough) {
  size_t of_visit = 0, of_account = 0;
  for (size_t i = 0; i < MONITOR_LISTENERS; i++) {
    const struct monitor_listener *l = &m->listeners[i];
    of_visit += l->number && l->visit == visit->number;
    of_account += l->number && id_equal(&l->visitor.account, &visit->visitor.account);
  }
  *enough = of_visit >= PER_VISIT || of_account >= PER_ACCOUNT;
  if (of_visit >= PER_VISIT)
    return err_set(ERR_BUSY, "%d event streams of this session are open; close one of them first", PER_VISIT);
  if (*enough) return err_set(ERR_BUSY, "%d event streams of yours are open; close one of them first", PER_ACCOUNT);
  return ERR_OK;
}

static enum err begin(struct monitor *m, const struct wire_message *ask, const struct visit *visit, struct monitor_listener **out,
                      bool *enough) {
  AUTO(reach) struct reach reach = {0};
  uint8_t root[32];
  TRY(require_own_room(m, visit, enough));
  struct monitor_listener *l = find_place(m);
  if (!l) return err_set(ERR_BUSY, "too many listen to events just now; try again later");
  TRY(dispatch_within(m->session, &visit->visitor, load_reach, &reach));
  if (!events_count(m)) TRY(audit_head(m->session->vault, &m->events_told, root));
  *l = (struct monitor_listener){.number = ask->number, .visit = visit->number, .visitor = visit->visitor};
  digest_of(&reach, l->reach);
  *out = l;
  return ERR_OK;
}

void events_open(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes message = {0};
  struct monitor_listener *l;
  uint64_t again;
  bool enough = false;
  enum err e = begin(m, ask, visit, &l, &enough);
  if (enough) {
    monitor_fail_later(m, ask->number, WAIT_S);
    return;
  }
  if (e != ERR_OK) {
    monitor_fail(m, ask->number, e == ERR_REFUSED ? 401 : monitor_status(e), e);
    return;
  }
  wire_message_begin(&message, WIRE_ANSWER, ask->number, NULL);
  wire_message_put_number(&message, "status", 200);
  monitor_say(m, &message);
  if (wire_message_number(ask, "again", 0, &again) && again) say_anew(m, l, "interrupted");
}

void events_left(struct monitor *m, const struct wire_message *said) {
  for (size_t i = 0; i < MONITOR_LISTENERS; i++)
    if (said->number && m->listeners[i].number == said->number) m->listeners[i] = (struct monitor_listener){0};
}

void events_bridge_gone(struct monitor *m) { memset(m->listeners, 0, sizeof m->listeners); }

static void end_with_sessions(struct monitor *m) {
  for (size_t i = 0; i < MONITOR_LISTENERS; i++) {
    struct monitor_listener *l = &m->listeners[i];
    if (l->number && !visit_by_number(&m->visits, l->visit)) end_stream(m, l);
  }
}

/* ---- what the log has */

struct hearing {
  uint64_t first;
  struct news news;
};

static enum err hear(struct vault *v, void *context) {
  struct hearing *h = context;
  return news_since(v, h->first, &h->news);
}

static void put_item(struct json *j, const struct news_item *item) {
  char clip[ID_TEXT];
  json_object(j);
  put_text(j, "clip", id_format(ID_CLIP, &item->clip, clip));
  put_text(j, "change", news_word(item->change));
  json_key(j, "purposes");
  json_array(j);
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (item->purposes >> p & 1) json_text(j, purpose_name(p));
  json_close(j);
  json_key(j, "destroyed");
  json_bool(j, item->destroyed);
  json_close(j);
}

struct telling {
  struct monitor *monitor;
  struct monitor_listener *to;
  const struct news *news;
};

static enum err tell_item(struct vault *v, const struct telling *t, const struct reach *reach, const struct news_item *item) {
  AUTO(bytes) struct bytes json = {0};
  struct index_clip clip;
  enum err e = index_clip_get(v->index, &item->clip, &clip, NULL);
  if (e == ERR_MISSING || (e == ERR_OK && !reach_has_clip(reach, &clip))) return ERR_OK;
  TRY(e);
  struct json j = json_begin(&json);
  put_item(&j, item);
  TRY(json_end(&j));
  say(t->monitor, t->to, "clip", &json);
  return ERR_OK;
}

/* As whoever listens, with the rights that they have now. */
static enum err tell(struct vault *v, void *context) {
  const struct telling *t = context;
  AUTO(reach) struct reach reach = {0};
  uint8_t now[MONITOR_REACH];
  TRY(reach_of(v, &reach));
  digest_of(&reach, now);
  if (sodium_memcmp(now, t->to->reach, sizeof now) != 0) say_anew(t->monitor, t->to, "rights");
  memcpy(t->to->reach, now, sizeof now);
  for (size_t i = 0; i < INDEX_COUNT(struct news_item, t->news->items); i++)
    TRY(tell_item(v, t, &reach, &INDEX_ROWS(struct news_item, t->news->items)[i]));
  if (t->news->more) say_anew(t->monitor, t->to, "much");
  return ERR_OK;
}

static void tell_all(struct monitor *m, const struct news *news) {
  for (size_t i = 0; i < MONITOR_LISTENERS; i++) {
    struct monitor_listener *l = &m->listeners[i];
    struct telling t = {m, l, news};
    if (!l->number) continue;
    enum err e = dispatch_within(m->session, &l->visitor, tell, &t);
    if (e == ERR_OK) continue;
    if (e != ERR_REFUSED) log_warn("events: %s", err_text());
    if (l->number) end_stream(m, l); /* they act no more, or it cannot be told whether they do */
  }
}

/* What ends by the clock alone, a grant for example, stands in no log. */
void events_turn(struct monitor *m) {
  struct hearing h = {.first = m->events_told};
  int64_t now_ms = clock_steady_ms();
  if (!events_count(m)) return;
  end_with_sessions(m);
  bool grown = m->log_entries > m->events_told;
  if (!grown && now_ms - m->events_ms < RIGHTS_MS) return;
  if (grown && dispatch_within(m->session, NULL, hear, &h) != ERR_OK) {
    log_warn("events: %s", err_text());
    h.news.more = true;
  }
  if (grown) m->events_told = m->log_entries;
  if (h.news.items.length || h.news.rights || h.news.more || now_ms - m->events_ms >= RIGHTS_MS) {
    m->events_ms = now_ms;
    tell_all(m, &h.news);
  }
  news_free(&h.news);
}

/* ---- what happens without the log */

void events_viewing(struct monitor *m, const struct ticket *t, const char *why) {
  AUTO(bytes) struct bytes json = {0};
  char clip[ID_TEXT];
  if (!t->visit || !events_count(m)) return;
  struct json j = json_begin(&json);
  json_object(&j);
  put_text(&j, "clip", id_format(ID_CLIP, &t->clip, clip));
  put_text(&j, "purpose", purpose_name(t->purpose));
  put_text(&j, "rendition", t->rendition);
  put_text(&j, "why", why);
  json_close(&j);
  if (json_end(&j) != ERR_OK) return;
  for (size_t i = 0; i < MONITOR_LISTENERS; i++)
    if (m->listeners[i].visit == t->visit) say(m, &m->listeners[i], "viewing", &json);
}

static enum err put_upload(const struct events_upload *u, struct bytes *json) {
  char id[ID_TEXT];
  struct json j = json_begin(json);
  json_object(&j);
  put_text(&j, "upload", id_format(ID_UPLOAD, &u->upload, id));
  put_text(&j, "state", u->state);
  if (u->offset >= 0) {
    json_key(&j, "offset");
    json_number(&j, u->offset);
  }
  if (u->length >= 0) {
    json_key(&j, "length");
    json_number(&j, u->length);
  }
  if (u->permille >= 0) {
    json_key(&j, "permille");
    json_number(&j, u->permille);
  }
  if (!id_is_zero(&u->clip)) put_text(&j, "clip", id_format(ID_CLIP, &u->clip, id));
  if (u->reason && *u->reason) put_text(&j, "reason", u->reason);
  json_close(&j);
  return json_end(&j);
}

void events_upload(struct monitor *m, const struct events_upload *what) {
  AUTO(bytes) struct bytes json = {0};
  if (!events_count(m) || put_upload(what, &json) != ERR_OK) return;
  for (size_t i = 0; i < MONITOR_LISTENERS; i++) {
    struct monitor_listener *l = &m->listeners[i];
    if (l->number && id_equal(&l->visitor.account, &what->account)) say(m, l, "upload", &json);
  }
}
