#include "ingest/worker/shape.h"

#include <stdlib.h>

enum { MOST_LONG = 8192, MOST_RATIO = 4 };

int shape_of_matrix(const int32_t matrix[9]) {
  if (!matrix) return 1;
  /* x' = a x + c y, y' = b x + d y. Widened: the hostile case is INT32_MIN. */
  int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  if (llabs(a) + llabs(d) >= llabs(b) + llabs(c)) {
    if (a == 0 || d == 0) return 1;
    if (a > 0) return d > 0 ? 1 : 4;
    return d > 0 ? 2 : 3;
  }
  if (b == 0 || c == 0) return 1;
  if (b > 0) return c > 0 ? 5 : 6;
  return c > 0 ? 8 : 7;
}

bool shape_swaps(int orientation) { return orientation >= 5; }

const char *shape_filter(int orientation) {
  switch (orientation) {
    case 2: return ",hflip";
    case 3: return ",hflip,vflip";
    case 4: return ",vflip";
    case 5: return ",transpose=cclock_flip";
    case 6: return ",transpose=clock";
    case 7: return ",transpose=clock_flip";
    case 8: return ",transpose=cclock";
    default: return "";
  }
}

static int at_least_two(double side, bool even) {
  int whole = (int)(side + 0.5);
  if (even) whole &= ~1;
  return whole < 2 ? 2 : whole;
}

struct shape_size shape_upright(struct shape_size stored, int ratio_num, int ratio_den, int orientation, int most_short,
                                bool even) {
  double width = stored.width, height = stored.height;
  double ratio = ratio_num > 0 && ratio_den > 0 ? (double)ratio_num / ratio_den : 1;
  if (ratio > MOST_RATIO || ratio < 1.0 / MOST_RATIO) ratio = 1;
  width *= ratio;
  if (shape_swaps(orientation)) {
    double was = width;
    width = height;
    height = was;
  }
  double shorter = width < height ? width : height, longer = width < height ? height : width, scale = 1;
  if (most_short > 0 && shorter > most_short) scale = most_short / shorter;
  if (most_short > 0 && longer * scale > MOST_LONG) scale = MOST_LONG / longer;
  /* 641 becomes 640, not 642: no line is invented. */
  return (struct shape_size){at_least_two(width * scale, even), at_least_two(height * scale, even)};
}
