/* The pure parts of what is made beside the copy: which frames get a tile, small pictures, varints and the frame index, the
 * levels of a waveform. */
#include "ingest/worker/frames.h"
#include "ingest/worker/peaks.h"
#include "ingest/worker/tiles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- tiles ---- */

/* Offers `count` frames; checks at every step that the tiles held are those of frames 0, interval, 2 * interval, … */
static void offer(uint64_t count, uint32_t first_interval, struct tiles *t) {
  uint64_t held[TILES_MOST + 1];
  *t = (struct tiles){.interval = first_interval};
  for (uint64_t n = 0; n < count; n++) {
    bool thin, due = tiles_due(t, n, &thin);
    if (thin)
      for (uint32_t i = 0; i < t->held; i++) held[i] = held[2 * i];
    if (due) held[t->held++] = n;
    assert_in_range(t->held, 1, TILES_MOST);
    assert_int_equal(t->held, n / t->interval + 1);
    for (uint32_t i = 0; thin && i < t->held; i++) assert_int_equal(held[i], (uint64_t)i * t->interval);
  }
}

static void test_thinning(void **state) {
  (void)state;
  static const struct {
    uint64_t frames;
    uint32_t first, interval, held;
  } rows[] = {
      {1, 25, 25, 1},
      {25, 25, 25, 1},
      {26, 25, 25, 2},
      {240 * 25, 25, 25, 240},
      {240 * 25 + 1, 25, 50, 121},
      {480 * 25 + 1, 25, 100, 121},
      {3600 * 30, 30, 480, 225}, /* an hour: one every 16 s */
      {86400, 1, 512, 169},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct tiles t;
    offer(rows[i].frames, rows[i].first, &t);
    assert_int_equal(t.interval, rows[i].interval);
    assert_int_equal(t.held, rows[i].held);
  }
}

