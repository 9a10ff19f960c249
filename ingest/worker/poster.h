/* One picture that stands for a film: of its first half minute the frame that shows the most. The object `poster` is a JPEG
 * whose shorter side has at most POSTER_SHORT_SIDE pixels. */
#ifndef CLIPVAULT_INGEST_WORKER_POSTER_H
#define CLIPVAULT_INGEST_WORKER_POSTER_H

#include "ingest/worker/cadence.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <libavutil/frame.h>

enum { POSTER_SHORT_SIDE = 480 };

struct poster {
  AVFrame *best; /* NULL: none yet */
  uint64_t detail;
};

/* Frame n of the copy, yuv420p; it stays the caller's. Two in a second are looked at, of the first 30 seconds. */
enum err poster_offer(struct poster *p, const AVFrame *frame, uint64_t n, struct cadence_rate rate);
/* Appends the object; nothing if no frame was offered. */
enum err poster_finish(const struct poster *p, struct bytes *out);
/* The poster of a photograph, which is upright already. */
enum err poster_of_still(const AVFrame *still, struct bytes *out);
void poster_free(struct poster *p); /* leaves an empty one */

#endif
