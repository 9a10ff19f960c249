/* Tracks that have the form of the playable copy already are taken over as they are, packet by packet: not encoded again, put
 * on the copy's exact beat, and without anything that is not picture or sound. */
#ifndef CLIPVAULT_INGEST_WORKER_COPY_H
#define CLIPVAULT_INGEST_WORKER_COPY_H

#include "ingest/wire.h"
#include "ingest/worker/look.h"
#include "ingest/worker/mux.h"
#include "ingest/worker/units.h"

struct copy {
  bool picture, sound; /* these tracks are copied: their packets go to copy_packet and nowhere else */
  char choice[WIRE_TEXT + 1];
  struct look look;
  struct cadence_rate rate;
  struct mux *mux;                               /* borrowed */
  const AVStream *picture_stream, *sound_stream; /* borrowed */
  struct units units;
  uint64_t pictures, sounds; /* copied so far */
  int64_t first_sample;      /* place of the first packet of sound in the copy */
  struct bytes clean;
  AVPacket *packet;
};

/* Decides for the tracks that are wanted (and says why in `choice`), reading the whole recording if it is promising; `in` is
 * opened anew then. What `derive` is made of a copied track is complete afterwards. Close it whatever the result. */
enum err copy_consider(struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                       bool with_picture, bool with_sound, struct derive *derive, struct copy *out);
/* Announces the copied tracks to the muxer. */
enum err copy_begin(struct copy *c, const struct input *in, int64_t origin_us, struct mux *mux);
/* The next packet of a copied track; it stays the caller's. */
enum err copy_packet(struct copy *c, const struct input *in, const AVPacket *packet);
/* Checks that all of it came. */
enum err copy_finish(const struct copy *c);
void copy_close(struct copy *c);
#define copy_auto copy_close

#endif
