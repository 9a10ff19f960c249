/* Cycles of a case: film, shared review, supervision. What one is about, its helping question, is sealed under the key of the
 * case, with whose it is and when it began and ended, which must agree with the row; it ends with the case's other words.
 *
 * Clips belong to a cycle as `film` (what was filmed first), `review` (the shared review, which is filmed as well), or `moment`
 * (one that the practitioner chose out of either). That says nothing of who may see them. */
#ifndef CLIPVAULT_CYCLE_H
#define CLIPVAULT_CYCLE_H

#include "vault/vault.h"

enum { CYCLE_QUESTION = 1000 };

struct cycle {
  struct index_cycle row;
  struct bytes question; /* owned; may be empty */
};
void cycle_free(struct cycle *c); /* wipes; takes any state */
#define cycle_auto cycle_free

/* Inside a transaction. ERR_USAGE for a question that is too long; ERR_REFUSED in a case that is closed. */
enum err cycle_open(struct vault *v, const struct id *kase, const char *question, struct id *out);
enum err cycle_close(struct vault *v, struct cycle *c);
/* ERR_MISSING; ERR_DATA if the row is not what was sealed. */
enum err cycle_load(struct vault *v, const struct id *id, struct cycle *out);

/* Inside a transaction. ERR_USAGE for another word, or a clip of another case; ERR_MISSING for one that has ended; ERR_REFUSED
 * once the cycle is closed. One that it has already becomes this. */
enum err cycle_add(struct vault *v, const struct cycle *c, const struct id *clip, const char *role);
/* ERR_MISSING if it does not have it. */
enum err cycle_remove(struct vault *v, const struct cycle *c, const struct id *clip);

#endif
