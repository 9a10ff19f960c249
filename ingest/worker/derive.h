/* Everything that is made beside the copy, from the same decoded frames: poster, strip, peaks, frame index. Picture and sound
 * may be begun anew, when a first look at a recording was in vain. Bounded: one frame, the tiles, 1.4 MB an hour of sound, a few
 * bytes a frame. */
#ifndef CLIPVAULT_INGEST_WORKER_DERIVE_H
#define CLIPVAULT_INGEST_WORKER_DERIVE_H

#include "ingest/worker/cadence.h"
#include "ingest/worker/frames.h"
#include "ingest/worker/peaks.h"
#include "ingest/worker/poster.h"
#include "ingest/worker/strip.h"

#include <stdbool.h>

struct derive {
  bool wanted; /* else all of this does nothing */
  struct cadence_rate rate;
  int64_t origin_us; /* the recording's clock at the copy's zero */
  struct poster poster;
  struct strip strip;
  struct frames frames;
  struct peaks peaks;
  uint32_t sample_rate;
};

/* The next frame of the copy as it will be seen, yuv420p; the time is that of frames.h. */
enum err derive_picture(struct derive *d, const AVFrame *frame, int64_t time_us);
/* Frame n of the copy is a key frame. */
void derive_key(struct derive *d, int64_t n);
/* Sound of the copy as it will be heard, planar float; `at` in samples since the copy's zero. What lies before zero or was
 * there already is passed over, what is left out is silence. */
void derive_sound(struct derive *d, const AVFrame *frame, int64_t at);

void derive_forget_picture(struct derive *d);
void derive_forget_sound(struct derive *d);

/* Sends the objects there are. */
enum err derive_send(struct derive *d);

void derive_free(struct derive *d);
#define derive_auto derive_free

#endif
