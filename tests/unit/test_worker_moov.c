/* The head of the playable file: ftyp, moov with shifted offsets, mdat header. */
#include "ingest/worker/moov.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a small muxer ---- */

static void box(struct bytes *out, const char *type, const struct bytes *body) {
  bytes_put_u32be(out, (uint32_t)(8 + body->length));
  bytes_put(out, type, 4);
  bytes_put(out, body->data, body->length);
}

static void wrap(struct bytes *b, const char *type) {
  struct bytes outer = {0};
  box(&outer, type, b);
  bytes_free(b);
  *b = outer;
}

static void put_table(struct bytes *out, const char *type, const uint64_t *offsets, uint32_t count) {
  AUTO(bytes) struct bytes body = {0};
  bytes_put_u32be(&body, 0);
  bytes_put_u32be(&body, count);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(type, "co64") == 0)
      bytes_put_u64be(&body, offsets[i]);
    else
      bytes_put_u32be(&body, (uint32_t)offsets[i]);
  }
  box(out, type, &body);
}

/* moov { mvhd, trak { mdia { minf { stbl { stsd, table } } } } }, one trak a table. */
static void put_trak(struct bytes *moov_body, const char *type, const uint64_t *offsets, uint32_t count) {
  AUTO(bytes) struct bytes b = {0};
  AUTO(bytes) struct bytes stsd = {0};
  bytes_put_text(&stsd, "stco is only text in here");
  box(&b, "stsd", &stsd);
  put_table(&b, type, offsets, count);
  wrap(&b, "stbl");
  wrap(&b, "minf");
  wrap(&b, "mdia");
  wrap(&b, "trak");
  bytes_put(moov_body, b.data, b.length);
}

static void put_header(struct bytes *out, uint64_t payload) {
  bytes_put_u32be(out, 24);
  bytes_put_text(out, "ftypisom....isommp41");
  if (payload + 8 <= UINT32_MAX) {
    bytes_put_u32be(out, 8);
    bytes_put_text(out, "free");
    bytes_put_u32be(out, (uint32_t)payload + 8);
    bytes_put_text(out, "mdat");
  } else {
    bytes_put_u32be(out, 1);
    bytes_put_text(out, "mdat");
    bytes_put_u64be(out, payload + 16);
  }
}

static void make_moov(struct bytes *out, const char *type, const uint64_t *offsets, uint32_t count) {
  put_trak(out, type, offsets, count);
  put_trak(out, type, offsets, 1);
  wrap(out, "moov");
}

/* The first offset of the first table of that type. */
static uint64_t first_offset(const struct bytes *b, const char *type) {
  for (size_t i = 40; i + 20 < b->length; i++) {
    if (memcmp(b->data + i, type, 4) != 0 || b->data[i + 4] != 0) continue;
    struct bytes_reader r = bytes_reader(b->data + i + 12, 8);
    return strcmp(type, "co64") == 0 ? bytes_get_u64be(&r) : bytes_get_u32be(&r);
  }
  return 0;
}

static void test_shift(void **state) {
  (void)state;
  static const uint64_t offsets[] = {40, 1000, 5000};
  AUTO(bytes) struct bytes header = {0};
  AUTO(bytes) struct bytes moov = {0};
  AUTO(bytes) struct bytes head = {0};
  put_header(&header, 6000);
  make_moov(&moov, "stco", offsets, 3);
  assert_int_equal(moov_make_head(header.data, header.length, moov.data, moov.length, 6000, &head), ERR_OK);
  assert_int_equal(head.length, header.length + moov.length);
  assert_memory_equal(head.data, header.data, 24);
  assert_memory_equal(head.data + 24 + 4, "moov", 4);
  assert_memory_equal(head.data + head.length - 16, header.data + 24, 16);
  assert_int_equal(first_offset(&head, "stco"), 40 + moov.length);
}

/* The film is a little under 4 GiB: its offsets fit where the muxer wrote it, and no longer once the moov stands before. */
static void test_promotion(void **state) {
  (void)state;
  static const uint64_t offsets[] = {40, UINT32_MAX - 100};
  const uint64_t payload = (uint64_t)UINT32_MAX - 50;
  AUTO(bytes) struct bytes header = {0};
  AUTO(bytes) struct bytes moov = {0};
  AUTO(bytes) struct bytes head = {0};
  put_header(&header, payload);
  make_moov(&moov, "stco", offsets, 2);
  assert_int_equal(moov_make_head(header.data, header.length, moov.data, moov.length, payload, &head), ERR_OK);
  size_t longer = MOOV_GRID - header.length; /* three entries became wide, and what is left is filled */
  assert_int_equal(head.length, MOOV_GRID);
  assert_memory_equal(head.data + 24 + moov.length + 4 * 3 + 4, "free", 4);
  assert_int_equal(first_offset(&head, "co64"), 40 + longer);
  assert_int_equal(first_offset(&head, "stco"), 0);
}

