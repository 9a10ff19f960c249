/* Small pictures made from large ones, and which frames of a film get one. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_TILES_H
#define CLIPVAULT_INGEST_WORKER_TILES_H

#include "ingest/worker/shape.h"

#include <stdbool.h>
#include <stdint.h>

enum { TILES_MOST = 240, TILES_LONG_SIDE = 160 };

/* A film of any length gets at most TILES_MOST tiles, of frames 0, interval, 2 * interval, …: when one more is due than may
 * be held, every second is dropped and the interval doubles. Begin with the interval wanted (at least 1) and 0 held. */
struct tiles {
  uint32_t interval, held;
};

/* Frames are offered in order, 0, 1, 2, … Whether frame n gets a tile: if so the caller makes it the tile number `held` and
 * counts `held` up; if *thin is set it first keeps of those it holds numbers 0, 2, 4, … as 0, 1, 2, …, which t already counts
 * with. */
bool tiles_due(struct tiles *t, uint64_t n, bool *thin);

/* The size of a tile: the longer side TILES_LONG_SIDE (or the picture's, if that is shorter), both even, at least 2. */
struct shape_size tiles_size(struct shape_size picture);

/* One plane, 8 bits a sample, made smaller: every sample of the result is the mean of the rectangle it stands for. `to` is at
 * most as large as `from`; its rows follow each other without gaps. */
void tiles_shrink(const uint8_t *from, int stride, struct shape_size from_size, uint8_t *to, struct shape_size to_size);

/* How much there is to see in a small picture of luma, 16 black … 235 white, rows without gaps: its edges, and nearly nothing
 * if it is almost black or almost white. Only good for comparing. */
uint64_t tiles_detail(const uint8_t *luma, struct shape_size size);

#endif
