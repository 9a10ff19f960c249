/* One change of the index, whole or not at all. */
#ifndef CLIPVAULT_TRANSACT_H
#define CLIPVAULT_TRANSACT_H

#include "vault/request.h"
#include "vault/vault.h"

/* Begins, calls `change`, commits; whatever fails rolls back. */
enum err transact(struct vault *v, enum err (*change)(struct vault *v, void *context, const struct request *rq), void *context,
                  const struct request *rq);

#endif
