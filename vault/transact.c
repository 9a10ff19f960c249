#include "vault/transact.h"

enum err transact(struct vault *v, enum err (*change)(struct vault *v, void *context, const struct request *rq), void *context,
                  const struct request *rq) {
  TRY(index_begin(v->index));
  enum err e = change(v, context, rq);
  if (e == ERR_OK) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}
