/* A decoder whose errors are counted: libav by itself passes over damage in silence. */
#ifndef CLIPVAULT_INGEST_WORKER_DECODE_H
#define CLIPVAULT_INGEST_WORKER_DECODE_H

#include "ingest/worker/damage.h"
#include "ingest/worker/input.h"
#include "vault/base/err.h"

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

struct decode {
  AVCodecContext *decoder; /* NULL: not open */
  int64_t origin_us;       /* of the recording's clock, the copy's zero; the caller may set it */
  int64_t at_ms, end_us;   /* on the copy's clock: of the last packet that went in; the end of the last one of all */
  uint64_t frames, frames_damaged, packets_damaged;
  struct damage damage;    /* where */
  struct damage_owed owed; /* packets of which a frame may come */
};

enum err decode_open(const struct input *in, int stream, struct decode *out);
void decode_close(struct decode *d);

/* A packet in (NULL: that was all), then frames out until *have is false. Damage is counted, not a failure; ERR_DATA if
 * the packet is encrypted. */
enum err decode_push(struct decode *d, const AVPacket *packet);
void decode_pull(struct decode *d, AVFrame *out, bool *have);

#endif
