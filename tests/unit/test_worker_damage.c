/* Where a film is damaged, which pictures never came, and the words for what was put right. */
#include "ingest/worker/damage.h"
#include "ingest/worker/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const struct damage *d, const int64_t *ms, uint32_t count) {
  assert_int_equal(d->count, count);
  for (uint32_t i = 0; i < count; i++) assert_int_equal(d->ms[i], ms[i]);
}

static void test_places(void **state) {
  (void)state;
  struct damage d = {0};
  damage_note(&d, 5000);
  damage_note(&d, 5400); /* the same place */
  damage_note(&d, 1000);
  damage_note(&d, -20);
  expect(&d, (const int64_t[]){0, 1000, 5000}, 3);
  damage_note(&d, 4700); /* it began earlier */
  expect(&d, (const int64_t[]){0, 1000, 4700}, 3);
  for (int i = 10; i < 30; i++) damage_note(&d, i * 1000);
  expect(&d, (const int64_t[]){0, 1000, 4700, 10000, 11000, 12000, 13000, 14000}, 8);
  damage_note(&d, 2000); /* the first eight */
  expect(&d, (const int64_t[]){0, 1000, 2000, 4700, 10000, 11000, 12000, 13000}, 8);
}

static void test_merge(void **state) {
  (void)state;
  struct damage picture = {.count = 2, .ms = {1000, 9000}}, sound = {.count = 2, .ms = {1200, 4000}};
  damage_merge(&picture, &sound);
  expect(&picture, (const int64_t[]){1000, 4000, 9000}, 3);
}

static void test_lost(void **state) {
  (void)state;
  struct damage_owed owed = {0};
  for (int i = 0; i < 1000; i++) damage_packet(&owed, i * 40000);
  assert_int_equal(damage_lost(&owed, 990 * 40000, 991 * 40000), 0);
  assert_int_equal(damage_lost(&owed, 990 * 40000, 994 * 40000), 3);
  assert_int_equal(damage_lost(&owed, 990 * 40000 + 1500, 994 * 40000 - 1500), 3); /* clocks that count milliseconds */
  assert_int_equal(damage_lost(&owed, 0, 100 * 40000), 0);                         /* long ago */
  assert_int_equal(damage_lost(&owed, INT64_MIN / 2, INT64_MAX / 2), DAMAGE_RECENT);
}

static void test_words(void **state) {
  (void)state;
  struct repair r = {0};
  repair_add(&r, "index rebuilt");
  repair_add(&r, "%u clock jumps closed", 3U);
  repair_add(&r, "index rebuilt");
  assert_string_equal(r.text, "index rebuilt; 3 clock jumps closed");
  char lengthy[300];
  memset(lengthy, 'x', sizeof lengthy);
  lengthy[sizeof lengthy - 1] = 0;
  repair_add(&r, "%s", lengthy); /* no room: left out as a whole */
  assert_string_equal(r.text, "index rebuilt; 3 clock jumps closed");
  repair_add(&r, "a");
  assert_string_equal(r.text, "index rebuilt; 3 clock jumps closed; a");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_merge),
      cmocka_unit_test(test_lost),
      cmocka_unit_test(test_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
