#include "vault/news.h"

#include "vault/audit.h"
#include "vault/permit.h"
#include "vault/purpose.h"
#include "vault/shred.h"
#include "vault/statement_read.h"

#include <stdio.h>
#include <string.h>

/* Beyond these a list that is loaded anew is cheaper than being told. */
enum { MOST_ENTRIES = 512, MOST_ITEMS = 256 };

void news_free(struct news *n) {
  bytes_free(&n->items);
  *n = (struct news){0};
}

const char *news_word(enum news_change change) {
  switch (change) {
    case NEWS_CAME: return "came";
    case NEWS_CHANGED: return "changed";
    case NEWS_WITHDRAWN: return "withdrawn";
    case NEWS_EXPIRED: return "expired";
    case NEWS_ENDED: return "ended";
  }
  return "changed";
}

static void tell(struct news *n, const struct id *clip, enum news_change change, uint32_t purposes, bool destroyed) {
  for (size_t i = 0; i < INDEX_COUNT(struct news_item, n->items); i++) {
    struct news_item *item = (struct news_item *)(void *)n->items.data + i;
    if (!id_equal(&item->clip, clip) || item->change != change) continue;
    item->purposes |= purposes;
    item->destroyed |= destroyed;
    return;
  }
  struct news_item item = {*clip, change, purposes, destroyed};
  if (INDEX_COUNT(struct news_item, n->items) == MOST_ITEMS)
    n->more = true;
  else
    bytes_put(&n->items, &item, sizeof item);
}

static uint32_t purpose_bit(const char *word) {
  enum purpose p;
  return *word && purpose_parse(word, &p) == ERR_OK ? 1u << p : 0;
}

/* ---- destructions */

static enum news_change change_of(const char *reason) {
  if (strcmp(reason, SHRED_WITHDRAWN) == 0 || strcmp(reason, SHRED_REFUSED) == 0) return NEWS_WITHDRAWN;
  return strcmp(reason, SHRED_TIME_OVER) == 0 ? NEWS_EXPIRED : NEWS_ENDED;
}

/* Its rows are gone; what they said stands on the certificate. */
static enum err tell_done(struct vault *v, const struct index_job *job, struct news *n) {
  AUTO(bytes) struct bytes statement = {0};
  AUTO(statement_read) struct statement_read r = {0};
  enum err e = index_certificate_get(v->index, &job->certificate, &statement);
  if (e != ERR_OK) return e == ERR_MISSING ? ERR_OK : e; /* only keys that opened nothing any more */
  TRY(statement_read_parse(statement.data, statement.length, &r));
  const struct statement_node *root = statement_read_root(&r), *items = statement_read_member(&r, root, "items");
  enum news_change change = change_of(statement_read_text(&r, root, "reason"));
  for (const struct statement_node *i = statement_read_first(&r, items); i; i = statement_read_next(&r, i)) {
    struct id clip;
    const char *kind = statement_read_text(&r, i, "kind"), *text = statement_read_text(&r, i, "clip");
    if (*text && id_parse(ID_CLIP, text, &clip) == ERR_OK)
      tell(n, &clip, change, purpose_bit(statement_read_text(&r, i, "purpose")), strcmp(kind, "destroyed") == 0);
  }
  return ERR_OK;
}

