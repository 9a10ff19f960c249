#include "vault/sweep.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/overdue.h"
#include "vault/refusal.h"
#include "vault/shred.h"
#include "vault/spool.h"
#include "vault/transact.h"
#include "vault/upload.h"
#include "vault/uses.h"

#include <stdlib.h>
#include <string.h>

void sweep_due_free(struct sweep_due *d) {
  bytes_free(&d->clips);
  bytes_free(&d->wraps);
  bytes_free(&d->consents);
  bytes_free(&d->stale);
}

static int by_id(const void *a, const void *b) { return memcmp(a, b, sizeof(struct id)); }

/* In order, to be looked up: a case that ends, or a clock that was away, makes thousands due at once. */
static enum err sort_ids(const struct sweep_due *d, struct bytes *out) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, d->clips); i++)
    bytes_put(out, &INDEX_ROWS(struct index_clip, d->clips)[i].id, sizeof(struct id));
  if (out->length && !out->failed) qsort(out->data, out->length / sizeof(struct id), sizeof(struct id), by_id);
  return bytes_check(out);
}

static bool has_id(const struct bytes *sorted, const struct id *id) {
  return sorted->length && bsearch(id, sorted->data, sorted->length / sizeof *id, sizeof *id, by_id);
}

enum err sweep_find(struct vault *v, struct sweep_due *d) {
  AUTO(bytes) struct bytes wraps = {0}, whole = {0};
  TRY(index_clip_due(v->index, vault_now_ms(v), &d->clips));
  TRY(index_wrap_due(v->index, vault_now_ms(v), &wraps));
  TRY(index_consent_due(v->index, vault_now_ms(v), &d->consents));
  TRY(index_stale_list(v->index, &d->stale));
  TRY(sort_ids(d, &whole));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (!has_id(&whole, &w->clip)) bytes_put(&d->wraps, w, sizeof *w);
  }
  d->count = INDEX_COUNT(struct index_clip, d->clips) + INDEX_COUNT(struct index_wrap, d->wraps);
  return bytes_check(&d->wraps);
}

static int64_t earliest_due_ms(const struct sweep_due *d, int64_t now_ms) {
  int64_t at = now_ms;
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, d->clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, d->clips)[i];
    if (overdue_since_ms(c) < at) at = overdue_since_ms(c);
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, d->wraps); i++)
    if (INDEX_ROWS(struct index_wrap, d->wraps)[i].expires_ms < at) at = INDEX_ROWS(struct index_wrap, d->wraps)[i].expires_ms;
  return at;
}

/* ---- the change */
struct run {
  const struct sweep_due *due;
  size_t left; /* of --max */
  size_t ended;
  struct shred_job job;
};

static enum err end_consents(struct vault *v, struct run *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_consent, r->due->consents); i++) {
    AUTO(bytes) struct bytes verdicts = {0};
    TRY(index_verdict_of(v->index, &INDEX_ROWS(struct index_consent, r->due->consents)[i].id, &verdicts));
    for (size_t k = 0; k < INDEX_COUNT(struct index_verdict, verdicts); k++) {
      const struct index_verdict *d = &INDEX_ROWS(struct index_verdict, verdicts)[k];
      if (strcmp(d->state, "live") == 0)
        TRY(refusal_end(v, &INDEX_ROWS(struct index_consent, r->due->consents)[i].person, d, "expired", &r->job));
    }
  }
  return ERR_OK;
}

static enum err end_clips(struct vault *v, struct run *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, r->due->clips) && r->left; i++, r->left--, r->ended++)
    TRY(shred_clip(v, &r->job, &INDEX_ROWS(struct index_clip, r->due->clips)[i]));
  return ERR_OK;
}

/* A use that ended because its clip was looked at already (several uses of one clip fall due together) is done twice at no cost.
 */
static enum err end_uses(struct vault *v, struct run *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, r->due->wraps) && r->left; i++, r->left--, r->ended++) {
    bool released;
    TRY(uses_refresh(v, &INDEX_ROWS(struct index_wrap, r->due->wraps)[i].clip, USES_ENDS_BY_TIME, &r->job, &released));
  }
  return ERR_OK;
}

/* In clear: a monitor may ask for it without a key. */
static enum err beat(struct vault *v) {
  int64_t now_ms = vault_now_ms(v);
  return index_meta_put(v->index, "sweep", &now_ms, sizeof now_ms);
}

static enum err sweep_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct run *r = context;
  bool all = r->due->count <= r->left;
  TRY(end_clips(v, r));
  TRY(end_uses(v, r));
  if (all) TRY(end_consents(v, r)); /* with --max the rest must stay alive until its turn, and is denied by policy meanwhile */
  for (size_t i = 0; i < INDEX_COUNT(keystore_leaf, r->due->stale); i++)
    TRY(shred_leaf(v, &r->job, INDEX_ROWS(keystore_leaf, r->due->stale)[i]));
  TRY(upload_expire(v, &r->job));
  TRY(beat(v));
  return audit_append(v, "sweep.done", ID_VAULT, &v->id, NULL);
}

/* Of the first `ended` clips and uses that were due: whose ends a hold put off, but for the uses. */
static enum err count_held(struct vault *v, const struct sweep_due *d, size_t ended, size_t *held) {
  size_t clips = INDEX_COUNT(struct index_clip, d->clips), found = 0;
  for (size_t i = 0; i < ended; i++) {
    const struct id *id =
        i < clips ? &INDEX_ROWS(struct index_clip, d->clips)[i].id : &INDEX_ROWS(struct index_wrap, d->wraps)[i - clips].clip;
    struct index_clip now;
    TRY(index_clip_get(v->index, id, &now, NULL));
    found += strcmp(now.state, "held") == 0;
  }
  *held = found;
  return ERR_OK;
}

enum err sweep_run(struct vault *v, const struct sweep_due *due, size_t most, struct sweep_result *out) {
  struct run r = {.due = due, .left = most, .job = shred_plan(SHRED_TIME_OVER, earliest_due_ms(due, vault_now_ms(v)))};
  size_t held;
  TRY(transact(v, sweep_in, &r, NULL));
  TRY(shred_run(v, &r.job));
  TRY(spool_tidy(v));
  TRY(count_held(v, due, r.ended, &held));
  *out = (struct sweep_result){.due = due->count, .ended = r.ended, .held = held, .certificate = r.job.certificate};
  return ERR_OK;
}

enum err sweep_at_unlock(struct vault *v) {
  AUTO(sweep_due) struct sweep_due due = {0};
  struct sweep_result result;
  if (v->clock != VAULT_CLOCK_FINE) return ERR_OK; /* a person must look first */
  TRY(sweep_find(v, &due));
  return due.count ? sweep_run(v, &due, SIZE_MAX, &result) : ERR_OK;
}

enum err sweep_heartbeat(struct index *ix, int64_t *at_ms) {
  AUTO(bytes) struct bytes stored = {0};
  enum err e = index_meta_get(ix, "sweep", &stored);
  if (e != ERR_OK && e != ERR_MISSING) return e;
  *at_ms = CLOCK_NEVER_MS;
  if (e == ERR_OK && stored.length == sizeof *at_ms) memcpy(at_ms, stored.data, sizeof *at_ms);
  return ERR_OK;
}
