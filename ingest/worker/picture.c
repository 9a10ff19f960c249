#include "ingest/worker/picture.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/encode.h"

#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SHORT_SIDE = 1080, CHAIN_TEXT = 512 };
static const int64_t MOST_GAP_US = INT64_C(600) * 1000000;

enum err picture_open(const struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                      struct mux *mux, struct derive *derive, struct picture *out) {
  *out = (struct picture){.mux = mux,
                          .derive = derive,
                          .rate = rate,
                          .origin_us = origin_us,
                          .last_us = INT64_MIN,
                          .came_us = INT64_MIN,
                          .most_frames = UINT64_MAX};
  out->stream = in->format->streams[in->video];
  out->crf = order->crf ? (int)order->crf : ENCODE_CRF;
  out->gop = encode_gop(rate);
  out->most_short = order->most_height ? (int)order->most_height : MOST_SHORT_SIDE;
  out->decoded = av_frame_alloc();
  out->fresh = av_frame_alloc();
  out->held = av_frame_alloc();
  out->packet = av_packet_alloc();
  if (!out->decoded || !out->fresh || !out->held || !out->packet) return err_set(ERR_IO, "out of memory");
  TRY(paint_open(order, &out->paint));
  TRY(decode_open(in, in->video, &out->decode));
  out->decode.origin_us = origin_us;
  return ERR_OK;
}

void picture_close(struct picture *p) {
  paint_close(&p->paint);
  filter_close(&p->filter);
  decode_close(&p->decode);
  avcodec_free_context(&p->encoder);
  av_frame_free(&p->decoded);
  av_frame_free(&p->fresh);
  av_frame_free(&p->held);
  av_packet_free(&p->packet);
}

/* ---- the chain of filters ---- */

bool picture_is_hdr(const AVFrame *f) { return f->color_trc == AVCOL_TRC_SMPTE2084 || f->color_trc == AVCOL_TRC_ARIB_STD_B67; }

static bool is_full_range(const AVFrame *f) {
  return f->color_range == AVCOL_RANGE_JPEG || f->format == AV_PIX_FMT_YUVJ420P || f->format == AV_PIX_FMT_YUVJ422P ||
         f->format == AV_PIX_FMT_YUVJ444P;
}

static bool is_rgb(const AVFrame *f) {
  const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
  return d && d->flags & AV_PIX_FMT_FLAG_RGB;
}

/* All is said, because some files name only the transfer function. */
void picture_tone_map(char *out, size_t room, const AVFrame *f, struct shape_size size) {
  snprintf(out, room,
           "zscale=w=%d:h=%d:tin=%s:pin=bt2020:min=bt2020nc:rin=%s:t=linear:p=bt2020:m=gbr:r=full:npl=100,format=gbrpf32le,"
           "zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p",
           size.width, size.height, f->color_trc == AVCOL_TRC_SMPTE2084 ? "smpte2084" : "arib-std-b67",
           is_full_range(f) ? "full" : "limited");
}

static void print_scale(char *out, size_t room, const AVFrame *f, struct shape_size size) {
  bool as_is = f->width == size.width && f->height == size.height && f->format == AV_PIX_FMT_YUV420P && !is_full_range(f);
  if (as_is)
    snprintf(out, room, "null");
  else
    snprintf(out, room, "scale=w=%d:h=%d:flags=bicubic%s%s", size.width, size.height, is_full_range(f) ? ":out_range=tv" : "",
             is_rgb(f) ? ":out_color_matrix=bt709:out_range=tv" : "");
}

static bool wants_deinterlacing(const struct picture *p, const AVFrame *f) {
  return p->deinterlacing || compat_interlaced(f) || p->stream->codecpar->field_order > AV_FIELD_PROGRESSIVE;
}

static enum err open_filter(struct picture *p, const AVFrame *f) {
  int orientation = shape_of_matrix(compat_display_matrix(p->stream));
  AVRational ratio = p->stream->sample_aspect_ratio.num ? p->stream->sample_aspect_ratio : f->sample_aspect_ratio;
  if (!p->size.width)
    p->size = shape_upright((struct shape_size){f->width, f->height}, ratio.num, ratio.den, orientation, p->most_short, true);
  struct shape_size lying = p->size; /* scaled before it is turned */
  if (shape_swaps(orientation)) lying = (struct shape_size){p->size.height, p->size.width};
  char scale[CHAIN_TEXT], chain[2 * CHAIN_TEXT];
  if (picture_is_hdr(f))
    picture_tone_map(scale, sizeof scale, f, lying);
  else
    print_scale(scale, sizeof scale, f, lying);
  p->deinterlacing = wants_deinterlacing(p, f);
  snprintf(chain, sizeof chain, "%s%s%s,setsar=1,format=yuv420p",
           p->deinterlacing ? "bwdif=mode=send_frame:deint=interlaced," : "", scale, shape_filter(orientation));
  p->deinterlaced |= p->deinterlacing;
  p->tone_mapped |= picture_is_hdr(f);
  return filter_open(&p->filter, f, AV_TIME_BASE_Q, chain);
}

/* ---- encoding ---- */

static enum err write_packets(struct picture *p) {
  for (bool have = true; have;) {
    TRY(encode_pull(p->encoder, p->packet, &have));
    if (!have) break;
    p->packet->duration = 1;
    if (p->packet->flags & AV_PKT_FLAG_KEY) derive_key(p->derive, p->packet->pts);
    /* An encoder that gets few frames does not know how far it will reorder them. */
    if (p->taken.any) p->packet->dts = p->taken.written++ - p->taken.delay;
    TRY(mux_packet(p->mux, MUX_PICTURE, p->packet));
  }
  return ERR_OK;
}

