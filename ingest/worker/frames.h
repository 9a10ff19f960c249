/* The frame index of a copy: for every frame where in the recording it was, by the recording's own clock, and whether
 * decoding can begin with it. The layout of the object `frames` is in docs/format.md ("Derived objects"). Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_FRAMES_H
#define CLIPVAULT_INGEST_WORKER_FRAMES_H

#include "ingest/worker/cadence.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdint.h>

struct frames {
  uint32_t count;
  int64_t last_us;     /* time of the last frame */
  struct bytes times;  /* as in the object */
  struct bytes starts; /* a bit a frame: decoding can begin here */
};

/* The next frame of the copy. `time_us`: since the copy's zero, of the frame of the recording that it shows. A frame shown
 * again has the same time. */
void frames_add(struct frames *f, int64_t time_us, struct cadence_rate rate);
/* Frame n is a key frame; it may be one that will only be added later. */
void frames_key(struct frames *f, uint64_t n);
/* Appends the object; nothing if there was no frame. `origin_us`: the recording's clock at the copy's zero. */
enum err frames_finish(const struct frames *f, struct cadence_rate rate, int64_t origin_us, struct bytes *out);
void frames_free(struct frames *f); /* leaves an empty one, which is how one begins */

/* An integer of either sign, small ones short: (n << 1) ^ (n >> 63), seven bits a byte, the lowest first, the top bit set in
 * all bytes but the last. The reader fails on more than ten bytes. */
void frames_put_varint(struct bytes *out, int64_t n);
int64_t frames_get_varint(struct bytes_reader *r);

#endif
