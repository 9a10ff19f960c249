/* Which parts of a film were sent. Pure. */
#ifndef CLIPVAULT_BRIDGE_SEEN_H
#define CLIPVAULT_BRIDGE_SEEN_H

#include <stddef.h>
#include <stdint.h>

enum { SEEN_MOST = 16 };

struct seen {
  struct {
    uint64_t from, to; /* to: the first byte that is not of it */
  } part[SEEN_MOST];   /* in order; no two touch */
  size_t count;
  uint64_t sent; /* bytes in all, also of what was sent twice */
};

/* Where parts touch they become one. Where there is no room for one more it is joined to the one before it (or the first): what
 * is told is then too much, never too little. */
void seen_add(struct seen *s, uint64_t from, uint64_t to);

#endif
