#include "ingest/worker/mask.h"

#include <libavutil/pixdesc.h>
#include <math.h>
#include <string.h>

enum { LEAST_CELL = 8, PAD = 4, PAD_PART = 16, GREY = 128, ONE = 256 };

/* ---- where */

struct edges {
  double left, top, right, bottom;
};

static struct edges edges_of(const struct wire_key *k) {
  return (struct edges){k->x, k->y, (double)k->x + k->width, (double)k->y + k->height};
}

static double between(double a, double b, double part) { return a + (b - a) * part; }

static struct edges move(struct edges a, struct edges b, double part) {
  return (struct edges){between(a.left, b.left, part), between(a.top, b.top, part), between(a.right, b.right, part),
                        between(a.bottom, b.bottom, part)};
}

/* Nobody knows how a person went from one key to the next: what covers both guesses covers most. */
static struct edges both(struct edges a, struct edges b) {
  return (struct edges){fmin(a.left, b.left), fmin(a.top, b.top), fmax(a.right, b.right), fmax(a.bottom, b.bottom)};
}

/* The last key at or before the frame; there is one. */
static uint32_t find_key(const struct wire_key *keys, uint32_t count, int64_t frame) {
  uint32_t low = 0, high = count;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (keys[middle].frame <= frame)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static struct edges edges_at(const struct wire_key *keys, uint32_t count, int64_t frame) {
  uint32_t n = find_key(keys, count, frame);
  if (n + 1 == count) return edges_of(&keys[n]);
  struct edges from = edges_of(&keys[n]), to = edges_of(&keys[n + 1]);
  double part = (double)(frame - keys[n].frame) / (double)(keys[n + 1].frame - keys[n].frame);
  return both(move(from, to, part), move(from, to, part * part * (3 - 2 * part)));
}

/* Even, so that chroma of half the size is covered by the same box; the end of an odd picture stays its end. */
static bool cut(double low, double high, int side, int *at, int *length) {
  double pad = PAD + (high - low) / PAD_PART;
  double first = fmax(0, floor((low - pad) / 2) * 2), end = fmin(side, ceil((high + pad) / 2) * 2);
  if (low >= side || high <= 0 || end <= first) return false;
  *at = (int)first;
  *length = (int)(end - first);
  return true;
}

bool mask_place(const struct wire_marks *marks, const struct wire_region *region, int64_t frame, int width, int height,
                struct mask_box *out) {
  const struct wire_key *keys = &marks->keys[region->first];
  struct mask_box box;
  if (frame < keys[0].frame || frame >= region->end) return false;
  struct edges e = edges_at(keys, region->count, frame);
  if (!cut(e.left, e.right, width, &box.x, &box.width) || !cut(e.top, e.bottom, height, &box.y, &box.height)) return false;
  *out = box;
  return true;
}

/* ---- how */

void mask_cells(int width, int height, int *across, int *down) {
  int shorter = width < height ? width : height, longer = width < height ? height : width;
  int few = shorter / LEAST_CELL < 1 ? 1 : shorter / LEAST_CELL > MASK_CELLS ? MASK_CELLS : shorter / LEAST_CELL;
  int many = (int)lround((double)few * longer / shorter);
  if (many > MASK_MOST_CELLS) many = MASK_MOST_CELLS;
  *across = width < height ? few : many;
  *down = width < height ? many : few;
}

struct cells {
  int across, down;
  uint8_t mean[MASK_MOST_CELLS][MASK_MOST_CELLS];
};

/* Cell n of a side covers the pixels [begin(n), begin(n + 1)). */
static int begin(int n, int cells, int length) { return (int)((int64_t)n * length / cells); }

static uint8_t mean_of(const uint8_t *data, int stride, int left, int right, int top, int bottom) {
  uint64_t sum = 0, count = (uint64_t)(right - left) * (uint64_t)(bottom - top);
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++) sum += data[(ptrdiff_t)y * stride + x];
  return count ? (uint8_t)((sum + count / 2) / count) : GREY;
}

static void average(const uint8_t *data, int stride, struct mask_box box, struct cells *c) {
  for (int j = 0; j < c->down; j++)
    for (int i = 0; i < c->across; i++)
      c->mean[j][i] = mean_of(data, stride, begin(i, c->across, box.width), begin(i + 1, c->across, box.width),
                              begin(j, c->down, box.height), begin(j + 1, c->down, box.height));
}

