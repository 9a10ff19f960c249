/* What a clip may be used for, in keys: for each of its renditions one wrap for each purpose that *everyone* in it agreed to, or
 * a quarantine wrap. Here the consents (what should be) meet the wraps (what is), and the difference becomes new wraps and keys
 * to destroy.
 *
 * Renditions: "as-filmed" is the playable copy; "original" the bytes as received, where they are kept, under the same law;
 * "obscured" a copy in which marked people cannot be recognised. Each has a DEK of its own. For the obscured one a person whom
 * its marks cover may have agreed to being shown obscured only; everyone else in it must have agreed as filmed.
 * A rendition whose last wrap ends is destroyed; only as-filmed and original wait in quarantine. */
#ifndef CLIPVAULT_USES_H
#define CLIPVAULT_USES_H

#include "vault/base/secret.h"
#include "vault/consent_book.h"
#include "vault/shred.h"
#include "vault/vault.h"

#define USES_AS_FILMED "as-filmed"
#define USES_OBSCURED "obscured"
#define USES_ORIGINAL "original"

/* What everyone together allows now. */
struct uses {
  uint32_t live;                     /* bits: purposes everyone says yes to */
  int64_t expires_ms[PURPOSE_COUNT]; /* of those: the earliest among all people and the clip's own date */
};
/* `people` sorted or not; nobody allows nothing. The clip's kind says which medium must be consented. (uses_allowed.c) */
enum err uses_allowed(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id people[],
                      size_t count, struct uses *out);
/* What one person says to one purpose for this rendition of the clip. */
enum err uses_verdict(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id *person,
                      enum purpose purpose, struct consent_verdict *out);

/* The same if they were obscured, whether or not there is such a rendition. */
enum err uses_verdict_obscured(struct vault *v, const struct index_clip *clip, const struct id *person, enum purpose purpose,
                               struct consent_verdict *out);

/* Inside a transaction: wraps for `purposes` (0: the quarantine wrap) of the rendition, each under a new key of its own.
 * With a job they wait, as "new", until its keys are destroyed. (uses_wrap.c) */
enum err uses_wrap(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id people[], size_t count,
                   const struct secret_key *dek, const struct uses *uses, uint32_t purposes, const struct shred_job *job);
/* The rendition's DEK for a purpose. ERR_REFUSED if there is no wrap, or someone's consent no longer holds a key. */
enum err uses_open(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, struct secret_key *dek);
/* The DEK by whatever wrap still opens, quarantine included: for the vault's own work on a clip, never for showing it. */
enum err uses_open_any(struct vault *v, const struct index_clip *clip, const char *rendition, struct secret_key *dek);

/* What becomes of a clip for which nothing is allowed any more. */
enum uses_empty { USES_QUARANTINE, USES_DESTROY };

/* Inside a transaction: brings the clip's wraps in line with what is allowed now. New purposes get wraps, ended ones die
 * with the job, expiries are put right, a quarantined clip for which something is allowed is released (*released), and one
 * for which nothing is left goes to quarantine or is destroyed. */
enum err uses_refresh(struct vault *v, const struct id *clip, enum uses_empty empty, struct shred_job *job, bool *released);
/* The same for every clip that shows this person, after their consents have changed and not while they do. Appends the ids
 * (struct id) of clips that were released; `released` may be NULL. */
enum err uses_refresh_person(struct vault *v, const struct id *person, enum uses_empty empty, struct shred_job *job,
                             struct bytes *released);

/* Inside a transaction: the people in the clip are now these. All wraps are made anew; what is not allowed with them
 * goes to quarantine. */
enum err uses_set_people(struct vault *v, const struct id *clip, const struct id people[], size_t count, struct shred_job *job);

/* Inside a transaction: the case was closed; expiries that run from the end of involvement are put right. */
enum err uses_expire_case(struct vault *v, const struct id *kase);

#endif
