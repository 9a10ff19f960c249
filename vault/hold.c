#include "vault/hold.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/commitment.h"
#include "vault/seal.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

enum { HOLD_FORM = 1, HOLD_MOST_TEXT = 1000 };
static const char *const renditions[] = {USES_AS_FILMED, USES_ORIGINAL, USES_OBSCURED};
enum { RENDITIONS = sizeof renditions / sizeof *renditions };

void hold_free(struct hold *h) {
  bytes_free(&h->reason);
  bytes_free(&h->owner);
}

/* ---- the row and its seal */

/* form u8, field kind, target kind u8 and id, leaf u64, placed i64, review i64, account id: as the row has them; field reason,
 * field owner */
static void put_facts(const struct index_hold *row, struct bytes *out) {
  bytes_put_u8(out, HOLD_FORM);
  bytes_put_field(out, row->kind, strlen(row->kind));
  bytes_put_u8(out, (uint8_t)row->target_kind);
  bytes_put(out, row->target.b, sizeof row->target.b);
  bytes_put_u64(out, row->leaf);
  bytes_put_u64(out, (uint64_t)row->placed_ms);
  bytes_put_u64(out, (uint64_t)row->review_ms);
  bytes_put(out, row->account.b, sizeof row->account.b);
}

static enum err seal_row(struct vault *v, const struct index_hold *row, const struct hold_wish *w, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  put_facts(row, &plain);
  bytes_put_field(&plain, w->reason, strlen(w->reason));
  bytes_put_field(&plain, w->owner, strlen(w->owner));
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  return seal_put(key, "hold", &row->id, &plain, sealed);
}

/* A released hold has lost its leaf; everything else stays as it was sealed. */
static enum err compare(const struct index_hold *row, struct bytes_reader *r) {
  AUTO(bytes) struct bytes facts = {0};
  struct index_hold as_sealed = *row;
  size_t length = 1 + 4 + strlen(row->kind) + 1 + 16;
  const uint8_t *head = bytes_get_view(r, length);
  as_sealed.leaf = bytes_get_u64(r);
  const uint8_t *tail = bytes_get_view(r, 8 + 8 + 16);
  put_facts(&as_sealed, &facts);
  TRY(bytes_check(&facts));
  bool same = head && tail && facts.length == length + 8 + 32 && memcmp(head, facts.data, length) == 0 &&
              memcmp(tail, facts.data + length + 8, 32) == 0 && (!row->leaf || row->leaf == as_sealed.leaf);
  return same ? ERR_OK : err_set(ERR_DATA, "a hold's row was changed in the index; run clipvault check");
}

enum err hold_load(struct vault *v, const struct id *id, struct hold *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(hold) struct hold h = {0};
  SECRET_KEY(key);
  size_t length;
  TRY(index_hold_get(v->index, id, &h.row, &sealed));
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  TRY(seal_get(key, "hold", id, &sealed, &plain));
  struct bytes_reader r = bytes_reader(plain.data, plain.length);
  TRY(compare(&h.row, &r));
  const uint8_t *reason = bytes_get_field(&r, HOLD_MOST_TEXT, &length);
  if (reason) bytes_put(&h.reason, reason, length);
  const uint8_t *owner = bytes_get_field(&r, HOLD_MOST_TEXT, &length);
  if (owner) bytes_put(&h.owner, owner, length);
  if (!bytes_done(&r)) return err_set(ERR_DATA, "a hold's record is of an unknown form");
  TRY(bytes_check(&h.reason));
  TRY(bytes_check(&h.owner));
  *out = h;
  h = (struct hold){0};
  return ERR_OK;
}

/* ---- keeping */

static void label_of(const char *rendition, char out[INDEX_WORD + 8]) { snprintf(out, INDEX_WORD + 8, "held:%s", rendition); }

static enum err keep_one(struct vault *v, const struct index_hold *h, const struct id *clip, const char *rendition,
                         const struct secret_key *key) {
  SECRET_KEY(hk);
  struct index_held row = {.hold = h->id, .clip = *clip};
  char label[INDEX_WORD + 8];
  label_of(rendition, label);
  snprintf(row.rendition, sizeof row.rendition, "%s", rendition);
  TRY(keystore_get(v->keys, h->leaf, hk));
  TRY(seal_put_key(hk, label, clip, key, row.ct));
  return index_held_put(v->index, &row);
}

static enum err meta_key(struct vault *v, const struct index_clip *clip, struct secret_key *mk) {
  SECRET_KEY(xk);
  if (!clip->leaf) return hold_open(v, &clip->id, "", mk);
  TRY(keystore_get(v->keys, clip->leaf, xk));
  seal_derive(xk, "meta", mk);
  return ERR_OK;
}

