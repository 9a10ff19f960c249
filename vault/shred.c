#include "vault/shred.h"

#include "vault/audit.h"
#include "vault/base/crash.h"
#include "vault/base/log.h"
#include "vault/object.h"
#include "vault/seal.h"
#include "vault/statement.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

void shred_register(struct vault *v, struct key_user *user) {
  user->next = v->users;
  v->users = user;
}

void shred_unregister(struct vault *v, struct key_user *user) {
  for (struct key_user **at = &v->users; *at; at = &(*at)->next)
    if (*at == user) {
      *at = user->next;
      return;
    }
}

struct shred_job shred_plan(const char *reason, int64_t due_ms) {
  struct shred_job job = {.due_ms = due_ms};
  snprintf(job.reason, sizeof job.reason, "%s", reason);
  return job;
}

/* System key "audit", label "job": what somebody wrote about a clip is nothing for whoever has the index alone. */
static enum err seal_reason(struct vault *v, const char *reason, struct index_job *row) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  bytes_put_text(&plain, reason);
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  TRY(seal_put(key, "job", &row->id, &plain, &sealed));
  if (sealed.length > sizeof row->reason) return err_set(ERR_BUG, "the reason of a destruction is too long");
  memcpy(row->reason, sealed.data, sealed.length);
  row->reason_length = sealed.length;
  return ERR_OK;
}

enum err shred_reason(struct vault *v, const struct index_job *job, struct bytes *out) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(key);
  bytes_put(&sealed, job->reason, job->reason_length);
  TRY(bytes_check(&sealed));
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  return seal_get(key, "job", &job->id, &sealed, out);
}

enum err shred_decide(struct vault *v, struct shred_job *job) {
  if (job->decided) return ERR_OK;
  struct index_job row = {.id = id_new(),
                          .account = v->actor.id,
                          .certificate = id_new(),
                          .state = "pending",
                          .created_ms = vault_now_ms(v),
                          .due_ms = job->due_ms};
  TRY(seal_reason(v, job->reason, &row));
  TRY(index_job_put(v->index, &row));
  TRY(audit_append(v, "shred.decided", ID_JOB, &row.id, NULL));
  job->id = row.id;
  job->certificate = row.certificate;
  job->decided = true;
  return ERR_OK;
}

enum err shred_leaf(struct vault *v, struct shred_job *job, keystore_leaf leaf) {
  if (!leaf) return ERR_OK;
  TRY(shred_decide(v, job));
  return index_job_add_leaf(v->index, &job->id, leaf);
}

enum err shred_wrap(struct vault *v, struct shred_job *job, const struct index_wrap *wrap) {
  TRY(shred_leaf(v, job, wrap->leaf));
  return index_wrap_end(v->index, wrap, &job->id);
}

/* Only they place holds; who answers for one is sealed, and may be somebody's name. */
static const char keeper_role[] = "information-governance officer";

/* Its uses end all the same; the certificate names what keeps the rest, and until when that is to be looked at. */
static enum err note_keepers(struct vault *v, struct shred_job *job, const struct index_clip *clip) {
  AUTO(bytes) struct bytes keepers = {0};
  TRY(index_job_keepers(v->index, &job->id, &clip->id, &keepers));
  for (size_t i = 0; i < INDEX_COUNT(struct index_hold, keepers); i++) {
    const struct index_hold *h = &INDEX_ROWS(struct index_hold, keepers)[i];
    TRY(statement_deferred(v, job, &h->id, &clip->id, "", keeper_role, job->due_ms, h->review_ms));
  }
  return ERR_OK;
}

enum err shred_clip(struct vault *v, struct shred_job *job, const struct index_clip *clip) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(shred_decide(v, job));
  TRY(note_keepers(v, job, clip));
  TRY(index_clip_end(v->index, &clip->id, &job->id));
  TRY(shred_leaf(v, job, clip->leaf));
  TRY(index_wrap_of(v->index, &clip->id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++)
    TRY(shred_wrap(v, job, &INDEX_ROWS(struct index_wrap, wraps)[i]));
  return ERR_OK;
}

