#include "ingest/worker/peaks.h"

#include <math.h>
#include <stddef.h>

enum { VERSION = 1, POINT = 2 };

static uint8_t quantised(float v) {
  float held = v > 1 ? 1 : v < -1 ? -1 : v;
  return (uint8_t)(int8_t)lrintf(held * 127);
}

static int value_of(uint8_t quantised) { return quantised > INT8_MAX ? quantised - 256 : quantised; }

/* The last `count` points of a level become one of the next. */
static void fold(struct peaks *p, int level, size_t count) {
  const struct bytes *fine = &p->points[level];
  int low = INT8_MAX, high = INT8_MIN;
  if (fine->failed) return;
  for (const uint8_t *at = fine->data + fine->length - count * POINT; at < fine->data + fine->length; at += POINT) {
    if (value_of(at[0]) < low) low = value_of(at[0]);
    if (value_of(at[1]) > high) high = value_of(at[1]);
  }
  bytes_put_u8(&p->points[level + 1], (uint8_t)low);
  bytes_put_u8(&p->points[level + 1], (uint8_t)high);
}

static void end_stretch(struct peaks *p) {
  bytes_put_u8(&p->points[0], quantised(p->low));
  bytes_put_u8(&p->points[0], quantised(p->high));
  for (int level = 0; level + 1 < PEAKS_LEVELS; level++) {
    size_t count = p->points[level].length / POINT;
    if (count % PEAKS_FACTOR) return;
    fold(p, level, PEAKS_FACTOR);
  }
}

/* Sound that is no number (a damaged float file) draws as silence. */
static void add_sample(struct peaks *p, const float *const *planes, int channels, int at) {
  if (p->samples % PEAKS_FINEST == 0) p->low = INFINITY, p->high = -INFINITY;
  for (int c = 0; c < channels; c++) {
    float v = isfinite(planes[c][at]) ? planes[c][at] : 0;
    if (v < p->low) p->low = v;
    if (v > p->high) p->high = v;
  }
  if (++p->samples % PEAKS_FINEST == 0) end_stretch(p);
}

void peaks_add(struct peaks *p, const float *const *planes, int channels, int count) {
  for (int i = 0; i < count; i++) add_sample(p, planes, channels, i);
}

void peaks_silence(struct peaks *p, uint64_t count) {
  static const float nothing[1];
  const float *const planes[] = {nothing};
  for (uint64_t i = 0; i < count; i++) add_sample(p, planes, 1, 0);
}

/* What is begun counts as whole. */
static void end_levels(struct peaks *p) {
  if (p->samples % PEAKS_FINEST) end_stretch(p);
  for (int level = 0; level + 1 < PEAKS_LEVELS; level++) {
    size_t fine = p->points[level].length / POINT, coarse = p->points[level + 1].length / POINT;
    if (fine > coarse * PEAKS_FACTOR) fold(p, level, fine - coarse * PEAKS_FACTOR);
  }
}

enum err peaks_finish(struct peaks *p, uint32_t sample_rate, struct bytes *out) {
  if (!p->samples) return ERR_OK;
  end_levels(p);
  bytes_put(out, "CVPK", 4);
  bytes_put_u16(out, VERSION);
  bytes_put_u16(out, PEAKS_LEVELS);
  bytes_put_u32(out, sample_rate);
  bytes_put_u64(out, p->samples);
  uint32_t stretch = PEAKS_FINEST;
  for (int level = 0; level < PEAKS_LEVELS; level++, stretch *= PEAKS_FACTOR) {
    TRY(bytes_check(&p->points[level]));
    bytes_put_u32(out, stretch);
    bytes_put_u32(out, (uint32_t)(p->points[level].length / POINT));
  }
  for (int level = 0; level < PEAKS_LEVELS; level++) bytes_put(out, p->points[level].data, p->points[level].length);
  return bytes_check(out);
}

void peaks_free(struct peaks *p) {
  for (int level = 0; level < PEAKS_LEVELS; level++) bytes_free(&p->points[level]);
  *p = (struct peaks){0};
}
