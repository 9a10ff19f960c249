/* The moving picture: packets in, the copy's H.264 track out. Decoded, deinterlaced, tone-mapped, scaled, turned upright,
 * put on an even beat, encoded. */
#ifndef CLIPVAULT_INGEST_WORKER_PICTURE_H
#define CLIPVAULT_INGEST_WORKER_PICTURE_H

#include "ingest/wire.h"
#include "ingest/worker/cadence.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/derive.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/input.h"
#include "ingest/worker/mux.h"
#include "ingest/worker/paint.h"
#include "ingest/worker/shape.h"

/* What of the copy is taken over from elsewhere instead of being encoded (splice.h). */
struct picture_taken {
  bool any;
  uint64_t first, last; /* frames of the copy, [first, last) */
  int64_t written;      /* packets, of both kinds */
  int delay;            /* how many frames before it is shown a frame is decoded at the latest */
};

struct picture {
  const AVStream *stream;
  struct decode decode;
  struct filter filter;
  struct paint paint;
  AVCodecContext *encoder;
  struct mux *mux;       /* borrowed */
  struct derive *derive; /* borrowed */
  struct cadence cadence;
  struct cadence_rate rate;
  struct shape_size size; /* of the copy; 0 until the first frame */
  int crf, most_short;
  int64_t origin_us;            /* of the recording's clock, the copy's zero */
  int64_t last_us;              /* place of the last frame decoded, INT64_MIN none */
  int64_t shown_us;             /* place of the frame being encoded */
  int64_t came_us;              /* place of the last frame that came out of the filter, INT64_MIN none */
  uint64_t frames, most_frames; /* encoded; and when it is enough */
  uint64_t lost;                /* that should have come and did not: the one before is shown in their place */
  int gop;                      /* frames in a group, at most */
  bool added;                   /* the mux knows the encoder's parameters */
  struct picture_taken taken;
  bool deinterlaced, tone_mapped, deinterlacing;
  AVFrame *decoded, *fresh, *held; /* held: shown last */
  AVPacket *packet;
};

/* Takes the stream of `in` that was chosen; `mux` waits for MUX_PICTURE; `derive` is shown every frame. Close it whatever the
 * result. */
enum err picture_open(const struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                      struct mux *mux, struct derive *derive, struct picture *out);
/* The stream's next packet. */
enum err picture_packet(struct picture *p, const AVPacket *packet);
/* Here is a seam: all that came is written, and what comes next begins with a key frame. */
enum err picture_turn(struct picture *p);
/* No more will come: everything held back is written; a track without a frame is given up. */
enum err picture_finish(struct picture *p);
void picture_close(struct picture *p);

/* Whether a frame needs to be tone-mapped to be shown on an ordinary screen. */
bool picture_is_hdr(const AVFrame *f);
/* The chain of filters that scales it and takes it to BT.709 through linear light: the peak is rolled off, not clipped. */
void picture_tone_map(char *out, size_t room, const AVFrame *f, struct shape_size size);
#define picture_auto picture_close

#endif
