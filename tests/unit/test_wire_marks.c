/* Marks on their way to the worker: what fits survives there and back, what is malformed or too much is refused. */
#include "ingest/wire.h"
#include "ingest/wire_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct wire_marks *sample(void) {
  struct wire_marks *m = calloc(1, sizeof *m);
  assert_non_null(m);
  m->width = 640;
  m->height = 360;
  m->seed = UINT64_C(0x0123456789abcdef);
  m->region_count = 2;
  m->key_count = 3;
  m->voice_count = 2;
  m->regions[0] = (struct wire_region){WIRE_BLUR, 0, 2, 100};
  m->regions[1] = (struct wire_region){WIRE_FILL, 2, 1, INT32_MAX};
  m->keys[0] = (struct wire_key){0, 10, 20, 30, 40};
  m->keys[1] = (struct wire_key){99, -WIRE_MOST_SIDE, WIRE_MOST_SIDE, WIRE_MOST_SIDE, 1};
  m->keys[2] = (struct wire_key){7, -5, 0, 1, 1};
  m->voices[0] = (struct wire_voice){WIRE_MUTE, 0, 1500};
  m->voices[1] = (struct wire_voice){WIRE_ALTER, 2000, INT64_MAX};
  return m;
}

static void test_there_and_back(void **state) {
  (void)state;
  struct wire_marks *m = sample(), *got = calloc(1, sizeof *got);
  AUTO(bytes) struct bytes frame = {0};
  wire_marks_put(&frame, m);
  enum wire_kind kind;
  uint32_t length;
  assert_int_equal(wire_get_prefix(frame.data, &kind, &length), ERR_OK);
  assert_int_equal(kind, WIRE_MARKS);
  assert_int_equal(length, frame.length - WIRE_PREFIX);
  assert_int_equal(wire_marks_get(frame.data + WIRE_PREFIX, length, got), ERR_OK);
  assert_memory_equal(got, m, sizeof *m);
  for (uint32_t cut = 0; cut < length; cut++) assert_int_equal(wire_marks_get(frame.data + WIRE_PREFIX, cut, got), ERR_DATA);
  bytes_put_u8(&frame, 0);
  assert_int_equal(wire_marks_get(frame.data + WIRE_PREFIX, length + 1, got), ERR_DATA);
  free(m);
  free(got);
}

static void test_the_most_fits(void **state) {
  (void)state;
  struct wire_marks *m = sample(), *got = calloc(1, sizeof *got);
  AUTO(bytes) struct bytes frame = {0};
  m->region_count = WIRE_MOST_REGIONS;
  m->key_count = WIRE_MOST_KEYS;
  m->voice_count = WIRE_MOST_VOICES;
  uint32_t each = WIRE_MOST_KEYS / WIRE_MOST_REGIONS;
  for (uint32_t i = 0; i < WIRE_MOST_REGIONS; i++) m->regions[i] = (struct wire_region){WIRE_PIXELATE, i * each, each, INT32_MAX};
  for (uint32_t i = 0; i < WIRE_MOST_KEYS; i++) m->keys[i] = (struct wire_key){i, 0, 0, 1, 1};
  for (uint32_t i = 0; i < WIRE_MOST_VOICES; i++) m->voices[i] = (struct wire_voice){WIRE_MUTE, i, i + 1};
  wire_marks_put(&frame, m);
  assert_true(frame.length <= WIRE_PREFIX + WIRE_MOST_PAYLOAD);
  assert_int_equal(wire_marks_get(frame.data + WIRE_PREFIX, frame.length - WIRE_PREFIX, got), ERR_OK);
  assert_memory_equal(got, m, sizeof *m);
  free(m);
  free(got);
}

/* Each changes one thing that makes it malformed. */
static void break_method(struct wire_marks *m) { m->regions[0].method = (enum wire_method)4; }
static void break_size(struct wire_marks *m) { m->width = 0; }
static void break_order(struct wire_marks *m) { m->keys[1].frame = 0; }
static void break_end(struct wire_marks *m) { m->regions[0].end = 99; }
static void break_side(struct wire_marks *m) { m->keys[0].width = 0; }
static void break_place(struct wire_marks *m) { m->keys[0].x = WIRE_MOST_SIDE + 1; }
static void break_hush(struct wire_marks *m) { m->voices[0].hush = (enum wire_hush)3; }
static void break_range(struct wire_marks *m) { m->voices[0].to_ms = 0; }
static void break_start(struct wire_marks *m) { m->voices[0].from_ms = -1; }
static void break_empty(struct wire_marks *m) { m->regions[1].count = 0; }

static void test_malformed(void **state) {
  (void)state;
  static void (*const faults[])(struct wire_marks *) = {break_method, break_size, break_order, break_end,   break_side,
                                                        break_place,  break_hush, break_range, break_start, break_empty};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    struct wire_marks *m = sample(), *got = calloc(1, sizeof *got);
    AUTO(bytes) struct bytes frame = {0};
    faults[i](m);
    wire_marks_put(&frame, m);
    assert_int_equal(wire_marks_get(frame.data + WIRE_PREFIX, frame.length - WIRE_PREFIX, got), ERR_DATA);
    assert_int_equal(got->region_count, 0);
    free(m);
    free(got);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_there_and_back),
      cmocka_unit_test(test_the_most_fits),
      cmocka_unit_test(test_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
