/* Voices that must not be recognised: stretches of the sound are silenced, or altered. An altered voice is another pitch
 * that wanders as it goes; its words, accent and rhythm stay, so whoever knows a person may know them still. */
#ifndef CLIPVAULT_INGEST_WORKER_VOICE_H
#define CLIPVAULT_INGEST_WORKER_VOICE_H

#include "ingest/wire_marks.h"

#include <libavutil/frame.h>
#include <stdbool.h>

enum { VOICE_CHANNELS = 2, VOICE_PAD_MS = 50 };

struct voice {
  const struct wire_marks *marks; /* borrowed; NULL: nothing to do */
  int rate, window;               /* samples: a second; the stretch from which two readers take */
  bool alters;
  float *past[VOICE_CHANNELS]; /* owned: the last `window` samples, as a ring */
  int64_t at;                  /* samples seen */
  double phase;                /* 0…1: where in the window the first reader is */
  double pitch, target;        /* now, and where it wanders to */
  double low, high;            /* between which it wanders */
  uint64_t random;
};

/* Close it whatever the result. */
enum err voice_open(const struct wire_marks *marks, int sample_rate, struct voice *out);
/* The next frame of planar float, at most two channels, that begins with sample number `first` of the copy; all frames in turn.
 * Marked stretches reach VOICE_PAD_MS further on both sides. */
enum err voice_frame(struct voice *v, int64_t first, AVFrame *frame);
void voice_close(struct voice *v);

#endif
