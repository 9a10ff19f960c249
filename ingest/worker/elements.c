#include "ingest/worker/elements.h"

enum { SINGLE = 0, PAIR = 1, DATA = 4, FILL = 6, LONG_FILL = 15, LONG_DATA = 255 };

struct bits {
  const uint8_t *data;
  size_t count, at;
};

/* Zeroes behind the end: the caller compares `at` with `count`. */
static unsigned get(struct bits *b, int width) {
  unsigned v = 0;
  for (int i = 0; i < width; i++, b->at++) v = v << 1 | (b->at < b->count ? b->data[b->at / 8] >> (7 - b->at % 8) & 1u : 0);
  return v;
}

static void pass_fill(struct bits *b) {
  unsigned bytes = get(b, 4);
  if (bytes == LONG_FILL) bytes += get(b, 8) - 1;
  b->at += 8 * (size_t)bytes;
}

static void pass_data(struct bits *b) {
  get(b, 4); /* tag */
  bool aligned = get(b, 1);
  unsigned bytes = get(b, 8);
  if (bytes == LONG_DATA) bytes += get(b, 8);
  if (aligned) b->at = (b->at + 7) / 8 * 8;
  b->at += 8 * (size_t)bytes;
}

static void drop_bits(uint8_t *packet, size_t *length, size_t count) {
  struct bits rest = {packet, 8 * *length, count};
  size_t left = (8 * *length - count + 7) / 8;
  for (size_t i = 0; i < left; i++) packet[i] = (uint8_t)get(&rest, 8); /* is read before it is overwritten: count is positive */
  *length = left;
}

bool elements_clean(uint8_t *packet, size_t *length, int channels) {
  struct bits b = {packet, 8 * *length, 0};
  for (;;) {
    size_t start = b.at;
    unsigned element = get(&b, 3);
    if (b.at >= b.count) return false;
    if (element == (channels == 2 ? PAIR : SINGLE)) {
      if (start) drop_bits(packet, length, start);
      return true;
    }
    if (element == FILL)
      pass_fill(&b);
    else if (element == DATA)
      pass_data(&b);
    else
      return false;
  }
}
