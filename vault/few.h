/* A count of people or films so small that it could be about somebody is not told; that there is nothing at all is. */
#ifndef CLIPVAULT_FEW_H
#define CLIPVAULT_FEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { FEW_LEAST = 5, FEW_ROOM = 24 };

static inline bool few_is(int64_t count) { return count > 0 && count < FEW_LEAST; }
/* "0", "<5", "17" */
static inline const char *few_text(int64_t count, char room[FEW_ROOM]) {
  snprintf(room, FEW_ROOM, "%lld", (long long)count);
  return few_is(count) ? "<5" : room;
}

#endif
