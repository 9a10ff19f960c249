#include "ingest/worker/moov.h"

#include <string.h>

enum { BOX_HEADER = 8, BOX_HEADER_64 = 16, MOST_DEPTH = 8 };

struct box {
  const uint8_t *type, *body;
  size_t length; /* of the body */
};

struct shift {
  uint64_t by;
  bool wide;     /* write co64 instead of stco */
  bool overflow; /* an offset did not fit */
};

static bool type_is(const uint8_t *type, const char *name) { return memcmp(type, name, 4) == 0; }

/* A 32-bit box at the cursor. */
static bool next_box(struct bytes_reader *r, struct box *out) {
  uint32_t size = bytes_get_u32be(r);
  const uint8_t *type = bytes_get_view(r, 4);
  if (r->failed || size < BOX_HEADER) return !(r->failed = true);
  const uint8_t *body = bytes_get_view(r, size - BOX_HEADER);
  if (!body) return false;
  *out = (struct box){.type = type, .body = body, .length = size - BOX_HEADER};
  return true;
}

static size_t begin_box(struct bytes *out, const char *type) {
  size_t start = out->length;
  bytes_put_u32be(out, 0);
  bytes_put(out, type, 4);
  return start;
}

static void end_box(struct bytes *out, size_t start) {
  if (out->failed) return;
  uint64_t size = out->length - start;
  if (size > UINT32_MAX) out->failed = true;
  for (int i = 0; i < 4; i++) out->data[start + (size_t)i] = (uint8_t)(size >> (24 - 8 * i));
}

/* stco or co64: version and flags, count, offsets. */
static bool put_offsets(struct bytes *out, const struct box *table, struct shift *shift) {
  bool was_wide = type_is(table->type, "co64"), wide = was_wide || shift->wide;
  struct bytes_reader r = bytes_reader(table->body, table->length);
  size_t start = begin_box(out, wide ? "co64" : "stco");
  bytes_put_u32be(out, bytes_get_u32be(&r));
  uint32_t count = bytes_get_u32be(&r);
  bytes_put_u32be(out, count);
  for (uint32_t i = 0; i < count && !r.failed; i++) {
    uint64_t offset = was_wide ? bytes_get_u64be(&r) : bytes_get_u32be(&r);
    if (__builtin_add_overflow(offset, shift->by, &offset)) r.failed = true;
    if (!wide && offset > UINT32_MAX) shift->overflow = true;
    if (wide)
      bytes_put_u64be(out, offset);
    else
      bytes_put_u32be(out, (uint32_t)offset);
  }
  end_box(out, start);
  return bytes_done(&r);
}

static bool holds_boxes(const uint8_t *type) {
  return type_is(type, "moov") || type_is(type, "trak") || type_is(type, "mdia") || type_is(type, "minf") ||
         type_is(type, "stbl");
}

static bool put_box(struct bytes *out, const struct box *box, struct shift *shift, int depth) {
  if (type_is(box->type, "stco") || type_is(box->type, "co64")) return put_offsets(out, box, shift);
  char type[5] = {0};
  memcpy(type, box->type, 4);
  size_t start = begin_box(out, type);
  if (!holds_boxes(box->type)) {
    bytes_put(out, box->body, box->length);
  } else {
    if (depth >= MOST_DEPTH) return false;
    struct bytes_reader r = bytes_reader(box->body, box->length);
    struct box inner;
    while (bytes_left(&r) && next_box(&r, &inner))
      if (!put_box(out, &inner, shift, depth + 1)) return false;
    if (!bytes_done(&r)) return false;
  }
  end_box(out, start);
  return true;
}

static enum err shifted(const struct box *moov, struct shift *shift, struct bytes *out) {
  bytes_clear(out);
  shift->overflow = false;
  if (!put_box(out, moov, shift, 0)) return err_set(ERR_BUG, "the muxer wrote a moov that is not understood");
  return bytes_check(out);
}

/* How long a free box behind `length` bytes must be to end on the grid; 0: none. */
static size_t filling(size_t length, uint64_t payload_length) {
  if (payload_length < MOOV_ALIGNS_FROM) return 0;
  size_t over = (length + BOX_HEADER) % MOOV_GRID;
  return BOX_HEADER + (over ? MOOV_GRID - over : 0);
}

static enum err put_filling(struct bytes *out, size_t length) {
  if (!length) return ERR_OK;
  size_t start = begin_box(out, "free");
  bytes_extend(out, length - BOX_HEADER);
  end_box(out, start);
  return bytes_check(out);
}

/* With the box that fills the head up. The first pass finds the length, which is the shift; it depends on nothing but `wide`. */
static enum err shift_moov(const struct box *moov, size_t header_length, uint64_t payload_length, struct bytes *out) {
  struct shift shift = {0};
  for (int pass = 0; pass < 2; pass++) {
    shift.by = 0;
    TRY(shifted(moov, &shift, out));
    size_t fill = filling(header_length + out->length, payload_length);
    shift.by = out->length + fill;
    TRY(shifted(moov, &shift, out));
    if (!shift.overflow) return put_filling(out, fill);
    shift.wide = true;
  }
  return err_set(ERR_BUG, "the moov's offsets do not fit");
}

/* What stands before the payload: ftyp, then the mdat header, before which an 8-byte free box may keep its place. */
static enum err check_header(const uint8_t *header, size_t length, uint64_t payload_length, size_t *ftyp_length) {
  struct bytes_reader r = bytes_reader(header, length);
  struct box ftyp, spare;
  if (!next_box(&r, &ftyp) || !type_is(ftyp.type, "ftyp")) return err_set(ERR_BUG, "the muxer wrote no ftyp");
  *ftyp_length = BOX_HEADER + ftyp.length;
  struct bytes_reader ahead = r;
  if (next_box(&ahead, &spare) && type_is(spare.type, "free") && spare.length == 0) r = ahead;
  uint64_t size = bytes_get_u32be(&r), own = BOX_HEADER;
  const uint8_t *type = bytes_get_view(&r, 4);
  if (size == 1) {
    size = bytes_get_u64be(&r);
    own = BOX_HEADER_64;
  }
  if (!bytes_done(&r) || !type_is(type, "mdat") || size < own || size - own != payload_length)
    return err_set(ERR_BUG, "the muxer's mdat header does not state what was written");
  return ERR_OK;
}

enum err moov_make_head(const uint8_t *header, size_t header_length, const uint8_t *trailer, size_t trailer_length,
                        uint64_t payload_length, struct bytes *out) {
  size_t ftyp_length = 0;
  TRY(check_header(header, header_length, payload_length, &ftyp_length));
  struct bytes_reader r = bytes_reader(trailer, trailer_length);
  struct box moov;
  if (!next_box(&r, &moov) || !type_is(moov.type, "moov") || !bytes_done(&r))
    return err_set(ERR_BUG, "the muxer wrote something else than a moov at the end");
  AUTO(bytes) struct bytes fresh = {0};
  TRY(shift_moov(&moov, header_length, payload_length, &fresh));
  bytes_put(out, header, ftyp_length);
  bytes_put(out, fresh.data, fresh.length);
  bytes_put(out, header + ftyp_length, header_length - ftyp_length);
  return bytes_check(out);
}
