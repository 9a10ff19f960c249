/* Byte strings and the bounded cursor: what was put comes out, and nothing is read that is not there. */
#include "vault/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- writing */
static void puts_what_the_formats_say(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  bytes_put_u8(&b, 0x01);
  bytes_put_u16(&b, 0x0203);
  bytes_put_u32(&b, 0x04050607);
  bytes_put_u64(&b, 0x08090a0b0c0d0e0f);
  bytes_put_u32be(&b, 0x04050607);
  bytes_put_u64be(&b, 0x08090a0b0c0d0e0f);
  bytes_put_field(&b, "xyz", 3);
  bytes_put_field(&b, NULL, 0);
  bytes_put_text(&b, "end");
  bytes_printf(&b, "%s%03d", "!", 7);
  static const uint8_t expected[] = {1, 3,   2,   7,   6, 5, 4,   0xf, 0xe, 0xd, 0xc, 0xb, 0xa, 9,   8,
                                     4, 5,   6,   7,   8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 3,   0,   0,
                                     0, 'x', 'y', 'z', 0, 0, 0,   0,   'e', 'n', 'd', '!', '0', '0', '7'};
  assert_int_equal(b.length, sizeof expected);
  assert_memory_equal(b.data, expected, sizeof expected);
  assert_int_equal(b.data[b.length], 0);
  assert_int_equal(bytes_check(&b), ERR_OK);
}

static void is_text_at_every_length(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  assert_string_equal(bytes_text(&b), "");
  for (size_t n = 1; n < 300; n++) { /* across several growths */
    bytes_put(&b, "x", 1);
    if (strlen(bytes_text(&b)) != n || b.length != n) fail_msg("after %zu bytes the text has %zu", n, strlen(bytes_text(&b)));
  }
  bytes_printf(&b, "%s", "");
  assert_int_equal(b.length, 299);
}

static void clears_by_wiping_and_keeps_the_room(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  bytes_put_text(&b, "a secret of some length");
  size_t capacity = b.capacity;
  bytes_clear(&b);
  assert_int_equal(b.length, 0);
  assert_int_equal(b.capacity, capacity);
  for (size_t i = 0; i < capacity; i++)
    if (b.data[i]) fail_msg("byte %zu was not wiped", i);
  assert_string_equal(bytes_text(&b), "");
  bytes_put_text(&b, "new");
  assert_string_equal(bytes_text(&b), "new");
}

static void extends_with_zeroes(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  bytes_put_text(&b, "dirty dirty dirty");
  bytes_clear(&b);
  memset(b.data, 0xff, b.capacity);
  uint8_t *room = bytes_extend(&b, 9);
  for (size_t i = 0; i < 10; i++) /* and a NUL behind them */
    if (room[i]) fail_msg("byte %zu of fresh room is %#x", i, room[i]);
  assert_int_equal(b.length, 9);
}

/* Memory that runs out is told once, at the end, and nothing is put afterwards. */
static void failure_sticks(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  bytes_put_text(&b, "before");
  assert_null(bytes_extend(&b, SIZE_MAX / 2));
  bytes_put_text(&b, "after");
  bytes_put_u64(&b, 1);
  bytes_printf(&b, "%d", 1);
  assert_null(bytes_extend(&b, 0));
  assert_string_equal(bytes_text(&b), "before");
  assert_int_equal(bytes_check(&b), ERR_IO);
  assert_string_equal(err_text(), "out of memory");
  bytes_free(&b);
  assert_int_equal(bytes_check(&b), ERR_OK);
  bytes_free(&b);
}

static void a_field_longer_than_its_length_can_say_fails(void **state) {
  (void)state;
  struct bytes b = {0};
  bytes_put_field(&b, NULL, (size_t)UINT32_MAX + 1);
  assert_int_equal(bytes_check(&b), ERR_IO);
  assert_int_equal(b.length, 0);
  bytes_free(&b);
}

/* ---- reading */
static void integers_survive_at_their_edges(void **state) {
  (void)state;
  static const uint64_t edges[] = {
      0,         1,       0x7f,       0x80,       0xff,       0x100,       0x7fff,    0x8000,
      0xffff,    0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, (uint64_t)INT64_MAX + 1,
      UINT64_MAX};
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
    AUTO(bytes) struct bytes b = {0};
    uint64_t v = edges[i];
    bytes_put_u8(&b, (uint8_t)v), bytes_put_u16(&b, (uint16_t)v), bytes_put_u32(&b, (uint32_t)v), bytes_put_u64(&b, v);
    bytes_put_u32be(&b, (uint32_t)v), bytes_put_u64be(&b, v);
    struct bytes_reader r = bytes_reader(b.data, b.length);
    bool same = bytes_get_u8(&r) == (uint8_t)v && bytes_get_u16(&r) == (uint16_t)v && bytes_get_u32(&r) == (uint32_t)v &&
                bytes_get_u64(&r) == v && bytes_get_u32be(&r) == (uint32_t)v && bytes_get_u64be(&r) == v;
    if (!same || !bytes_done(&r)) fail_msg("%#llx did not survive", (unsigned long long)v);
  }
}

