#include "ingest/worker/decode.h"

#include "ingest/worker/limits.h"

#include <libavutil/log.h>
#include <stdarg.h>
#include <stdatomic.h>

enum { MOST_FAILURES_IN_A_ROW = 256 };

static atomic_uint complaints; /* decoders have threads */

/* Called by libav for every line it would log; the text itself goes nowhere. */
static void hear(void *speaker, int level, const char *format, va_list arguments) {
  (void)arguments;
  limits_hear(format);
  const AVClass *class = speaker ? *(const AVClass *const *)speaker : NULL;
  if (class && class == avcodec_get_class() && level <= AV_LOG_ERROR) atomic_fetch_add(&complaints, 1);
}

void decode_listen(void) { av_log_set_callback(hear); }

enum err decode_open(const struct input *in, int stream, struct decode *out) {
  *out = (struct decode){0};
  atomic_store(&complaints, 0); /* about streams that were only looked at */
  return input_decoder(in, stream, &out->decoder);
}

void decode_close(struct decode *d) { avcodec_free_context(&d->decoder); }

enum err decode_push(struct decode *d, const AVPacket *packet) {
  if (packet && av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL))
    return err_set(ERR_DATA, "This recording is protected (encrypted); export an unprotected copy first.");
  int result = avcodec_send_packet(d->decoder, packet);
  bool complained = atomic_exchange(&complaints, 0) > 0;
  bool damaged = complained || (result < 0 && result != AVERROR_EOF) || (packet && packet->flags & AV_PKT_FLAG_CORRUPT);
  d->packets_damaged += damaged;
  return ERR_OK;
}

void decode_pull(struct decode *d, AVFrame *out, bool *have) {
  *have = false;
  for (int failures = 0; failures < MOST_FAILURES_IN_A_ROW; failures++) {
    int result = avcodec_receive_frame(d->decoder, out);
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    bool damaged = result < 0 || out->decode_error_flags || out->flags & AV_FRAME_FLAG_CORRUPT;
    d->frames_damaged += damaged;
    if (result < 0) continue;
    d->frames++;
    *have = true;
    return;
  }
}
