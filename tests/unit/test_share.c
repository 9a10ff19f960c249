/* keys/share.h: every set of enough shares gives the secret back, fewer never do, and what is wrong with them is named. */
#include "keys/share.h"

#include <ctype.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct secret_key *secret, *joined;

static int begin(void **state) {
  (void)state;
  if (secret_init() != ERR_OK) return 1;
  secret = secret_key_new();
  joined = secret_key_new();
  randombytes_buf(secret->b, sizeof secret->b);
  return 0;
}
static int end(void **state) {
  (void)state;
  secret_free(secret);
  secret_free(joined);
  return 0;
}

#define OK(expression) assert_int_equal(expression, ERR_OK)
static void refused(enum err e, const char *words) {
  assert_int_equal(e, ERR_DATA);
  if (!strstr(err_text(), words)) fail_msg("it said: %s", err_text());
}

static void any_subset_of_enough(void **state) {
  (void)state;
  static const struct { unsigned needed, count; } sets[] = {{2, 2}, {2, 3}, {3, 5}, {5, 5}, {4, 7}, {16, 16}, {2, 16}};
  for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
    struct share all[SHARE_MOST], some[SHARE_MOST];
    unsigned tried = 0;
    OK(share_split(secret, sets[s].needed, sets[s].count, all));
    for (uint32_t mask = 1; mask < 1u << sets[s].count && tried < 3000; mask++) {
      size_t n = 0;
      for (unsigned i = sets[s].count; i-- > 0;)
        if (mask >> i & 1) some[n++] = all[i];
      memset(joined->b, 0, sizeof joined->b);
      tried++;
      if (n < sets[s].needed) {
        refused(share_join(some, n, joined), "are needed");
        assert_memory_not_equal(joined->b, secret->b, sizeof secret->b);
        continue;
      }
      OK(share_join(some, n, joined));
      assert_memory_equal(joined->b, secret->b, sizeof secret->b);
    }
  }
}

/* One share less than needed fits every secret: the missing one can always be chosen so. Here: two sets of different secrets
 * whose first shares cannot be told apart by their bytes' distribution. */
static void one_alone_says_nothing(void **state) {
  (void)state;
  SECRET_KEY(zero);
  unsigned seen[256] = {0};
  memset(zero->b, 0, sizeof zero->b);
  for (int i = 0; i < 4000; i++) {
    struct share two[2];
    OK(share_split(zero, 2, 2, two));
    for (int b = 0; b < 32; b++) seen[two[0].part[b]]++;
  }
  for (int v = 0; v < 256; v++) /* 500 are due of each; ten standard deviations */
    if (seen[v] < 276 || seen[v] > 724) fail_msg("value %d came %u times", v, seen[v]);
}

static void wrong_ones_are_named(void **state) {
  (void)state;
  SECRET_KEY(another);
  struct share a[5], b[5], some[5];
  randombytes_buf(another->b, sizeof another->b);
  assert_int_equal(share_split(secret, 1, 3, a), ERR_USAGE);
  assert_int_equal(share_split(secret, 4, 3, a), ERR_USAGE);
  assert_int_equal(share_split(secret, 2, 17, a), ERR_USAGE);
  OK(share_split(secret, 3, 5, a));
  OK(share_split(another, 3, 5, b));
  refused(share_join((struct share[]){a[0], a[1], a[0]}, 3, joined), "share 1 is there twice");
  refused(share_join((struct share[]){a[0], b[1], a[2]}, 3, joined), "number 2 on it) is of another set");
  refused(share_join(a, 0, joined), "no shares");
  memcpy(some, a, sizeof some);
  some[1].part[7] ^= 1;
  refused(share_join(some, 3, joined), "at least one of these shares is false");
  refused(share_join(some, 4, joined), "share 2 is false");
  refused(share_join(some, 5, joined), "share 2 is false");
  OK(share_join((struct share[]){a[0], a[2], a[4]}, 3, joined));
  assert_memory_equal(joined->b, secret->b, sizeof secret->b);
}

static void on_paper(void **state) {
  (void)state;
  struct share all[3], read;
  char text[SHARE_TEXT], typed[4 * SHARE_TEXT];
  size_t used, length = 0;
  OK(share_split(secret, 2, 3, all));
  share_print(&all[1], text);
  assert_int_equal(strlen(text), SHARE_TEXT - 1);
  OK(share_parse(text, strlen(text), &used, &read));
  assert_int_equal(used, strlen(text));
  assert_memory_equal(&read, &all[1], sizeof read);
  for (const char *c = text; *c; c++) { /* as people write */
    if (*c == ' ')
      length += (size_t)sprintf(typed + length, ", 7\n-");
    else
      typed[length++] = (char)toupper((unsigned char)*c);
  }
  OK(share_parse(typed, length, &used, &read));
  assert_memory_equal(&read, &all[1], sizeof read);
  for (size_t cut = 0; cut < strlen(text); cut++) {
    enum err e = share_parse(text, cut, &used, &read);
    if (cut == 0)
      assert_true(e == ERR_OK && used == 0);
    else
      assert_int_equal(e, ERR_DATA);
  }
  refused(share_parse(text, 3 * 6 + 2, &used, &read), "word 4 of a share is none");
  refused(share_parse(text, 3 * 6, &used, &read), "22 words, and here are 3");
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
  for (size_t at = 0; at < strlen(text); at++) /* every letter mistyped as every other */
    for (const char *l = letters; *l && text[at] != ' '; l++) {
      char wrong[SHARE_TEXT];
      memcpy(wrong, text, sizeof wrong);
      if (wrong[at] == *l) continue;
      wrong[at] = *l;
      assert_int_equal(share_parse(wrong, strlen(wrong), &used, &read), ERR_DATA);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_subset_of_enough), cmocka_unit_test(one_alone_says_nothing),
                                     cmocka_unit_test(wrong_ones_are_named), cmocka_unit_test(on_paper)};
  return cmocka_run_group_tests(tests, begin, end);
}