/* One getter a row, on an input that is one byte too short for it. */
enum getter { U8, U16, U32, U64, U32BE, U64BE, COPY, VIEW, FIELD };
static const struct {
  const char *name;
  enum getter getter;
  size_t needs;
} getters[] = {{"u8", U8, 1},       {"u16", U16, 2},     {"u32", U32, 4},     {"u64", U64, 8},      {"u32be", U32BE, 4},
               {"u64be", U64BE, 8}, {"a copy", COPY, 5}, {"a view", VIEW, 5}, {"a field", FIELD, 7}};

/* What the getter gives, as a number; 0 or NULL gives 0. */
static uint64_t get(struct bytes_reader *r, enum getter getter) {
  uint8_t copy[5] = {9, 9, 9, 9, 9};
  size_t length = 9;
  switch (getter) {
    case U8: return bytes_get_u8(r);
    case U16: return bytes_get_u16(r);
    case U32: return bytes_get_u32(r);
    case U64: return bytes_get_u64(r);
    case U32BE: return bytes_get_u32be(r);
    case U64BE: return bytes_get_u64be(r);
    case COPY: bytes_get(r, copy, sizeof copy); return (uint64_t)(copy[0] | copy[1] | copy[2] | copy[3] | copy[4]);
    case VIEW: return bytes_get_view(r, 5) != NULL;
    case FIELD: return (bytes_get_field(r, 100, &length) != NULL) + 2 * (length != 0);
  }
  return 99;
}

static void nothing_is_read_beyond_the_end(void **state) {
  (void)state;
  static const uint8_t data[] = {3, 0, 0, 0, 'a', 'b', 'c', 8}; /* a field of three bytes, and one byte */
  for (size_t i = 0; i < sizeof getters / sizeof *getters; i++) {
    struct bytes_reader enough = bytes_reader(data, getters[i].needs), little = bytes_reader(data, getters[i].needs - 1);
    if (!get(&enough, getters[i].getter) || !bytes_done(&enough)) fail_msg("%s could not be read where it is", getters[i].name);
    if (get(&little, getters[i].getter)) fail_msg("%s was read where a byte is missing", getters[i].name);
    if (!little.failed || bytes_done(&little) || bytes_left(&little)) fail_msg("%s failed and nobody knows", getters[i].name);
    little.end = data + sizeof data; /* even if there were enough now */
    for (size_t k = 0; k < sizeof getters / sizeof *getters; k++)
      if (get(&little, getters[k].getter)) fail_msg("%s was read after %s had failed", getters[k].name, getters[i].name);
  }
}

static void a_view_that_wraps_around_is_refused(void **state) {
  (void)state;
  static const uint8_t data[4] = {0};
  static const size_t lengths[] = {5, SIZE_MAX, SIZE_MAX - 3, SIZE_MAX / 2 + 1};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct bytes_reader r = bytes_reader(data, sizeof data);
    if (bytes_get_view(&r, lengths[i]) || !r.failed) fail_msg("%zu bytes of 4 were given", lengths[i]);
  }
}

