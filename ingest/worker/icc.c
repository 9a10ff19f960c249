#include "ingest/worker/icc.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 128, ENTRY = 12, MOST_TAGS = 100, XYZ = 20, APART = 131 /* 0.002 */ };

/* X, Y, Z of what red, green and blue mean, in the profile's white (D50), as signed 16.16. */
static const struct {
  char tag[5];
  int32_t xyz[3];
} primaries[] = {{"rXYZ", {33759, 15807, -69}}, {"gXYZ", {19135, 45367, 2745}}, {"bXYZ", {10296, 4363, 51385}}};

static uint32_t big_endian(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const uint8_t *find(const uint8_t *profile, size_t length, const char *tag) {
  uint32_t count = big_endian(profile + HEADER);
  for (uint32_t i = 0; i < count && i < MOST_TAGS && HEADER + 4 + (size_t)(i + 1) * ENTRY <= length; i++) {
    const uint8_t *entry = profile + HEADER + 4 + (size_t)i * ENTRY;
    uint32_t offset = big_endian(entry + 4);
    if (memcmp(entry, tag, 4) == 0) return offset <= length && length - offset >= XYZ ? profile + offset : NULL;
  }
  return NULL;
}

static bool is_near(const uint8_t *xyz, const int32_t meant[3]) {
  if (memcmp(xyz, "XYZ ", 4) != 0) return false;
  for (size_t i = 0; i < 3; i++)
    if (llabs((int64_t)(int32_t)big_endian(xyz + 8 + 4 * i) - meant[i]) > APART) return false;
  return true;
}

bool icc_is_display_p3(const uint8_t *profile, size_t length) {
  if (length < HEADER + 4 || memcmp(profile + 16, "RGB ", 4) != 0) return false;
  for (size_t i = 0; i < sizeof primaries / sizeof *primaries; i++) {
    const uint8_t *xyz = find(profile, length, primaries[i].tag);
    if (!xyz || !is_near(xyz, primaries[i].xyz)) return false;
  }
  return true;
}
