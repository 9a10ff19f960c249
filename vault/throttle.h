/* How long whoever failed to sign in must wait before the next attempt. Waits grow and end; nobody is locked out.
 *
 * Three things are counted: attempts on one account from one address, all from one address, all on one account. Each has a few
 * free ones, then 1 s, 2 s, 4 s … to wait, up to a minute (on an account as a whole: up to 15 s, and not from an address from
 * which its owner has signed in before, so that strangers cannot keep them out). An hour without a failure forgets them. An
 * attempt counts as failed from its start, so that many at once gain nothing.
 *
 * Pure but for memory, which is bounded: where it is full, whoever failed least is forgotten first. Times are of a steady clock.
 */
#ifndef CLIPVAULT_THROTTLE_H
#define CLIPVAULT_THROTTLE_H

#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct throttle;
struct throttle_who {
  const void *account; /* the account's id, or the name that was claimed where there is none */
  size_t account_length;
  const char *address; /* as text; of IPv6 the first 64 bits count, whoever has one address has them all */
};

enum err throttle_new(struct throttle **out);
void throttle_free(struct throttle *t); /* takes NULL */
static inline void throttle_auto(struct throttle **t) { throttle_free(*t); }

/* 0: go on, and it counts as failed until throttle_passed; else milliseconds to wait, and nothing was counted. */
int64_t throttle_try(struct throttle *t, const struct throttle_who *who, int64_t now_ms);
/* The attempt succeeded: it is taken back, and they are known at this address. */
void throttle_passed(struct throttle *t, const struct throttle_who *who, int64_t now_ms);
/* Failures that are remembered of this account, or of this address (whichever are more). */
uint32_t throttle_failures(const struct throttle *t, const struct throttle_who *who);

#endif
