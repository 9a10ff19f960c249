/* Destruction of keys, from decision to certificate.
 *
 *   struct shred_job job = shred_plan(reason, due_ms);
 *   index_begin; what dies is marked (refusal_end; shred_decide, then shred_leaf, shred_wrap, shred_clip); index_commit
 *   — from here on viewing is denied and the job cannot be forgotten — then shred_run:
 *   every user of a key lets go → keystore_shred → what the keys opened leaves the index, the certificate and the audit
 *   entry are written, in one transaction → the ciphertext is deleted.
 * A crash anywhere is finished by shred_resume when the vault is next used: a job only rolls forward. */
#ifndef CLIPVAULT_SHRED_H
#define CLIPVAULT_SHRED_H

#include "vault/vault.h"

struct shred_job {
  char reason[256]; /* shown on the certificate: no names */
  int64_t due_ms;   /* when it should have happened; now, for a withdrawal */
  struct id id, certificate;
  bool decided; /* something dies: the job exists in the index */
};

/* Reasons that are told apart while they happen (vault/news.h). */
#define SHRED_WITHDRAWN "consent was withdrawn"
#define SHRED_REFUSED "consent was refused, or replaced a quarantine"
#define SHRED_TIME_OVER "its time was over"
struct shred_job shred_plan(const char *reason, int64_t due_ms);
/* Appends the reason of a job that was decided: it lies sealed in the index. */
enum err shred_reason(struct vault *v, const struct index_job *job, struct bytes *out);
/* Inside a transaction, before anything is marked with job->id; the first call makes the job. */
enum err shred_decide(struct vault *v, struct shred_job *job);
/* The job destroys this leaf; 0 is ignored. */
enum err shred_leaf(struct vault *v, struct shred_job *job, keystore_leaf leaf);
/* The job ends this wrap and destroys its own key. */
enum err shred_wrap(struct vault *v, struct shred_job *job, const struct index_wrap *wrap);
/* The job ends this clip altogether: its XK, every key of its uses, then the ciphertext. */
enum err shred_clip(struct vault *v, struct shred_job *job, const struct index_clip *clip);
/* What a withdrawal ends may be thousands of clips, and the consent must not wait for them: inside the transaction that decides
 * it, shred_postpone says that the clips are still to be gone through; after the commit shred_begin destroys what was decided,
 * which is what opens them all, and shred_complete, in a transaction, goes through the clips of everyone whose consents end. Then
 * shred_run. A crash in between is finished by shred_resume. */
enum err shred_postpone(struct vault *v, const struct shred_job *job);
enum err shred_begin(struct vault *v, const struct shred_job *job);
enum err shred_complete(struct vault *v, const struct id *job);

/* After the commit; does nothing if nothing was decided. ERR_BUSY if it stays pending (it is denied already, and will be finished
 * later). */
enum err shred_run(struct vault *v, const struct shred_job *job);
/* Finishes every pending job and deletes ciphertext whose keys are gone. */
enum err shred_resume(struct vault *v);

/* Whoever keeps a key in memory while other commands may run (an export, an ingest, a stream) registers here. `recheck` is
 * called after something was denied and before its keys are destroyed: it must let go of what is no longer allowed, wiped,
 * before it returns. */
struct key_user {
  void (*recheck)(void *context);
  void *context;
  struct key_user *next;
};
void shred_register(struct vault *v, struct key_user *user);
void shred_unregister(struct vault *v, struct key_user *user);
/* Something was denied, and no key dies for it (a restriction): whoever keeps a key looks again, now. */
void shred_recheck(struct vault *v);

#endif
