#include "ingest/worker/decode.h"

enum { MOST_FAILURES_IN_A_ROW = 256 };

enum err decode_open(const struct input *in, int stream, struct decode *out) {
  *out = (struct decode){0};
  return input_decoder(in, stream, &out->decoder);
}

void decode_close(struct decode *d) { avcodec_free_context(&d->decoder); }

enum err decode_push(struct decode *d, const AVPacket *packet) {
  if (packet && av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL))
    return err_set(ERR_DATA, "This recording is protected (encrypted); export an unprotected copy first.");
  int result = avcodec_send_packet(d->decoder, packet);
  bool damaged = (result < 0 && result != AVERROR_EOF) || (packet && packet->flags & AV_PKT_FLAG_CORRUPT);
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