static void draw_blocks(uint8_t *data, int stride, struct mask_box box, const struct cells *c) {
  for (int j = 0; j < c->down; j++)
    for (int y = begin(j, c->down, box.height); y < begin(j + 1, c->down, box.height); y++)
      for (int i = 0; i < c->across; i++) {
        int left = begin(i, c->across, box.width), right = begin(i + 1, c->across, box.width);
        memset(data + (ptrdiff_t)y * stride + left, c->mean[j][i], (size_t)(right - left));
      }
}

/* Between which two cells' centres a pixel lies, and how far (of 256) towards the second. */
static void locate(int at, int length, int cells, int *first, int *second, int *part) {
  double place = fmin(fmax((at + 0.5) * cells / length - 0.5, 0), cells - 1);
  *first = (int)place;
  *second = *first + 1 < cells ? *first + 1 : *first;
  *part = (int)((place - *first) * ONE);
}

static void draw_smooth(uint8_t *data, int stride, struct mask_box box, const struct cells *c) {
  for (int y = 0; y < box.height; y++) {
    int top, bottom, down, row[MASK_MOST_CELLS] = {0};
    locate(y, box.height, c->down, &top, &bottom, &down);
    for (int i = 0; i < c->across; i++) row[i] = c->mean[top][i] * (ONE - down) + c->mean[bottom][i] * down;
    for (int x = 0; x < box.width; x++) {
      int left, right, part;
      locate(x, box.width, c->across, &left, &right, &part);
      data[(ptrdiff_t)y * stride + x] = (uint8_t)((row[left] * (ONE - part) + row[right] * part + ONE * ONE / 2) / (ONE * ONE));
    }
  }
}

static void fill(uint8_t *data, int stride, struct mask_box box) {
  for (int y = 0; y < box.height; y++) memset(data + (ptrdiff_t)y * stride, GREY, (size_t)box.width);
}

void mask_plane(uint8_t *data, int stride, struct mask_box box, enum wire_method method, int across, int down) {
  uint8_t *corner = data + (ptrdiff_t)box.y * stride + box.x;
  struct cells c = {.across = across, .down = down};
  if (method != WIRE_FILL) average(corner, stride, box, &c);
  switch (method) {
    case WIRE_FILL: fill(corner, stride, box); break;
    case WIRE_PIXELATE: draw_blocks(corner, stride, box, &c); break;
    case WIRE_BLUR: draw_smooth(corner, stride, box, &c); break;
  }
}

static int halved_up(int v, int shift) { return (v + (1 << shift) - 1) >> shift; }

static void draw_region(AVFrame *frame, const AVPixFmtDescriptor *form, struct mask_box box, enum wire_method method) {
  int across, down;
  mask_cells(box.width, box.height, &across, &down);
  for (int plane = 0; plane < form->nb_components; plane++) {
    int w = plane ? form->log2_chroma_w : 0, h = plane ? form->log2_chroma_h : 0;
    struct mask_box b = {box.x >> w, box.y >> h, 0, 0};
    b.width = halved_up(box.x + box.width, w) - b.x;
    b.height = halved_up(box.y + box.height, h) - b.y;
    mask_plane(frame->data[plane], frame->linesize[plane], b, method, across, down);
  }
}

enum err mask_draw(const struct wire_marks *marks, int64_t number, AVFrame *frame) {
  const AVPixFmtDescriptor *form = av_pix_fmt_desc_get(frame->format);
  struct mask_box box;
  if (!marks->region_count) return ERR_OK;
  if (!form || form->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) || form->comp[0].depth != 8 || form->comp[0].step != 1)
    return err_set(ERR_BUG, "a picture whose form cannot be obscured");
  if (frame->width != (int)marks->width || frame->height != (int)marks->height)
    return err_set(ERR_BUG, "the marks are for a picture of another size");
  for (uint32_t i = 0; i < marks->region_count; i++)
    if (mask_place(marks, &marks->regions[i], number, frame->width, frame->height, &box))
      draw_region(frame, form, box, marks->regions[i].method);
  return ERR_OK;
}
