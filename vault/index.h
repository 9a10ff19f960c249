/* index.db: which clip shows whom, who agreed to what, what expires when. The only module that holds its SQL
 * (index*.c, schema.sql). It stores ids, states, purposes and times in clear and everything else as bytes that somebody
 * sealed before (vault/seal.h): the index itself holds no key and cannot read a name.
 *
 * Rows come back in batches: "appends struct X" means one flat struct X after another into a struct bytes; INDEX_ROWS gives
 * them as an array. Writing calls belong inside index_begin … index_commit. Not thread-safe; the holder of the vault's
 * lock is the only user. Every function can fail with ERR_IO (disk), ERR_DATA (damaged file), ERR_BUG. */
#ifndef CLIPVAULT_INDEX_H
#define CLIPVAULT_INDEX_H

#include "keys/keystore.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;
struct index_follow;

enum { INDEX_STATEMENTS = 256, INDEX_WORD = 32, INDEX_WRAP_CT = 24 + 32 + 16, INDEX_REASON = 24 + 256 + 16 };

struct index {
  struct sqlite3 *db;
  struct {
    const char *sql;
    struct sqlite3_stmt *statement;
  } cache[INDEX_STATEMENTS];
  bool writing;
  struct index_follow *follow; /* NULL: nothing follows */
};

/* const type *name, and how many there are, of a struct bytes that was filled with them. */
#define INDEX_ROWS(type, rows) ((const type *)(const void *)(rows).data)
#define INDEX_COUNT(type, rows) ((rows).length / sizeof(type))

/* `vault` is stored and checked on opening: an index of another vault is refused with ERR_DATA. (NULL: not known, because the
 * keys are locked; then nothing may be done but looking.) */
enum err index_create(int dirfd, const struct id *vault);
enum err index_open(int dirfd, const struct id *vault, struct index **out);
void index_close(struct index *ix);

enum err index_begin(struct index *ix);
enum err index_commit(struct index *ix);
void index_rollback(struct index *ix); /* does nothing outside a transaction */

enum err index_meta_put(struct index *ix, const char *key, const void *data, size_t length);
/* Appends; ERR_MISSING if there is none. */
enum err index_meta_get(struct index *ix, const char *key, struct bytes *out);

/* ---- accounts, persons, cases (index_people.c) */
struct index_account {
  struct id id;
  int64_t uid; /* -1: none */
  uint32_t roles;
  char state[INDEX_WORD];
};
enum err index_account_put(struct index *ix, const struct index_account *row, const struct bytes *sealed);
enum err index_account_by_uid(struct index *ix, int64_t uid, struct index_account *out); /* ERR_MISSING */
/* `sealed` may be NULL. */
enum err index_account_get(struct index *ix, const struct id *id, struct index_account *out, struct bytes *sealed);
/* uid, roles and state, of the id */
enum err index_account_set(struct index *ix, const struct index_account *row, const struct bytes *sealed);
enum err index_account_list(struct index *ix, struct bytes *out); /* struct index_account, oldest first */

/* What an account signs in with, replacing what was there; ERR_MISSING where it has nothing. */
enum err index_credential_put(struct index *ix, const struct id *account, const struct bytes *sealed);
enum err index_credential_get(struct index *ix, const struct id *account, struct bytes *sealed);

/* Grants, links and break-glass viewings (vault/permit.h); put replaces what the id had. */
struct index_permit {
  struct id id, account, target;
};
enum err index_permit_put(struct index *ix, const struct index_permit *row, const struct bytes *sealed);
enum err index_permit_get(struct index *ix, const struct id *id, struct index_permit *out,
                          struct bytes *sealed); /* ERR_MISSING */
/* Of this account, of this target, or (NULL) of any. Appends struct id, oldest first. */
enum err index_permit_list(struct index *ix, const struct id *account, const struct id *target, struct bytes *out);