/* Everything after the keys are gone, in one transaction: certificate, audit entry, and the rows they opened. */
static enum err conclude(struct vault *v, const struct index_job *job, const struct keystore_proof *proof) {
  AUTO(bytes) struct bytes statement = {0};
  bool anything;
  TRY(audit_append(v, "shred.done", ID_JOB, &job->id, NULL));
  TRY(statement_of_job(v, job, proof, &statement, &anything)); /* enters itself in the log */
  if (anything) TRY(index_certificate_put(v->index, &job->certificate, vault_now_ms(v), &statement));
  return index_job_finish(v->index, &job->id);
}

static enum err conclude_atomically(struct vault *v, const struct index_job *job, const struct keystore_proof *proof) {
  TRY(index_begin(v->index));
  enum err e = conclude(v, job, proof);
  if (e == ERR_OK)
    e = index_commit(v->index);
  else
    index_rollback(v->index);
  return e;
}

void shred_recheck(struct vault *v) {
  for (struct key_user *user = v->users, *next; user; user = next) {
    next = user->next; /* a user may unregister itself */
    user->recheck(user->context);
  }
}

static enum err destroy_leaves(struct vault *v, const struct id *job, struct keystore_proof *proof) {
  AUTO(bytes) struct bytes leaves = {0};
  shred_recheck(v);
  TRY(index_job_leaves(v->index, job, &leaves));
  return keystore_shred(v->keys, INDEX_COUNT(keystore_leaf, leaves), INDEX_ROWS(keystore_leaf, leaves), proof);
}

/* ---- a consent first, and then its clips */
static const char postponed[] = "postponed";

enum err shred_postpone(struct vault *v, const struct shred_job *job) {
  return index_job_set_state(v->index, &job->id, postponed);
}

enum err shred_begin(struct vault *v, const struct shred_job *job) {
  struct keystore_proof proof;
  TRY(vault_anchor(v));
  crash_point("job-postponed");
  TRY(destroy_leaves(v, &job->id, &proof));
  crash_point("job-begun");
  return ERR_OK;
}

static enum err go_through_clips(struct vault *v, struct shred_job *job) {
  AUTO(bytes) struct bytes verdicts = {0};
  struct id last = {{0}};
  TRY(index_job_verdicts(v->index, &job->id, &verdicts));
  for (size_t i = 0; i < INDEX_COUNT(struct index_verdict, verdicts); i++) {
    struct index_consent consent;
    TRY(index_consent_get(v->index, &INDEX_ROWS(struct index_verdict, verdicts)[i].consent, &consent, NULL));
    if (!id_equal(&consent.person, &last)) TRY(uses_refresh_person(v, &consent.person, job, NULL));
    last = consent.person;
  }
  return index_job_set_state(v->index, &job->id, "pending");
}

enum err shred_complete(struct vault *v, const struct id *id) {
  struct index_job row;
  TRY(index_job_get(v->index, id, &row));
  if (strcmp(row.state, postponed) != 0) return ERR_OK;
  struct shred_job job = {.due_ms = row.due_ms, .id = row.id, .certificate = row.certificate, .decided = true};
  TRY(index_begin(v->index));
  enum err e = go_through_clips(v, &job);
  if (e == ERR_OK) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}

static enum err destroy(struct vault *v, const struct index_job *job) {
  struct keystore_proof proof;
  TRY(shred_complete(v, &job->id));
  crash_point("job-decided");
  TRY(destroy_leaves(v, &job->id, &proof));
  crash_point("job-keys-gone");
  TRY(conclude_atomically(v, job, &proof));
  crash_point("job-concluded");
  return ERR_OK;
}

enum err shred_run(struct vault *v, const struct shred_job *job) {
  struct index_job row;
  if (!job->decided) return ERR_OK;
  TRY(index_job_get(v->index, &job->id, &row));
  enum err e = vault_anchor(v); /* goes under the new epoch with what is destroyed */
  if (e == ERR_OK) e = destroy(v, &row);
  if (e != ERR_OK)
    return err_set(e == ERR_IO || e == ERR_UNAVAILABLE ? ERR_BUSY : e,
                   "viewing is ended, but the keys could not be destroyed yet (%s); every later command tries again", err_text());
  return object_delete_doomed(v);
}

enum err shred_resume(struct vault *v) {
  AUTO(bytes) struct bytes jobs = {0};
  TRY(index_job_pending(v->index, &jobs));
  for (size_t i = 0; i < INDEX_COUNT(struct index_job, jobs); i++) TRY(destroy(v, &INDEX_ROWS(struct index_job, jobs)[i]));
  return object_delete_doomed(v);
}
