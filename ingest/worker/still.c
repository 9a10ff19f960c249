#include "ingest/worker/still.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/exif.h"
#include "ingest/worker/filter.h"
#include "ingest/worker/icc.h"
#include "ingest/worker/jpeg.h"
#include "ingest/worker/limits.h"
#include "ingest/worker/link.h"
#include "ingest/worker/paint.h"
#include "ingest/worker/poster.h"
#include "ingest/worker/shape.h"
#include "ingest/worker/structure.h"

#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <string.h>

enum { EXIF_BYTES = 1 << 20, CHAIN_TEXT = 640, LEAST_PART = 10, GREY = 128 };

struct job {
  struct decode decode;
  AVFrame *decoded, *upright;
  struct paint paint;
  AVPacket *packet;
  struct repair repairs;
  bool moves; /* it has more pictures than the one that is kept, to be shown one after the other */
};

static void job_auto(struct job *j) {
  paint_close(&j->paint);
  decode_close(&j->decode);
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

/* The place behind the last marker FF xx, 0 if none. */
static size_t last_marker(const AVPacket *packet, uint8_t marker) {
  for (size_t at = (size_t)packet->size; at >= 2; at--)
    if (packet->data[at - 2] == 0xff && packet->data[at - 1] == marker) return at;
  return 0;
}

/* libav shows what there is of a JPEG and says nothing. A whole one ends (FF D9) after its last scan began (FF DA); within
 * a scan neither can occur. */
static void check_end(struct job *j) {
  if (j->decode.decoder->codec_id != AV_CODEC_ID_MJPEG || last_marker(j->packet, 0xd9) > last_marker(j->packet, 0xda)) return;
  j->decode.packets_damaged++;
}

/* libav's decoder begins with zeros everywhere, which no photograph has in all three planes of a row. */
static bool is_empty_row(const AVFrame *f, int y) {
  for (int plane = 0; plane < 3; plane++) {
    const uint8_t *row = f->data[plane] + (ptrdiff_t)(plane ? y * ((f->height + 1) / 2) / f->height : y) * f->linesize[plane];
    int width = plane ? (f->width + 1) / 2 : f->width;
    for (int x = 0; x < width; x++)
      if (row[x]) return false;
  }
  return true;
}

/* Grey instead of green where nothing came; ERR_DATA if that is nearly everywhere. */
static enum err fill_missing(struct job *j) {
  AVFrame *f = j->decoded;
  int there = f->height;
  if (f->format == AV_PIX_FMT_YUVJ420P)
    while (there > 0 && is_empty_row(f, there - 1)) there--;
  if (there < f->height / LEAST_PART) return err_set(ERR_DATA, "This picture is cut short: nearly all of it is missing.");
  if (there == f->height) {
    repair_add(&j->repairs, "damage in the picture was patched");
    return ERR_OK;
  }
  if (av_frame_make_writable(f) < 0) return err_set(ERR_IO, "out of memory");
  for (int y = there; y < f->height; y++) memset(f->data[0] + (ptrdiff_t)y * f->linesize[0], GREY, (size_t)f->width);
  for (int plane = 1; plane < 3; plane++)
    for (int y = (there + 1) / 2; y < (f->height + 1) / 2; y++)
      memset(f->data[plane] + (ptrdiff_t)y * f->linesize[plane], GREY, (size_t)(f->width + 1) / 2);
  repair_add(&j->repairs, "the picture is cut short, %d %% of it are there", (int)((int64_t)there * 100 / f->height));
  return ERR_OK;
}

/* Of the formats that move. (What follows in a JPEG is the same picture once more, smaller or brighter.) */
static enum err look_for_second(const struct input *in, struct job *j) {
  enum AVCodecID codec = in->format->streams[in->video]->codecpar->codec_id;
  if (codec != AV_CODEC_ID_GIF && codec != AV_CODEC_ID_APNG) return ERR_OK;
  if (av_read_frame(in->format, j->packet) >= 0) j->moves = true;
  av_packet_unref(j->packet);
  if (j->moves) repair_add(&j->repairs, "only the first of its pictures was kept");
  return ERR_OK;
}

static enum err decode_first(const struct input *in, struct job *j) {
  bool have = false;
  TRY(decode_open(in, in->video, &j->decode));
  for (int result = 0; !have && result >= 0;) {
    result = av_read_frame(in->format, j->packet);
    TRY(limits_count_packet());
    if (result >= 0 && j->packet->stream_index != in->video) {
      av_packet_unref(j->packet);
      continue;
    }
    if (result >= 0) check_end(j);
    TRY(decode_push(&j->decode, result >= 0 ? j->packet : NULL));
    av_packet_unref(j->packet);
    decode_pull(&j->decode, j->decoded, &have);
  }
  TRY(look_for_second(in, j));
  TRY(source_check(in->source));
  if (!have) TRY(limits_check_decoded());
  if (!have) return err_set(ERR_DATA, "This picture is damaged and cannot be shown.");
  return j->decode.packets_damaged ? fill_missing(j) : ERR_OK;
}

static enum err decode_photo(const struct input *in, struct job *j) {
  TRY(photo_decode(in->photo, j->decoded, &j->decode.packets_damaged));
  if (j->decode.packets_damaged) repair_add(&j->repairs, "damaged parts of the picture were passed over");
  return ERR_OK;
}

/* ---- from what was decoded to what is kept ---- */

/* Colour is kept as fine as it came: half resolution only where the source had it. */
static const char *pixel_format(const AVFrame *f) {
  const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
  bool fine = d && d->log2_chroma_w == 0 && d->log2_chroma_h == 0 && d->nb_components >= 3;
  return fine ? "yuvj444p" : "yuvj420p";
}

static bool is_hdr(const AVFrame *f) { return f->color_trc == AVCOL_TRC_SMPTE2084 || f->color_trc == AVCOL_TRC_ARIB_STD_B67; }

static bool is_wide(const AVFrame *f) {
  const AVFrameSideData *profile = av_frame_get_side_data(f, AV_FRAME_DATA_ICC_PROFILE);
  return !is_hdr(f) && profile && icc_is_display_p3(profile->data, profile->size);
}

static bool has_alpha(const AVFrame *f) {
  const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
  return f->format == AV_PIX_FMT_PAL8 || (d && d->flags & AV_PIX_FMT_FLAG_ALPHA);
}

/* The copy has no profile, and without one its numbers mean sRGB. */
static const char from_p3[] =
    ",format=gbrp16le,zscale=pin=smpte432:tin=iec61966-2-1:min=gbr:rin=full:p=bt709:t=iec61966-2-1:m=gbr:"
    "r=full,format=gbrp";

/* Scaled, and opaque: what is transparent lies on white, as on paper. HDR goes through linear light, as a film's does. */
static void print_scale(char *out, size_t room, const AVFrame *f, struct shape_size size) {
  static const char fine[] = "flags=bicubic+accurate_rnd+full_chroma_int";
  if (is_hdr(f))
    snprintf(out, room,
             "format=gbrp16le,zscale=w=%d:h=%d:tin=%s:pin=bt2020:min=gbr:rin=full:t=linear:p=bt2020:m=gbr:r=full:npl=100,format="
             "gbrpf32le,zscale=p=bt709,"
             "tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=gbr:r=full,format=gbrp",
             size.width, size.height, f->color_trc == AVCOL_TRC_SMPTE2084 ? "smpte2084" : "arib-std-b67");
  else if (has_alpha(f))
    snprintf(out, room, "scale=w=%d:h=%d:%s,format=gbrap[p];color=c=white:s=%dx%d[b];[b][p]overlay=format=gbrp:shortest=1%s",
             size.width, size.height, fine, size.width, size.height, is_wide(f) ? from_p3 : "");
  else if (is_wide(f))
    snprintf(out, room, "scale=w=%d:h=%d:%s%s", size.width, size.height, fine, from_p3);
  else
    snprintf(out, room, "scale=w=%d:h=%d:%s:out_range=pc%s", size.width, size.height, fine,
             f->colorspace == AVCOL_SPC_RGB || f->colorspace == AVCOL_SPC_UNSPECIFIED ? ":out_color_matrix=bt601" : "");
}

static enum err turn_upright(struct job *j, const struct wire_order *order, int orientation) {
  AVFrame *f = j->decoded;
  struct shape_size size =
      shape_upright((struct shape_size){f->width, f->height}, 1, 1, orientation, (int)order->most_height, false);
  if (shape_swaps(orientation)) size = (struct shape_size){size.height, size.width};
  char scale[CHAIN_TEXT], chain[2 * CHAIN_TEXT];
  print_scale(scale, sizeof scale, f, size);
  bool mixed = is_hdr(f) || has_alpha(f) || is_wide(f);
  snprintf(chain, sizeof chain, "%s%s%s,setsar=1,format=%s", scale, shape_filter(orientation),
           mixed ? ",scale=out_range=pc:out_color_matrix=bt601" : "", pixel_format(f));
  return filter_once(f, chain, j->upright);
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

static enum err send_poster(const struct job *j) {
  AUTO(bytes) struct bytes poster = {0};
  TRY(poster_of_still(j->upright, &poster));
  return link_send_part(WIRE_POSTER, poster.data, poster.length);
}

static void append(char *text, size_t room, const char *what, const char *of) {
  size_t length = strlen(text);
  snprintf(text + length, room - length, "%s%s", what, of);
}

static void account(const struct input *in, const struct job *j, const char *colours, struct wire_summary *out) {
  jpeg_account(j->upright, &j->decode, out);
  append(out->settings, sizeof out->settings, "", colours);
  snprintf(out->repairs, sizeof out->repairs, "%s", j->repairs.text);
  if (in->photo) append(out->tools, sizeof out->tools, ", libheif ", photo_tool());
}

enum err still_run(const struct input *in, const struct wire_order *order, struct wire_summary *out) {
  bool any = in->photo || in->video >= 0;
  if (!any || !order->keep_video) return err_set(ERR_DATA, "Nothing of this picture may be kept.");
  AUTO(job) struct job j = {.decoded = av_frame_alloc(), .upright = av_frame_alloc(), .packet = av_packet_alloc()};
  if (!j.decoded || !j.upright || !j.packet) return err_set(ERR_IO, "out of memory");
  j.repairs = in->repairs;
  int orientation = 1; /* libheif turns what it decodes */
  if (!in->photo) TRY(still_orientation(in, &orientation));
  struct structure_film film;
  TRY(structure_look_for_film(in->source, &film, &j.repairs));
  TRY(in->photo ? decode_photo(in, &j) : decode_first(in, &j));
  const char *colours = is_hdr(j.decoded)    ? ", HDR tone-mapped (hable)"
                        : is_wide(j.decoded) ? ", colours converted from Display P3"
                                             : "";
  TRY(turn_upright(&j, order, orientation));
  TRY(paint_over(&j, order));
  TRY(jpeg_send(j.upright));
  if (order->derive) TRY(send_poster(&j));
  account(in, &j, colours, out);
  out->more = film.more || j.moves;
  return ERR_OK;
}
