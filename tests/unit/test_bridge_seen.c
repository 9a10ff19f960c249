/* What of a film was sent, against one mark for each byte: all of it is told, nothing else is as long as there is room, and where
 * there is none it is too much rather than too little. */
#include "player-bridge/http/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 400, ROUNDS = 3000, ADDED = 60 };

static bool tells(const struct seen *s, uint64_t at) {
  for (size_t i = 0; i < s->count; i++)
    if (s->part[i].from <= at && at < s->part[i].to) return true;
  return false;
}

static void check_order(const struct seen *s) {
  assert_in_range(s->count, 0, SEEN_MOST);
  for (size_t i = 0; i < s->count; i++) assert_true(s->part[i].from < s->part[i].to);
  for (size_t i = 1; i < s->count; i++) assert_true(s->part[i - 1].to < s->part[i].from);
}

/* Of a film of `bytes`: in one of 32 no more than SEEN_MOST parts can lie apart. */
static void add_at_random(int bytes, bool exact) {
  for (int round = 0; round < ROUNDS; round++) {
    struct seen s = {0};
    bool sent[BYTES] = {false};
    uint64_t all = 0;
    for (int n = 0; n < ADDED; n++) {
      int from = rand() % bytes, to = from + 1 + rand() % 3;
      if (to > bytes) to = bytes;
      seen_add(&s, (uint64_t)from, (uint64_t)to);
      memset(sent + from, true, (size_t)(to - from));
      all += (uint64_t)(to - from);
      check_order(&s);
      for (int at = 0; at < bytes; at++)
        if (exact ? tells(&s, (uint64_t)at) != sent[at] : sent[at] && !tells(&s, (uint64_t)at))
          fail_msg("round %d, byte %d after %d parts", round, at, n + 1);
    }
    assert_int_equal(s.sent, all);
  }
}

static void tells_what_was_sent(void **state) {
  (void)state;
  srand(1);
  add_at_random(2 * SEEN_MOST, true);
}

static void tells_too_much_rather_than_too_little(void **state) {
  (void)state;
  srand(2);
  add_at_random(BYTES, false);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(tells_what_was_sent),
                                     cmocka_unit_test(tells_too_much_rather_than_too_little)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
