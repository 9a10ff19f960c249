/* What a destruction takes from those who watch, told before and after it: which uses of which clips. */
#ifndef CLIPVAULT_LOST_H
#define CLIPVAULT_LOST_H

#include "vault/answer.h"
#include "vault/shred.h"

struct lost {
  struct bytes uses; /* struct index_wrap, owned: what nobody can open any more; of clips that the actor may know of */
  size_t elsewhere;  /* how many more, of clips that they may not know of */
};
void lost_free(struct lost *l);
#define lost_auto lost_free

/* Appends a use, once, with the clip's others; a wrap for no purpose is none. */
enum err lost_add(struct lost *l, const struct index_wrap *use);
/* Appends what the job ends: each use once, whatever renditions it had keys of. Nothing of a job that was not decided. */
enum err lost_find(struct vault *v, const struct shred_job *job, struct lost *l);
/* Whoever takes the call of somebody of others' cases hears how much it is, and not which clips there are. */
enum err lost_hide_others(struct vault *v, struct lost *l);
/* "clips_lost" and "lost_elsewhere", and a line for each in the text. */
void lost_put(struct answer *a, const struct lost *l, struct bytes *text);
static inline size_t lost_count(const struct lost *l) { return INDEX_COUNT(struct index_wrap, l->uses) + l->elsewhere; }

#endif