struct index_person {
  struct id id;
  keystore_leaf leaf; /* PK */
  int64_t created_ms;
  char state[INDEX_WORD]; /* "live", "erased" */
};
enum err index_person_put(struct index *ix, const struct index_person *row, const struct bytes *sealed);
enum err index_person_get(struct index *ix, const struct id *id, struct index_person *out, struct bytes *sealed);
enum err index_person_reseal(struct index *ix, const struct id *id, const struct bytes *sealed);
enum err index_person_cases(struct index *ix, const struct id *person, struct bytes *out); /* struct id */
/* Marks an erasure that `job` carries out; index_job_finish completes it. */
enum err index_person_end(struct index *ix, const struct id *id, const struct id *job);
/* Whom the job erases (struct index_person), and the forms sealed with their consents (struct index_object). */
enum err index_person_ending(struct index *ix, const struct id *job, struct bytes *out);
enum err index_object_forms_ending(struct index *ix, const struct id *job, struct bytes *out);
/* All, or those of one case. Appends struct index_person. */
enum err index_person_list(struct index *ix, const struct id *kase, struct bytes *out);

struct index_case {
  struct id id;
  keystore_leaf leaf;
  struct id practitioner;
  int64_t opened_ms, closed_ms; /* CLOCK_NEVER_MS while open */
  int64_t accredited_ms;        /* CLOCK_NEVER_MS until then */
};
enum err index_case_put(struct index *ix, const struct index_case *row, const struct bytes *sealed);
enum err index_case_get(struct index *ix, const struct id *id, struct index_case *out, struct bytes *sealed);
/* Its practitioner, its end and its accreditation. */
enum err index_case_set(struct index *ix, const struct index_case *row, const struct bytes *sealed);
enum err index_case_list(struct index *ix, struct bytes *out); /* struct index_case */
enum err index_case_add_person(struct index *ix, const struct id *kase, const struct id *person);

/* ---- consents and grants (index_consent.c) */
struct index_consent {
  struct id id, person, kase; /* kase zero: for all cases */
  int64_t given_ms, expires_ms;
  uint32_t media, ident;
  int64_t due_ms; /* when the sweep ends it */
};
struct index_verdict { /* one purpose of one consent */
  struct id consent;
  char purpose[INDEX_WORD];
  keystore_leaf leaf;     /* CK; 0 for a "no" */
  char state[INDEX_WORD]; /* live refused withdrawn overridden expired */
  int64_t ended_ms;
  int64_t ended_after; /* how many consents of the person there were when it was ended */
  struct id job;       /* zero unless it is being ended */
};
enum err index_consent_put(struct index *ix, const struct index_consent *row, const struct bytes *sealed);
enum err index_consent_get(struct index *ix, const struct id *id, struct index_consent *out, struct bytes *sealed);
enum err index_consent_of(struct index *ix, const struct id *person, struct bytes *out); /* struct index_consent */
enum err index_consent_due(struct index *ix, int64_t now_ms, struct bytes *out);         /* with a live verdict, expired */
enum err index_verdict_put(struct index *ix, const struct index_verdict *row);
enum err index_verdict_of(struct index *ix, const struct id *consent, struct bytes *out); /* struct index_verdict */
/* Its state, leaf, time and order of end, and job are now these. */
enum err index_verdict_set(struct index *ix, const struct index_verdict *row);
enum err index_consent_reseal(struct index *ix, const struct id *id, const struct bytes *sealed);
enum err index_consent_set_due(struct index *ix, const struct id *id, int64_t due_ms);

struct index_scope {
  struct id person, kase;
  char purpose[INDEX_WORD];
  uint32_t media, ident; /* one bit each */
};
struct index_grant {
  struct index_scope scope;
  struct id consent;
  keystore_leaf leaf; /* CK */
  uint8_t ct[INDEX_WRAP_CT];
};
enum err index_grant_put(struct index *ix, const struct index_grant *row);
enum err index_grant_of(struct index *ix, const struct index_scope *scope, struct bytes *out); /* struct index_grant */
enum err index_grant_under(struct index *ix, keystore_leaf leaf, struct bytes *out);           /* struct index_grant */

