/* One frame every 1/rate seconds, whatever the recording's own timestamps do. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_CADENCE_H
#define CLIPVAULT_INGEST_WORKER_CADENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cadence_rate {
  int num, den; /* frames per second; 0/0 unknown */
};

/* The rate of the copy: the nominal one if the average agrees with it, else the least common rate that loses no frame; at
 * most 60, at least 1, and 25 if nothing is known. Either may be unknown or absurd (1000 fps for a container that
 * counts milliseconds). */
struct cadence_rate cadence_choose(struct cadence_rate nominal, struct cadence_rate average);

/* For frames that come at uneven distances, at these times in order: the least common rate, not below the average, at which
 * each gets a place of its own, or its neighbour if that is the nominal one; 60 if there is none. */
struct cadence_rate cadence_fit(const double *seconds, size_t count, struct cadence_rate nominal, struct cadence_rate average);

/* True if the frames come at unequal distances as far as the two rates tell. */
bool cadence_varies(struct cadence_rate nominal, struct cadence_rate average);

/* Where the next frame goes. Start with zero. */
struct cadence {
  int64_t next;
};

/* A frame is due at `at` (in units of 1/rate since the start). Returns false if its place is taken: drop it. Else the
 * places [old next, old next + *fill) repeat the frame before (or, at the very start, this one) and this one follows. */
bool cadence_place(struct cadence *c, double at, int64_t *fill);

#endif
