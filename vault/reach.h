/* Of which cases, clips and people the acting user may know: what lists show, and what a name may be read of. An officer: of all.
 * A practitioner: of their own cases. Who supervises: of the cases of those they are linked with. Whoever was granted something:
 * of that. An administrator alone: of none.
 *
 * Whether a film may be *seen* is not decided here but by policy (vault/inquiry.h). */
#ifndef CLIPVAULT_REACH_H
#define CLIPVAULT_REACH_H

#include "vault/vault.h"

struct reach {
  bool all;
  struct bytes cases; /* struct id, owned, as the next */
  struct bytes clips; /* struct id: granted one by one */
};
void reach_free(struct reach *r); /* takes any state */
#define reach_auto reach_free

enum err reach_of(struct vault *v, struct reach *out);
bool reach_has_case(const struct reach *r, const struct id *kase);
bool reach_has_clip(const struct reach *r, const struct index_clip *clip);
/* One of a case within reach, or, for who has cases, of none yet. */
enum err reach_has_person(struct vault *v, const struct reach *r, const struct id *person, bool *out);

/* ERR_REFUSED in words, for an id as well that is none, unless it is within reach. */
enum err reach_require_case(struct vault *v, const struct id *kase);
enum err reach_require_person(struct vault *v, const struct id *person);
/* The same, where knowing of it is not enough: the case's own practitioner, or an officer. ERR_MISSING if there is no such case.
 */
enum err reach_require_own_case(struct vault *v, const struct id *kase);
/* The same of a person: of a case of one's own, or of none yet. */
enum err reach_require_own_person(struct vault *v, const struct id *person);
/* The same for the case's own practitioner alone: what only they can know or say. */
enum err reach_require_practised(struct vault *v, const struct id *kase);

#endif
