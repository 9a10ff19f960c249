/* ingest/worker/icc.h: which profiles are Display P3, and that no content of a profile reads outside of it. */
#include "ingest/worker/icc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TAGS = 3, LENGTH = 128 + 4 + TAGS * 12 + TAGS * 20 };

static void put(uint8_t *at, uint32_t v) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A profile with nothing but its primaries, in 16.16. */
static void make(uint8_t out[LENGTH], const int32_t xyz[TAGS][3]) {
  static const char tags[TAGS][5] = {"rXYZ", "gXYZ", "bXYZ"};
  memset(out, 0, LENGTH);
  memcpy(out + 16, "RGB ", 4);
  put(out + 128, TAGS);
  for (int i = 0; i < TAGS; i++) {
    uint8_t *entry = out + 132 + 12 * i, *value = out + 132 + 12 * TAGS + 20 * i;
    memcpy(entry, tags[i], 4);
    put(entry + 4, (uint32_t)(value - out));
    put(entry + 8, 20);
    memcpy(value, "XYZ ", 4);
    for (int k = 0; k < 3; k++) put(value + 8 + 4 * k, (uint32_t)xyz[i][k]);
  }
}

static const int32_t p3[TAGS][3] = {{33759, 15807, -69}, {19135, 45367, 2745}, {10296, 4363, 51385}},
                     srgb[TAGS][3] = {{28578, 14581, 912}, {25238, 46982, 6362}, {9376, 3973, 46799}},
                     adobe[TAGS][3] = {{39976, 20391, 1276}, {13457, 40998, 3989}, {9777, 4146, 48783}};

static void knows_p3(void **state) {
  (void)state;
  uint8_t profile[LENGTH];
  make(profile, p3);
  assert_true(icc_is_display_p3(profile, LENGTH));
  profile[132 + 36 + 11]++; /* rounded another way */
  assert_true(icc_is_display_p3(profile, LENGTH));
  make(profile, srgb);
  assert_false(icc_is_display_p3(profile, LENGTH));
  make(profile, adobe);
  assert_false(icc_is_display_p3(profile, LENGTH));
  make(profile, p3);
  memcpy(profile + 16, "GRAY", 4);
  assert_false(icc_is_display_p3(profile, LENGTH));
}

static void survives_anything(void **state) {
  (void)state;
  uint8_t profile[LENGTH];
  make(profile, p3);
  for (size_t length = 0; length < LENGTH; length++) { /* its end is the heap's end */
    uint8_t *cut = malloc(length ? length : 1);
    memcpy(cut, profile, length);
    assert_false(icc_is_display_p3(cut, length));
    free(cut);
  }
  for (size_t at = 128; at < 132 + 12 * TAGS; at++) {
    make(profile, p3);
    profile[at] = 0xff;
    icc_is_display_p3(profile, LENGTH);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(knows_p3), cmocka_unit_test(survives_anything)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
