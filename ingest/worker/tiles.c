#include "ingest/worker/tiles.h"

#include <stddef.h>
#include <stdlib.h>

enum { DARK = 34, BRIGHT = 222, SAYS_LITTLE = 64 };

bool tiles_due(struct tiles *t, uint64_t n, bool *thin) {
  *thin = false;
  if (n % t->interval) return false;
  if (t->held < TILES_MOST) return true;
  *thin = true;
  t->held = (t->held + 1) / 2;
  t->interval *= 2;
  return n % t->interval == 0;
}

static int side(int64_t of, int64_t longer, int64_t most) {
  int64_t even = of * most / longer & ~INT64_C(1);
  return even < 2 ? 2 : (int)even;
}

struct shape_size tiles_size(struct shape_size picture) {
  int longer = picture.width > picture.height ? picture.width : picture.height;
  int most = longer < TILES_LONG_SIDE ? longer : TILES_LONG_SIDE;
  return (struct shape_size){side(picture.width, longer, most), side(picture.height, longer, most)};
}

static uint8_t mean(const uint8_t *at, int stride, int width, int height) {
  uint32_t sum = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) sum += at[(ptrdiff_t)y * stride + x];
  uint32_t count = (uint32_t)width * (uint32_t)height;
  return (uint8_t)((sum + count / 2) / count);
}

void tiles_shrink(const uint8_t *from, int stride, struct shape_size from_size, uint8_t *to, struct shape_size to_size) {
  for (int y = 0; y < to_size.height; y++) {
    int top = (int)((int64_t)y * from_size.height / to_size.height);
    int bottom = (int)((int64_t)(y + 1) * from_size.height / to_size.height);
    for (int x = 0; x < to_size.width; x++) {
      int left = (int)((int64_t)x * from_size.width / to_size.width);
      int right = (int)((int64_t)(x + 1) * from_size.width / to_size.width);
      *to++ = mean(from + (ptrdiff_t)top * stride + left, stride, right - left, bottom - top);
    }
  }
}

uint64_t tiles_detail(const uint8_t *luma, struct shape_size size) {
  uint64_t edges = 0, sum = 0;
  for (int y = 0; y + 1 < size.height; y++)
    for (int x = 0; x + 1 < size.width; x++) {
      const uint8_t *at = luma + (ptrdiff_t)y * size.width + x;
      edges += (uint64_t)(abs(at[0] - at[1]) + abs(at[0] - at[size.width]));
      sum += at[0];
    }
  uint64_t count = (uint64_t)(size.height - 1) * (uint64_t)(size.width - 1);
  bool says_little = sum < count * DARK || sum > count * BRIGHT;
  return says_little ? edges / SAYS_LITTLE : edges;
}
