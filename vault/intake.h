/* Who may take what in: the same for a file on the command line and for an upload, when it begins and when it is taken in. */
#ifndef CLIPVAULT_INTAKE_H
#define CLIPVAULT_INTAKE_H

#include "vault/vault.h"

enum { INTAKE_MOST_PEOPLE = 200 };

/* A practitioner of that case, which is open. ERR_REFUSED, ERR_MISSING. */
enum err intake_require_case(struct vault *v, const struct id *kase);
/* Everyone in it: at least one, each once, somebody whom the actor may know of, none of them erased. ERR_USAGE, ERR_REFUSED,
 * ERR_MISSING. */
enum err intake_require_people(struct vault *v, const struct id *people, size_t count);

#endif
