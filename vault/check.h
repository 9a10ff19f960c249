/* Whether everything in the vault fits together: index, keys, sealed objects, audit log. */
#ifndef CLIPVAULT_CHECK_H
#define CLIPVAULT_CHECK_H

#include "vault/vault.h"

struct check {
  bool deep;             /* authenticate every chunk and recompute every digest */
  struct bytes problems; /* one line each, ids only */
  size_t count;
  struct bytes orphans;   /* struct id: files that no row knows */
  struct bytes strangers; /* file names, NUL after each: files that are no objects at all */
  struct bytes unused;    /* keystore_leaf: keys that open nothing (a command was killed after making them); no problem */
  /* Called between objects, which may take long. */
  enum err (*pause)(void *context);
  void *context;
};
void check_free(struct check *c);

/* Fills the report. Fails only where it cannot look. */
enum err check_run(struct vault *v, struct check *c);
/* Removes orphaned files and destroys unused keys. What else is wrong cannot be repaired from here. */
enum err check_repair(struct vault *v, const struct check *c);

#endif
