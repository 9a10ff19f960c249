#include "ingest/worker/stamp.h"

#include "ingest/worker/font.h"

#include <stdbool.h>
#include <string.h>

enum {
  CELL = FONT_WIDTH + 1,  /* a letter and the gap behind it, in dots */
  GAP_CELLS = 4,          /* between two repetitions */
  LINE = 3 * FONT_HEIGHT, /* from one line of repetitions to the next, in dots */
  LIGHT = 235,
  DARK = 16,
  OPACITY = 96, /* of 256 */
  DOTS_DOWN = 180,
  FRAMES_A_DOT = 4, /* at 25 frames a second: six dots a second */
};

static int wrapped(int64_t v, int size) { return (int)((v % size + size) % size); }

static bool lit(const char *text, int length, int64_t column, int64_t row) {
  int line = wrapped(row, LINE);
  int64_t lines = (row - line) / LINE, shift = lines * 7 * CELL / 2;
  int place = wrapped(column + shift, (length + GAP_CELLS) * CELL);
  return line < FONT_HEIGHT && place / CELL < length && font_dot(text[place / CELL], place % CELL, line);
}

int stamp_at(const char *text, int dot, int64_t number, int x, int y) {
  int length = (int)strlen(text);
  int64_t column = x / dot + number / FRAMES_A_DOT, row = y / dot + number / FRAMES_A_DOT / 3;
  if (!length) return 0;
  if (lit(text, length, column, row)) return 1;
  return lit(text, length, column - 1, row - 1) ? -1 : 0;
}

void stamp_draw(const char *text, int64_t number, AVFrame *frame) {
  int shorter = frame->width < frame->height ? frame->width : frame->height;
  int dot = shorter / DOTS_DOWN < 1 ? 1 : shorter / DOTS_DOWN;
  for (int y = 0; y < frame->height; y++) {
    uint8_t *row = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
    for (int x = 0; x < frame->width; x++) {
      int what = stamp_at(text, dot, number, x, y);
      if (what) row[x] = (uint8_t)((row[x] * (256 - OPACITY) + (what > 0 ? LIGHT : DARK) * OPACITY) / 256);
    }
  }
}
