#include "ingest/worker/damage.h"

#include <string.h>

enum { APART_MS = 500, JITTER_US = 2000 };

void damage_note(struct damage *d, int64_t ms) {
  if (ms < 0) ms = 0;
  uint32_t at = 0;
  while (at < d->count && d->ms[at] <= ms) at++;
  if (at > 0 && ms - d->ms[at - 1] < APART_MS) return;
  bool one_spot = at < d->count && d->ms[at] - ms < APART_MS; /* then it begins earlier than was thought */
  if (at == WIRE_MOST_PLACES) return;
  if (!one_spot) {
    uint32_t kept = d->count < WIRE_MOST_PLACES ? d->count : WIRE_MOST_PLACES - 1;
    memmove(d->ms + at + 1, d->ms + at, (kept - at) * sizeof *d->ms);
    d->count = kept + 1;
  }
  d->ms[at] = ms;
}

void damage_merge(struct damage *d, const struct damage *other) {
  for (uint32_t i = 0; i < other->count; i++) damage_note(d, other->ms[i]);
}

void damage_packet(struct damage_owed *o, int64_t us) {
  o->us[o->next] = us;
  o->next = (o->next + 1) % DAMAGE_RECENT;
  if (o->count < DAMAGE_RECENT) o->count++;
}

uint64_t damage_lost(const struct damage_owed *o, int64_t before_us, int64_t after_us) {
  uint64_t lost = 0;
  for (uint32_t i = 0; i < o->count; i++) lost += o->us[i] > before_us + JITTER_US && o->us[i] < after_us - JITTER_US;
  return lost;
}
