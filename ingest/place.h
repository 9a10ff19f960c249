/* Places in a film as a person types them, and which frames they mean. Pure; its table is tests/unit/test_place.c.
 *
 * "123" is frame 123, and the first frame is 0. "12.480" is 12.480 seconds and means the frame that is on screen at that
 * time: the last one that began no later. A range [in, out) holds frame `in` and ends before frame `out`.
 * A film shows frame n from n/rate seconds on. Sound alone has no frames: it is cut to the millisecond, and only times
 * name places in it; its "frames" are milliseconds. */
#ifndef CLIPVAULT_INGEST_PLACE_H
#define CLIPVAULT_INGEST_PLACE_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct place {
  bool timed;       /* else a frame's number */
  int64_t value;    /* nanoseconds, or the number */
  const char *name; /* of the option, for messages; borrowed */
};

/* ERR_USAGE, saying what is accepted. At most nine digits before the point and nine after it. */
enum err place_parse(const char *option, const char *text, struct place *out);

/* How long what is cut is, in frames of num/den a second. */
struct place_film {
  bool sound; /* only sound: num/den is 1000/1 */
  int64_t frames;
  uint32_t num, den;
};

/* [*from, *to), never empty. ERR_USAGE, saying how long the film is. */
enum err place_range(const struct place_film *film, const struct place *in, const struct place *out, int64_t *from, int64_t *to);
/* One frame, which must exist. */
enum err place_frame(const struct place_film *film, const struct place *at, int64_t *frame);

#endif