/* ---- clips, objects, wraps (index_clip.c) */
struct index_clip {
  struct id id, kase;
  char kind[INDEX_WORD];  /* recording clip still audio document */
  char state[INDEX_WORD]; /* live quarantined held shredded */
  keystore_leaf leaf;     /* XK */
  int64_t recorded_ms, ingested_ms, expires_ms, quarantine_ms;
  struct id job; /* zero unless it is dying */
};
struct index_clip_filter { /* zero members do not filter */
  struct id kase, person;
  const char *state;
};
/* source_mac NULL: it was not taken in from a file. */
enum err index_clip_put(struct index *ix, const struct index_clip *row, const uint8_t *source_mac, const struct bytes *sealed);
enum err index_clip_get(struct index *ix, const struct id *id, struct index_clip *out, struct bytes *sealed);
enum err index_clip_by_source(struct index *ix, const uint8_t source_mac[32], struct id *out);         /* ERR_MISSING */
enum err index_clip_list(struct index *ix, const struct index_clip_filter *filter, struct bytes *out); /* struct index_clip */
/* In how many clips that have not ended the person is. */
enum err index_clip_count(struct index *ix, const struct id *person, size_t *count);
/* How many live, or `most` where there are more: it looks at no more of them than that. */
enum err index_clip_count_live(struct index *ix, size_t most, size_t *count);
enum err index_clip_set_state(struct index *ix, const struct id *id, const char *state, int64_t quarantine_ms);
enum err index_clip_end(struct index *ix, const struct id *id, const struct id *job); /* it dies with this job */
enum err index_clip_due(struct index *ix, int64_t now_ms, struct bytes *out); /* own date or quarantine over: struct index_clip */
enum err index_clip_people(struct index *ix, const struct id *clip, struct bytes *out); /* struct id, sorted */
enum err index_clip_add_person(struct index *ix, const struct id *clip, const struct id *person);
enum err index_clip_drop_person(struct index *ix, const struct id *clip, const struct id *person);

struct index_object {
  struct id id, clip;
  char rendition[INDEX_WORD], role[INDEX_WORD]; /* "as-filmed"; "head" "body" */
  uint64_t plain_bytes, file_bytes;
  uint8_t binding[32], sha256[32];
};
enum err index_object_put(struct index *ix, const struct index_object *row);
enum err index_object_of(struct index *ix, const struct id *clip, struct bytes *out); /* struct index_object, by role */
enum err index_object_known(struct index *ix, const struct id *id, bool *known);      /* as an object or as doomed */
enum err index_object_all(struct index *ix, struct bytes *out);
/* Objects of index_job_objects become doomed; before the job's wraps go. */
enum err index_object_doom_ended(struct index *ix, const struct id *job);
enum err index_doomed_add(struct index *ix, const struct id *object);
enum err index_doomed_list(struct index *ix, struct bytes *out); /* struct id */
enum err index_doomed_gone(struct index *ix, const struct id *object);

/* What is sealed beside a rendition's objects; `body` names the object it is bound to. ERR_MISSING. */
enum err index_rendition_put(struct index *ix, const struct id *clip, const char *name, const struct id *body,
                             const struct bytes *sealed);
enum err index_rendition_get(struct index *ix, const struct id *clip, const char *name, struct id *body, struct bytes *sealed);
enum err index_rendition_drop(struct index *ix, const struct id *clip, const char *name);
/* Marks that a person is still working on; replaces earlier ones. */
enum err index_marks_put(struct index *ix, const struct id *clip, const struct bytes *sealed);
enum err index_marks_get(struct index *ix, const struct id *clip, struct bytes *sealed); /* ERR_MISSING */

struct index_wrap {
  struct id clip;
  char purpose[INDEX_WORD]; /* "" for quarantine */
  char rendition[INDEX_WORD];
  keystore_leaf leaf; /* BK, or QK for quarantine */
  int64_t expires_ms;
  char state[INDEX_WORD]; /* live new dying */
  struct id job;
  uint8_t ct[INDEX_WRAP_CT];
};
enum err index_wrap_put(struct index *ix, const struct index_wrap *row);
enum err index_wrap_of(struct index *ix, const struct id *clip, struct bytes *out); /* struct index_wrap, by purpose */
enum err index_wrap_due(struct index *ix, int64_t now_ms, struct bytes *out);       /* live ones that have expired */
enum err index_wrap_end(struct index *ix, const struct index_wrap *row, const struct id *job);
enum err index_wrap_set_expiry(struct index *ix, const struct index_wrap *row, int64_t expires_ms);

