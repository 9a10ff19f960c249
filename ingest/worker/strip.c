#include "ingest/worker/strip.h"

#include "ingest/worker/jpeg.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, QUALITY = 5, BLACK = 16, GREY = 128 };

static struct shape_size halved(struct shape_size size) { return (struct shape_size){size.width / 2, size.height / 2}; }

static size_t area(struct shape_size size) { return (size_t)size.width * (size_t)size.height; }

static void begin(struct strip *s, const AVFrame *frame, struct cadence_rate rate) {
  int second = (rate.num + rate.den / 2) / rate.den;
  s->tiles.interval = second < 1 ? 1 : (uint32_t)second;
  s->rate = rate;
  s->matrix = frame->colorspace;
  if (s->matrix == AVCOL_SPC_UNSPECIFIED && frame->height >= 720) s->matrix = AVCOL_SPC_BT709;
  s->size = tiles_size((struct shape_size){frame->width, frame->height});
}

static void thin(struct strip *s) {
  for (int i = 0; i < TILES_MOST; i++) {
    uint8_t *tile = s->held[i];
    s->held[i] = NULL;
    if (i % 2)
      free(tile);
    else
      s->held[i / 2] = tile;
  }
}

static enum err add(struct strip *s, const AVFrame *frame) {
  struct shape_size whole = {frame->width, frame->height};
  size_t luma = area(s->size), chroma = area(halved(s->size));
  uint8_t *tile = malloc(luma + 2 * chroma);
  if (!tile) return err_set(ERR_IO, "out of memory");
  tiles_shrink(frame->data[0], frame->linesize[0], whole, tile, s->size);
  tiles_shrink(frame->data[1], frame->linesize[1], halved(whole), tile + luma, halved(s->size));
  tiles_shrink(frame->data[2], frame->linesize[2], halved(whole), tile + luma + chroma, halved(s->size));
  s->held[s->tiles.held++] = tile;
  return ERR_OK;
}

enum err strip_offer(struct strip *s, const AVFrame *frame, uint64_t n, struct cadence_rate rate) {
  if (!s->size.width) begin(s, frame, rate);
  bool too_many, due = tiles_due(&s->tiles, n, &too_many);
  if (too_many) thin(s);
  return due ? add(s, frame) : ERR_OK;
}

/* ---- the sheet ---- */

static int columns(const struct strip *s) { return s->tiles.held < STRIP_COLUMNS ? (int)s->tiles.held : STRIP_COLUMNS; }

static void put_plane(AVFrame *sheet, int plane, int n, int across, const uint8_t *from, struct shape_size size) {
  int stride = sheet->linesize[plane];
  uint8_t *to = sheet->data[plane] + (ptrdiff_t)(n / across) * size.height * stride + (ptrdiff_t)(n % across) * size.width;
  for (int y = 0; y < size.height; y++) memcpy(to + (ptrdiff_t)y * stride, from + (ptrdiff_t)y * size.width, (size_t)size.width);
}

static void put_tile(struct strip *s, AVFrame *sheet, int n) {
  size_t luma = area(s->size), chroma = area(halved(s->size));
  const uint8_t *tile = s->held[n];
  put_plane(sheet, 0, n, columns(s), tile, s->size);
  put_plane(sheet, 1, n, columns(s), tile + luma, halved(s->size));
  put_plane(sheet, 2, n, columns(s), tile + luma + chroma, halved(s->size));
  free(s->held[n]);
  s->held[n] = NULL;
}

static AVFrame *new_sheet(const struct strip *s) {
  int across = columns(s), rows = ((int)s->tiles.held + across - 1) / across;
  AVFrame *sheet = av_frame_alloc();
  if (!sheet) return NULL;
  sheet->format = AV_PIX_FMT_YUV420P;
  sheet->width = across * s->size.width;
  sheet->height = rows * s->size.height;
  sheet->colorspace = s->matrix;
  sheet->color_range = AVCOL_RANGE_MPEG;
  if (av_frame_get_buffer(sheet, 0) < 0) {
    av_frame_free(&sheet);
    return NULL;
  }
  for (int plane = 0; plane < 3; plane++)
    memset(sheet->data[plane], plane ? GREY : BLACK, (size_t)sheet->linesize[plane] * (size_t)(sheet->height >> (plane > 0)));
  return sheet;
}

static void put_header(const struct strip *s, struct bytes *out) {
  bytes_put(out, "CVST", 4);
  bytes_put_u16(out, VERSION);
  bytes_put_u16(out, (uint16_t)columns(s));
  bytes_put_u16(out, (uint16_t)s->size.width);
  bytes_put_u16(out, (uint16_t)s->size.height);
  bytes_put_u32(out, s->tiles.held);
  bytes_put_u32(out, s->tiles.interval);
  bytes_put_u32(out, (uint32_t)s->rate.num);
  bytes_put_u32(out, (uint32_t)s->rate.den);
}

enum err strip_finish(struct strip *s, struct bytes *out) {
  if (!s->tiles.held) return ERR_OK;
  AVFrame *sheet = new_sheet(s);
  if (!sheet) return err_set(ERR_IO, "out of memory");
  for (int n = 0; n < (int)s->tiles.held; n++) put_tile(s, sheet, n);
  put_header(s, out);
  enum err failure = jpeg_make(sheet, (struct shape_size){sheet->width, sheet->height}, QUALITY, out);
  av_frame_free(&sheet);
  return failure;
}

void strip_free(struct strip *s) {
  for (int i = 0; i < TILES_MOST; i++) free(s->held[i]);
  *s = (struct strip){0};
}
