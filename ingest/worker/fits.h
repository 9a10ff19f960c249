/* Whether a track has the form of the copy already, so that it may be taken over as it is: from what the file states and from
 * decoded frames. (That its packets come as they should is beat.h's.) Pure, tested by table. */
#ifndef CLIPVAULT_INGEST_WORKER_FITS_H
#define CLIPVAULT_INGEST_WORKER_FITS_H

#include <stdbool.h>
#include <stdint.h>

enum { FITS_TEXT = 64 };

struct fits_picture {
  bool changed;      /* it is to be cut, obscured or stamped */
  const char *codec; /* libav's name */
  int profile;
  bool boxed; /* lies in the form of MP4, its parameter sets beside it */
  bool eight_bit_420, full_range, hdr, interlaced, turned;
  int ratio_num, ratio_den; /* of a pixel; 0 unknown: square */
  int width, height, most_short;
  int64_t late_us; /* it begins so long after the copy does */
};

struct fits_sound {
  bool changed;      /* it is to be cut or altered */
  const char *codec; /* libav's name */
  int profile, channels, sample_rate;
  bool boxed;      /* without headers of its own in the stream */
  int64_t late_us; /* it begins so long after (or, negative, before) the copy does */
};

/* True, or false with the reason in a few words. */
bool fits_picture(const struct fits_picture *f, char reason[FITS_TEXT]);
bool fits_sound(const struct fits_sound *f, char reason[FITS_TEXT]);

#endif
