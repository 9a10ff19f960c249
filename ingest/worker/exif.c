#include "ingest/worker/exif.h"

#include "vault/base/bytes.h"

#include <string.h>

enum { MOST_ENTRIES = 512, TAG_ORIENTATION = 0x112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

/* TIFF states its byte order in its first two bytes. */
struct tiff {
  struct bytes_reader r;
  bool big_endian;
};

static uint16_t get_u16(struct tiff *t) {
  uint16_t v = bytes_get_u16(&t->r);
  return t->big_endian ? (uint16_t)(v >> 8 | v << 8) : v;
}

static uint32_t get_u32(struct tiff *t) { return t->big_endian ? bytes_get_u32be(&t->r) : bytes_get_u32(&t->r); }

/* TIFF 6.0: order, 42, offset of the first directory; there: count, entries of tag, type, count, value. */
static int of_tiff(const uint8_t *data, size_t length) {
  struct tiff t = {.r = bytes_reader(data, length)};
  const uint8_t *order = bytes_get_view(&t.r, 2);
  if (!order || (memcmp(order, "II", 2) != 0 && memcmp(order, "MM", 2) != 0)) return 1;
  t.big_endian = order[0] == 'M';
  if (get_u16(&t) != 42) return 1;
  uint32_t directory = get_u32(&t);
  if (t.r.failed || directory >= length) return 1;
  t.r = bytes_reader(data + directory, length - directory);
  int count = get_u16(&t);
  for (int i = 0; i < count && i < MOST_ENTRIES && !t.r.failed; i++) {
    uint16_t tag = get_u16(&t), type = get_u16(&t);
    uint32_t values = get_u32(&t);
    uint16_t value = get_u16(&t);
    bytes_get_view(&t.r, 2);
    if (tag != TAG_ORIENTATION || t.r.failed) continue;
    return type == TYPE_SHORT && values == 1 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

static uint16_t get_u16be(struct bytes_reader *r) {
  uint16_t v = bytes_get_u16(r);
  return (uint16_t)(v >> 8 | v << 8);
}

/* JPEG: markers FF xx with a big-endian length, until the picture (FF DA) begins. */
static int of_jpeg(struct bytes_reader r) {
  bytes_get_view(&r, 2);
  while (!r.failed) {
    const uint8_t *marker = bytes_get_view(&r, 2);
    if (!marker || marker[0] != 0xff || marker[1] == 0xda) return 1;
    size_t length = get_u16be(&r);
    const uint8_t *body = length >= 2 ? bytes_get_view(&r, length - 2) : NULL;
    if (!body) return 1;
    if (marker[1] == 0xe1 && length >= 8 && memcmp(body, "Exif\0", 6) == 0) return of_tiff(body + 6, length - 8);
  }
  return 1;
}

/* PNG: big-endian length, type, data, checksum. */
static int of_png(struct bytes_reader r) {
  bytes_get_view(&r, 8);
  while (!r.failed) {
    uint32_t length = bytes_get_u32be(&r);
    const uint8_t *type = bytes_get_view(&r, 4), *body = bytes_get_view(&r, length);
    if (body && type && memcmp(type, "eXIf", 4) == 0) return of_tiff(body, length);
    bytes_get_view(&r, 4);
  }
  return 1;
}

/* WebP: RIFF chunks of type, little-endian length, data padded to even. */
static int of_webp(struct bytes_reader r) {
  bytes_get_view(&r, 12);
  while (!r.failed) {
    const uint8_t *type = bytes_get_view(&r, 4);
    uint32_t length = bytes_get_u32(&r);
    const uint8_t *body = bytes_get_view(&r, length);
    if (!body || !type) return 1;
    if (memcmp(type, "EXIF", 4) == 0)
      return length >= 6 && memcmp(body, "Exif\0", 6) == 0 ? of_tiff(body + 6, length - 6) : of_tiff(body, length);
    if (length & 1) bytes_get_view(&r, 1);
  }
  return 1;
}

int exif_orientation(const uint8_t *file, size_t length) {
  struct bytes_reader r = bytes_reader(file, length);
  if (length < 16) return 1;
  if (memcmp(file, "\xff\xd8\xff", 3) == 0) return of_jpeg(r);
  if (memcmp(file, "\x89PNG\r\n\x1a\n", 8) == 0) return of_png(r);
  if (memcmp(file, "RIFF", 4) == 0 && memcmp(file + 8, "WEBP", 4) == 0) return of_webp(r);
  return of_tiff(file, length);
}
