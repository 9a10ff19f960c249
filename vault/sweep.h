/* The end of what is due: finds it, destroys its keys, leaves a heartbeat. What a timer runs, a person, and `unlock` before
 * anything is served. */
#ifndef CLIPVAULT_SWEEP_H
#define CLIPVAULT_SWEEP_H

#include "vault/vault.h"

/* Whole clips, single uses, consents, keys that open nothing any more. A use of a clip that is due altogether counts with the
 * clip. */
struct sweep_due {
  struct bytes clips, wraps, consents, stale; /* struct index_clip, index_wrap, index_consent, keystore_leaf */
  size_t count;                               /* clips and uses */
};
void sweep_due_free(struct sweep_due *d);
#define sweep_due_auto sweep_due_free
/* Into an empty one. */
enum err sweep_find(struct vault *v, struct sweep_due *d);

struct sweep_result {
  size_t due, ended, held; /* held: of those that ended, what a hold keeps, seen by nobody */
  struct id certificate;   /* there is one if anything ended */
};
/* Ends at most `most` of them. The caller has looked at the clock. ERR_BUSY if it stays pending. */
enum err sweep_run(struct vault *v, const struct sweep_due *due, size_t most, struct sweep_result *out);

/* What fell due while the vault was locked goes before anything is served; where the clock is doubted, nothing does. */
enum err sweep_at_unlock(struct vault *v);

/* When a sweep last ran to its end; CLOCK_NEVER_MS if none has. Needs no key. */
enum err sweep_heartbeat(struct index *ix, int64_t *at_ms);

#endif
