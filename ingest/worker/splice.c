#include "ingest/worker/splice.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/encode.h"
#include "ingest/worker/nal.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- which groups there are ---- */

struct scan {
  const struct range *range;
  struct bytes bounds; /* int64_t: where each group begins, and at last where the last one ends */
  int64_t start, count, low, high, sum;
  const char *why_not;
};

static void scan_auto(struct scan *s) { bytes_free(&s->bounds); }

static void begin_group(struct scan *s, int64_t frame) {
  s->start = frame;
  s->count = s->sum = 0;
  s->low = INT64_MAX;
  s->high = INT64_MIN;
  bytes_put(&s->bounds, &frame, sizeof frame);
}

/* Each of its frames is there once, and none of another group's. */
static void end_group(struct scan *s, int64_t next) {
  bool whole = s->low == s->start && s->high == s->start + s->count - 1 && 2 * s->sum == s->count * (s->low + s->high);
  if (!whole || next != s->start + s->count) s->why_not = "its groups of pictures are not closed or lack frames";
}

static void scan_packet(struct scan *s, const AVStream *st, const AVPacket *packet) {
  bool idr, key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  if (packet->pts == AV_NOPTS_VALUE || !nal_look(packet->data, (size_t)packet->size, &idr) || key != idr) {
    s->why_not = "it was not made by this program";
    return;
  }
  int64_t frame = range_frame(s->range, st, packet->pts);
  if (frame < 0 || frame > INT32_MAX) s->why_not = "its times are out of bounds";
  if (key && s->count) end_group(s, frame);
  if (key) begin_group(s, frame);
  s->count++;
  s->sum += frame;
  if (frame < s->low) s->low = frame;
  if (frame > s->high) s->high = frame;
}

static bool is_enough(const struct scan *s) { return s->why_not || (s->count == 1 && s->start >= s->range->to); }