/* Just so that the narrow moov still fits. */
static void test_no_promotion_at_the_edge(void **state) {
  (void)state;
  AUTO(bytes) struct bytes header = {0};
  AUTO(bytes) struct bytes moov = {0};
  AUTO(bytes) struct bytes probe = {0};
  uint64_t offset = 0;
  make_moov(&probe, "stco", &offset, 1);
  for (int past = 0; past < 2; past++) {
    AUTO(bytes) struct bytes head = {0};
    bytes_clear(&header);
    bytes_clear(&moov);
    offset = UINT32_MAX - (MOOV_GRID - 40) + (unsigned)past; /* 40: what put_header writes, which stays */
    put_header(&header, UINT32_MAX);
    make_moov(&moov, "stco", &offset, 1);
    assert_int_equal(moov_make_head(header.data, header.length, moov.data, moov.length, UINT32_MAX, &head), ERR_OK);
    if (past)
      assert_true(first_offset(&head, "co64") == offset + MOOV_GRID - 40);
    else
      assert_true(first_offset(&head, "stco") == UINT32_MAX);
  }
}

static void test_wide_stays_wide(void **state) {
  (void)state;
  static const uint64_t offsets[] = {UINT64_C(5) << 32};
  const uint64_t payload = UINT64_C(6) << 32;
  AUTO(bytes) struct bytes header = {0};
  AUTO(bytes) struct bytes moov = {0};
  AUTO(bytes) struct bytes head = {0};
  put_header(&header, payload);
  make_moov(&moov, "co64", offsets, 1);
  assert_int_equal(moov_make_head(header.data, header.length, moov.data, moov.length, payload, &head), ERR_OK);
  assert_int_equal(head.length, MOOV_GRID);
  assert_true(first_offset(&head, "co64") == offsets[0] + MOOV_GRID - header.length);
}

/* A payload that is long enough begins on the grid, whatever stands before it; where that leaves less than a box, one grid
 * further. */
static void test_grid(void **state) {
  (void)state;
  for (uint32_t count = 16000; count < 16400; count++) {
    AUTO(bytes) struct bytes header = {0};
    AUTO(bytes) struct bytes moov = {0};
    AUTO(bytes) struct bytes head = {0};
    uint64_t *offsets = calloc(count, sizeof *offsets);
    assert_non_null(offsets);
    offsets[0] = 40;
    put_header(&header, MOOV_ALIGNS_FROM);
    make_moov(&moov, "stco", offsets, count);
    assert_int_equal(moov_make_head(header.data, header.length, moov.data, moov.length, MOOV_ALIGNS_FROM, &head), ERR_OK);
    size_t least = header.length + moov.length + 8;
    assert_int_equal(head.length, (least + MOOV_GRID - 1) / MOOV_GRID * MOOV_GRID);
    assert_int_equal(first_offset(&head, "stco"), head.length);
    struct bytes_reader r = bytes_reader(head.data + 24 + moov.length, 4);
    assert_int_equal(bytes_get_u32be(&r), head.length - header.length - moov.length);
    free(offsets);
  }
}

enum fault {
  WRONG_PAYLOAD,
  NO_FTYP,
  NO_MDAT,
  BEHIND_MOOV,
  NOT_MOOV,
  CUT_TRAILER,
  COUNT_TOO_LARGE,
  COUNT_TOO_SMALL,
  INNER_TOO_LONG,
  FAULTS
};

static void spoil(enum fault fault, struct bytes *header, struct bytes *moov, uint64_t *payload) {
  uint8_t *table = memmem(moov->data, moov->length, "stco\0\0\0\0", 8);
  switch (fault) {
    case WRONG_PAYLOAD: *payload += 1; break;
    case NO_FTYP: header->data[4] = 'x'; break;
    case NO_MDAT: header->data[header->length - 1] = 'x'; break;
    case BEHIND_MOOV: bytes_put_u8(moov, 0); break;
    case NOT_MOOV: moov->data[4] = 'x'; break;
    case CUT_TRAILER: moov->length -= 1; break;
    case COUNT_TOO_LARGE: table[11] += 1; break;
    case COUNT_TOO_SMALL: table[11] -= 1; break;
    case INNER_TOO_LONG: moov->data[8 + 3] += 1; break;
    case FAULTS: break;
  }
}

static void test_faults(void **state) {
  (void)state;
  static const uint64_t offsets[] = {40, 1000, 5000};
  for (int fault = 0; fault <= FAULTS; fault++) {
    AUTO(bytes) struct bytes header = {0};
    AUTO(bytes) struct bytes moov = {0};
    AUTO(bytes) struct bytes head = {0};
    uint64_t payload = 6000;
    put_header(&header, payload);
    make_moov(&moov, "stco", offsets, 3);
    spoil((enum fault)fault, &header, &moov, &payload);
    enum err result = moov_make_head(header.data, header.length, moov.data, moov.length, payload, &head);
    assert_int_equal(result, fault == FAULTS ? ERR_OK : ERR_BUG);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shift), cmocka_unit_test(test_promotion),       cmocka_unit_test(test_no_promotion_at_the_edge),
      cmocka_unit_test(test_grid),  cmocka_unit_test(test_wide_stays_wide), cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
