/* The moving picture: packets in, the copy's H.264 track out. Decoded, deinterlaced, tone-mapped, scaled, turned upright,
 * put on an even beat, encoded. */
#ifndef CLIPVAULT_INGEST_WORKER_PICTURE_H
#define CLIPVAULT_INGEST_WORKER_PICTURE_H

#include "ingest/wire.h"
#include "ingest/worker/cadence.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/input.h"
#include "ingest/worker/mux.h"
#include "ingest/worker/shape.h"

struct picture {
  const AVStream *stream;
  struct decode decode;
  struct filter filter;
  AVCodecContext *encoder;
  struct mux *mux; /* borrowed */
  struct cadence cadence;
  struct cadence_rate rate;
  struct shape_size size; /* of the copy; 0 until the first frame */
  int crf, most_short;
  int64_t origin_us; /* of the recording's clock, the copy's zero */
  int64_t last_us;   /* place of the last frame decoded, INT64_MIN none */
  int64_t shown_us;  /* place of the last frame that came out of the filter, INT64_MIN none */
  uint64_t frames;   /* encoded */
  uint64_t lost;     /* that should have come and did not: the one before is shown in their place */
  bool deinterlaced, tone_mapped, deinterlacing;
  AVFrame *decoded, *fresh, *held; /* held: shown last */
  AVPacket *packet;
};

/* Takes the stream of `in` that was chosen; `mux` waits for MUX_PICTURE. Close it whatever the result. */
enum err picture_open(const struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                      struct mux *mux, struct picture *out);
/* The stream's next packet. */
enum err picture_packet(struct picture *p, const AVPacket *packet);
/* No more will come: everything held back is written; a track without a frame is given up. */
enum err picture_finish(struct picture *p);
void picture_close(struct picture *p);
#define picture_auto picture_close

#endif
