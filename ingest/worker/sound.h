/* The sound: packets in, the copy's AAC track out. Starts at the copy's zero, gaps filled with silence, mono or stereo. */
#ifndef CLIPVAULT_INGEST_WORKER_SOUND_H
#define CLIPVAULT_INGEST_WORKER_SOUND_H

#include "ingest/worker/decode.h"
#include "ingest/worker/derive.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/input.h"
#include "ingest/worker/mux.h"
#include "ingest/worker/range.h"
#include "ingest/worker/voice.h"

#include <libavutil/audio_fifo.h>

struct sound {
  const AVStream *stream;
  struct decode decode;
  struct filter filter;
  struct voice voice; /* opened by whoever opened this, where voices are marked */
  AVCodecContext *encoder;
  struct mux *mux;       /* borrowed */
  struct derive *derive; /* borrowed */
  struct range *range;   /* borrowed; NULL: all of it */
  int64_t origin_us;     /* of the recording's clock, the copy's zero */
  int64_t last_us;       /* end of what was decoded, INT64_MIN none */
  int64_t samples;       /* encoded */
  AVFrame *decoded, *fresh;
  AVAudioFifo *waiting; /* filtered; the encoder takes whole frames, also where one filter ends and the next begins */
  AVPacket *packet;
};

/* As picture_open. */
enum err sound_open(const struct input *in, int64_t origin_us, struct mux *mux, struct derive *derive, struct sound *out);
enum err sound_packet(struct sound *s, const AVPacket *packet);
enum err sound_finish(struct sound *s);
void sound_close(struct sound *s);
#define sound_auto sound_close

#endif
