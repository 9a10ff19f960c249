/* What is due and still there: what a sweep looks for, told without a key. */
#ifndef CLIPVAULT_OVERDUE_H
#define CLIPVAULT_OVERDUE_H

#include "vault/index.h"

struct overdue {
  size_t count;        /* clips, and uses of other clips */
  int64_t earliest_ms; /* when the first of them fell due; CLOCK_NEVER_MS if none */
};
/* When this clip, which is due, fell due. */
int64_t overdue_since_ms(const struct index_clip *c);
enum err overdue_look(struct index *ix, int64_t now_ms, struct overdue *out);

/* A sweep without any key in the vault's folder: writes a line on the log, raises the alarm if something is overdue, and ends
 * with ERR_BUSY, saying how much waits. */
enum err overdue_locked(int dirfd);

#endif
