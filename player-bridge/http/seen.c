#include "player-bridge/http/seen.h"

#include <string.h>

static void widen(struct seen *s, size_t n, uint64_t from, uint64_t to) {
  if (from < s->part[n].from) s->part[n].from = from;
  if (to > s->part[n].to) s->part[n].to = to;
}

/* The one behind it, as long as it reaches that far. */
static void join_next(struct seen *s, size_t n) {
  while (n + 1 < s->count && s->part[n + 1].from <= s->part[n].to) {
    widen(s, n, s->part[n + 1].from, s->part[n + 1].to);
    s->count--;
    memmove(&s->part[n + 1], &s->part[n + 2], (s->count - n - 1) * sizeof *s->part);
  }
}

void seen_add(struct seen *s, uint64_t from, uint64_t to) {
  size_t n = 0;
  s->sent += to - from;
  while (n < s->count && s->part[n].to < from) n++;
  if (n < s->count && s->part[n].from <= to) {
    widen(s, n, from, to);
    join_next(s, n);
  } else if (s->count == SEEN_MOST) {
    widen(s, n ? n - 1 : 0, from, to);
  } else {
    memmove(&s->part[n + 1], &s->part[n], (s->count - n) * sizeof *s->part);
    s->part[n].from = from;
    s->part[n].to = to;
    s->count++;
  }
}
