#include "ingest/worker/jpeg.h"

#include "ingest/worker/encode.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/link.h"

#include <stdio.h>

enum { CHAIN_TEXT = 160, HD_LINES = 720, BEST = 2 };

struct coding {
  AVCodecContext *encoder;
  AVPacket *packet;
};

static void coding_auto(struct coding *c) {
  avcodec_free_context(&c->encoder);
  av_packet_free(&c->packet);
}

static void frame_auto(AVFrame **f) { av_frame_free(f); }

/* JPEG knows one matrix only; a film that does not name its own is shown by players as its size suggests. */
static enum err scale(AVFrame *f, struct shape_size size, AVFrame *out) {
  char chain[CHAIN_TEXT];
  if (f->colorspace == AVCOL_SPC_UNSPECIFIED && f->height >= HD_LINES && f->color_range != AVCOL_RANGE_JPEG)
    f->colorspace = AVCOL_SPC_BT709;
  snprintf(chain, sizeof chain, "scale=w=%d:h=%d:flags=bicubic:out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p",
           size.width, size.height);
  return filter_once(f, chain, out);
}

static enum err encode(AVFrame *frame, int quality, struct coding *c) {
  bool have;
  c->packet = av_packet_alloc();
  if (!c->packet) return err_set(ERR_IO, "out of memory");
  while (frame->nb_side_data > 0) av_frame_remove_side_data(frame, frame->side_data[0]->type);
  frame->quality = quality * FF_QP2LAMBDA;
  frame->pict_type = AV_PICTURE_TYPE_NONE;
  TRY(encode_open_still(frame, &c->encoder));
  TRY(encode_push(c->encoder, frame));
  TRY(encode_push(c->encoder, NULL));
  TRY(encode_pull(c->encoder, c->packet, &have));
  return have ? ERR_OK : err_set(ERR_DATA, "This picture cannot be converted.");
}

enum err jpeg_make(const AVFrame *frame, struct shape_size size, int quality, struct bytes *out) {
  AUTO(coding) struct coding c = {0};
  AUTO(frame) AVFrame *whole = av_frame_clone(frame);
  AUTO(frame) AVFrame *scaled = av_frame_alloc();
  if (!whole || !scaled) return err_set(ERR_IO, "out of memory");
  TRY(scale(whole, size, scaled));
  TRY(encode(scaled, quality, &c));
  bytes_put(out, c.packet->data, (size_t)c.packet->size);
  return bytes_check(out);
}

enum err jpeg_send(AVFrame *frame) {
  AUTO(coding) struct coding c = {0};
  TRY(encode(frame, BEST, &c));
  return link_send_part(WIRE_BODY, c.packet->data, (size_t)c.packet->size);
}

void jpeg_account(const AVFrame *frame, const struct decode *d, struct wire_summary *out) {
  unsigned codec = avcodec_version();
  *out = (struct wire_summary){.duration_ms = -1, .frames = 1};
  out->width = (uint32_t)frame->width;
  out->height = (uint32_t)frame->height;
  out->frames_damaged = d->frames_damaged;
  out->packets_damaged = d->packets_damaged;
  snprintf(out->mime, sizeof out->mime, "image/jpeg");
  snprintf(out->settings, sizeof out->settings, "jpeg quality %d, upright, without metadata", BEST);
  snprintf(out->tools, sizeof out->tools, "libavcodec %u.%u.%u", AV_VERSION_MAJOR(codec), AV_VERSION_MINOR(codec),
           AV_VERSION_MICRO(codec));
}
