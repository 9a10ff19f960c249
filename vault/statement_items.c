/* What happened, item by item, and which keys it took. */
#include "vault/statement_items.h"

#include "vault/base/clock.h"
#include "vault/commitment.h"

#include <stdlib.h>
#include <string.h>

void statement_items_free(struct statement_items *it) {
  bytes_free(&it->clips);
  bytes_free(&it->leaves);
}

static int by_leaf(const void *a, const void *b) {
  keystore_leaf x = *(const keystore_leaf *)a, y = *(const keystore_leaf *)b;
  return x < y ? -1 : x > y;
}

/* The clips that are destroyed altogether: what a hold keeps only loses its uses. */
static enum err drop_kept(struct vault *v, const struct index_job *job, struct bytes *clips) {
  AUTO(bytes) struct bytes rest = {0}, keepers = {0};
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, *clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, *clips)[i];
    bytes_clear(&keepers);
    TRY(index_job_keepers(v->index, &job->id, &c->id, &keepers));
    if (!keepers.length) bytes_put(&rest, c, sizeof *c);
  }
  bytes_clear(clips);
  bytes_put(clips, rest.data, rest.length);
  return bytes_check(clips);
}

enum err statement_items_load(struct vault *v, const struct index_job *job, struct statement_items *out) {
  out->vault = v;
  out->job = job;
  TRY(index_job_clips(v->index, &job->id, &out->clips));
  TRY(drop_kept(v, job, &out->clips));
  TRY(index_job_leaves(v->index, &job->id, &out->leaves));
  if (out->leaves.length) qsort(out->leaves.data, INDEX_COUNT(keystore_leaf, out->leaves), sizeof(keystore_leaf), by_leaf);
  return ERR_OK;
}

/* ---- keys: only what this job destroyed, whatever a row may still name */
static bool destroys(const struct statement_items *it, keystore_leaf leaf) {
  return leaf && it->leaves.length &&
         bsearch(&leaf, it->leaves.data, INDEX_COUNT(keystore_leaf, it->leaves), sizeof leaf, by_leaf);
}

/* `hold` (or NULL): whose key it was. */
static enum err write_key_of(struct statement_items *it, struct answer *a, const char *opened, keystore_leaf leaf,
                             const struct id *hold) {
  struct commitment c;
  bool found;
  if (!destroys(it, leaf)) return ERR_OK;
  TRY(commitment_of(it->vault, leaf, &c, &found));
  answer_object(a, NULL);
  answer_text(a, "opened", opened);
  if (hold) answer_id(a, "hold", ID_HOLD, hold);
  answer_number(a, "leaf", (int64_t)leaf);
  if (found) answer_hex(a, "commitment", c.hash, sizeof c.hash);
  if (found) answer_number(a, "published_in", (int64_t)c.entry);
  answer_object_end(a);
  return ERR_OK;
}

static enum err write_key(struct statement_items *it, struct answer *a, const char *opened, keystore_leaf leaf) {
  return write_key_of(it, a, opened, leaf, NULL);
}

/* A hold that was released had kept the clip under its own key: several wraps, one key. */
static enum err write_hold_keys(struct statement_items *it, struct answer *a, const struct id *clip) {
  AUTO(bytes) struct bytes held = {0};
  TRY(index_held_of(it->vault->index, clip, NULL, &held));
  const struct index_held *rows = INDEX_ROWS(struct index_held, held);
  for (size_t i = 0; i < INDEX_COUNT(struct index_held, held); i++) {
    bool again = false;
    for (size_t k = 0; k < i; k++) again |= rows[k].leaf == rows[i].leaf;
    if (!again) TRY(write_key_of(it, a, "hold", rows[i].leaf, &rows[i].hold));
  }
  return ERR_OK;
}

static enum err write_one_key(struct statement_items *it, struct answer *a, const char *opened, keystore_leaf leaf) {
  answer_array(a, "keys");
  TRY(write_key(it, a, opened, leaf));
  answer_array_end(a);
  return ERR_OK;
}

static const char *opened_by(const struct index_wrap *w) { return w->purpose[0] ? w->purpose : "quarantine"; }

/* ---- when: its own time if that had come, else when the job was due */
static int64_t due_ms(const struct statement_items *it, int64_t own_ms) {
  return own_ms <= it->job->created_ms ? own_ms : it->job->due_ms;
}

static void write_when(struct statement_items *it, struct answer *a, int64_t due) {
  answer_time(a, "due_at", due);
  answer_time(a, "destroyed_at", vault_now_ms(it->vault));
}

/* Of a clip that ends as a whole: its own date, its quarantine's end, or the end of its last use. */
static int64_t clip_due_ms(const struct statement_items *it, const struct index_clip *c, const struct bytes *wraps) {
  int64_t own = c->expires_ms, last = INT64_MIN;
  if (strcmp(c->state, "quarantined") == 0 && c->quarantine_ms < own) own = c->quarantine_ms;
  if (own <= it->job->created_ms) return own;
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    if (w->purpose[0] && w->expires_ms > last) last = w->expires_ms;
  }
  return last == INT64_MIN ? it->job->due_ms : due_ms(it, last);
}