static void test_tile_sizes(void **state) {
  (void)state;
  static const struct shape_size rows[][2] = {
      {{1920, 1080}, {160, 90}}, {{1080, 1920}, {90, 160}}, {{640, 480}, {160, 120}},
      {{100, 50}, {100, 50}},    {{8192, 8}, {160, 2}},     {{2, 2}, {2, 2}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct shape_size got = tiles_size(rows[i][0]);
    assert_int_equal(got.width, rows[i][1].width);
    assert_int_equal(got.height, rows[i][1].height);
  }
}

static void test_shrinking(void **state) {
  (void)state;
  static const uint8_t from[] = {0, 10, 20, 31, 99, /* a row has five bytes, four of them picture */
                                 0, 10, 20, 31, 99, 100, 100, 200, 200, 99, 100, 104, 200, 203, 99};
  uint8_t to[4], same[16];
  tiles_shrink(from, 5, (struct shape_size){4, 4}, to, (struct shape_size){2, 2});
  static const uint8_t means[] = {5, 26, 101, 201};
  assert_memory_equal(to, means, 4);
  tiles_shrink(from, 5, (struct shape_size){4, 4}, same, (struct shape_size){4, 4});
  for (int y = 0; y < 4; y++) assert_memory_equal(same + (ptrdiff_t)4 * y, from + (ptrdiff_t)5 * y, 4);
  tiles_shrink(from, 5, (struct shape_size){3, 1}, to, (struct shape_size){2, 1}); /* uneven: 1 and 2 samples */
  assert_int_equal(to[0], 0);
  assert_int_equal(to[1], 15);
}

static void test_detail(void **state) {
  (void)state;
  struct shape_size size = {16, 16};
  uint8_t black[256], noisy_black[256], flat[256], edges[256], white[256];
  memset(black, 16, sizeof black);
  memset(flat, 120, sizeof flat);
  memset(white, 235, sizeof white);
  for (int i = 0; i < 256; i++) noisy_black[i] = (uint8_t)(16 + i % 2 * 8), edges[i] = (uint8_t)(60 + i % 2 * 100);
  assert_int_equal(tiles_detail(flat, size), 0);
  assert_true(tiles_detail(edges, size) > tiles_detail(noisy_black, size));
  for (int i = 0; i < 256; i++) flat[i] = (uint8_t)(120 + i % 2); /* the least of pictures beats a dark one */
  assert_true(tiles_detail(flat, size) > tiles_detail(noisy_black, size));
  assert_true(tiles_detail(flat, size) > tiles_detail(white, size));
}

/* ---- frames ---- */

static void test_varints(void **state) {
  (void)state;
  static const struct {
    int64_t n;
    size_t length;
  } rows[] = {{0, 1},   {-1, 1}, {1, 1},    {63, 1},   {-64, 1},    {64, 2},         {-65, 2},
              {300, 2}, {-1, 1}, {8191, 2}, {8192, 3}, {-33366, 3}, {INT64_MAX, 10}, {INT64_MIN, 10}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes b = {0};
    frames_put_varint(&b, rows[i].n);
    assert_int_equal(b.length, rows[i].length);
    struct bytes_reader r = bytes_reader(b.data, b.length);
    assert_true(frames_get_varint(&r) == rows[i].n);
    assert_true(bytes_done(&r));
    r = bytes_reader(b.data, b.length - 1); /* cut short */
    frames_get_varint(&r);
    assert_true(r.failed);
  }
}

static void test_varints_too_long(void **state) {
  (void)state;
  static const char *const rows[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct bytes_reader r = bytes_reader(rows[i], strlen(rows[i]));
    frames_get_varint(&r);
    assert_true(r.failed);
  }
}

static void test_index(void **state) {
  (void)state;
  static const int64_t times[] = {0, 40000, 80003, 80003, 160000, 200000, 240000, 280000, 320000, 5000000};
  enum { COUNT = sizeof times / sizeof *times };
  struct cadence_rate rate = {25, 1};
  struct frames f = {0};
  AUTO(bytes) struct bytes out = {0};
  assert_int_equal(frames_finish(&f, rate, 0, &out), ERR_OK);
  assert_int_equal(out.length, 0);
  for (int i = 0; i < COUNT; i++) frames_add(&f, times[i], rate);
  frames_key(&f, 0);
  frames_key(&f, 9);
  frames_key(&f, 4);
  assert_int_equal(frames_finish(&f, rate, -7, &out), ERR_OK);
  struct bytes_reader r = bytes_reader(out.data, out.length);
  assert_memory_equal(bytes_get_view(&r, 8), "CVFR\1\0\0\0", 8);
  assert_int_equal(bytes_get_u32(&r), 25);
  assert_int_equal(bytes_get_u32(&r), 1);
  assert_int_equal(bytes_get_u32(&r), COUNT);
  assert_true((int64_t)bytes_get_u64(&r) == -7);
  assert_int_equal(bytes_get_u8(&r), 0x11);
  assert_int_equal(bytes_get_u8(&r), 0x02);
  int64_t at = -40000;
  for (int i = 0; i < COUNT; i++) assert_true((at += 40000 + frames_get_varint(&r)) == times[i]);
  assert_true(bytes_done(&r));
  frames_free(&f);
}

static void test_index_is_small(void **state) {
  (void)state;
  struct cadence_rate rate = {30000, 1001};
  struct frames f = {0};
  for (int64_t n = 0; n < 30 * 3600; n++) frames_add(&f, n * 1001000 / 30, rate);
  assert_int_equal(f.times.length, f.count); /* a byte a frame, rounding included */
  frames_free(&f);
}

/* ---- peaks ---- */

struct level {
  uint32_t stretch, points;
  const int8_t *at;
};

static void read_peaks(const struct bytes *object, uint64_t samples, struct level levels[PEAKS_LEVELS]) {
  struct bytes_reader r = bytes_reader(object->data, object->length);
  assert_memory_equal(bytes_get_view(&r, 8), "CVPK\1\0\3\0", 8);
  assert_int_equal(bytes_get_u32(&r), 48000);
  assert_true(bytes_get_u64(&r) == samples);
  uint32_t stretch = 256;
  for (int i = 0; i < PEAKS_LEVELS; i++, stretch *= 16) {
    levels[i].stretch = bytes_get_u32(&r);
    levels[i].points = bytes_get_u32(&r);
    assert_int_equal(levels[i].stretch, stretch);
    assert_int_equal(levels[i].points, (samples + stretch - 1) / stretch);
  }
  for (int i = 0; i < PEAKS_LEVELS; i++) levels[i].at = (const int8_t *)bytes_get_view(&r, 2 * (size_t)levels[i].points);
  assert_true(bytes_done(&r));
}

/* A sample whose place tells its value, so that every point can be worked out by itself. */
static int value_at(uint64_t n) { return (int)((n * 37 + 11) % 251) - 127; }

static void check_levels(const struct level levels[PEAKS_LEVELS], uint64_t samples, uint64_t silent_from) {
  for (int i = 0; i < PEAKS_LEVELS; i++)
    for (uint64_t p = 0; p < levels[i].points; p++) {
      int low = 127, high = -127;
      for (uint64_t n = p * levels[i].stretch; n < (p + 1) * levels[i].stretch && n < samples; n++) {
        int v = n >= silent_from ? 0 : value_at(n);
        int right = n % 2 ? v : -v;
        if (v < low) low = v;
        if (right < low) low = right;
        if (v > high) high = v;
        if (right > high) high = right;
      }
      assert_int_equal(levels[i].at[2 * p], low);
      assert_int_equal(levels[i].at[2 * p + 1], high);
    }
}

static void test_levels(void **state) {
  (void)state;
  static const uint64_t lengths[] = {1, 255, 256, 257, 4096, 4097, 65536, 65537, 16 * 65536 + 300};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct peaks p = {0};
    AUTO(bytes) struct bytes object = {0};
    struct level levels[PEAKS_LEVELS];
    uint64_t loud = lengths[i] - lengths[i] / 4;
    for (uint64_t n = 0; n < loud; n++) {
      float left = (float)value_at(n) / 127, right = n % 2 ? left : -left;
      const float *planes[] = {&left, &right};
      peaks_add(&p, planes, 2, 1);
    }
    peaks_silence(&p, lengths[i] - loud);
    assert_int_equal(peaks_finish(&p, 48000, &object), ERR_OK);
    read_peaks(&object, lengths[i], levels);
    check_levels(levels, lengths[i], loud);
    peaks_free(&p);
  }
}

