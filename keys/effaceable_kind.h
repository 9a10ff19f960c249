/* Inside keys/effaceable*.c only: what a kind of effaceable store has to do. Records come and go as bytes. */
#ifndef CLIPVAULT_KEYS_EFFACEABLE_KIND_H
#define CLIPVAULT_KEYS_EFFACEABLE_KIND_H

#include "keys/effaceable.h"

enum { EFFACEABLE_RECORD = 64 };

struct effaceable_kind {
  const char *prefix; /* of its texts; "" takes every other */
  const char *assurance, *limits;
  enum err (*create)(int dirfd, const char *wanted, const struct secret_key *auth, struct bytes *where);
  void (*unmake)(int dirfd, const char *where);
  enum err (*open)(int dirfd, const char *where, const struct secret_key *auth, void **store);
  void (*close)(void *store);
  void (*rest)(void *store);
  enum err (*read)(void *store, int place, uint8_t record[EFFACEABLE_RECORD]);
  /* Durable, and read back. `record` lies in the arena. */
  enum err (*write)(void *store, int place, const uint8_t record[EFFACEABLE_RECORD]);
  enum err (*count)(void *store);
};

extern const struct effaceable_kind effaceable_file_kind, effaceable_tpm_kind;

#endif
