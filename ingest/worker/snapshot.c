#include "ingest/worker/snapshot.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/jpeg.h"
#include "ingest/worker/picture.h"
#include "ingest/worker/range.h"
#include "ingest/worker/shape.h"

#include <stdio.h>
#include <string.h>

enum { CHAIN_TEXT = 320, LEAST_HD_LINES = 720 };

struct job {
  const struct input *in;
  const AVStream *stream;
  struct range range;
  struct decode decode;
  AVFrame *shown, *upright;
  AVPacket *packet;
};

static void job_auto(struct job *j) {
  decode_close(&j->decode);
  av_frame_free(&j->shown);
  av_frame_free(&j->upright);
  av_packet_free(&j->packet);
}

/* ---- finding it ---- */

/* A recording may have no picture at that very place, where its copy would repeat one: then the next is shown. */
static bool is_wanted(const struct job *j) {
  int64_t at = j->shown->best_effort_timestamp;
  return at != AV_NOPTS_VALUE && range_frame(&j->range, j->stream, at) >= j->range.from;
}

static enum err pull(struct job *j, bool *found) {
  for (bool have = true; have && !*found;) {
    decode_pull(&j->decode, j->shown, &have);
    *found = have && is_wanted(j);
  }
  return ERR_OK;
}

/* Only an index says where decoding may begin: a stream that was entered by guess gives grey shadows of its pictures. */
static bool may_seek(const struct input *in) {
  const char *name = in->format->iformat->name;
  return strncmp(name, "mov,", 4) == 0 || strncmp(name, "matroska", 8) == 0;
}

static enum err find(struct job *j) {
  bool found = false;
  int result = 0;
  if (may_seek(j->in)) TRY(range_seek(&j->range, j->in));
  while (!found && result >= 0) {
    result = av_read_frame(j->in->format, j->packet);
    bool other = result >= 0 && j->packet->stream_index != j->in->video;
    if (!other) TRY(decode_push(&j->decode, result >= 0 ? j->packet : NULL));
    av_packet_unref(j->packet);
    if (!other) TRY(pull(j, &found));
  }
  TRY(source_check(j->in->source));
  return found ? ERR_OK : err_set(ERR_DATA, "This film has no frame %lld.", (long long)j->range.from);
}

/* ---- making a JPEG of it ---- */

/* A JPEG has no way to say which colour matrix it means: it is always BT.601. A film that does not say means what its size
 * suggests, as in players. */
static const char *matrix_of(const AVFrame *f) {
  if (f->colorspace == AVCOL_SPC_BT709) return "bt709";
  if (f->colorspace == AVCOL_SPC_UNSPECIFIED && f->height >= LEAST_HD_LINES) return "bt709";
  return "auto";
}

static void print_scale(char *out, size_t room, const AVFrame *f, struct shape_size size) {
  if (picture_is_hdr(f))
    picture_tone_map(out, room, f, size);
  else
    snprintf(out, room,
             "scale=w=%d:h=%d:flags=bicubic+accurate_rnd+full_chroma_int:in_color_matrix=%s:out_color_matrix=bt601:out_range=pc",
             size.width, size.height, matrix_of(f));
}

static enum err turn_upright(struct job *j, const struct wire_order *order) {
  AVFrame *f = j->shown;
  int orientation = shape_of_matrix(compat_display_matrix(j->stream));
  AVRational ratio = j->stream->sample_aspect_ratio.num ? j->stream->sample_aspect_ratio : f->sample_aspect_ratio;
  struct shape_size size =
      shape_upright((struct shape_size){f->width, f->height}, ratio.num, ratio.den, orientation, (int)order->most_height, false);
  if (shape_swaps(orientation)) size = (struct shape_size){size.height, size.width};
  char scale[CHAIN_TEXT], chain[2 * CHAIN_TEXT];
  print_scale(scale, sizeof scale, f, size);
  snprintf(chain, sizeof chain, "%s%s%s%s,setsar=1,format=yuvj420p",
           compat_interlaced(f) ? "bwdif=mode=send_frame:deint=interlaced," : "", scale,
           picture_is_hdr(f) ? ",scale=in_color_matrix=bt709:out_color_matrix=bt601:out_range=pc" : "",
           shape_filter(orientation));
  return filter_once(f, chain, j->upright);
}

enum err snapshot_run(const struct input *in, const struct wire_order *order, struct cadence_rate rate,
                      struct wire_summary *out) {
  if (in->video < 0 || !order->keep_video) return err_set(ERR_DATA, "There is no picture in this recording.");
  AUTO(job) struct job j = {.in = in, .shown = av_frame_alloc(), .upright = av_frame_alloc(), .packet = av_packet_alloc()};
  if (!j.shown || !j.upright || !j.packet) return err_set(ERR_IO, "out of memory");
  j.stream = in->format->streams[in->video];
  j.range = range_of(order, rate, true);
  TRY(decode_open(in, in->video, &j.decode));
  TRY(find(&j));
  TRY(turn_upright(&j, order));
  TRY(jpeg_send(j.upright));
  jpeg_account(j.upright, &j.decode, out);
  snprintf(out->choice, sizeof out->choice, "one frame of a film, decoded from the key frame before it");
  return ERR_OK;
}
