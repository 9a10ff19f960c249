/* Which bytes a request means, row by row: open-ended, suffix, beyond the end, too large for a number, several, malformed,
 * If-Range. */
#include "player-bridge/http/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ETAG "\"0123\""

static const struct {
  const char *range, *if_range;
  uint64_t size;
  enum range_kind kind;
  uint64_t first, length;
} rows[] = {
    {NULL, NULL, 1000, RANGE_WHOLE, 0, 1000},
    {"bytes=0-", NULL, 1000, RANGE_PART, 0, 1000},
    {"bytes=0-0", NULL, 1000, RANGE_PART, 0, 1},
    {"bytes=500-", NULL, 1000, RANGE_PART, 500, 500},
    {"bytes=999-", NULL, 1000, RANGE_PART, 999, 1},
    {"bytes=999-999", NULL, 1000, RANGE_PART, 999, 1},
    {"bytes=999-1000", NULL, 1000, RANGE_PART, 999, 1},
    {"bytes=10-19", NULL, 1000, RANGE_PART, 10, 10},
    {"BYTES=10-19", NULL, 1000, RANGE_PART, 10, 10},
    {"bytes=1000-", NULL, 1000, RANGE_NOTHING, 0, 0}, /* what VLC asks for at the end */
    {"bytes=1001-2000", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=-1", NULL, 1000, RANGE_PART, 999, 1},
    {"bytes=-1000", NULL, 1000, RANGE_PART, 0, 1000},
    {"bytes=-5000", NULL, 1000, RANGE_PART, 0, 1000},
    {"bytes=-0", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=-", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=5-2", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=0-18446744073709551615", NULL, 1000, RANGE_PART, 0, 1000},
    {"bytes=0-99999999999999999999999", NULL, 1000, RANGE_PART, 0, 1000},
    {"bytes=18446744073709551616-", NULL, 1000, RANGE_NOTHING, 0, 0}, /* 2^64 is not 0 */
    {"bytes=18446744073709551626-18446744073709551636", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=-18446744073709551617", NULL, 1000, RANGE_PART, 0, 1000},
    {"bytes=0-", NULL, UINT64_MAX, RANGE_PART, 0, UINT64_MAX},
    {"bytes=0-1,2-3", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=0-1, -1", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=0 - 1", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes= 0-1", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=+1-2", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=0x1-2", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=1-2-3", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=--1", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"bytes=a-b", NULL, 1000, RANGE_NOTHING, 0, 0},
    {"lines=0-1", NULL, 1000, RANGE_WHOLE, 0, 1000},
    {"lines=0-1,2-3", NULL, 1000, RANGE_WHOLE, 0, 1000},
    {"bytes", NULL, 1000, RANGE_WHOLE, 0, 1000},
    {"", NULL, 1000, RANGE_WHOLE, 0, 1000},
    {"bytes=0-9", ETAG, 1000, RANGE_PART, 0, 10},
    {"bytes=0-9", "\"other\"", 1000, RANGE_WHOLE, 0, 1000},
    {"bytes=0-9", "W/" ETAG, 1000, RANGE_WHOLE, 0, 1000}, /* a weak tag does not vouch for bytes */
    {"bytes=0-9", "Thu, 26 Nov 2026 10:00:00 GMT", 1000, RANGE_WHOLE, 0, 1000},
    {"bytes=2000-", "\"other\"", 1000, RANGE_WHOLE, 0, 1000},
    {"bytes=0-1,2-3", "\"other\"", 1000, RANGE_WHOLE, 0, 1000},
    {NULL, NULL, 0, RANGE_WHOLE, 0, 0},
    {"bytes=0-", NULL, 0, RANGE_NOTHING, 0, 0},
    {"bytes=-1", NULL, 0, RANGE_NOTHING, 0, 0},
};

static void every_row(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct range got = range_of(rows[i].range, rows[i].if_range, ETAG, rows[i].size);
    if (got.kind != rows[i].kind || got.first != rows[i].first || got.length != rows[i].length)
      fail_msg("row %zu, \"%s\": kind %d, first %ju, length %ju", i, rows[i].range ? rows[i].range : "(none)", (int)got.kind,
               (uintmax_t)got.first, (uintmax_t)got.length);
  }
}

/* Whatever is sent lies within the film. */
static void nothing_beyond_the_end(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (uint64_t size = 0; size < 30; size++) {
      struct range got = range_of(rows[i].range, rows[i].if_range, ETAG, size);
      assert_true(got.first <= size && got.length <= size - got.first);
      assert_true(got.kind == RANGE_NOTHING ? !got.length : got.kind == RANGE_WHOLE || got.length > 0);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row), cmocka_unit_test(nothing_beyond_the_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
