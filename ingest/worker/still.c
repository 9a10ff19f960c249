#include "ingest/worker/still.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/encode.h"
#include "ingest/worker/exif.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/link.h"
#include "ingest/worker/paint.h"
#include "ingest/worker/poster.h"
#include "ingest/worker/shape.h"

#include <libavutil/pixdesc.h>
#include <stdio.h>

enum { EXIF_BYTES = 1 << 20, CHAIN_TEXT = 256 };

struct job {
  struct decode decode;
  struct filter filter;
  AVCodecContext *encoder;
  AVFrame *decoded, *upright;
  struct paint paint;
  AVPacket *packet;
};

static void job_auto(struct job *j) {
  paint_close(&j->paint);
  decode_close(&j->decode);
  filter_close(&j->filter);
  avcodec_free_context(&j->encoder);
  av_frame_free(&j->decoded);
  av_frame_free(&j->upright);
  av_packet_free(&j->packet);
}

enum err still_orientation(const struct input *in, int *out) {
  const int32_t *matrix = compat_display_matrix(in->format->streams[in->video]);
  AUTO(bytes) struct bytes head = {0};
  size_t got;
  uint8_t *room = bytes_extend(&head, EXIF_BYTES);
  if (!room) return bytes_check(&head);
  TRY(source_read(in->source, 0, room, EXIF_BYTES, &got));
  *out = matrix ? shape_of_matrix(matrix) : exif_orientation(room, got);
  return ERR_OK;
}

/* The place of the last marker FF xx, 0 if none. */
static size_t last_marker(const AVPacket *packet, uint8_t marker) {
  for (size_t at = (size_t)packet->size; at >= 2; at--)
    if (packet->data[at - 2] == 0xff && packet->data[at - 1] == marker) return at;
  return 0;
}

/* libav shows what there is of a JPEG and says nothing. A whole one ends (FF D9) after its last scan began (FF DA); within
 * a scan neither can occur. */
static bool is_cut_short(const struct job *j) {
  return j->decode.decoder->codec_id == AV_CODEC_ID_MJPEG && last_marker(j->packet, 0xd9) <= last_marker(j->packet, 0xda);
}

static enum err decode_first(const struct input *in, struct job *j) {
  bool have = false;
  for (int result = 0; !have && result >= 0;) {
    result = av_read_frame(in->format, j->packet);
    if (result >= 0 && j->packet->stream_index != in->video) {
      av_packet_unref(j->packet);
      continue;
    }
    if (result >= 0) j->decode.packets_damaged += is_cut_short(j);
    TRY(decode_push(&j->decode, result >= 0 ? j->packet : NULL));
    av_packet_unref(j->packet);
    decode_pull(&j->decode, j->decoded, &have);
  }
  TRY(source_check(in->source));
  return have ? ERR_OK : err_set(ERR_DATA, "This picture is damaged and cannot be shown.");
}

/* Colour is kept as fine as it came: half resolution only where the source had it. */
static const char *pixel_format(const AVFrame *f) {
  const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
  bool fine = d && d->log2_chroma_w == 0 && d->log2_chroma_h == 0 && d->nb_components >= 3;
  return fine ? "yuvj444p" : "yuvj420p";
}

static enum err turn_upright(struct job *j, const struct wire_order *order, int orientation) {
  AVFrame *f = j->decoded;
  struct shape_size size =
      shape_upright((struct shape_size){f->width, f->height}, 1, 1, orientation, (int)order->most_height, false);
  if (shape_swaps(orientation)) size = (struct shape_size){size.height, size.width};
  char chain[CHAIN_TEXT];
  snprintf(chain, sizeof chain, "scale=w=%d:h=%d:flags=bicubic+accurate_rnd+full_chroma_int:out_range=pc%s%s,setsar=1,format=%s",
           size.width, size.height,
           f->colorspace == AVCOL_SPC_RGB || f->colorspace == AVCOL_SPC_UNSPECIFIED ? ":out_color_matrix=bt601" : "",
           shape_filter(orientation), pixel_format(f));
  f->pts = 0;
  bool have;
  TRY(filter_open(&j->filter, f, (AVRational){1, 25}, chain));
  TRY(filter_push(&j->filter, f));
  TRY(filter_push(&j->filter, NULL));
  TRY(filter_pull(&j->filter, j->upright, &have));
  return have ? ERR_OK : err_set(ERR_DATA, "This picture cannot be converted.");
}

static enum err paint_over(struct job *j, const struct wire_order *order) {
  AVFrame *painted = j->upright;
  TRY(paint_open(order, &j->paint));
  TRY(paint_frame(&j->paint, 0, &painted));
  if (painted == j->upright) return ERR_OK;
  av_frame_unref(j->upright);
  av_frame_move_ref(j->upright, painted);
  return ERR_OK;
}

static enum err send_jpeg(struct job *j) {
  bool have;
  j->upright->quality = j->encoder->global_quality;
  while (j->upright->nb_side_data > 0) av_frame_remove_side_data(j->upright, j->upright->side_data[0]->type);
  TRY(encode_push(j->encoder, j->upright));
  TRY(encode_push(j->encoder, NULL));
  TRY(encode_pull(j->encoder, j->packet, &have));
  if (!have) return err_set(ERR_DATA, "This picture cannot be converted.");
  return link_send_part(WIRE_BODY, j->packet->data, (size_t)j->packet->size);
}

static enum err send_poster(const struct job *j) {
  AUTO(bytes) struct bytes poster = {0};
  TRY(poster_of_still(j->upright, &poster));
  return link_send_part(WIRE_POSTER, poster.data, poster.length);
}

static void account(const struct job *j, struct wire_summary *out) {
  unsigned codec = avcodec_version();
  *out = (struct wire_summary){.duration_ms = -1, .frames = 1};
  out->width = (uint32_t)j->upright->width;
  out->height = (uint32_t)j->upright->height;
  out->frames_damaged = j->decode.frames_damaged;
  out->packets_damaged = j->decode.packets_damaged;
  snprintf(out->mime, sizeof out->mime, "image/jpeg");
  snprintf(out->settings, sizeof out->settings, "jpeg quality 2, upright, without metadata");
  snprintf(out->tools, sizeof out->tools, "libavcodec %u.%u.%u", AV_VERSION_MAJOR(codec), AV_VERSION_MINOR(codec),
           AV_VERSION_MICRO(codec));
}

enum err still_run(const struct input *in, const struct wire_order *order, struct wire_summary *out) {
  if (in->video < 0 || !order->keep_video) return err_set(ERR_DATA, "Nothing of this picture may be kept.");
  AUTO(job) struct job j = {.decoded = av_frame_alloc(), .upright = av_frame_alloc(), .packet = av_packet_alloc()};
  if (!j.decoded || !j.upright || !j.packet) return err_set(ERR_IO, "out of memory");
  int orientation = 1;
  TRY(still_orientation(in, &orientation));
  TRY(decode_open(in, in->video, &j.decode));
  TRY(decode_first(in, &j));
  TRY(turn_upright(&j, order, orientation));
  TRY(paint_over(&j, order));
  TRY(encode_open_still(j.upright, &j.encoder));
  TRY(send_jpeg(&j));
  if (order->derive) TRY(send_poster(&j));
  account(&j, out);
  return ERR_OK;
}
