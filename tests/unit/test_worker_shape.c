/* What decides how a picture is shown: orientation from matrices and EXIF, size, frame rate, and where a frame goes. */
#include "ingest/worker/cadence.h"
#include "ingest/worker/exif.h"
#include "ingest/worker/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ONE = 1 << 16 };

static void test_matrices(void **state) {
  (void)state;
  static const struct {
    int32_t a, b, c, d;
    int orientation;
  } rows[] = {
      {ONE, 0, 0, ONE, 1},     {-ONE, 0, 0, ONE, 2},
      {-ONE, 0, 0, -ONE, 3},   {ONE, 0, 0, -ONE, 4},
      {0, ONE, ONE, 0, 5},     {0, ONE, -ONE, 0, 6}, /* a phone held upright */
      {0, -ONE, -ONE, 0, 7},   {0, -ONE, ONE, 0, 8},
      {0, 0, 0, 0, 1},         {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, 3},
      {0, INT32_MIN, 0, 0, 1}, {46341, 46340, -46340, 46341, 1}, /* just under 45 degrees */
  };
  assert_int_equal(shape_of_matrix(NULL), 1);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const int32_t matrix[9] = {rows[i].a, rows[i].b, 0, rows[i].c, rows[i].d, 0, 0, 0, 1 << 30};
    assert_int_equal(shape_of_matrix(matrix), rows[i].orientation);
  }
}

static void test_sizes(void **state) {
  (void)state;
  static const struct {
    int width, height, num, den, orientation, most, expected_width, expected_height;
  } rows[] = {
      {1920, 1080, 1, 1, 1, 1080, 1920, 1080}, {1920, 1080, 1, 1, 6, 1080, 1080, 1920},
      {3840, 2160, 0, 1, 1, 1080, 1920, 1080}, {641, 361, 1, 1, 1, 1080, 640, 360},
      {720, 576, 59, 54, 1, 1080, 786, 576},   {352, 288, 63, 44, 6, 1080, 288, 504},
      {640, 480, 1000, 1, 1, 1080, 640, 480},  {1, 1, 1, 1, 1, 1080, 2, 2},
      {16384, 16, 1, 1, 1, 1080, 8192, 8},     {640, 480, -1, 1, 1, 240, 320, 240},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct shape_size got = shape_upright((struct shape_size){rows[i].width, rows[i].height}, rows[i].num, rows[i].den,
                                          rows[i].orientation, rows[i].most, true);
    assert_int_equal(got.width, rows[i].expected_width);
    assert_int_equal(got.height, rows[i].expected_height);
  }
}