static bool is_taken(const struct picture *p) { return p->taken.any && p->frames >= p->taken.first && p->frames < p->taken.last; }

static enum err encode(struct picture *p, AVFrame *frame) {
  if (p->frames >= p->most_frames) return ERR_OK;
  bool taken = is_taken(p);
  TRY(paint_frame(&p->paint, (int64_t)p->frames, &frame)); /* before anything else sees it */
  TRY(derive_picture(p->derive, frame, p->shown_us));
  frame->pts = (int64_t)p->frames++;
  if (taken) return ERR_OK;
  TRY(encode_push(p->encoder, frame));
  return write_packets(p);
}

/* What the source's encoder decided, or wrote beside the picture, must not steer ours. */
static void strip(AVFrame *frame) {
  frame->pict_type = AV_PICTURE_TYPE_NONE;
  while (frame->nb_side_data > 0) av_frame_remove_side_data(frame, frame->side_data[0]->type);
}

static enum err open_encoder(struct picture *p, const AVFrame *frame) {
  TRY(encode_open_picture(frame, p->rate, p->crf, p->gop, &p->encoder));
  if (p->added) return ERR_OK;
  p->added = true;
  return mux_add(p->mux, MUX_PICTURE, p->encoder);
}

/* Packets lay between the frame before and this one, and no picture came of them; the decoder must have complained, for some
 * containers number their packets wrongly. */
static void count_lost(struct picture *p, int64_t before_us, int64_t us, int64_t fill) {
  if (fill == 0 || p->decode.frames_damaged + p->decode.packets_damaged == 0) return;
  uint64_t lost = damage_lost(&p->decode.owed, before_us == INT64_MIN ? -1000000 : before_us, us);
  if (lost > (uint64_t)fill) lost = (uint64_t)fill;
  if (lost) damage_note(&p->decode.damage, before_us == INT64_MIN ? 0 : before_us / 1000);
  p->lost += lost;
}

static enum err place(struct picture *p) {
  double at = (double)p->fresh->pts * av_q2d(filter_time_base(&p->filter)) * p->rate.num / p->rate.den;
  int64_t fill, at_us = av_rescale_q(p->fresh->pts, filter_time_base(&p->filter), AV_TIME_BASE_Q), before_us = p->came_us;
  p->came_us = at_us;
  if (!cadence_place(&p->cadence, at, &fill)) return ERR_OK;
  count_lost(p, before_us, at_us, fill);
  strip(p->fresh);
  if (!p->encoder && !is_taken(p)) TRY(open_encoder(p, p->fresh));
  if (!p->held->buf[0]) p->shown_us = at_us;
  for (int64_t i = 0; i < fill; i++) TRY(encode(p, p->held->buf[0] ? p->held : p->fresh));
  p->shown_us = at_us;
  TRY(encode(p, p->fresh));
  av_frame_unref(p->held);
  av_frame_move_ref(p->held, p->fresh);
  return ERR_OK;
}

static enum err pull_filtered(struct picture *p) {
  for (bool have = true; have;) {
    TRY(filter_pull(&p->filter, p->fresh, &have));
    if (!have) break;
    TRY(place(p));
    av_frame_unref(p->fresh);
  }
  return ERR_OK;
}

static enum err drain_filter(struct picture *p) {
  if (!p->filter.graph) return ERR_OK;
  TRY(filter_push(&p->filter, NULL));
  return pull_filtered(p);
}

/* ---- decoding ---- */

static int64_t place_of(const struct picture *p, const AVFrame *f) {
  if (f->best_effort_timestamp != AV_NOPTS_VALUE)
    return av_rescale_q(f->best_effort_timestamp, p->stream->time_base, AV_TIME_BASE_Q) - p->origin_us;
  int64_t frame_us = INT64_C(1000000) * p->rate.den / p->rate.num;
  return p->last_us == INT64_MIN ? 0 : p->last_us + frame_us;
}

static enum err filter_frame(struct picture *p) {
  AVFrame *f = p->decoded;
  f->pts = place_of(p, f);
  int64_t before = p->last_us == INT64_MIN ? 0 : p->last_us;
  if (f->pts - before > MOST_GAP_US)
    return err_set(ERR_DATA, "This recording's clock jumps by more than ten minutes; it is damaged.");
  p->last_us = f->pts;
  bool fits = filter_fits(&p->filter, f) && p->deinterlacing == wants_deinterlacing(p, f);
  if (!fits) {
    TRY(drain_filter(p));
    TRY(open_filter(p, f));
  }
  TRY(filter_push(&p->filter, f));
  return pull_filtered(p);
}

static enum err decode_frames(struct picture *p) {
  for (bool have = true; have;) {
    decode_pull(&p->decode, p->decoded, &have);
    if (have) TRY(filter_frame(p));
    av_frame_unref(p->decoded);
  }
  return ERR_OK;
}

enum err picture_packet(struct picture *p, const AVPacket *packet) {
  TRY(decode_push(&p->decode, packet));
  return decode_frames(p);
}

static enum err end_encoder(struct picture *p) {
  if (!p->encoder) return ERR_OK;
  TRY(encode_push(p->encoder, NULL));
  TRY(write_packets(p));
  avcodec_free_context(&p->encoder);
  return ERR_OK;
}

enum err picture_turn(struct picture *p) {
  TRY(decode_push(&p->decode, NULL));
  TRY(decode_frames(p));
  avcodec_flush_buffers(p->decode.decoder);
  TRY(drain_filter(p));
  filter_close(&p->filter);
  return end_encoder(p);
}

enum err picture_finish(struct picture *p) {
  TRY(decode_push(&p->decode, NULL));
  TRY(decode_frames(p));
  TRY(drain_filter(p));
  if (!p->added) return mux_give_up(p->mux, MUX_PICTURE);
  return end_encoder(p);
}
