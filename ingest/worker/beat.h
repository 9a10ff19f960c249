/* Whether a film's packets, in the order in which they are decoded, already come as the copy's would: one frame every 1/rate
 * seconds, groups that stand for themselves and are about a second long, at most two B-frames in a row. And where each goes.
 * Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_BEAT_H
#define CLIPVAULT_INGEST_WORKER_BEAT_H

#include "ingest/worker/cadence.h"

#include <stdbool.h>
#include <stdint.h>

enum { BEAT_MOST_B = 2 };

struct beat {
  struct cadence_rate rate;
  double ticks;  /* of the recording's clock in a frame */
  int64_t first; /* time of the first frame */
  uint64_t packets, key_frames;
  int64_t next;         /* all frames before this place were seen */
  uint64_t ahead;       /* bit i: frame next + i was seen */
  int64_t highest, key; /* last frame shown, last key frame */
  int b_frames;         /* in a row */
  int64_t delay;        /* how many frames later than it is decoded a frame may be shown */
};

/* Times are counted in units of tick_num/tick_den seconds. */
void beat_begin(struct beat *b, struct cadence_rate rate, int tick_num, int tick_den);

/* The next packet: its time, and whether it is a key frame after which nothing refers to what was before. NULL, or in a few
 * words why this film is not such a one; then no more can be added. */
const char *beat_add(struct beat *b, int64_t time, bool key);
/* That was all. */
const char *beat_end(const struct beat *b);

/* Which frame of the copy a packet with this time is. */
int64_t beat_place(const struct beat *b, int64_t time);

#endif
