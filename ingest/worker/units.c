#include "ingest/worker/units.h"

#include <string.h>

enum { SLICE = 1, IDR_SLICE = 5, SEQUENCE = 7, PICTURE = 8, TYPE = 0x1f, HEAD = 5, PROFILE_HIGH = 100 };

static const uint8_t *get_set(struct bytes_reader *r, size_t *length) {
  *length = (size_t)bytes_get_u8(r) << 8;
  *length |= bytes_get_u8(r);
  if (*length == 0) r->failed = true;
  return bytes_get_view(r, *length);
}

/* Goes through the record's sets; `same` is set if one of them is `unit` (NULL: none is asked for). Appends them with their
 * counts to `out`, if there is one. */
static bool walk(const struct units *u, const uint8_t *unit, size_t unit_length, bool *same, struct bytes *out) {
  struct bytes_reader r = bytes_reader(u->record, u->record_length);
  bytes_get_view(&r, HEAD);
  for (int kind = 0; kind < 2; kind++) {
    uint8_t count = bytes_get_u8(&r) & (kind == 0 ? TYPE : 0xff);
    if (count == 0) return false;
    if (out) bytes_put_u8(out, (uint8_t)(kind == 0 ? 0xe0 | count : count));
    for (int i = 0; i < count; i++) {
      size_t length;
      const uint8_t *set = get_set(&r, &length);
      if (!set || (set[0] & TYPE) != (kind == 0 ? SEQUENCE : PICTURE)) return false;
      if (unit && length == unit_length && memcmp(set, unit, length) == 0) *same = true;
      if (out) bytes_put_u8(out, (uint8_t)(length >> 8)), bytes_put_u8(out, (uint8_t)length), bytes_put(out, set, length);
    }
  }
  return !r.failed;
}

bool units_open(const uint8_t *record, size_t length, struct units *out) {
  if (!record || length < HEAD + 2 || record[0] != 1) return false;
  struct units u = {.record = record, .record_length = length, .length_bytes = (record[4] & 3) + 1};
  if (u.length_bytes == 3 || !walk(&u, NULL, 0, NULL, NULL)) return false;
  *out = u;
  return true;
}

/* The next unit; NULL at the end, or with r->failed. */
static const uint8_t *next(const struct units *u, struct bytes_reader *r, size_t *length) {
  if (r->failed || bytes_left(r) == 0) return NULL;
  *length = 0;
  for (int i = 0; i < u->length_bytes; i++) *length = *length << 8 | bytes_get_u8(r);
  if (*length == 0) r->failed = true;
  return bytes_get_view(r, *length);
}

bool units_look(const struct units *u, const uint8_t *packet, size_t length, struct units_seen *out) {
  struct bytes_reader r = bytes_reader(packet, length);
  struct units_seen seen = {.idr = true, .plain = u->length_bytes == 4};
  size_t size;
  for (const uint8_t *unit; (unit = next(u, &r, &size));) {
    int type = unit[0] & TYPE;
    bool same = false;
    if (type == SLICE || type == IDR_SLICE)
      seen.picture = true;
    else
      seen.plain = false;
    if (type == SLICE) seen.idr = false;
    if ((type == SEQUENCE || type == PICTURE) && !(walk(u, unit, size, &same, NULL) && same)) seen.changes = true;
  }
  if (r.failed) return false;
  seen.idr = seen.idr && seen.picture;
  *out = seen;
  return true;
}

enum err units_clean(const struct units *u, const uint8_t *packet, size_t length, struct bytes *out) {
  struct bytes_reader r = bytes_reader(packet, length);
  size_t size;
  for (const uint8_t *unit; (unit = next(u, &r, &size));) {
    int type = unit[0] & TYPE;
    if (type != SLICE && type != IDR_SLICE) continue;
    bytes_put_u32be(out, (uint32_t)size);
    bytes_put(out, unit, size);
  }
  if (r.failed) return err_set(ERR_DATA, "A frame of this recording is not whole.");
  return bytes_check(out);
}

enum err units_record(const struct units *u, struct bytes *out) {
  static const uint8_t end_of_high[] = {0xfd, 0xf8, 0xf8, 0}; /* 4:2:0, 8 bits, 8 bits, no further sets */
  bytes_put(out, u->record, 4);
  bytes_put_u8(out, 0xff); /* lengths of four bytes */
  if (!walk(u, NULL, 0, NULL, out)) return err_set(ERR_BUG, "parameter sets went bad");
  if (u->record[1] >= PROFILE_HIGH) bytes_put(out, end_of_high, sizeof end_of_high);
  return bytes_check(out);
}
