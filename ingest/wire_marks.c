#include "ingest/wire_marks.h"

#include "ingest/wire.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 12, REGION_BYTES = 9, VOICE_BYTES = 17, FIXED_BYTES = 24 };
_Static_assert(FIXED_BYTES + WIRE_MOST_REGIONS * REGION_BYTES + WIRE_MOST_KEYS * KEY_BYTES + WIRE_MOST_VOICES * VOICE_BYTES <=
                   WIRE_MOST_DATA - 1024,
               "marks and the order before them fit into one frame's room");

static void put_key(struct bytes *out, const struct wire_key *k) {
  bytes_put_u32(out, k->frame);
  bytes_put_u16(out, (uint16_t)(k->x + WIRE_MOST_SIDE));
  bytes_put_u16(out, (uint16_t)(k->y + WIRE_MOST_SIDE));
  bytes_put_u16(out, (uint16_t)k->width);
  bytes_put_u16(out, (uint16_t)k->height);
}

static void put_region(struct bytes *out, const struct wire_marks *m, const struct wire_region *r) {
  bytes_put_u8(out, (uint8_t)r->method);
  bytes_put_u32(out, r->end);
  bytes_put_u32(out, r->count);
  for (uint32_t i = 0; i < r->count; i++) put_key(out, &m->keys[r->first + i]);
}

/* width u32, height u32, seed u64, regions u32, voices u32; region: method u8, end u32, keys u32, then each key:
 * frame u32, x + 16384 u16, y + 16384 u16, width u16, height u16; voice: hush u8, from_ms u64, to_ms u64 */
void wire_marks_put(struct bytes *out, const struct wire_marks *marks) {
  size_t start = out->length;
  bytes_extend(out, WIRE_PREFIX);
  bytes_put_u32(out, marks->width);
  bytes_put_u32(out, marks->height);
  bytes_put_u64(out, marks->seed);
  bytes_put_u32(out, marks->region_count);
  bytes_put_u32(out, marks->voice_count);
  for (uint32_t i = 0; i < marks->region_count; i++) put_region(out, marks, &marks->regions[i]);
  for (uint32_t i = 0; i < marks->voice_count; i++) {
    bytes_put_u8(out, (uint8_t)marks->voices[i].hush);
    bytes_put_u64(out, (uint64_t)marks->voices[i].from_ms);
    bytes_put_u64(out, (uint64_t)marks->voices[i].to_ms);
  }
  if (!out->failed) wire_prefix(out->data + start, WIRE_MARKS, out->length - start - WIRE_PREFIX);
}

static uint32_t get_u32_upto(struct bytes_reader *r, uint32_t most) {
  uint32_t v = bytes_get_u32(r);
  if (v > most) r->failed = true;
  return v;
}

static int32_t get_place(struct bytes_reader *r) {
  int32_t v = (int32_t)bytes_get_u16(r) - WIRE_MOST_SIDE;
  if (v > WIRE_MOST_SIDE) r->failed = true;
  return v;
}

static uint32_t get_side(struct bytes_reader *r) {
  uint32_t v = bytes_get_u16(r);
  if (v == 0 || v > WIRE_MOST_SIDE) r->failed = true;
  return v;
}

static void get_key(struct bytes_reader *r, struct wire_key *k) {
  k->frame = get_u32_upto(r, INT32_MAX);
  k->x = get_place(r);
  k->y = get_place(r);
  k->width = get_side(r);
  k->height = get_side(r);
}

static void get_region(struct bytes_reader *r, struct wire_marks *m, struct wire_region *region) {
  uint8_t method = bytes_get_u8(r);
  region->end = get_u32_upto(r, INT32_MAX);
  uint32_t count = get_u32_upto(r, WIRE_MOST_KEYS - m->key_count);
  if (r->failed || count == 0 || method < WIRE_BLUR || method > WIRE_PIXELATE) {
    r->failed = true;
    return;
  }
  region->method = (enum wire_method)method;
  region->first = m->key_count;
  region->count = count;
  for (uint32_t i = 0; i < count && !r->failed; i++) {
    struct wire_key *k = &m->keys[m->key_count++];
    get_key(r, k);
    if (i && k->frame <= k[-1].frame) r->failed = true;
    if (k->frame >= region->end) r->failed = true;
  }
}

static void get_voice(struct bytes_reader *r, struct wire_voice *v) {
  uint8_t hush = bytes_get_u8(r);
  v->from_ms = (int64_t)bytes_get_u64(r);
  v->to_ms = (int64_t)bytes_get_u64(r);
  if (hush != WIRE_MUTE && hush != WIRE_ALTER) r->failed = true;
  if (v->from_ms < 0 || v->to_ms <= v->from_ms) r->failed = true;
  v->hush = (enum wire_hush)hush;
}

static void get_all(struct bytes_reader *r, struct wire_marks *m) {
  m->width = get_u32_upto(r, WIRE_MOST_SIDE);
  m->height = get_u32_upto(r, WIRE_MOST_SIDE);
  m->seed = bytes_get_u64(r);
  m->region_count = get_u32_upto(r, WIRE_MOST_REGIONS);
  m->voice_count = get_u32_upto(r, WIRE_MOST_VOICES);
  if (m->region_count && (!m->width || !m->height)) r->failed = true;
  for (uint32_t i = 0; i < m->region_count && !r->failed; i++) get_region(r, m, &m->regions[i]);
  for (uint32_t i = 0; i < m->voice_count && !r->failed; i++) get_voice(r, &m->voices[i]);
}

enum err wire_marks_get(const uint8_t *payload, size_t length, struct wire_marks *out) {
  struct bytes_reader r = bytes_reader(payload, length);
  struct wire_marks *m = calloc(1, sizeof *m);
  if (!m) return err_set(ERR_IO, "out of memory");
  get_all(&r, m);
  bool whole = bytes_done(&r);
  if (whole) *out = *m;
  free(m);
  return whole ? ERR_OK : err_set(ERR_DATA, "marks that are malformed");
}
