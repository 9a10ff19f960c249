/* What a player draws as the waveform: the lowest and the highest sample of every stretch of sound, at three levels, each 16
 * times coarser than the one before. The layout of the object `peaks` is in docs/format.md ("Derived objects"). Pure.
 * At 48 kHz an hour takes 1.4 MB. */
#ifndef CLIPVAULT_INGEST_WORKER_PEAKS_H
#define CLIPVAULT_INGEST_WORKER_PEAKS_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdint.h>

enum { PEAKS_LEVELS = 3, PEAKS_FINEST = 256, PEAKS_FACTOR = 16 };

struct peaks {
  uint64_t samples; /* so far, of each channel */
  float low, high;  /* of the finest stretch that is not full yet */
  struct bytes points[PEAKS_LEVELS];
};

/* The next samples: `count` of each channel, -1 … 1, a plane a channel. A stretch takes the extremes of all channels. */
void peaks_add(struct peaks *p, const float *const *planes, int channels, int count);
/* The next `count` samples are silent. */
void peaks_silence(struct peaks *p, uint64_t count);
/* Appends the object; nothing if there was no sample. No more can be added. */
enum err peaks_finish(struct peaks *p, uint32_t sample_rate, struct bytes *out);
void peaks_free(struct peaks *p); /* leaves an empty one, which is how one begins */

#endif
