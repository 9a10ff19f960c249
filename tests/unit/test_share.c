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

/* Words for bytes of any kind, with a check that is right. */
static void spell(const uint8_t bytes[40], char out[SHARE_TEXT]) {
  static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aiou", label[] = "clipvault-share";
  uint8_t all[44], hash[32], labelled[sizeof label - 1 + 40];
  memcpy(labelled, label, sizeof label - 1);
  memcpy(labelled + sizeof label - 1, bytes, 40);
  crypto_generichash(hash, sizeof hash, labelled, sizeof labelled, NULL, 0);
  memcpy(all, bytes, 40);
  memcpy(all + 40, hash, 4);
  for (size_t w = 0; w < SHARE_WORDS; w++, out += 6) {
    unsigned bits = (unsigned)all[2 * w] << 8 | all[2 * w + 1];
    out[0] = consonants[bits >> 12], out[1] = vowels[bits >> 10 & 3], out[2] = consonants[bits >> 6 & 15];
    out[3] = vowels[bits >> 4 & 3], out[4] = consonants[bits & 15], out[5] = ' ';
  }
  out[-1] = 0;
}

/* Typed without a fault, and yet of no form that there is. */
static void forms_that_are_not_ours(void **state) {
  (void)state;
  static const struct {
    uint8_t version, threshold, number;
    bool known;
  } rows[] = {{1, 2, 1, true},  {1, 16, 16, true}, {0, 2, 1, false}, {2, 2, 1, false}, {1, 1, 1, false},
              {1, 0, 1, false}, {1, 17, 1, false}, {1, 2, 0, false}, {1, 2, 17, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t bytes[40] = {rows[i].version, rows[i].threshold, rows[i].number};
    char text[SHARE_TEXT];
    struct share read;
    size_t used;
    spell(bytes, text);
    enum err e = share_parse(text, strlen(text), &used, &read);
    if (rows[i].known)
      assert_true(e == ERR_OK && read.threshold == rows[i].threshold && read.number == rows[i].number);
    else
      refused(e, "of a form that this version does not know");
  }
}

/* What stands between words is no letter, also where it lies beside them in the alphabet of machines. */
static void what_stands_between_words(void **state) {
  (void)state;
  struct share two[2], read;
  char text[SHARE_TEXT];
  size_t used;
  OK(share_split(secret, 2, 2, two));
  for (const char *c = "@[`{|_\x7f\xc3 0"; *c; c++) {
    share_print(&two[0], text);
    for (char *t = text; *t; t++)
      if (*t == ' ') *t = *c;
    OK(share_parse(text, strlen(text), &used, &read));
    assert_memory_equal(&read, &two[0], sizeof read);
  }
}

static void shares_that_do_not_fit(void **state) {
  (void)state;
  SECRET_KEY(another);
  struct share a[5], b[5], many[SHARE_MOST + 1];
  randombytes_buf(another->b, sizeof another->b);
  OK(share_split(secret, 3, 5, a));
  OK(share_split(another, 3, 5, b));
  for (int i = 0; i <= SHARE_MOST; i++) many[i] = a[0];
  refused(share_join(many, SHARE_MOST + 1, joined), "more than there can be");
  refused(share_join((struct share[]){a[0], b[0], a[2]}, 3, joined),
          "number 1 on it) is of another set"); /* the same number of two sets */
  memcpy(b, a, sizeof b);
  b[1].threshold = 2;
  refused(share_join(b, 3, joined), "number 2 on it) is of another set");
  refused(share_join(a, 1, joined), "3 shares are needed, and here is 1");
  refused(share_join(a, 2, joined), "3 shares are needed, and here are 2");
  a[1].part[0] ^= 1, a[3].part[0] ^= 1; /* two false ones: none of them can be named */
  refused(share_join(a, 5, joined), "at least one of these shares is false");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_subset_of_enough),    cmocka_unit_test(one_alone_says_nothing),
                                     cmocka_unit_test(wrong_ones_are_named),    cmocka_unit_test(on_paper),
                                     cmocka_unit_test(forms_that_are_not_ours), cmocka_unit_test(what_stands_between_words),
                                     cmocka_unit_test(shares_that_do_not_fit)};
  return cmocka_run_group_tests(tests, begin, end);
}
