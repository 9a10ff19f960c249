#include "ingest/worker/nal.h"

#include "vault/base/bytes.h"

#include <string.h>

enum { SLICE = 1, IDR_SLICE = 5, MESSAGE = 6, SEQUENCE_SET = 7, PICTURE_SET = 8, TYPE_BITS = 0x1f, PREFIX = 4 };

static size_t get_u16be(struct bytes_reader *r) {
  size_t high = bytes_get_u8(r);
  return high << 8 | bytes_get_u8(r);
}

static void collect_counted(struct bytes_reader *r, unsigned count, struct bytes *out) {
  for (unsigned i = 0; i < count; i++) {
    size_t length = get_u16be(r);
    const uint8_t *set = bytes_get_view(r, length);
    if (set) bytes_put_field(out, set, length);
  }
}

/* False if it is no record, or its units have lengths of another size. */
static bool collect_record(const uint8_t *record, size_t length, struct bytes *out) {
  struct bytes_reader r = bytes_reader(record, length);
  bool known = bytes_get_u8(&r) == 1;
  bytes_get_view(&r, 3); /* profile, compatibility, level: said again in the set itself */
  bool four = (bytes_get_u8(&r) & 3) + 1 == PREFIX;
  collect_counted(&r, bytes_get_u8(&r) & 0x1f, out);
  collect_counted(&r, bytes_get_u8(&r), out);
  return known && four && !r.failed;
}

static const uint8_t *next_start(const uint8_t *at, const uint8_t *end) {
  static const uint8_t code[3] = {0, 0, 1};
  const uint8_t *found = at < end ? memmem(at, (size_t)(end - at), code, sizeof code) : NULL;
  return found ? found : end;
}

static void collect_stream(const uint8_t *stream, size_t length, struct bytes *out) {
  const uint8_t *end = stream + length;
  for (const uint8_t *at = next_start(stream, end); at + 3 < end;) {
    const uint8_t *unit = at + 3;
    at = next_start(unit, end);
    size_t bytes = (size_t)(at - unit);
    while (bytes && unit[bytes - 1] == 0) bytes--; /* no unit ends with a zero; the next start code may begin with one */
    int type = unit[0] & TYPE_BITS;
    if (type == SEQUENCE_SET || type == PICTURE_SET) bytes_put_field(out, unit, bytes);
  }
}

enum err nal_same_sets(const uint8_t *record, size_t record_length, const uint8_t *stream, size_t stream_length, bool *same) {
  AUTO(bytes) struct bytes ours = {0}, theirs = {0};
  bool understood = record && stream && collect_record(record, record_length, &theirs);
  if (understood) collect_stream(stream, stream_length, &ours);
  TRY(bytes_check(&ours));
  TRY(bytes_check(&theirs));
  *same = understood && ours.length && ours.length == theirs.length && memcmp(ours.data, theirs.data, ours.length) == 0;
  return ERR_OK;
}

/* The next unit of a boxed packet; NULL at its end, or (r->failed) where it is none. */
static const uint8_t *next_unit(struct bytes_reader *r, size_t *length) {
  if (!bytes_left(r)) return NULL;
  *length = bytes_get_u32be(r);
  const uint8_t *unit = bytes_get_view(r, *length);
  if (!*length) r->failed = true;
  return r->failed ? NULL : unit;
}

bool nal_look(const uint8_t *packet, size_t length, bool *idr) {
  struct bytes_reader r = bytes_reader(packet, length);
  size_t unit_length;
  bool slices = false, all_idr = true;
  for (const uint8_t *unit; (unit = next_unit(&r, &unit_length));) {
    int type = unit[0] & TYPE_BITS;
    if (type != SLICE && type != IDR_SLICE && type != MESSAGE) return false;
    slices |= type != MESSAGE;
    all_idr &= type != SLICE;
  }
  *idr = slices && all_idr;
  return slices && bytes_done(&r);
}

void nal_to_stream(uint8_t *packet, size_t length) {
  struct bytes_reader r = bytes_reader(packet, length);
  size_t unit_length;
  for (const uint8_t *unit; (unit = next_unit(&r, &unit_length));) memcpy(packet + (unit - packet) - PREFIX, "\0\0\0\1", PREFIX);
}
