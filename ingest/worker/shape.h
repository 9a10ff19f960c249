/* Upright and square: which way a picture is turned, and what size it gets. Pure.
 *
 * An orientation is a number 1..8 with the meaning EXIF gives it: 1 as is, 2 mirrored, 3 half turn, 4 flipped upside
 * down, 5 transposed, 6 to be turned clockwise, 7 transposed the other way, 8 to be turned counter-clockwise. */
#ifndef CLIPVAULT_INGEST_WORKER_SHAPE_H
#define CLIPVAULT_INGEST_WORKER_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

struct shape_size {
  int width, height;
};

/* From a display matrix as libav gives it (16.16, row major). Angles between are taken to the nearest quarter turn; one
 * that says nothing (NULL, all zero) is 1. */
int shape_of_matrix(const int32_t matrix[9]);

/* Whether width and height change places. */
bool shape_swaps(int orientation);

/* The libavfilter chain that sets it upright, "" for 1; begins with a comma otherwise. */
const char *shape_filter(int orientation);

/* The size of the upright picture with square pixels, the shorter side at most `most_short` (0: no limit), even on both
 * sides if `even`. A pixel ratio that is absent or absurd counts as square. Results are at least 2 x 2. */
struct shape_size shape_upright(struct shape_size stored, int ratio_num, int ratio_den, int orientation, int most_short,
                                bool even);

#endif
