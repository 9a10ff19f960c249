/* Bodies that are longer than usual: those that may carry a file, or the marks of a film. Only so many come at a time, of one
 * account one, and a place is taken only once the monitor has said whose session it is. Thread-safe. */
#ifndef CLIPVAULT_BRIDGE_LARGE_H
#define CLIPVAULT_BRIDGE_LARGE_H

#include "player-bridge/http/route.h"
#include "vault/base/id.h"

enum {
  LARGE_USUAL = 64 << 10,
  LARGE_MARKS = 256 << 10, /* 120 KiB (ingest/marks.h) with each line's end written as two characters, and more */
  LARGE_MOST = 7 << 20,
  LARGE_PIECE = 256 << 10
};
enum large_place { LARGE_TAKEN, LARGE_ENOUGH /* they have one */, LARGE_FULL };

/* How long a body this route takes. */
size_t large_limit(const struct route *r);
/* That in words, for whoever sent more. */
const char *large_limit_words(const struct route *r);
/* A place for one more of that account, to be given back if it is LARGE_TAKEN. */
enum large_place large_take(const struct id *account);
void large_give(const struct id *account);

#endif