enum err hold_keep(struct vault *v, const struct index_clip *clip, const char *rendition, const struct secret_key *dek) {
  AUTO(bytes) struct bytes holds = {0};
  SECRET_KEY(mk);
  TRY(index_hold_over(v->index, clip, &holds));
  size_t count = INDEX_COUNT(struct index_hold, holds);
  if (count) TRY(meta_key(v, clip, mk));
  for (size_t i = 0; i < count; i++) {
    const struct index_hold *h = &INDEX_ROWS(struct index_hold, holds)[i];
    if (!id_is_zero(&h->job)) continue; /* being released */
    TRY(keep_one(v, h, &clip->id, rendition, dek));
    TRY(keep_one(v, h, &clip->id, "", mk));
  }
  return ERR_OK;
}

enum err hold_open(struct vault *v, const struct id *clip, const char *rendition, struct secret_key *key) {
  AUTO(bytes) struct bytes rows = {0};
  SECRET_KEY(hk);
  char label[INDEX_WORD + 8];
  TRY(index_held_of(v->index, clip, rendition, &rows));
  if (!rows.length) return err_set(ERR_MISSING, "no hold keeps this");
  const struct index_held *held = INDEX_ROWS(struct index_held, rows);
  label_of(rendition, label);
  TRY(keystore_get(v->keys, held->leaf, hk));
  return seal_get_key(hk, label, clip, held->ct, key);
}

static enum err has_wrap(struct vault *v, const struct id *clip, const char *rendition, bool *out) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(index_wrap_of(v->index, clip, &wraps));
  *out = false;
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    *out |= strcmp(w->state, "live") == 0 && strcmp(w->rendition, rendition) == 0;
  }
  return ERR_OK;
}

/* A rendition that another hold alone keeps any more is taken over from it. */
static enum err keep_clip(struct vault *v, const struct index_hold *h, const struct index_clip *clip) {
  SECRET_KEY(dek);
  SECRET_KEY(mk);
  for (int i = 0; i < RENDITIONS; i++) {
    bool lives;
    TRY(has_wrap(v, &clip->id, renditions[i], &lives));
    enum err e = lives ? uses_open_any(v, clip, renditions[i], dek) : hold_open(v, &clip->id, renditions[i], dek);
    if (!lives && e == ERR_MISSING) continue;
    TRY(e);
    TRY(keep_one(v, h, &clip->id, renditions[i], dek));
  }
  TRY(meta_key(v, clip, mk));
  return keep_one(v, h, &clip->id, "", mk);
}

/* ---- placing */

static enum err clips_under(struct vault *v, const struct index_hold *h, struct bytes *out) {
  struct index_clip one;
  if (h->target_kind == ID_CASE) return index_clip_list(v->index, &(struct index_clip_filter){.kase = h->target}, out);
  if (h->target_kind == ID_PERSON) return index_clip_list(v->index, &(struct index_clip_filter){.person = h->target}, out);
  TRY(index_clip_get(v->index, &h->target, &one, NULL));
  bytes_put(out, &one, sizeof one);
  return bytes_check(out);
}

static enum err check_target(struct vault *v, const struct hold_wish *w) {
  struct index_person person;
  struct index_case kase;
  struct index_clip clip;
  if (w->target_kind == ID_PERSON) return index_person_get(v->index, &w->target, &person, NULL);
  if (w->target_kind == ID_CASE) return index_case_get(v->index, &w->target, &kase, NULL);
  TRY(index_clip_get(v->index, &w->target, &clip, NULL));
  if (strcmp(clip.state, "shredded") == 0) return err_set(ERR_MISSING, "this clip has ended already; its keys are destroyed");
  if (!id_is_zero(&clip.job)) return err_set(ERR_MISSING, "this clip is being destroyed; it is too late to hold it");
  return ERR_OK;
}

static enum err check_words(const struct hold_wish *w, int64_t now_ms) {
  if (!*w->reason || strlen(w->reason) > HOLD_MOST_TEXT)
    return err_set(ERR_USAGE, "a %s needs a reason of at most %d bytes", w->kind, HOLD_MOST_TEXT);
  if (!*w->owner || strlen(w->owner) > HOLD_MOST_TEXT)
    return err_set(ERR_USAGE, "a %s needs an owner: who answers for it", w->kind);
  if (w->review_ms <= now_ms) return err_set(ERR_USAGE, "the day of review must lie ahead");
  return ERR_OK;
}