/* ---- uses */
static bool lives_on(const struct bytes *wraps, const struct index_wrap *ended) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    if (strcmp(w->state, "dying") != 0 && strcmp(w->purpose, ended->purpose) == 0 && strcmp(w->rendition, ended->rendition) == 0)
      return true;
  }
  return false;
}

/* Whether a dying wrap ends a use that anyone had: not a quarantine wrap, not one that is only replaced. */
static enum err ends_use(struct vault *v, const struct index_wrap *w, struct bytes *siblings, bool *ends) {
  bytes_clear(siblings);
  TRY(index_wrap_of(v->index, &w->clip, siblings));
  *ends = w->purpose[0] && !lives_on(siblings, w);
  return ERR_OK;
}

/* The use is over, but not for good: the key is kept in quarantine, for everyone's consent to come. */
static bool is_kept(const struct bytes *siblings, const struct index_wrap *w) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *siblings); i++) {
    const struct index_wrap *s = &INDEX_ROWS(struct index_wrap, *siblings)[i];
    if (strcmp(s->state, "dying") != 0 && !s->purpose[0] && strcmp(s->rendition, w->rendition) == 0) return true;
  }
  return false;
}

static void write_remaining(struct answer *a, const struct bytes *siblings) {
  answer_array(a, "still_open_for");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *siblings); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *siblings)[i];
    if (strcmp(w->state, "dying") != 0 && w->purpose[0]) answer_text(a, NULL, w->purpose);
  }
  answer_array_end(a);
}

/* Their ids, sorted: each of the job's wraps is looked up among them. */
static enum err list_dying(const struct bytes *clips, struct bytes *ids) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, *clips); i++)
    bytes_put(ids, &INDEX_ROWS(struct index_clip, *clips)[i].id, sizeof(struct id));
  TRY(bytes_check(ids));
  if (ids->length) qsort(ids->data, INDEX_COUNT(struct id, *ids), sizeof(struct id), id_compare);
  return ERR_OK;
}

static bool is_dying(const struct bytes *ids, const struct id *clip) {
  return ids->length && bsearch(clip, ids->data, INDEX_COUNT(struct id, *ids), sizeof *clip, id_compare);
}

static enum err write_use(struct statement_items *it, struct answer *a, const struct index_wrap *w,
                          const struct bytes *siblings) {
  answer_object(a, NULL);
  answer_text(a, "kind", is_kept(siblings, w) ? "suspended" : "use-ended");
  answer_id(a, "clip", ID_CLIP, &w->clip);
  answer_text(a, "purpose", w->purpose);
  answer_text(a, "rendition", w->rendition);
  write_when(it, a, due_ms(it, w->expires_ms));
  write_remaining(a, siblings);
  TRY(write_one_key(it, a, opened_by(w), w->leaf));
  answer_object_end(a);
  return ERR_OK;
}

/* A clip that is destroyed altogether is not also listed use by use. */
static enum err write_uses(struct statement_items *it, struct answer *a) {
  AUTO(bytes) struct bytes wraps = {0}, siblings = {0}, dying = {0};
  TRY(list_dying(&it->clips, &dying));
  TRY(index_job_wraps(it->vault->index, &it->job->id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    bool ends;
    if (is_dying(&dying, &w->clip)) continue;
    TRY(ends_use(it->vault, w, &siblings, &ends));
    if (!ends) continue;
    TRY(write_use(it, a, w, &siblings));
    it->count++;
  }
  return ERR_OK;
}

/* ---- what is destroyed */
static void write_ciphertext(struct answer *a, const struct index_object *objects, size_t count) {
  answer_array(a, "ciphertext");
  for (size_t i = 0; i < count; i++) {
    answer_object(a, NULL);
    answer_id(a, "object", ID_OBJECT, &objects[i].id);
    answer_text(a, "rendition", objects[i].rendition);
    answer_text(a, "role", objects[i].role);
    answer_number(a, "bytes", (int64_t)objects[i].file_bytes);
    answer_hex(a, "sha256", objects[i].sha256, sizeof objects[i].sha256);
    answer_object_end(a);
  }
  answer_array_end(a);
}

static enum err write_clip(struct statement_items *it, struct answer *a, const struct index_clip *c) {
  AUTO(bytes) struct bytes objects = {0}, wraps = {0};
  TRY(index_object_of(it->vault->index, &c->id, &objects));
  TRY(index_wrap_of(it->vault->index, &c->id, &wraps));
  answer_object(a, NULL);
  answer_text(a, "kind", "destroyed");
  answer_id(a, "clip", ID_CLIP, &c->id);
  write_when(it, a, clip_due_ms(it, c, &wraps));
  answer_array(a, "keys");
  TRY(write_key(it, a, "clip", c->leaf));
  TRY(write_hold_keys(it, a, &c->id));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++)
    TRY(write_key(it, a, opened_by(&INDEX_ROWS(struct index_wrap, wraps)[i]), INDEX_ROWS(struct index_wrap, wraps)[i].leaf));
  answer_array_end(a);
  write_ciphertext(a, INDEX_ROWS(struct index_object, objects), INDEX_COUNT(struct index_object, objects));
  answer_object_end(a);
  return ERR_OK;
}

