/* What one file may cost: each limit at its edge, and the key that its refusal names. */
#include "ingest/worker/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct wire_limits most = {
    .most_pixels = 1000, .most_streams = 2, .most_duration_ms = 5000, .most_packets = 3, .most_seconds = 9};

static void test_pixels(void **state) {
  (void)state;
  static const struct {
    uint64_t width, height;
    const char *says;
  } rows[] = {
      {0, 0, NULL},
      {40, 25, NULL},
      {1000, 1, NULL},
      {1001, 1, "too many pixels (1001 x 1; most_pixels in clipvault.conf)"},
      {UINT32_MAX, UINT32_MAX, "most_pixels"},
      {UINT64_MAX, 2, "most_pixels"}, /* the product does not fit */
      {UINT64_MAX, UINT64_MAX, "most_pixels"},
  };
  limits_set(&most);
  assert_int_equal(limits_pixels(), 1000);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(limits_check_pixels(rows[i].width, rows[i].height), rows[i].says ? ERR_DATA : ERR_OK);
    if (rows[i].says) assert_non_null(strstr(err_text(), rows[i].says));
  }
}

/* However many pixels are allowed, a side has an end. */
static void test_side(void **state) {
  (void)state;
  struct wire_limits wide = most;
  wide.most_pixels = INT32_MAX;
  limits_set(&wide);
  assert_int_equal(limits_check_pixels(LIMITS_MOST_SIDE, 1), ERR_OK);
  assert_int_equal(limits_check_pixels(LIMITS_MOST_SIDE + 1, 1), ERR_DATA);
  assert_int_equal(limits_check_pixels(1, LIMITS_MOST_SIDE + 1), ERR_DATA);
  assert_non_null(strstr(err_text(), "on one side (1 x 16385"));
}

/* Of a picture that a decoder would not begin with, only the log tells. */
static void test_decoded(void **state) {
  (void)state;
  limits_set(&most);
  limits_hear("Picture size %ux%u is invalid\n");
  assert_int_equal(limits_check_decoded(), ERR_OK);
  limits_hear("Picture size %ux%u exceeds specified max pixel count %ld, see the documentation if you wish to increase it\n");
  assert_int_equal(limits_check_decoded(), ERR_DATA);
  assert_string_equal(err_text(), "This picture has too many pixels (more than 1000; most_pixels in clipvault.conf).");
  assert_int_equal(limits_check_streams(), ERR_OK);
}

static void test_duration(void **state) {
  (void)state;
  limits_set(&most);
  assert_int_equal(limits_check_duration(-1), ERR_OK);
  assert_int_equal(limits_check_duration(5000), ERR_OK);
  assert_int_equal(limits_check_duration(5001), ERR_DATA);
  assert_string_equal(err_text(), "This recording is longer than 5 seconds (most_duration_seconds in clipvault.conf).");
  assert_int_equal(limits_check_duration(INT64_MAX), ERR_DATA);
}

static void test_packets(void **state) {
  (void)state;
  limits_set(&most);
  for (int i = 0; i < 3; i++) assert_int_equal(limits_count_packet(), ERR_OK);
  assert_int_equal(limits_count_packet(), ERR_DATA);
  assert_string_equal(err_text(), "This recording has more than 3 packets (most_packets in clipvault.conf).");
  assert_int_equal(limits_count_packet(), ERR_DATA);
  limits_set(&most); /* of the next file */
  assert_int_equal(limits_count_packet(), ERR_OK);
}

static void test_streams(void **state) {
  (void)state;
  limits_set(&most);
  assert_int_equal(limits_streams(), 2);
  limits_hear("deprecated pixel format used");
  assert_int_equal(limits_check_streams(), ERR_OK);
  limits_hear("Number of streams exceeds max_streams parameter (%d), see the documentation if you wish to increase it\n");
  assert_int_equal(limits_check_streams(), ERR_DATA);
  assert_string_equal(err_text(), "This recording has more than 2 streams (most_streams in clipvault.conf).");
}

int main(void) {
  /* Before anything was said, nothing is allowed. */
  if (limits_check_pixels(1, 1) == ERR_OK || limits_count_packet() == ERR_OK || limits_check_duration(1) == ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pixels),  cmocka_unit_test(test_side),    cmocka_unit_test(test_duration),
      cmocka_unit_test(test_packets), cmocka_unit_test(test_streams), cmocka_unit_test(test_decoded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