/* ---- holds and restrictions (index_hold.c) */
struct index_hold {
  struct id id;
  char kind[INDEX_WORD];    /* hold restriction */
  enum id_kind target_kind; /* ID_CLIP, ID_CASE, ID_PERSON */
  struct id target;
  keystore_leaf leaf;     /* HK; 0 once released */
  char state[INDEX_WORD]; /* live released */
  int64_t placed_ms, review_ms, released_ms;
  struct id job;     /* zero unless it is being released */
  struct id account; /* who placed it */
};
enum err index_hold_put(struct index *ix, const struct index_hold *row, const struct bytes *sealed);
enum err index_hold_get(struct index *ix, const struct id *id, struct index_hold *out, struct bytes *sealed);
enum err index_hold_list(struct index *ix, struct bytes *out); /* struct index_hold, oldest first */
/* Living ones that cover the clip, its case or somebody in it, or that keep something of it. */
enum err index_hold_over(struct index *ix, const struct index_clip *clip, struct bytes *out); /* struct index_hold */
enum err index_hold_on(struct index *ix, const struct id *target, struct bytes *out);         /* struct index_hold */
enum err index_hold_end(struct index *ix, const struct id *id, const struct id *job, int64_t released_ms);
struct index_held { /* one rendition of a clip that a hold keeps */
  struct id hold, clip;
  char rendition[INDEX_WORD]; /* "": MK */
  keystore_leaf leaf;         /* HK of the hold */
  uint8_t ct[INDEX_WRAP_CT];
};
enum err index_held_put(struct index *ix, const struct index_held *row); /* its leaf is the hold's */
/* rendition NULL: all. Appends struct index_held. */
enum err index_held_of(struct index *ix, const struct id *clip, const char *rendition, struct bytes *out);
enum err index_held_clips(struct index *ix, const struct id *hold, struct bytes *out); /* struct id */
/* Holds that keep the clip when the job is done: struct index_hold. */
enum err index_job_keepers(struct index *ix, const struct id *job, const struct id *clip, struct bytes *out);

/* ---- the work of review (index_review.c) */
struct index_remark { /* vault/remark.h */
  struct id id, clip;
};
enum err index_remark_put(struct index *ix, const struct index_remark *row, const struct bytes *sealed);
enum err index_remark_reseal(struct index *ix, const struct id *id, const struct bytes *sealed);
enum err index_remark_get(struct index *ix, const struct id *id, struct index_remark *out,
                          struct bytes *sealed);                                      /* ERR_MISSING */
enum err index_remark_of(struct index *ix, const struct id *clip, struct bytes *out); /* struct index_remark, oldest first */
enum err index_remark_drop(struct index *ix, const struct id *id);

struct index_cycle { /* vault/cycle.h */
  struct id id, kase;
  int64_t opened_ms, closed_ms; /* CLOCK_NEVER_MS while open */
};
struct index_cycle_clip {
  struct id cycle, clip;
  char role[INDEX_WORD]; /* film review moment */
};
enum err index_cycle_put(struct index *ix, const struct index_cycle *row, const struct bytes *sealed);
enum err index_cycle_set(struct index *ix, const struct index_cycle *row, const struct bytes *sealed);          /* its end */
enum err index_cycle_get(struct index *ix, const struct id *id, struct index_cycle *out, struct bytes *sealed); /* ERR_MISSING */
enum err index_cycle_list(struct index *ix, const struct id *kase, struct bytes *out); /* struct index_cycle, oldest first */
enum err index_cycle_clip_put(struct index *ix, const struct index_cycle_clip *row);   /* replaces what it was there as */
enum err index_cycle_clip_drop(struct index *ix, const struct id *cycle, const struct id *clip);
enum err index_cycle_clips(struct index *ix, const struct id *cycle,
                           struct bytes *out); /* struct index_cycle_clip: moments first */

struct index_goal { /* vault/goal.h */
  struct id id, kase;
};
enum err index_goal_put(struct index *ix, const struct index_goal *row, const struct bytes *sealed);
enum err index_goal_reseal(struct index *ix, const struct id *id, const struct bytes *sealed);
enum err index_goal_get(struct index *ix, const struct id *id, struct index_goal *out, struct bytes *sealed); /* ERR_MISSING */
enum err index_goal_list(struct index *ix, const struct id *kase, struct bytes *out); /* struct index_goal, oldest first */

