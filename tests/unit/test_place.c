/* Places in a film: what may be typed, which frame it means, and what lies outside. */
#include "ingest/place.h"
#include "vault/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct place typed(const char *text) {
  struct place p;
  assert_int_equal(place_parse("--in", text, &p), ERR_OK);
  return p;
}

static void test_what_may_be_typed(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool timed;
    int64_t value;
  } good[] = {{"0", false, 0},
              {"123", false, 123},
              {"007", false, 7},
              {"999999999", false, 999999999},
              {"0.0", true, 0},
              {"12.480", true, INT64_C(12480000000)},
              {"12.48", true, INT64_C(12480000000)},
              {"0.000000001", true, 1},
              {"999999999.999999999", true, INT64_C(999999999999999999)}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct place p = typed(good[i].text);
    assert_int_equal(p.timed, good[i].timed);
    assert_true(p.value == good[i].value);
    assert_string_equal(p.name, "--in");
  }
}

static void test_what_may_not(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",    " ",    ".",   "12.", ".5", "-1",         "+1",           "1,5",          "1.2.3", "1e3",  "0x10",
      "12s", "1:02", "12 ", " 12", "١",  "1000000000", "1.0000000001", "1000000000.0", "NaN",   "1.-5", "12.4 "};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct place p = {.value = 77};
    assert_int_equal(place_parse("--at", bad[i], &p), ERR_USAGE);
    assert_int_equal(p.value, 77);
    assert_non_null(strstr(err_text(), "--at takes a frame's number (123) or seconds"));
  }
}

/* The frame on screen at a time: n from n/rate on, not a moment earlier. */
static void test_which_frame(void **state) {
  (void)state;
  static const struct {
    uint32_t num, den;
    const char *text;
    int64_t frame;
  } rows[] = {{25, 1, "0.0", 0},
              {25, 1, "0.039999999", 0},
              {25, 1, "0.04", 1},
              {25, 1, "0.040", 1},
              {25, 1, "0.079", 1},
              {25, 1, "12.480", 312},
              {25, 1, "312", 312},
              {30000, 1001, "0.033", 0}, /* frame 1 begins at 0.0333666… */
              {30000, 1001, "0.033366666", 0},
              {30000, 1001, "0.033366667", 1},
              {30000, 1001, "1.001", 30}, /* exactly */
              {30000, 1001, "1.000999999", 29},
              {60000, 1001, "100.1", 6000},
              {5, 1, "0.199", 0},
              {1, 1, "999.999999999", 999}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct place_film film = {.frames = 1000000, .num = rows[i].num, .den = rows[i].den};
    struct place p = typed(rows[i].text);
    int64_t frame;
    assert_int_equal(place_frame(&film, &p, &frame), ERR_OK);
    assert_int_equal(frame, rows[i].frame);
  }
}

static void test_ranges(void **state) {
  (void)state;
  const struct place_film film = {.frames = 250, .num = 25, .den = 1},
                          sound = {.sound = true, .frames = 5013, .num = 1000, .den = 1};
  static const struct {
    const char *in, *out;
    int64_t from, to; /* -1: refused */
    const char *says;
    bool sound;
  } rows[] = {{"0", "250", 0, 250, NULL, false},
              {"0.0", "10.0", 0, 250, NULL, false},
              {"0", "10.039", 0, 250, NULL, false}, /* the frame after the last: nothing of it is in the cut */
              {"249", "250", 249, 250, NULL, false},
              {"10", "1.0", 10, 25, NULL, false},
              {"0", "251", -1, 0, "--out lies beyond the end: the film has 250 frames (10.000 s)", false},
              {"0", "10.04", -1, 0, "250 frames (10.000 s)", false},
              {"250", "251", -1, 0, "--in lies beyond the end", false},
              {"5", "5", -1, 0, "nothing lies between --in and --out", false},
              {"0.04", "0.079", -1, 0, "nothing lies between", false},
              {"6", "5", -1, 0, "nothing lies between", false},
              {"999999999.9", "1", -1, 0, "--in lies beyond", false},
              {"0.0", "5.013", 0, 5013, NULL, true},
              {"1.5", "2.25", 1500, 2250, NULL, true},
              {"0.0", "5.014", -1, 0, "it is 5.013 s long", true},
              {"1", "2.0", -1, 0, "has no frames; give seconds", true},
              {"1.0", "2", -1, 0, "--out: this is sound", true}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct place in = typed(rows[i].in), out = typed(rows[i].out);
    out.name = "--out";
    int64_t from = 77, to = 77;
    enum err e = place_range(rows[i].sound ? &sound : &film, &in, &out, &from, &to);
    if (rows[i].from >= 0) {
      assert_int_equal(e, ERR_OK);
      assert_int_equal(from, rows[i].from);
      assert_int_equal(to, rows[i].to);
      continue;
    }
    assert_int_equal(e, ERR_USAGE);
    assert_int_equal(from, 77);
    if (!strstr(err_text(), rows[i].says)) fail_msg("\"%s\" does not say \"%s\"", err_text(), rows[i].says);
  }
}

static void test_one_frame(void **state) {
  (void)state;
  const struct place_film film = {.frames = 250, .num = 25, .den = 1};
  struct place last = typed("249"), end = typed("250"), late = typed("9.999"), over = typed("10.0");
  int64_t frame;
  assert_int_equal(place_frame(&film, &last, &frame), ERR_OK);
  assert_int_equal(frame, 249);
  assert_int_equal(place_frame(&film, &late, &frame), ERR_OK);
  assert_int_equal(frame, 249);
  assert_int_equal(place_frame(&film, &end, &frame), ERR_USAGE);
  assert_int_equal(place_frame(&film, &over, &frame), ERR_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_may_be_typed), cmocka_unit_test(test_what_may_not),
                                     cmocka_unit_test(test_which_frame), cmocka_unit_test(test_ranges),
                                     cmocka_unit_test(test_one_frame)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
