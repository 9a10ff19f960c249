/* Thumbnails for scrubbing: at most TILES_MOST small tiles of equal size, one every `interval` frames of the copy, on one
 * JPEG behind a small header. The layout of the object `strip` is in docs/format.md ("Derived objects"). */
#ifndef CLIPVAULT_INGEST_WORKER_STRIP_H
#define CLIPVAULT_INGEST_WORKER_STRIP_H

#include "ingest/worker/cadence.h"
#include "ingest/worker/tiles.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <libavutil/frame.h>

enum { STRIP_COLUMNS = 16, STRIP_HEADER = 28 };

struct strip {
  struct tiles tiles;
  struct shape_size size; /* of a tile; 0 until the first */
  struct cadence_rate rate;
  enum AVColorSpace matrix;
  uint8_t *held[TILES_MOST]; /* Y, U, V of each */
};

/* Frame n of the copy, yuv420p, all of one size; it stays the caller's. */
enum err strip_offer(struct strip *s, const AVFrame *frame, uint64_t n, struct cadence_rate rate);
/* Appends the object; nothing if no frame was offered. No more can be offered. */
enum err strip_finish(struct strip *s, struct bytes *out);
void strip_free(struct strip *s); /* leaves an empty one */

#endif