static enum err write_destroyed(struct statement_items *it, struct answer *a) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, it->clips); i++, it->count++)
    TRY(write_clip(it, a, &INDEX_ROWS(struct index_clip, it->clips)[i]));
  return ERR_OK;
}

/* The keys of its uses stand with them. */
static void write_rendition(struct statement_items *it, struct answer *a, const struct index_object *objects, size_t count) {
  answer_object(a, NULL);
  answer_text(a, "kind", "destroyed");
  answer_id(a, "clip", ID_CLIP, &objects->clip);
  answer_text(a, "rendition", objects->rendition);
  write_when(it, a, it->job->due_ms);
  answer_array(a, "keys");
  answer_array_end(a);
  write_ciphertext(a, objects, count);
  answer_object_end(a);
}

/* A rendition that nothing opens any more, of a clip that lives on in another. */
static enum err write_renditions(struct statement_items *it, struct answer *a) {
  AUTO(bytes) struct bytes objects = {0};
  TRY(index_job_objects(it->vault->index, &it->job->id, &objects));
  size_t all = INDEX_COUNT(struct index_object, objects);
  const struct index_object *o = INDEX_ROWS(struct index_object, objects);
  for (size_t i = 0, end; i < all; i = end, it->count++) {
    for (end = i + 1; end < all && id_equal(&o[end].clip, &o[i].clip) && strcmp(o[end].rendition, o[i].rendition) == 0;) end++;
    write_rendition(it, a, o + i, end - i);
  }
  return ERR_OK;
}

/* ---- people */
static enum err write_person(struct statement_items *it, struct answer *a, const struct index_person *p) {
  answer_object(a, NULL);
  answer_text(a, "kind", "erased");
  answer_id(a, "person", ID_PERSON, &p->id);
  write_when(it, a, it->job->due_ms);
  TRY(write_one_key(it, a, "person", p->leaf));
  answer_object_end(a);
  return ERR_OK;
}

static void write_form(struct statement_items *it, struct answer *a, const struct index_object *form) {
  answer_object(a, NULL);
  answer_text(a, "kind", "destroyed");
  answer_id(a, "consent", ID_CONSENT, &form->clip);
  write_when(it, a, it->job->due_ms);
  answer_array(a, "keys");
  answer_array_end(a);
  write_ciphertext(a, form, 1);
  answer_object_end(a);
}

/* A person's record, and the forms that were sealed with it: their key is the person's. */
static enum err write_erased(struct statement_items *it, struct answer *a) {
  AUTO(bytes) struct bytes people = {0}, forms = {0};
  TRY(index_person_ending(it->vault->index, &it->job->id, &people));
  TRY(index_object_forms_ending(it->vault->index, &it->job->id, &forms));
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, people); i++, it->count++)
    TRY(write_person(it, a, &INDEX_ROWS(struct index_person, people)[i]));
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, forms); i++)
    write_form(it, a, &INDEX_ROWS(struct index_object, forms)[i]);
  return ERR_OK;
}

static enum err write_deferred(struct statement_items *it, struct answer *a) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_deferral_of(it->vault->index, &it->job->id, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_deferral, rows); i++, it->count++) {
    const struct index_deferral *d = &INDEX_ROWS(struct index_deferral, rows)[i];
    answer_object(a, NULL);
    answer_text(a, "kind", "deferred");
    answer_id(a, "clip", ID_CLIP, &d->clip);
    if (d->purpose[0]) answer_text(a, "purpose", d->purpose);
    answer_id(a, "hold", ID_HOLD, &d->hold);
    answer_text(a, "owner", d->owner);
    answer_time(a, "due_at", d->due_ms);
    answer_time(a, "review_at", d->review_ms);
    answer_object_end(a);
  }
  return ERR_OK;
}

enum err statement_items_consents(struct statement_items *it, struct answer *a) {
  AUTO(bytes) struct bytes verdicts = {0};
  TRY(index_job_verdicts(it->vault->index, &it->job->id, &verdicts));
  answer_array(a, "consents");
  for (size_t i = 0; i < INDEX_COUNT(struct index_verdict, verdicts); i++, it->count++) {
    const struct index_verdict *d = &INDEX_ROWS(struct index_verdict, verdicts)[i];
    answer_object(a, NULL);
    answer_id(a, "consent", ID_CONSENT, &d->consent);
    answer_text(a, "purpose", d->purpose);
    answer_text(a, "ended_as", d->state);
    TRY(write_one_key(it, a, "consent", d->leaf));
    answer_object_end(a);
  }
  answer_array_end(a);
  return ERR_OK;
}

enum err statement_items_write(struct statement_items *it, struct answer *a) {
  answer_array(a, "items");
  TRY(write_uses(it, a));
  TRY(write_destroyed(it, a));
  TRY(write_renditions(it, a));
  TRY(write_erased(it, a));
  TRY(write_deferred(it, a));
  answer_array_end(a);
  return ERR_OK;
}
