/* Memory for secrets: one locked, guarded arena for the whole process.
 *
 * Each sodium_malloc() would lock a page of its own, and RLIMIT_MEMLOCK is 8 MiB; so there is a single mapping
 * with guard pages at both ends, mlock()ed, kept out of core dumps and out of forked children, from which small
 * pieces are given out. Every piece is wiped when it is given back. Keys, passphrases, chunk plaintext live here
 * and nowhere else. The server at its busiest (two uploads taken in, a cut beside them, eight uploads arriving) may have 5 MiB
 * of it in use. */
#ifndef CLIPVAULT_BASE_SECRET_H
#define CLIPVAULT_BASE_SECRET_H

#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* A 256-bit key. Always lives in the arena: obtain one with secret_key_new(). */
struct secret_key {
  uint8_t b[32];
};

/* Makes the arena, forbids core dumps and ptrace by others. ERR_UNAVAILABLE if memory cannot be locked.
 * Call once, before anything else here. */
enum err secret_init(void);

/* `length` zeroed bytes of the arena, aligned to 64. Never NULL: an arena that is full is a bug of ours, and the
 * process ends with exit code 70 after wiping the arena (there is nothing a caller could do without its key). */
void *secret_alloc(size_t length);
/* Wipes and gives back; takes NULL. */
void secret_free(void *piece);

struct secret_key *secret_key_new(void); /* zeroed */
static inline void secret_key_auto(struct secret_key **key) { secret_free(*key); }

/* struct secret_key *name, in the arena, wiped when the scope ends. */
#define SECRET_KEY(name) AUTO(secret_key) struct secret_key *name = secret_key_new()

/* Bytes of the arena that are given out now; 0 when nothing leaked. */
size_t secret_in_use(void);

/* Wipes the whole arena: the last act of a process, and what a fatal signal does first. */
void secret_wipe_all(void);

#endif