static void fields_are_bounded(void **state) {
  (void)state;
  static const struct {
    const char *name, *data;
    size_t length, most;
    int got; /* -1: refused */
  } rows[] = {
      {"as it should be", "\3\0\0\0abc", 7, 3, 3},
      {"empty", "\0\0\0\0", 4, 0, 0},
      {"empty, with more behind", "\0\0\0\0abc", 7, 9, 0},
      {"more than allowed", "\3\0\0\0abc", 7, 2, -1},
      {"nothing allowed", "\1\0\0\0a", 5, 0, -1},
      {"longer than what is there", "\4\0\0\0abc", 7, 9, -1},
      {"4 GiB", "\377\377\377\377abc", 7, SIZE_MAX, -1},
      {"no length", "\3\0\0", 3, 9, -1},
      {"nothing", "", 0, 9, -1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct bytes_reader r = bytes_reader(rows[i].data, rows[i].length);
    size_t length = 77;
    const uint8_t *view = bytes_get_field(&r, rows[i].most, &length);
    if ((view ? (int)length : -1) != rows[i].got || r.failed != (rows[i].got < 0)) fail_msg("%s: %d", rows[i].name, (int)length);
    if (view && view != (const uint8_t *)rows[i].data + 4) fail_msg("%s: is not where it lies", rows[i].name);
    if (!view && length) fail_msg("%s: refused, and yet of length %zu", rows[i].name, length);
  }
}

static void the_whole_must_be_read(void **state) {
  (void)state;
  struct bytes_reader r = bytes_reader("ab", 2), nothing = bytes_reader(NULL, 0);
  assert_false(bytes_done(&r));
  assert_int_equal(bytes_left(&r), 2);
  bytes_get_u8(&r);
  assert_false(bytes_done(&r));
  bytes_get_u8(&r);
  assert_true(bytes_done(&r));
  assert_true(bytes_done(&nothing));
  bytes_get(&nothing, NULL, 0);
  assert_true(bytes_done(&nothing));
  bytes_get_u8(&nothing);
  assert_false(bytes_done(&nothing));
}

/* ---- text */
static void parses_whole_numbers_only(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t most;
    bool good;
    uint64_t value;
  } rows[] = {
      {"0", 0, true, 0},
      {"007", 7, true, 7},
      {"10", 10, true, 10},
      {"11", 10, false, 0},
      {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
      {"18446744073709551616", UINT64_MAX, false, 0},
      {"18446744073709551625", UINT64_MAX, false, 0},
      {"184467440737095516150", UINT64_MAX, false, 0},
      {"99999999999999999999999999", UINT64_MAX, false, 0},
      {"9223372036854775808", INT64_MAX, false, 0},
      {"", UINT64_MAX, false, 0},
      {" 1", UINT64_MAX, false, 0},
      {"1 ", UINT64_MAX, false, 0},
      {"+1", UINT64_MAX, false, 0},
      {"-1", UINT64_MAX, false, 0},
      {"0x10", UINT64_MAX, false, 0},
      {"1e3", UINT64_MAX, false, 0},
      {"1.0", UINT64_MAX, false, 0},
      {"1\n", UINT64_MAX, false, 0},
      {"\xd9\xa1", UINT64_MAX, false, 0}, /* another script's one */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint64_t v = 77;
    bool good = bytes_parse_u64(rows[i].text, rows[i].most, &v);
    if (good != rows[i].good || v != (good ? rows[i].value : 77))
      fail_msg("\"%s\": %d, %llu", rows[i].text, good, (unsigned long long)v);
  }
}

static void decodes_base64_only(void **state) {
  static const struct {
    const char *text;
    bool good;
    const char *value;
  } rows[] = {
      {"", true, ""},
      {"QUFB", true, "AAA"},
      {"QUE=", true, "AA"},
      {"QQ==", true, "A"},
      {"QUFBQUFB", false, ""},
      {"QUE", false, ""},
      {"QUF=", false, ""},
      {"QU E", false, ""},
      {"QUFB\n", false, ""},
      {"Q-_B", false, ""},
      {"QUE=QUE=", false, ""},
      {"\x92"
       "AAA",
       false, ""},
      {"QU\xc3\xa9", false, ""},
      {"\xff\xff\xff\xff", false, ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char out[4] = "";
    size_t got = 0;
    assert_int_equal(bytes_parse_base64(rows[i].text, strlen(rows[i].text), out, 3, &got), rows[i].good);
    if (rows[i].good) assert_int_equal(got, strlen(rows[i].value));
    if (rows[i].good) assert_memory_equal(out, rows[i].value, got);
  }
}

static void writes_hex(void **state) {
  (void)state;
  char out[9] = "xxxxxxxx";
  bytes_hex("\x00\x7f\xff", 3, out);
  assert_string_equal(out, "007fff");
  bytes_hex("", 0, out);
  assert_string_equal(out, "");
}

static void trims_lines(void **state) {
  static const struct {
    const char *line, *left;
  } rows[] = {{"key", "key"}, {"  key = a  b\t\r", "key = a  b"}, {" \t\r ", ""}, {"", ""}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char line[32];
    snprintf(line, sizeof line, "%s", rows[i].line);
    assert_string_equal(bytes_trim(line), rows[i].left);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(puts_what_the_formats_say),
      cmocka_unit_test(is_text_at_every_length),
      cmocka_unit_test(clears_by_wiping_and_keeps_the_room),
      cmocka_unit_test(extends_with_zeroes),
      cmocka_unit_test(failure_sticks),
      cmocka_unit_test(a_field_longer_than_its_length_can_say_fails),
      cmocka_unit_test(integers_survive_at_their_edges),
      cmocka_unit_test(nothing_is_read_beyond_the_end),
      cmocka_unit_test(a_view_that_wraps_around_is_refused),
      cmocka_unit_test(fields_are_bounded),
      cmocka_unit_test(the_whole_must_be_read),
      cmocka_unit_test(parses_whole_numbers_only),
      cmocka_unit_test(decodes_base64_only),
      cmocka_unit_test(writes_hex),
      cmocka_unit_test(trims_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
