/* Bodies that are longer than usual: those that may carry a file. Only so many come at a time, as who sends one need not even
 * have signed in. Thread-safe. */
#ifndef CLIPVAULT_BRIDGE_LARGE_H
#define CLIPVAULT_BRIDGE_LARGE_H

#include "player-bridge/http/route.h"

enum { LARGE_USUAL = 64 << 10, LARGE_MOST = 7 << 20 };

/* How long a body this route takes. */
size_t large_limit(const struct route *r);
/* Room for one more, to be given back; false if there is none just now. */
bool large_take(void);
void large_give(void);

#endif