enum err hold_place(struct vault *v, const struct hold_wish *w, struct id *out, size_t *clips) {
  AUTO(bytes) struct bytes sealed = {0}, under = {0};
  struct index_hold row = {.id = id_new(),
                           .target_kind = w->target_kind,
                           .target = w->target,
                           .state = "live",
                           .placed_ms = vault_now_ms(v),
                           .review_ms = w->review_ms,
                           .account = v->actor.id};
  size_t kept = 0;
  snprintf(row.kind, sizeof row.kind, "%s", w->kind);
  TRY(check_words(w, vault_now_ms(v)));
  TRY(check_target(v, w));
  TRY(keystore_new_leaves(v->keys, 1, &row.leaf));
  TRY(seal_row(v, &row, w, &sealed));
  TRY(index_hold_put(v->index, &row, &sealed));
  TRY(commitment_make(v, row.leaf, ID_HOLD, &row.id));
  TRY(clips_under(v, &row, &under));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, under); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, under)[i];
    if (strcmp(c->state, "shredded") == 0 || !id_is_zero(&c->job)) continue;
    TRY(keep_clip(v, &row, c));
    kept++;
  }
  TRY(audit_append(v, strcmp(w->kind, HOLD_KIND) == 0 ? "hold.placed" : "restriction.placed", ID_HOLD, &row.id, NULL));
  *out = row.id;
  *clips = kept;
  return ERR_OK;
}

/* ---- what stands */

enum err hold_over(struct vault *v, const struct index_clip *clip, struct hold_standing *out) {
  AUTO(bytes) struct bytes holds = {0};
  struct hold_standing s = {0};
  TRY(index_hold_over(v->index, clip, &holds));
  for (size_t i = 0; i < INDEX_COUNT(struct index_hold, holds); i++) {
    bool restricts = strcmp(INDEX_ROWS(struct index_hold, holds)[i].kind, HOLD_RESTRICTION) == 0;
    s.restricted |= restricts;
    s.held |= !restricts;
  }
  *out = s;
  return ERR_OK;
}

enum err hold_over_person(struct vault *v, const struct id *person, bool *out) {
  AUTO(bytes) struct bytes clips = {0}, holds = {0};
  TRY(index_hold_on(v->index, person, &holds));
  bool found = holds.length > 0;
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.person = *person}, &clips));
  for (size_t i = 0; !found && i < INDEX_COUNT(struct index_clip, clips); i++) {
    struct hold_standing s;
    TRY(hold_over(v, &INDEX_ROWS(struct index_clip, clips)[i], &s));
    found = s.held || s.restricted;
  }
  *out = found;
  return ERR_OK;
}

/* ---- release */

/* Whether another hold keeps something of the clip as well. */
static enum err kept_by_another(struct vault *v, const struct id *hold, const struct id *clip, bool *out) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_held_of(v->index, clip, NULL, &rows));
  *out = false;
  for (size_t i = 0; i < INDEX_COUNT(struct index_held, rows); i++)
    *out |= !id_equal(&INDEX_ROWS(struct index_held, rows)[i].hold, hold);
  return ERR_OK;
}

static enum err release_clip(struct vault *v, const struct hold *h, const struct id *id, struct shred_job *job) {
  struct index_clip clip;
  bool kept;
  TRY(index_clip_get(v->index, id, &clip, NULL));
  if (!id_is_zero(&clip.job))
    return err_set(ERR_BUSY, "another destruction that concerns this hold is still pending; try again when it is done");
  if (strcmp(clip.state, "held") != 0) return ERR_OK;
  TRY(kept_by_another(v, &h->row.id, id, &kept));
  return kept ? ERR_OK : shred_clip(v, job, &clip);
}

enum err hold_release(struct vault *v, const struct hold *h, struct shred_job *job) {
  AUTO(bytes) struct bytes clips = {0};
  bool is_hold = strcmp(h->row.kind, HOLD_KIND) == 0;
  if (strcmp(h->row.state, "live") != 0) return err_set(ERR_MISSING, "this %s was released already", h->row.kind);
  if (!id_is_zero(&h->row.job)) return err_set(ERR_BUSY, "this %s is being released already", h->row.kind);
  TRY(shred_leaf(v, job, h->row.leaf));
  TRY(index_hold_end(v->index, &h->row.id, &job->id, vault_now_ms(v)));
  TRY(index_held_clips(v->index, &h->row.id, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct id, clips); i++) TRY(release_clip(v, h, &INDEX_ROWS(struct id, clips)[i], job));
  return audit_append(v, is_hold ? "hold.released" : "restriction.released", ID_HOLD, &h->row.id, NULL);
}
