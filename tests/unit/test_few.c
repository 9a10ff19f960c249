/* Whoever has every report cannot work out a count from 1 to 4, whatever the vault has: tried over small vaults, each set beside
 * all others that look the same. */
#include "vault/counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void sums_say_what_their_parts_say(void **state) {
  static const struct {
    int64_t parts[4];
    const char *text;
  } table[] = {{{0, 0}, "0"},         {{3, 0}, "<5"},       {{4}, "<5"},        {{5, 7}, "12"},
               {{12, 3}, "13 to 16"}, {{9, 4}, "10 to 13"}, {{1, 1}, "2 to 8"}, {{20, 1, 0, 2}, "22 to 28"}};
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    struct few_sum s = {0};
    char room[FEW_ROOM];
    for (int n = 0; n < 4; n++) few_add(&s, table[i].parts[n]);
    assert_string_equal(few_sum_text(&s, room), table[i].text);
  }
}

static void put(struct bytes *rows, const char *group, const char *name, int64_t count) {
  struct index_counted row = {.count = count};
  snprintf(row.group, sizeof row.group, "%s", group);
  snprintf(row.name, sizeof row.name, "%s", name);
  if (count) bytes_put(rows, &row, sizeof row); /* SQL tells of no group that is empty */
}

enum { CELLS = 6 };
static const char *const cells[CELLS][2] = {{"clips", "live"}, {"clips", "quarantined"}, {"clips", "shredded"},
                                            {"kinds", "clip"}, {"kinds", "recording"},   {"cases", "open"}};

/* All that reports tell of it, in one text. */
static void tell(const int64_t of[CELLS], char out[256]) {
  AUTO(bytes) struct bytes rows = {0};
  char room[FEW_ROOM];
  int length = 0;
  for (int i = 0; i < CELLS; i++) put(&rows, cells[i][0], cells[i][1], of[i]);
  AUTO(counts) struct counts c = {0};
  assert_int_equal(counts_of(&rows, &c), ERR_OK);
  for (size_t i = 0; i < counts_number(&c); i++)
    length += snprintf(out + length, 256 - (size_t)length, "%s %s %s;", counts_row(&c, i)->group, counts_row(&c, i)->name,
                       counts_text(&c, i, room));
  length += snprintf(out + length, 256 - (size_t)length, "films %s;", counts_all(&c, "clips", "shredded", room));
  snprintf(out + length, 256 - (size_t)length, "cases %s", counts_all(&c, "cases", NULL, room));
}

enum { MOST = 9, SMALL = FEW_LEAST - 1, LOOKS = 1 << 14, TOLD = 256 };
static char looks[LOOKS][TOLD]; /* what is told, and of each cell which of 0 … MOST it may be then */
static unsigned may_be[LOOKS][CELLS];
static size_t count;

static size_t find_look(const char *text) {
  size_t i = 0;
  while (i < count && strcmp(looks[i], text) != 0) i++;
  if (i == count && count < LOOKS) snprintf(looks[count++], TOLD, "%s", text);
  return i;
}

static void no_small_count_can_be_worked_out(void **state) {
  (void)state;
  for (int live = 0; live <= MOST; live++)
    for (int waits = 0; waits <= MOST; waits++)
      for (int clip = 0; clip <= live + waits; clip++) {
        const int64_t of[CELLS] = {live, waits, 6, clip, live + waits - clip, 3};
        char text[TOLD];
        tell(of, text);
        size_t look = find_look(text);
        assert_true(look < LOOKS);
        for (int i = 0; i < CELLS; i++) may_be[look][i] |= of[i] <= MOST ? 1u << of[i] : 0;
      }
  const unsigned small = ((1u << SMALL) - 1) << 1;
  for (size_t look = 0; look < count; look++)
    for (int i = 0; i < 5; i++)
      if (may_be[look][i] & small && (may_be[look][i] & small) != small)
        fail_msg("%s tells too much of %s %s", looks[look], cells[i][0], cells[i][1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sums_say_what_their_parts_say),
                                     cmocka_unit_test(no_small_count_can_be_worked_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