struct index_supervision { /* vault/supervision.h */
  struct id id, account, target;
  enum id_kind target_kind; /* ID_CLIP, ID_CYCLE */
};
enum err index_supervision_put(struct index *ix, const struct index_supervision *row, const struct bytes *sealed);
enum err index_supervision_reseal(struct index *ix, const struct id *id, const struct bytes *sealed);
enum err index_supervision_get(struct index *ix, const struct id *id, struct index_supervision *out,
                               struct bytes *sealed); /* ERR_MISSING */
/* Of this supervisor, or (NULL) all: struct index_supervision, oldest first. */
enum err index_supervision_list(struct index *ix, const struct id *account, struct bytes *out);
enum err index_supervision_drop(struct index *ix, const struct id *id);

struct index_sign_off { /* vault/sign_off.h */
  struct id id, cycle, practitioner;
};
enum err index_sign_off_put(struct index *ix, const struct index_sign_off *row, const struct bytes *sealed,
                            const struct bytes *note);
/* Of a cycle; ERR_MISSING. */
enum err index_sign_off_of_cycle(struct index *ix, const struct id *cycle, struct index_sign_off *out, struct bytes *sealed,
                                 struct bytes *note);
/* Of a practitioner, or (NULL) all: struct index_sign_off, oldest first. */
enum err index_sign_off_list(struct index *ix, const struct id *practitioner, struct bytes *out);

/* ---- uploads (index_upload.c; vault/upload.h) */
struct index_upload {
  struct id id, account;
  keystore_leaf leaf;     /* UK; 0 once it was destroyed */
  char state[INDEX_WORD]; /* arriving waiting done */
  int64_t length, made_ms, expires_ms;
};
enum err index_upload_put(struct index *ix, const struct index_upload *row, const struct bytes *sealed);
/* `sealed` and `result` may be NULL. ERR_MISSING. */
enum err index_upload_get(struct index *ix, const struct id *id, struct index_upload *out, struct bytes *sealed,
                          struct bytes *result);
enum err index_upload_list(struct index *ix, const char *state,
                           struct bytes *out);                                  /* struct index_upload, oldest first; NULL: all */
enum err index_upload_due(struct index *ix, int64_t now_ms, struct bytes *out); /* struct index_upload */
enum err index_upload_put_last(struct index *ix, const struct id *id);          /* as if it had been begun now */
enum err index_upload_set_sealed(struct index *ix, const struct id *id, const struct bytes *sealed);
enum err index_upload_set_state(struct index *ix, const struct id *id, const char *state);
/* Its key is as good as gone, and all that the key opened: what is left is what became of it. */
enum err index_upload_done(struct index *ix, const struct id *id, const struct bytes *result);
enum err index_upload_drop(struct index *ix, const struct id *id); /* with its segments */
struct index_segment {
  struct id object, upload;
  int64_t n, bytes; /* -1: not finished */
};
enum err index_segment_put(struct index *ix, const struct index_segment *row);
enum err index_segment_set_bytes(struct index *ix, const struct id *object, int64_t bytes);
enum err index_segment_of(struct index *ix, const struct id *upload, struct bytes *out); /* struct index_segment, in order */
enum err index_segment_drop(struct index *ix, const struct id *upload, int64_t from_n);  /* that one and those behind it */
enum err index_segment_known(struct index *ix, const struct id *object, bool *known);

/* ---- copies elsewhere (index_follow.c). What index.db has in clear, a copy has in clear; it holds no key. */
/* A whole copy as dirfd/index.db, in the place of one that is there. */
enum err index_copy(struct index *ix, int dirfd);
/* From now on every commit is recorded, for copies that follow. */
enum err index_follow_begin(struct index *ix);
void index_follow_end(struct index *ix);
/* Brings dirfd/index.db to where this index stands: by what was recorded, or whole. Adds how many bytes of changes it got. */
enum err index_follow_send(struct index *ix, int dirfd, uint64_t *bytes);
void index_follow_sent(struct index *ix); /* all copies were brought along, or will be made anew */
/* Inside index_commit: before and after it. */
enum err index_follow_step(struct index *ix);
void index_follow_stepped(struct index *ix);

/* ---- counts for reports (index_stats.c) */
struct index_counted {
  char group[INDEX_WORD], name[INDEX_WORD]; /* "clips" "live" */
  int64_t count;
};
enum err index_counts(struct index *ix, struct bytes *out); /* struct index_counted, group by group */
enum err index_holds_to_review(struct index *ix, int64_t now_ms, int64_t *count);

