/* A count of people or films so small that it could be about somebody is not told; that there is nothing at all is. Nor is it
 * told by a sum: what stands for a sum says no more than its parts do. Pure; tests/unit/test_few.c. */
#ifndef CLIPVAULT_FEW_H
#define CLIPVAULT_FEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { FEW_LEAST = 5, FEW_ROOM = 48 };

static inline bool few_is(int64_t count) { return count > 0 && count < FEW_LEAST; }
/* "0", "<5", "17" */
static inline const char *few_text(int64_t count, char room[FEW_ROOM]) {
  snprintf(room, FEW_ROOM, "%lld", (long long)count);
  return few_is(count) ? "<5" : room;
}

/* Parts, which somebody may see as well. */
struct few_sum {
  int64_t told; /* of those that are told */
  int64_t few;  /* how many are not */
};
static inline void few_add(struct few_sum *s, int64_t part) {
  s->told += few_is(part) ? 0 : part;
  s->few += few_is(part);
}
/* "17"; "<5"; "18 to 21", where one of them is 1 to 4 */
static inline const char *few_sum_text(const struct few_sum *s, char room[FEW_ROOM]) {
  if (!s->told && s->few == 1) return "<5";
  long long least = s->told + s->few, most = s->told + s->few * (FEW_LEAST - 1);
  if (s->few)
    snprintf(room, FEW_ROOM, "%lld to %lld", least, most);
  else
    snprintf(room, FEW_ROOM, "%lld", least);
  return room;
}

#endif