/* Its keys are still there, but nobody may view any more. */
static enum err tell_decided(struct vault *v, const struct index_job *job, struct news *n) {
  AUTO(bytes) struct bytes reason = {0}, wraps = {0};
  TRY(shred_reason(v, job, &reason));
  TRY(index_job_wraps(v->index, &job->id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (w->purpose[0]) tell(n, &w->clip, change_of(bytes_text(&reason)), purpose_bit(w->purpose), false);
  }
  return ERR_OK;
}

static enum err tell_job(struct vault *v, const struct audit_entry *e, struct news *n) {
  struct index_job job;
  TRY(index_job_get(v->index, &e->subject, &job));
  bool is_done = strcmp(job.state, "done") == 0, says_done = strcmp(e->verb, "shred.done") == 0;
  if (is_done != says_done) return ERR_OK; /* it is told at its other entry, or will be */
  return is_done ? tell_done(v, &job, n) : tell_decided(v, &job, n);
}

/* ---- holds and restrictions */

static enum err tell_hold(struct vault *v, const struct audit_entry *e, struct news *n) {
  AUTO(bytes) struct bytes clips = {0};
  struct index_hold hold;
  struct index_clip_filter filter = {0};
  TRY(index_hold_get(v->index, &e->subject, &hold, NULL));
  if (hold.target_kind == ID_CLIP) {
    tell(n, &hold.target, NEWS_CHANGED, 0, false);
    return ERR_OK;
  }
  if (hold.target_kind == ID_CASE)
    filter.kase = hold.target;
  else
    filter.person = hold.target;
  TRY(index_clip_list(v->index, &filter, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++)
    tell(n, &INDEX_ROWS(struct index_clip, clips)[i].id, NEWS_CHANGED, 0, false);
  return ERR_OK;
}

/* ---- glass that is broken: it stands on the clip */

static enum err tell_glass(struct vault *v, const struct audit_entry *e, struct news *n) {
  struct permit p;
  if (strcmp(e->verb, "grant.revoked") != 0) {
    tell(n, &e->subject, NEWS_CHANGED, 0, false);
    return ERR_OK;
  }
  TRY(permit_load(v, &e->subject, &p));
  if (p.kind == PERMIT_BREAK_GLASS) tell(n, &p.target, NEWS_CHANGED, 0, false);
  return ERR_OK;
}

/* ---- the log */

static bool begins(const char *verb, const char *with) { return strncmp(verb, with, strlen(with)) == 0; }

static bool is_one_of(const char *verb, const char *const words[]) {
  for (; *words; words++)
    if (strcmp(verb, *words) == 0) return true;
  return false;
}

static bool concerns_rights(const char *verb) {
  static const char *const daily[] = {"user.signed-in", "user.sign-in-failed", "grant.used", NULL};
  bool of_people = begins(verb, "user.") || begins(verb, "grant.") || begins(verb, "case.") || begins(verb, "break-glass.");
  return of_people && !is_one_of(verb, daily);
}

static enum err tell_entry(struct vault *v, const struct audit_entry *e, struct news *n) {
  static const char *const came[] = {"clip.ingested", "clip.cut", "clip.still", NULL};
  static const char *const changed[] = {"clip.released",     "clip.obscured",       "clip.obscured-dropped",
                                        "clip.person-added", "clip.person-removed", NULL};
  n->rights |= concerns_rights(e->verb);
  if (is_one_of(e->verb, came)) tell(n, &e->subject, NEWS_CAME, 0, false);
  if (is_one_of(e->verb, changed)) tell(n, &e->subject, NEWS_CHANGED, 0, false);
  if (begins(e->verb, "shred.")) TRY(tell_job(v, e, n));
  if (begins(e->verb, "break-glass.") || strcmp(e->verb, "grant.revoked") == 0) TRY(tell_glass(v, e, n));
  if (begins(e->verb, "hold.") || begins(e->verb, "restriction.")) TRY(tell_hold(v, e, n));
  return ERR_OK;
}

struct collecting {
  struct vault *vault;
  struct bytes entries; /* struct audit_entry */
  bool more;
};
static void collecting_auto(struct collecting *c) { bytes_free(&c->entries); }

/* Nothing else is asked of the index while it goes through its log. */
static enum err collect(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  struct collecting *c = context;
  struct audit_entry e;
  if (INDEX_COUNT(struct audit_entry, c->entries) == MOST_ENTRIES) {
    c->more = true;
    return ERR_OK;
  }
  TRY(audit_entry_read(c->vault, seq, entry, length, &e));
  e.open = (struct audit_open){0}; /* borrowed for this call only */
  bytes_put(&c->entries, &e, sizeof e);
  return bytes_check(&c->entries);
}

enum err news_since(struct vault *v, uint64_t first, struct news *out) {
  AUTO(news) struct news n = {0};
  AUTO(collecting) struct collecting c = {.vault = v};
  TRY(index_audit_each(v->index, first, collect, &c));
  for (size_t i = 0; i < INDEX_COUNT(struct audit_entry, c.entries); i++)
    TRY(tell_entry(v, &INDEX_ROWS(struct audit_entry, c.entries)[i], &n));
  TRY(bytes_check(&n.items));
  n.more |= c.more;
  n.rights |= c.more;
  *out = n;
  n = (struct news){0};
  return ERR_OK;
}
