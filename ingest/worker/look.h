/* A first reading of a recording whose tracks may be taken over as they are: every packet is looked at, and decoded where that
 * is ordered, from every key frame as if nothing had come before it. What is derived from a track that stands the test is made
 * on the way, so that it is decoded once. */
#ifndef CLIPVAULT_INGEST_WORKER_LOOK_H
#define CLIPVAULT_INGEST_WORKER_LOOK_H

#include "ingest/wire.h"
#include "ingest/worker/beat.h"
#include "ingest/worker/derive.h"
#include "ingest/worker/fits.h"
#include "ingest/worker/input.h"

struct look {
  bool picture, sound;                               /* on entry: look at it; on return: it may be copied */
  char picture_why[FITS_TEXT], sound_why[FITS_TEXT]; /* written where it may not */
  struct beat beat;                                  /* of the picture */
  uint64_t sound_packets;
  int64_t sound_first; /* time of the first, by the recording's clock */
};

/* Reads `in` to its end (or until nothing may be copied): reopen it before it is read again. Sends progress, up to LOOK_PERMILLE.
 * A track that may not be copied is no failure. */
enum { LOOK_PERMILLE = 900 };
enum err look_run(const struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                  struct derive *derive, struct look *look);

#endif
