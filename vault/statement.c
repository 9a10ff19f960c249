#include "vault/statement.h"

#include "keys/certificate.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/shred.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Returns how many there were in *count. A clip that is destroyed altogether is not also listed use by use. */
static enum err write_uses(struct vault *v, struct answer *a, const struct index_job *job, const struct bytes *clips,
                           size_t *count) {
  AUTO(bytes) struct bytes wraps = {0}, siblings = {0}, dying = {0};
  TRY(list_dying(clips, &dying));
  TRY(index_job_wraps(v->index, &job->id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    bool ends;
    if (is_dying(&dying, &w->clip)) continue;
    TRY(ends_use(v, w, &siblings, &ends));
    if (!ends) continue;
    ++*count;
    answer_object(a, NULL);
    answer_text(a, "kind", is_kept(&siblings, w) ? "suspended" : "use-ended");
    answer_id(a, "clip", ID_CLIP, &w->clip);
    answer_text(a, "purpose", w->purpose);
    answer_text(a, "rendition", w->rendition);
    write_remaining(a, &siblings);
    answer_object_end(a);
  }
  return ERR_OK;
}

static void write_ciphertext(struct answer *a, const struct index_object *objects, size_t count) {
  answer_array(a, "ciphertext");
  for (size_t i = 0; i < count; i++) {
    answer_object(a, NULL);
    answer_id(a, "object", ID_OBJECT, &objects[i].id);
    answer_number(a, "bytes", (int64_t)objects[i].file_bytes);
    answer_hex(a, "sha256", objects[i].sha256, sizeof objects[i].sha256);
    answer_object_end(a);
  }
  answer_array_end(a);
}

static enum err write_destroyed(struct vault *v, struct answer *a, const struct bytes *clips) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, *clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, *clips)[i];
    AUTO(bytes) struct bytes objects = {0};
    TRY(index_object_of(v->index, &c->id, &objects));
    answer_object(a, NULL);
    answer_text(a, "kind", "destroyed");
    answer_id(a, "clip", ID_CLIP, &c->id);
    write_ciphertext(a, INDEX_ROWS(struct index_object, objects), INDEX_COUNT(struct index_object, objects));
    answer_object_end(a);
  }
  return ERR_OK;
}

/* A person's record, and the forms that were sealed with it. */
static enum err write_erased(struct vault *v, struct answer *a, const struct index_job *job, size_t *count) {
  AUTO(bytes) struct bytes people = {0}, forms = {0};
  TRY(index_person_ending(v->index, &job->id, &people));
  TRY(index_object_forms_ending(v->index, &job->id, &forms));
  *count = INDEX_COUNT(struct index_person, people);
  for (size_t i = 0; i < *count; i++) {
    answer_object(a, NULL);
    answer_text(a, "kind", "erased");
    answer_id(a, "person", ID_PERSON, &INDEX_ROWS(struct index_person, people)[i].id);
    answer_object_end(a);
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, forms); i++) {
    const struct index_object *form = &INDEX_ROWS(struct index_object, forms)[i];
    answer_object(a, NULL);
    answer_text(a, "kind", "destroyed");
    answer_id(a, "consent", ID_CONSENT, &form->clip);
    write_ciphertext(a, form, 1);
    answer_object_end(a);
  }
  return ERR_OK;
}

/* A rendition that nothing opens any more, of a clip that lives on in another. */
static enum err write_renditions(struct vault *v, struct answer *a, const struct index_job *job, size_t *count) {
  AUTO(bytes) struct bytes objects = {0};
  TRY(index_job_objects(v->index, &job->id, &objects));
  size_t all = INDEX_COUNT(struct index_object, objects);
  const struct index_object *o = INDEX_ROWS(struct index_object, objects);
  for (size_t i = 0, end; i < all; i = end) {
    for (end = i + 1; end < all && id_equal(&o[end].clip, &o[i].clip) && strcmp(o[end].rendition, o[i].rendition) == 0;) end++;
    answer_object(a, NULL);
    answer_text(a, "kind", "destroyed");
    answer_id(a, "clip", ID_CLIP, &o[i].clip);
    answer_text(a, "rendition", o[i].rendition);
    write_ciphertext(a, o + i, end - i);
    answer_object_end(a);
    ++*count;
  }
  return ERR_OK;
}

enum err statement_deferred(struct vault *v, struct shred_job *job, const struct id *hold, const struct id *clip,
                            const char *purpose, const char *owner_role, int64_t due_ms, int64_t review_ms) {
  struct index_deferral row = {.hold = *hold, .clip = *clip, .due_ms = due_ms, .review_ms = review_ms};
  snprintf(row.purpose, sizeof row.purpose, "%s", purpose);
  snprintf(row.owner, sizeof row.owner, "%s", owner_role);
  TRY(shred_decide(v, job));
  return index_deferral_put(v->index, &job->id, &row);
}

