/* For tests of the key store: one of its copies, by name. */
#ifndef CLIPVAULT_TESTS_COPY_CALLED_H
#define CLIPVAULT_TESTS_COPY_CALLED_H

#include "keys/keystore.h"

#include <string.h>

/* NULL: there is none. The store's own, until its list changes. */
static inline const struct keystore_copy *copy_called(struct keystore *ks, const char *name) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(ks, &copies);
  for (size_t i = 0; i < count; i++)
    if (strcmp(copies[i].name, name) == 0) return &copies[i];
  return NULL;
}

#endif
