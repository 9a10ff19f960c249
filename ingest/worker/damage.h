/* Where a film is damaged, on the copy's clock, and which of its pictures never came. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_DAMAGE_H
#define CLIPVAULT_INGEST_WORKER_DAMAGE_H

#include "ingest/wire.h"

enum { DAMAGE_RECENT = 256 };

/* The first places, in order, at least half a second apart. Start with zero. */
struct damage {
  uint32_t count;
  int64_t ms[WIRE_MOST_PLACES];
};

void damage_note(struct damage *d, int64_t ms);
void damage_merge(struct damage *d, const struct damage *other);

/* The places of packets that went into a decoder, which owes a picture for each. Start with zero. */
struct damage_owed {
  uint32_t next, count;
  int64_t us[DAMAGE_RECENT];
};

void damage_packet(struct damage_owed *o, int64_t us);
/* How many of them lie between two pictures that came one after the other, at `before` and `after`: so many were lost. */
uint64_t damage_lost(const struct damage_owed *o, int64_t before_us, int64_t after_us);

#endif