static enum err write_deferred(struct vault *v, struct answer *a, const struct index_job *job, size_t *count) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_deferral_of(v->index, &job->id, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_deferral, rows); i++) {
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
    ++*count;
  }
  return ERR_OK;
}

static enum err write_consents(struct vault *v, struct answer *a, const struct index_job *job, size_t *count) {
  AUTO(bytes) struct bytes verdicts = {0};
  TRY(index_job_verdicts(v->index, &job->id, &verdicts));
  answer_array(a, "consents");
  for (size_t i = 0; i < INDEX_COUNT(struct index_verdict, verdicts); i++) {
    const struct index_verdict *d = &INDEX_ROWS(struct index_verdict, verdicts)[i];
    answer_object(a, NULL);
    answer_id(a, "consent", ID_CONSENT, &d->consent);
    answer_text(a, "purpose", d->purpose);
    answer_text(a, "ended_as", d->state);
    answer_object_end(a);
    ++*count;
  }
  answer_array_end(a);
  return ERR_OK;
}

static void write_circumstances(struct vault *v, struct answer *a, const struct index_job *job, const struct bytes *reason,
                                const struct keystore_proof *proof) {
  answer_text(a, "form", "clipvault certificate 1");
  answer_id(a, "certificate", ID_CERTIFICATE, &job->certificate);
  answer_id(a, "vault", ID_VAULT, &v->id);
  answer_bytes(a, "reason", reason);
  answer_time(a, "due_at", job->due_ms);
  answer_time(a, "decided_at", job->created_ms);
  answer_time(a, "destroyed_at", vault_now_ms(v));
  answer_text(a, "assurance", keystore_assurance(v->keys));
  answer_number(a, "epoch_before", (int64_t)proof->epoch_before);
  answer_number(a, "epoch_after", (int64_t)proof->epoch_after);
  answer_hex(a, "root", proof->root_hash, sizeof proof->root_hash);
  answer_text(a, "limits", keystore_limits(v->keys));
  /* There are no holders of the effaceable secret besides this one yet, so no copy of it is known to be out. */
  answer_array(a, "holders_outstanding");
  answer_array_end(a);
}

static enum err write_statement(struct vault *v, const struct index_job *job, const struct keystore_proof *proof,
                                struct reply *scratch, bool *anything) {
  AUTO(bytes) struct bytes clips = {0}, reason = {0};
  size_t uses = 0, consents = 0, erased = 0;
  TRY(index_job_clips(v->index, &job->id, &clips));
  TRY(drop_kept(v, job, &clips));
  TRY(shred_reason(v, job, &reason));
  struct answer a = answer_begin(scratch);
  write_circumstances(v, &a, job, &reason, proof);
  TRY(write_consents(v, &a, job, &consents));
  answer_array(&a, "items");
  TRY(write_uses(v, &a, job, &clips, &uses));
  TRY(write_destroyed(v, &a, &clips));
  TRY(write_renditions(v, &a, job, &uses));
  TRY(write_erased(v, &a, job, &erased));
  TRY(write_deferred(v, &a, job, &uses));
  answer_array_end(&a);
  *anything = uses || consents || erased || clips.length;
  return answer_end(&a);
}

enum err statement_of_job(struct vault *v, const struct index_job *job, const struct keystore_proof *proof, struct bytes *out,
                          bool *anything) {
  AUTO(reply) struct reply scratch = {0};
  SECRET_KEY(seed);
  bool any;
  TRY(write_statement(v, job, proof, &scratch, &any));
  *anything = any;
  if (!any) return ERR_OK;
  bytes_put(out, scratch.json.data, scratch.json.length - 1); /* without the closing brace: the signature is its last member */
  TRY(bytes_check(out));
  TRY(keystore_system_key(v->keys, KEYSTORE_SIGNING, seed));
  return certificate_sign(seed, out);
}

/* Our own bytes, one line of JSON: a line per member is enough of a rendering, and no parser is needed for it. A line is begun
 * only when something is to stand on it. */
enum err statement_text(const struct bytes *statement, struct bytes *out) {
  unsigned depth = 0;
  bool quoted = false, fresh = false;
  for (size_t i = 0; i < statement->length; i++) {
    char c = (char)statement->data[i];
    if (c == '"') {
      quoted = !quoted;
      continue;
    }
    if (!quoted && strchr("{}[],", c)) {
      depth = c == '{' || c == '[' ? depth + 1 : c == ',' || !depth ? depth : depth - 1;
      fresh = true;
      continue;
    }
    if (fresh && c != '\n') {
      bytes_put_text(out, out->length ? "\n" : "");
      for (unsigned k = 1; k < depth; k++) bytes_put_text(out, "  ");
      fresh = false;
    }
    if (quoted && c == '\\' && i + 1 < statement->length) c = (char)statement->data[++i];
    bytes_put(out, &c, 1);
    if (!quoted && c == ':') bytes_put_text(out, " ");
  }
  return bytes_check(out);
}
