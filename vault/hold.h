/* Holds and restrictions: what must not be destroyed, although its time is over or somebody withdrew.
 *
 * Both keep, for every rendition of the clips they cover, its DEK under a key of their own (HK), made before anything is
 * destroyed: uses end when they must, and the film stays. Neither opens anything to a viewer. That part is policy and not keys,
 * since whoever opens the vault's keys could open HK, and the threat model says so. A *hold* stops destruction and lets the
 * living uses be; a *restriction* stops viewing as well. Release destroys HK, and with it whatever nothing else keeps.
 *
 *   held.ct = sealed field (vault/seal.h) under HK, label "held:" || rendition, row = clip: the rendition's DEK;
 *             rendition "" is MK, so that what is known of the film (its name, how it was made) is kept as well
 *
 * A hold on a case or a person covers what is taken in later too: uses_wrap keeps each new DEK. Reason, owner and all that
 * stands in clear are sealed under the system key "audit", and compared. */
#ifndef CLIPVAULT_HOLD_H
#define CLIPVAULT_HOLD_H

#include "vault/shred.h"
#include "vault/vault.h"

#define HOLD_KIND "hold"
#define HOLD_RESTRICTION "restriction"

struct hold_wish {
  const char *kind;         /* HOLD_KIND or HOLD_RESTRICTION */
  enum id_kind target_kind; /* ID_CLIP, ID_CASE, ID_PERSON */
  struct id target;
  const char *reason, *owner; /* owner: who answers for it; a role or a name */
  int64_t review_ms;
};
/* Inside a transaction. *clips: how many it keeps now. ERR_MISSING if there is no such target, ERR_USAGE for unfit words. */
enum err hold_place(struct vault *v, const struct hold_wish *w, struct id *out, size_t *clips);

struct hold {
  struct index_hold row;
  struct bytes reason, owner;
};
void hold_free(struct hold *h);
#define hold_auto hold_free
/* ERR_MISSING; ERR_DATA if the row is not what was sealed. */
enum err hold_load(struct vault *v, const struct id *id, struct hold *out);

/* Inside a transaction, whenever a rendition gets a wrap: every hold over the clip keeps its DEK as well. */
enum err hold_keep(struct vault *v, const struct index_clip *clip, const char *rendition, const struct secret_key *dek);
/* What a hold keeps of the clip: a rendition's DEK, or MK ("", as in hold_keep). For the vault's own work on a clip, never for
 * showing it. ERR_MISSING if no hold keeps it. */
enum err hold_open(struct vault *v, const struct id *clip, const char *rendition, struct secret_key *key);

/* What stands over a clip now. */
struct hold_standing {
  bool held, restricted; /* something of it is kept by a hold, or by a restriction */
};
enum err hold_over(struct vault *v, const struct index_clip *clip, struct hold_standing *out);
/* Those of either kind that cover the person, or a clip that shows them: while there is one, their record stays too. */
enum err hold_over_person(struct vault *v, const struct id *person, bool *out);

/* Inside a transaction: HK dies with the job, and every clip and rendition that only this hold kept. ERR_BUSY while another
 * destruction of one of its clips is pending. */
enum err hold_release(struct vault *v, const struct hold *h, struct shred_job *job);

#endif
