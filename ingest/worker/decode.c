#include "ingest/worker/decode.h"

#include "ingest/worker/listen.h"

enum { MOST_FAILURES_IN_A_ROW = 256 };

enum err decode_open(const struct input *in, int stream, struct decode *out) {
  *out = (struct decode){.end_us = INT64_MIN};
  TRY(input_decoder(in, stream, &out->decoder));
  listen_complaints(out->decoder->codec_type); /* about streams that were only looked at */
  return ERR_OK;
}

void decode_close(struct decode *d) { avcodec_free_context(&d->decoder); }

/* ---- where ---- */

static int64_t place_us(const struct decode *d, int64_t timestamp) {
  return av_rescale_q(timestamp, d->decoder->pkt_timebase, AV_TIME_BASE_Q) - d->origin_us;
}

static void remember(struct decode *d, const AVPacket *packet) {
  int64_t timestamp = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
  if (timestamp == AV_NOPTS_VALUE) return;
  int64_t us = place_us(d, timestamp), end_us = place_us(d, timestamp + packet->duration);
  d->at_ms = us / 1000;
  if (packet->flags & AV_PKT_FLAG_DISCARD) return; /* outside of what an edit list shows */
  if (end_us > d->end_us) d->end_us = end_us;
  damage_packet(&d->owed, us);
}

static void note_frame(struct decode *d, const AVFrame *frame) {
  bool known = frame->buf[0] && frame->best_effort_timestamp != AV_NOPTS_VALUE;
  damage_note(&d->damage, known ? place_us(d, frame->best_effort_timestamp) / 1000 : d->at_ms);
}

/* ---- in and out ---- */

enum err decode_push(struct decode *d, const AVPacket *packet) {
  if (packet && av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL))
    return err_set(ERR_DATA, "This recording is protected (encrypted); export an unprotected copy first.");
  if (packet) remember(d, packet);
  int result = avcodec_send_packet(d->decoder, packet);
  bool complained = listen_complaints(d->decoder->codec_type);
  bool damaged = complained || (result < 0 && result != AVERROR_EOF) || (packet && packet->flags & AV_PKT_FLAG_CORRUPT);
  d->packets_damaged += damaged;
  if (damaged) damage_note(&d->damage, d->at_ms);
  return ERR_OK;
}

void decode_pull(struct decode *d, AVFrame *out, bool *have) {
  *have = false;
  for (int failures = 0; failures < MOST_FAILURES_IN_A_ROW; failures++) {
    int result = avcodec_receive_frame(d->decoder, out);
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    bool damaged = result < 0 || out->decode_error_flags || out->flags & AV_FRAME_FLAG_CORRUPT;
    d->frames_damaged += damaged;
    if (damaged) note_frame(d, out);
    if (result < 0) continue;
    d->frames++;
    *have = true;
    return;
  }
}