/* ---- destructions, certificates, audit (index_job.c) */
struct index_job {
  struct id id, account, certificate;
  char state[INDEX_WORD];       /* postponed pending done */
  uint8_t reason[INDEX_REASON]; /* sealed (vault/shred.h) */
  size_t reason_length;
  int64_t created_ms, due_ms;
};
enum err index_job_put(struct index *ix, const struct index_job *row);
enum err index_job_get(struct index *ix, const struct id *id, struct index_job *out);
enum err index_job_pending(struct index *ix, struct bytes *out); /* struct index_job, oldest first */
enum err index_job_set_state(struct index *ix, const struct id *id, const char *state);
enum err index_job_add_leaf(struct index *ix, const struct id *job, keystore_leaf leaf);
enum err index_job_leaves(struct index *ix, const struct id *job, struct bytes *out); /* keystore_leaf */
enum err index_job_clips(struct index *ix, const struct id *job, struct bytes *out);  /* struct index_clip that die */
enum err index_job_wraps(struct index *ix, const struct id *job, struct bytes *out);  /* struct index_wrap that die */
/* struct index_object: of renditions whose last wrap dies with the job, while the clip lives on. */
enum err index_job_objects(struct index *ix, const struct id *job, struct bytes *out);
enum err index_job_verdicts(struct index *ix, const struct id *job, struct bytes *out); /* struct index_verdict that end */
struct index_deferral { /* a hold keeps what the job would have destroyed */
  struct id hold, clip;
  char purpose[INDEX_WORD]; /* "": the clip altogether */
  char owner[INDEX_WORD];   /* the role of who answers for the hold */
  int64_t due_ms, review_ms;
};
enum err index_deferral_put(struct index *ix, const struct id *job, const struct index_deferral *row);
enum err index_deferral_of(struct index *ix, const struct id *job, struct bytes *out); /* struct index_deferral, by clip */
#define INDEX_UNPUBLISHED ((int64_t)-1)
struct index_commitment { /* vault/commitment.h */
  keystore_leaf leaf;
  uint8_t hash[32], published[32];
  int64_t entry; /* of the audit log */
};
enum err index_commitment_put(struct index *ix, const struct index_commitment *row);
enum err index_commitment_waiting(struct index *ix, size_t most, struct bytes *out); /* struct index_commitment, by leaf */
enum err index_commitment_all(struct index *ix, struct bytes *out);
enum err index_commitment_set_entry(struct index *ix, keystore_leaf leaf, int64_t entry);
enum err index_commitment_get(struct index *ix, keystore_leaf leaf, struct index_commitment *out); /* ERR_MISSING */
/* The keys are gone: drops what they opened, lets `new` wraps live, dooms the ciphertext, closes the job. */
enum err index_job_finish(struct index *ix, const struct id *job);
/* Leaves that open nothing any more. */
enum err index_stale_add(struct index *ix, keystore_leaf leaf);
enum err index_stale_list(struct index *ix, struct bytes *out); /* keystore_leaf */
enum err index_stale_gone(struct index *ix, keystore_leaf leaf);
/* Every leaf that some row refers to. Appends keystore_leaf, unsorted. */
enum err index_leaves(struct index *ix, struct bytes *out);

enum err index_certificate_put(struct index *ix, const struct id *id, int64_t made_ms, const struct bytes *signed_bytes);
enum err index_certificate_get(struct index *ix, const struct id *id, struct bytes *signed_bytes); /* ERR_MISSING */
struct index_certificate {
  struct id id;
  int64_t made_ms;
};
enum err index_certificate_list(struct index *ix, struct bytes *out); /* struct index_certificate, oldest first */

/* Entry `seq` counts from 0 without gaps. */
enum err index_audit_append(struct index *ix, uint64_t seq, const struct bytes *entry);
enum err index_audit_count(struct index *ix, uint64_t *count);
/* Entries in order from `first` on; stops at the first error of `each`. */
enum err index_audit_each(struct index *ix, uint64_t first,
                          enum err (*each)(void *context, uint64_t seq, const uint8_t *entry, size_t length), void *context);

#endif
