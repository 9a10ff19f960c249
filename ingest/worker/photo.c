#include "ingest/worker/photo.h"

#include "ingest/worker/input.h"
#include "ingest/worker/limits.h"

#include <libavutil/imgutils.h>
#include <libheif/heif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 4, MOST_WARNINGS = 64, MOST_PROFILE = 4 << 20 };

struct photo {
  struct source *source; /* borrowed */
  uint64_t end;
  int64_t position;
  struct heif_context *context;
  struct heif_image_handle *main;
  int width, height;
  bool avif, alpha;
  enum AVColorTransferCharacteristic hdr; /* AVCOL_TRC_UNSPECIFIED: it is not */
};

void photo_prepare(void) { (void)heif_init(NULL); }

const char *photo_tool(void) { return heif_get_version(); }

/* ---- how libheif reads ---- */

static int64_t get_position(void *context) { return ((struct photo *)context)->position; }

static int read_at(void *out, size_t length, void *context) {
  struct photo *p = context;
  size_t got = 0;
  if (source_read(p->source, (uint64_t)p->position, out, length, &got) != ERR_OK || got != length) return -1;
  p->position += (int64_t)length;
  return 0;
}

static int seek_to(int64_t position, void *context) {
  if (position < 0) return -1;
  ((struct photo *)context)->position = position;
  return 0;
}

static enum heif_reader_grow_status has_bytes(int64_t wanted, void *context) {
  bool there = wanted >= 0 && (uint64_t)wanted <= ((struct photo *)context)->end;
  return there ? heif_reader_grow_status_size_reached : heif_reader_grow_status_size_beyond_eof;
}

static const struct heif_reader reader = {
    .reader_api_version = 1, .get_position = get_position, .read = read_at, .seek = seek_to, .wait_for_file_size = has_bytes};

/* ---- opening ---- */

static enum err fault(struct heif_error e, const char *sentence) {
  if (e.code == heif_error_Memory_allocation_error)
    return err_set(ERR_DATA, "This picture needs more memory than is allowed for one file.");
  if (e.code == heif_error_Unsupported_filetype || e.code == heif_error_Unsupported_feature)
    return err_set(ERR_DATA, "This HEIC or AVIF picture is of a kind not supported (%s); export it as JPEG and take that in.",
                   e.message ? e.message : "?");
  return err_set(ERR_DATA, "%s (%s)", sentence, e.message ? e.message : "?");
}

/* Transfer functions 16 and 18 of ITU-T H.273, as libav numbers them too. */
static enum AVColorTransferCharacteristic hdr_of(const struct heif_image_handle *handle) {
  struct heif_color_profile_nclx *profile = NULL;
  struct heif_error e = heif_image_handle_get_nclx_color_profile(handle, &profile);
  int transfer = e.code == heif_error_Ok && profile ? (int)profile->transfer_characteristics : 0;
  heif_nclx_color_profile_free(profile);
  bool hdr = transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67;
  return hdr ? (enum AVColorTransferCharacteristic)transfer : AVCOL_TRC_UNSPECIFIED;
}

static enum err describe(struct photo *p) {
  p->width = heif_image_handle_get_width(p->main);
  p->height = heif_image_handle_get_height(p->main);
  p->alpha = heif_image_handle_has_alpha_channel(p->main) != 0;
  p->hdr = hdr_of(p->main);
  if (p->width <= 0 || p->height <= 0) return err_set(ERR_DATA, "This picture is damaged and cannot be shown.");
  return limits_check_pixels((uint64_t)p->width, (uint64_t)p->height);
}

static void photo_auto(struct photo **p) { photo_free(*p); }

enum err photo_open(struct source *source, uint64_t end, bool avif, struct photo **out) {
  AUTO(photo) struct photo *p = calloc(1, sizeof *p);
  if (!p) return err_set(ERR_IO, "out of memory");
  p->source = source;
  p->end = end;
  p->avif = avif;
  p->context = heif_context_alloc();
  if (!p->context) return err_set(ERR_IO, "out of memory");
  heif_context_set_max_decoding_threads(p->context, MOST_THREADS);
  struct heif_error e = heif_context_read_from_reader(p->context, &reader, p, NULL);
  if (e.code == heif_error_Ok) e = heif_context_get_primary_image_handle(p->context, &p->main);
  TRY(source_check(source));
  if (e.code != heif_error_Ok) return fault(e, "This picture is damaged or cut short and cannot be shown");
  TRY(describe(p));
  *out = p;
  p = NULL;
  return ERR_OK;
}

void photo_free(struct photo *p) {
  if (!p) return;
  if (p->main) heif_image_handle_release(p->main);
  if (p->context) heif_context_free(p->context);
  free(p);
}