static void test_rates(void **state) {
  (void)state;
  static const struct {
    struct cadence_rate nominal, average, expected;
    bool varies;
  } rows[] = {
      {{25, 1}, {25, 1}, {25, 1}, false},
      {{30000, 1001}, {30000, 1001}, {30000, 1001}, false},
      {{30, 1}, {369000, 13657}, {30, 1}, true}, /* a phone indoors */
      {{1000, 1}, {0, 0}, {25, 1}, false},       /* a container that counts milliseconds */
      {{1000, 1}, {30000, 1001}, {30000, 1001}, true},
      {{240, 1}, {240, 1}, {60, 1}, false}, /* slow motion */
      {{90000, 3013}, {90000, 3013}, {30000, 1001}, false},
      {{0, 0}, {0, 0}, {25, 1}, false},
      {{-1, 1}, {5, -1}, {25, 1}, false},
      {{60, 1}, {15, 1}, {15, 1}, true},
      {{0, 0}, {1, 100}, {1, 1}, false},
      {{15, 1}, {15, 1}, {15, 1}, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct cadence_rate got = cadence_choose(rows[i].nominal, rows[i].average);
    assert_int_equal(got.num, rows[i].expected.num);
    assert_int_equal(got.den, rows[i].expected.den);
    assert_int_equal(cadence_varies(rows[i].nominal, rows[i].average), rows[i].varies);
  }
}

/* Uneven frames: from time to time one by one at `fast`, else every `slow`th of them. */
static void test_uneven_rates(void **state) {
  (void)state;
  static const struct {
    double fast;
    int slow;
    struct cadence_rate nominal, expected;
  } rows[] = {
      {25, 4, {25, 1}, {25, 1}}, {30, 3, {90000, 2999}, {30, 1}}, {30000 / 1001.0, 2, {1000, 1}, {30000, 1001}},
      {60, 5, {60, 1}, {60, 1}}, {240, 2, {240, 1}, {60, 1}},     {10, 2, {0, 0}, {10, 1}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double seconds[200];
    size_t count = 0;
    for (int n = 0; count < 200; n++)
      if (n < 60 || n % rows[i].slow == 0) seconds[count++] = 7 + n / rows[i].fast + (n % 2 ? 0.001 : 0); /* milliseconds */
    struct cadence_rate average = {(int)(count * 1000 / (seconds[count - 1] - seconds[0])), 1000};
    struct cadence_rate got = cadence_fit(seconds, count, rows[i].nominal, average);
    assert_int_equal(got.num, rows[i].expected.num);
    assert_int_equal(got.den, rows[i].expected.den);
  }
}

/* A picture a second, in a container that claims two: none is shown twice. */
static void test_slow_rates(void **state) {
  (void)state;
  double even[20], uneven[20];
  for (int n = 0; n < 20; n++) even[n] = 3 + n, uneven[n] = 3 + n + (n % 2 ? 0.4 : 0);
  struct cadence_rate got = cadence_fit(even, 20, (struct cadence_rate){2, 1}, (struct cadence_rate){1, 1});
  assert_true(got.num == got.den);
  got = cadence_fit(uneven, 20, (struct cadence_rate){2, 1}, (struct cadence_rate){1, 1});
  assert_true(got.num >= 5 * got.den);
}

/* Plays frames at `step` (in places) and counts what is shown; every place must be filled. */
static void play(double start, double step, int count, int *shown, int64_t *filled, int64_t *places) {
  struct cadence c = {0};
  *shown = 0;
  *filled = 0;
  for (int i = 0; i < count; i++) {
    int64_t fill = 0;
    double jitter = i % 3 == 0 ? 0.02 : -0.02; /* milliseconds are coarse */
    if (!cadence_place(&c, start + i * step + jitter, &fill)) continue;
    *shown += 1;
    *filled += fill;
  }
  *places = c.next;
}

static void test_places(void **state) {
  (void)state;
  static const struct {
    double start, step;
    int count, shown;
    int64_t filled;
  } rows[] = {
      {0, 1, 300, 300, 0},    /* as it should be */
      {0, 0.5, 600, 300, 0},  /* 60 to 30 */
      {0, 2, 150, 150, 149},  /* 15 to 30 */
      {0, 1.2, 250, 250, 49}, /* 25 to 30 */
      {30, 1, 100, 100, 30},  /* begins a second after the sound */
      {-0.4, 1, 100, 100, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int shown;
    int64_t filled, places;
    play(rows[i].start, rows[i].step, rows[i].count, &shown, &filled, &places);
    assert_in_range(shown, rows[i].shown - 1, rows[i].shown + 1);
    assert_in_range(filled, rows[i].filled > 0 ? rows[i].filled - 1 : 0, rows[i].filled + 1);
    assert_int_equal(places, shown + filled);
  }
}

/* ---- EXIF ---- */

static const uint8_t jpeg_little[] =
    "\xff\xd8\xff\xe1\x00\x22"
    "Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0\xff\xda";
static const uint8_t jpeg_big[] =
    "\xff\xd8\xff\xe0\x00\x04JF\xff\xe1\x00\x22"
    "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0\xff\xda";
static const uint8_t tiff[] = "II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0";
static const uint8_t png[] =
    "\x89PNG\r\n\x1a\n\0\0\0\0gAMA....\0\0\0\x1a"
    "eXIfII\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x05\0\0\0\0\0\0\0....";
static const uint8_t webp[] =
    "RIFF....WEBPVP8X\x01\0\0\0.\0EXIF\x1a\0\0\0"
    "II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x07\0\0\0\0\0\0\0";

static void test_exif(void **state) {
  (void)state;
  static const struct {
    const uint8_t *file;
    size_t length;
    int orientation;
  } rows[] = {
      {jpeg_little, sizeof jpeg_little - 1, 6},
      {jpeg_big, sizeof jpeg_big - 1, 8},
      {tiff, sizeof tiff - 1, 3},
      {png, sizeof png - 1, 5},
      {webp, sizeof webp - 1, 7},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(exif_orientation(rows[i].file, rows[i].length), rows[i].orientation);
    for (size_t cut = 0; cut < rows[i].length; cut++) { /* wherever it ends, an answer, and never another one */
      int got = exif_orientation(rows[i].file, cut);
      assert_true(got == 1 || got == rows[i].orientation);
    }
  }
}

static void test_exif_out_of_range(void **state) {
  (void)state;
  static const size_t where[] = {4, 10, 12, 14, 18}; /* directory's offset, tag, type, count, value */
  for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
    uint8_t bad[sizeof tiff];
    memcpy(bad, tiff, sizeof tiff);
    bad[where[i]] = 0xff;
    assert_int_equal(exif_orientation(bad, sizeof tiff - 1), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_matrices),   cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_rates),      cmocka_unit_test(test_uneven_rates),
      cmocka_unit_test(test_slow_rates), cmocka_unit_test(test_places),
      cmocka_unit_test(test_exif),       cmocka_unit_test(test_exif_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
