/* A stretch of a film: the frames [from, to) of a copy, which has one frame every 1/rate seconds from its start on, and the
 * samples of sound that lie in exactly the same time. Where only sound is kept, a "frame" is a millisecond. */
#ifndef CLIPVAULT_INGEST_WORKER_RANGE_H
#define CLIPVAULT_INGEST_WORKER_RANGE_H

#include "ingest/wire.h"
#include "ingest/worker/cadence.h"
#include "ingest/worker/input.h"

#include <stdbool.h>

struct range {
  bool whole;       /* nothing is cut off */
  int64_t from, to; /* to: INT64_MAX for all there is */
  struct cadence_rate rate;
  bool sound_over; /* everything of the sound up to `to` has been seen */
};

/* What the order says; `picture`: whether the picture is kept. */
struct range range_of(const struct wire_order *order, struct cadence_rate rate, bool picture);

/* Since the copy's start, rounded to the nearest. */
int64_t range_start_us(const struct range *r);
int64_t range_sample(const struct range *r, int64_t frame, int sample_rate);
/* How many frames; INT64_MAX if it is open. */
int64_t range_length(const struct range *r);

/* Which frame a picture with this timestamp of the stream is. */
int64_t range_frame(const struct range *r, const AVStream *stream, int64_t pts);

/* Moves the reader to where decoding must begin: at a key frame, and early enough for the sound decoder to have settled. */
enum err range_seek(const struct range *r, const struct input *in);

/* Sound at sample `at` since the copy's start: cuts off what lies outside, and sets pts to samples since the range's start.
 * *left: whether anything is left. */
enum err range_trim(struct range *r, AVFrame *sound, int64_t at, bool *left);

#endif