void photo_report(const struct photo *p, struct wire_report *out) {
  *out = (struct wire_report){.media = WIRE_STILL,
                              .width = (uint32_t)p->width,
                              .height = (uint32_t)p->height,
                              .hdr = p->hdr != AVCOL_TRC_UNSPECIFIED,
                              .has_video = true,
                              .duration_ms = -1,
                              .recorded_ms = INT64_MIN};
  snprintf(out->container, sizeof out->container, "heif");
  snprintf(out->video_codec, sizeof out->video_codec, "%s", p->avif ? "av1" : "hevc");
  snprintf(out->mime, sizeof out->mime, "%s", p->avif ? "image/avif" : "image/heic");
}

/* ---- decoding ---- */

static void image_auto(struct heif_image **i) {
  if (*i) heif_image_release(*i);
}

static uint64_t count_warnings(struct heif_image *image) {
  struct heif_error warnings[MOST_WARNINGS];
  int count = heif_image_get_decoding_warnings(image, 0, warnings, MOST_WARNINGS);
  return count > 0 ? (uint64_t)count : 0;
}

/* libheif leaves 10 or 12 bits at the low end of 16. */
static void widen(uint16_t *row, size_t samples, int bits) {
  for (size_t i = 0; i < samples; i++) row[i] = (uint16_t)(row[i] << (16 - bits));
}

static enum err copy_pixels(const struct photo *p, const struct heif_image *image, AVFrame *out) {
  int stride = 0, bits = heif_image_get_bits_per_pixel_range(image, heif_channel_interleaved);
  const uint8_t *from = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
  out->width = heif_image_get_width(image, heif_channel_interleaved);
  out->height = heif_image_get_height(image, heif_channel_interleaved);
  size_t row = (size_t)av_image_get_linesize(out->format, out->width, 0);
  bool fits = from && out->width > 0 && out->height > 0 && (int64_t)out->width * out->height <= limits_pixels() && stride > 0 &&
              (size_t)stride >= row;
  if (!fits || bits < 8 || bits > 16) return err_set(ERR_DATA, "This picture is damaged and cannot be shown.");
  if (av_frame_get_buffer(out, 0) < 0) return err_set(ERR_IO, "out of memory");
  for (int y = 0; y < out->height; y++) {
    uint8_t *to = out->data[0] + (ptrdiff_t)y * out->linesize[0];
    memcpy(to, from + (ptrdiff_t)y * stride, row);
    if (p->hdr != AVCOL_TRC_UNSPECIFIED) widen((uint16_t *)(void *)to, row / 2, bits);
  }
  return ERR_OK;
}

/* What libav's decoders hang on a frame too. */
static enum err take_profile(const struct photo *p, AVFrame *out) {
  size_t length = heif_image_handle_get_raw_color_profile_size(p->main);
  if (length == 0 || length > MOST_PROFILE) return ERR_OK;
  AVFrameSideData *profile = av_frame_new_side_data(out, AV_FRAME_DATA_ICC_PROFILE, length);
  if (!profile) return err_set(ERR_IO, "out of memory");
  struct heif_error e = heif_image_handle_get_raw_color_profile(p->main, profile->data);
  if (e.code != heif_error_Ok) av_frame_remove_side_data(out, AV_FRAME_DATA_ICC_PROFILE);
  return ERR_OK;
}

enum err photo_decode(const struct photo *p, AVFrame *out, uint64_t *warnings) {
  bool deep = p->hdr != AVCOL_TRC_UNSPECIFIED;
  enum heif_chroma chroma = deep       ? heif_chroma_interleaved_RRGGBB_LE
                            : p->alpha ? heif_chroma_interleaved_RGBA
                                       : heif_chroma_interleaved_RGB;
  struct heif_decoding_options *options = heif_decoding_options_alloc();
  if (!options) return err_set(ERR_IO, "out of memory");
  options->convert_hdr_to_8bit = !deep;
  AUTO(image) struct heif_image *image = NULL;
  struct heif_error e = heif_decode_image(p->main, &image, heif_colorspace_RGB, chroma, options);
  heif_decoding_options_free(options);
  TRY(source_check(p->source));
  if (e.code != heif_error_Ok || !image) return fault(e, "This picture is damaged and cannot be shown");
  out->format = deep ? AV_PIX_FMT_RGB48LE : p->alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
  TRY(copy_pixels(p, image, out));
  out->colorspace = AVCOL_SPC_RGB;
  out->color_range = AVCOL_RANGE_JPEG;
  out->color_trc = p->hdr;
  TRY(take_profile(p, out));
  *warnings = count_warnings(image);
  return ERR_OK;
}