static enum err scan_groups(const struct input *in, struct scan *s) {
  AVPacket *packet = av_packet_alloc();
  if (!packet) return err_set(ERR_IO, "out of memory");
  s->low = INT64_MAX;
  while (!is_enough(s) && av_read_frame(in->format, packet) >= 0) {
    if (packet->stream_index == in->video) scan_packet(s, in->format->streams[in->video], packet);
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  int64_t end = s->start + s->count;
  bool complete = s->why_not || s->start >= s->range->to; /* else the film's end ended it */
  if (!complete) end_group(s, end);
  if (!complete) bytes_put(&s->bounds, &end, sizeof end);
  TRY(bytes_check(&s->bounds));
  return source_check(in->source);
}

/* ---- which are taken over ---- */

/* Two IDR pictures in a row must differ in their idr_pic_id, and ours begin to count at zero: so no single frame stands alone
 * before or after a seam. */
static void choose(struct splice *s, const int64_t *bounds, size_t count) {
  size_t i = 0, j = count;
  while (i < count && bounds[i] < s->range.from) i++;
  while (j > 0 && bounds[j - 1] > s->range.to) j--;
  if (i < j && bounds[i] - s->range.from == 1) i++;
  if (j > 1 && s->range.to > bounds[j - 1] && bounds[j - 1] - bounds[j - 2] == 1) j--;
  s->possible = i + 1 < j && bounds[0] <= s->range.from;
  if (!s->possible) {
    s->why_not = "no group of pictures lies wholly within it";
    return;
  }
  s->first = bounds[i];
  s->last = bounds[j - 1];
}

static enum err find_middle(const struct input *in, struct splice *s) {
  AUTO(scan) struct scan scan = {.range = &s->range};
  TRY(range_seek(&s->range, in));
  TRY(scan_groups(in, &scan));
  s->why_not = scan.why_not;
  size_t count = scan.bounds.length / sizeof(int64_t);
  const int64_t *bounds = (const int64_t *)(const void *)scan.bounds.data;
  if (s->why_not || count < 2) return ERR_OK;
  if (s->range.to == INT64_MAX) s->range.to = bounds[count - 1];
  choose(s, bounds, count);
  return ERR_OK;
}

/* ---- whether both parts speak of the same ---- */

static enum err open_encoder(const AVCodecParameters *like, struct picture *p) {
  AVFrame *frame = av_frame_alloc();
  if (!frame) return err_set(ERR_IO, "out of memory");
  frame->width = like->width;
  frame->height = like->height;
  frame->color_primaries = like->color_primaries;
  frame->color_trc = like->color_trc;
  frame->colorspace = like->color_space;
  enum err e = encode_open_picture(frame, p->rate, p->crf, p->gop, &p->encoder);
  av_frame_free(&frame);
  return e;
}

static enum err compare_sets(struct splice *s, struct picture *p) {
  const AVCodecParameters *source = p->stream->codecpar;
  int64_t head = s->first - s->range.from;
  if (head > p->gop) p->gop = (int)head; /* a group and the one frame before it */
  TRY(open_encoder(source, p));
  TRY(nal_same_sets(source->extradata, (size_t)source->extradata_size, p->encoder->extradata, (size_t)p->encoder->extradata_size,
                    &s->possible));
  if (!s->possible) s->why_not = "it was encoded with other settings";
  return ERR_OK;
}

static enum err prepare(struct splice *s, struct picture *p) {
  int64_t from = s->range.from;
  p->taken = (struct picture_taken){
      .any = true, .first = (uint64_t)(s->first - from), .last = (uint64_t)(s->last - from), .delay = p->encoder->has_b_frames};
  p->size = (struct shape_size){p->stream->codecpar->width, p->stream->codecpar->height};
  p->added = true;
  TRY(mux_add(p->mux, MUX_PICTURE, p->encoder));
  if (s->first == from) avcodec_free_context(&p->encoder);
  return ERR_OK;
}

/* ---- the plan ---- */

static const char *forbidden(const struct wire_order *order, const struct picture *p) {
  const AVCodecParameters *c = p->stream->codecpar;
  struct shape_size stored = {c->width, c->height};
  struct shape_size size = shape_upright(stored, p->stream->sample_aspect_ratio.num, p->stream->sample_aspect_ratio.den,
                                         shape_of_matrix(compat_display_matrix(p->stream)), p->most_short, true);
  if (!order->may_copy) return "that was ordered";
  if (order->marked || order->watermark[0]) return "its picture is to be changed";
  if (c->codec_id != AV_CODEC_ID_H264 || c->format != AV_PIX_FMT_YUV420P) return "it was not made by this program";
  bool as_is = size.width == stored.width && size.height == stored.height;
  return as_is && shape_of_matrix(compat_display_matrix(p->stream)) == 1 ? NULL : "its picture is to be turned or made smaller";
}

enum err splice_plan(const struct input *in, const struct wire_order *order, const struct range *range, struct picture *p,
                     struct splice *out) {
  *out = (struct splice){.range = *range, .decoded = order->derive, .copy = av_packet_alloc()};
  if (!out->copy) return err_set(ERR_IO, "out of memory");
  out->why_not = forbidden(order, p);
  if (out->why_not) return ERR_OK;
  TRY(find_middle(in, out));
  if (out->possible) TRY(compare_sets(out, p));
  if (out->possible) return prepare(out, p);
  avcodec_free_context(&p->encoder);
  p->gop = encode_gop(p->rate);
  return ERR_OK;
}

void splice_free(struct splice *s) { av_packet_free(&s->copy); }

/* ---- carrying it out ---- */

static enum splice_part part_of(const struct splice *s, int64_t frame) {
  if (frame < s->first) return s->first == s->range.from ? SPLICE_BEFORE : SPLICE_HEAD;
  if (frame < s->last) return SPLICE_MIDDLE;
  return frame < s->range.to ? SPLICE_TAIL : SPLICE_OVER;
}

static enum err enter(struct splice *s, struct picture *p, enum splice_part next) {
  if (next == s->part) return ERR_OK;
  if (s->part != SPLICE_BEFORE) TRY(picture_turn(p));
  if (s->part == SPLICE_HEAD) p->gop = encode_gop(p->rate);
  if (next == SPLICE_TAIL) p->cadence.next = s->last - s->range.from; /* whether or not the middle was decoded */
  s->part = next;
  return ERR_OK;
}

static enum err take_over(struct splice *s, struct picture *p, const AVPacket *packet) {
  AVPacket *copy = s->copy;
  av_packet_unref(copy);
  if (av_packet_ref(copy, packet) < 0 || av_packet_make_writable(copy) < 0) return err_set(ERR_IO, "out of memory");
  av_packet_free_side_data(copy);
  nal_to_stream(copy->data, (size_t)copy->size);
  copy->pts = range_frame(&s->range, p->stream, packet->pts) - s->range.from;
  copy->dts = p->taken.written++ - p->taken.delay;
  copy->duration = 1;
  if (copy->flags & AV_PKT_FLAG_KEY) derive_key(p->derive, copy->pts);
  if (!s->decoded) p->frames++;
  return mux_packet(p->mux, MUX_PICTURE, copy);
}

enum err splice_packet(struct splice *s, struct picture *p, AVPacket *packet) {
  if (packet->flags & AV_PKT_FLAG_KEY) TRY(enter(s, p, part_of(s, range_frame(&s->range, p->stream, packet->pts))));
  if (s->part == SPLICE_BEFORE || s->part == SPLICE_OVER) return ERR_OK;
  if (s->part == SPLICE_MIDDLE) TRY(take_over(s, p, packet));
  return s->part != SPLICE_MIDDLE || s->decoded ? picture_packet(p, packet) : ERR_OK;
}

void splice_print(const struct splice *s, char *out, size_t room) {
  if (s->possible)
    snprintf(out, room,
             "cut: frames %" PRId64 " to %" PRId64 " taken over as they are; %" PRId64 " before and %" PRId64 " after encoded",
             s->first, s->last, s->first - s->range.from, s->range.to - s->last);
  else
    snprintf(out, room, "cut: all encoded anew, because %s", s->why_not ? s->why_not : "it has no picture");
}