static void test_absurd_samples(void **state) {
  (void)state;
  struct peaks p = {0};
  AUTO(bytes) struct bytes object = {0};
  struct level levels[PEAKS_LEVELS];
  static const float wild[] = {__builtin_nanf(""), 7, -__builtin_inff(), -3};
  const float *planes[] = {wild};
  peaks_add(&p, planes, 1, 4);
  assert_int_equal(peaks_finish(&p, 48000, &object), ERR_OK);
  read_peaks(&object, 4, levels);
  for (int i = 0; i < PEAKS_LEVELS; i++) {
    assert_int_equal(levels[i].at[0], -127);
    assert_int_equal(levels[i].at[1], 127);
  }
  peaks_free(&p);
}

static void test_no_numbers(void **state) {
  (void)state;
  struct peaks p = {0};
  AUTO(bytes) struct bytes object = {0};
  struct level levels[PEAKS_LEVELS];
  static const float none[] = {__builtin_nanf(""), __builtin_inff(), -__builtin_inff()};
  const float *planes[] = {none};
  peaks_add(&p, planes, 1, 3);
  assert_int_equal(peaks_finish(&p, 48000, &object), ERR_OK);
  read_peaks(&object, 3, levels);
  for (int i = 0; i < PEAKS_LEVELS; i++) assert_true(levels[i].at[0] == 0 && levels[i].at[1] == 0);
  peaks_free(&p);
}

static void test_an_hour(void **state) {
  (void)state;
  struct peaks p = {0};
  AUTO(bytes) struct bytes object = {0};
  peaks_silence(&p, UINT64_C(48000) * 3600);
  assert_int_equal(peaks_finish(&p, 48000, &object), ERR_OK);
  assert_in_range(object.length, 1400000, 1450000);
  peaks_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_thinning),       cmocka_unit_test(test_tile_sizes),     cmocka_unit_test(test_shrinking),
      cmocka_unit_test(test_detail),         cmocka_unit_test(test_varints),        cmocka_unit_test(test_varints_too_long),
      cmocka_unit_test(test_index),          cmocka_unit_test(test_index_is_small), cmocka_unit_test(test_levels),
      cmocka_unit_test(test_absurd_samples), cmocka_unit_test(test_no_numbers),     cmocka_unit_test(test_an_hour),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
