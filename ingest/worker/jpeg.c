#include "ingest/worker/jpeg.h"

#include "ingest/worker/encode.h"
#include "ingest/worker/filter.h"

#include <stdio.h>

enum { CHAIN_TEXT = 160, HD_LINES = 720 };

struct job {
  struct filter filter;
  AVCodecContext *encoder;
  AVFrame *frame, *scaled;
  AVPacket *packet;
};

static void job_auto(struct job *j) {
  filter_close(&j->filter);
  avcodec_free_context(&j->encoder);
  av_frame_free(&j->frame);
  av_frame_free(&j->scaled);
  av_packet_free(&j->packet);
}

/* JPEG knows one matrix only; a film that does not name its own is shown by players as its size suggests. */
static enum err scale(struct job *j, struct shape_size size) {
  AVFrame *f = j->frame;
  char chain[CHAIN_TEXT];
  bool have;
  f->pts = 0;
  if (f->colorspace == AVCOL_SPC_UNSPECIFIED && f->height >= HD_LINES && f->color_range != AVCOL_RANGE_JPEG)
    f->colorspace = AVCOL_SPC_BT709;
  snprintf(chain, sizeof chain, "scale=w=%d:h=%d:flags=bicubic:out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p",
           size.width, size.height);
  TRY(filter_open(&j->filter, f, (AVRational){1, 25}, chain));
  TRY(filter_push(&j->filter, f));
  TRY(filter_push(&j->filter, NULL));
  TRY(filter_pull(&j->filter, j->scaled, &have));
  return have ? ERR_OK : err_set(ERR_BUG, "a small picture was lost");
}

static enum err encode(struct job *j, int quality, struct bytes *out) {
  bool have;
  while (j->scaled->nb_side_data > 0) av_frame_remove_side_data(j->scaled, j->scaled->side_data[0]->type);
  TRY(encode_open_still(j->scaled, &j->encoder));
  j->scaled->quality = quality * FF_QP2LAMBDA;
  TRY(encode_push(j->encoder, j->scaled));
  TRY(encode_push(j->encoder, NULL));
  TRY(encode_pull(j->encoder, j->packet, &have));
  if (!have) return err_set(ERR_BUG, "a small picture was lost");
  bytes_put(out, j->packet->data, (size_t)j->packet->size);
  return bytes_check(out);
}

enum err jpeg_make(const AVFrame *frame, struct shape_size size, int quality, struct bytes *out) {
  AUTO(job) struct job j = {.frame = av_frame_clone(frame), .scaled = av_frame_alloc(), .packet = av_packet_alloc()};
  if (!j.frame || !j.scaled || !j.packet) return err_set(ERR_IO, "out of memory");
  TRY(scale(&j, size));
  return encode(&j, quality, out);
}
