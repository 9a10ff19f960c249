/* The vault's lock: who holds it is the one process that has the vault open. A file `lock` in the vault's folder, flock()ed
 * (so it is free again however its holder died); its text says who that is. */
#ifndef CLIPVAULT_LOCK_H
#define CLIPVAULT_LOCK_H

#include "vault/base/err.h"

#include <stdbool.h>

enum { LOCK_HOLDER = 80 };

/* One attempt, never waits: *fd becomes the lock (close it to release) or -1 if another process has it. `holder` is the
 * command that will hold it. */
enum err lock_try(int dirfd, const char *holder, int *fd);
/* Whoever holds the lock, "ingest (process 4711)", for words to people; *serves if it is `clipvault serve`. */
void lock_holder(int dirfd, char out[LOCK_HOLDER], bool *serves);

#endif
