/* What is due, of few clips and of thousands. */
#include "tests/unit/vault_sample.h"
#include "vault/sweep.h"

#include <time.h>

enum { FEW = 2000, MANY = 16000 };

static struct vault *vault_of(void **state) { return ((struct vault_sample *)*state)->v; }

static void put_wrap(struct vault *v, const struct id *clip, const char *purpose, int64_t expires_ms) {
  struct index_wrap row = {.clip = *clip, .leaf = 1, .expires_ms = expires_ms, .rendition = "as-filmed", .state = "live"};
  snprintf(row.purpose, sizeof row.purpose, "%s", purpose);
  OK(index_wrap_put(v->index, &row));
}

/* With two uses, of which the first ends at `use_ms` and the second never. */
static struct id put_clip(struct vault *v, int64_t expires_ms, int64_t use_ms) {
  struct index_clip row = {
      .id = id_new(), .kase = v->id, .kind = "recording", .state = "live", .leaf = 1, .expires_ms = expires_ms};
  const struct bytes sealed = {.data = row.id.b, .length = sizeof row.id};
  OK(index_clip_put(v->index, &row, NULL, &sealed));
  put_wrap(v, &row.id, "supervision", use_ms);
  put_wrap(v, &row.id, "research", CLOCK_NEVER_MS);
  return row.id;
}

static void a_use_of_a_clip_that_is_due_counts_with_it(void **state) {
  struct vault *v = vault_of(state);
  AUTO(sweep_due) struct sweep_due due = {0};
  OK(index_begin(v->index));
  struct id whole = put_clip(v, 1, 1), use = put_clip(v, CLOCK_NEVER_MS, 1), other = put_clip(v, 1, CLOCK_NEVER_MS);
  put_clip(v, CLOCK_NEVER_MS, CLOCK_NEVER_MS);
  OK(index_commit(v->index));
  OK(sweep_find(v, &due));
  assert_int_equal(due.count, 3);
  assert_int_equal(INDEX_COUNT(struct index_clip, due.clips), 2);
  assert_true(id_equal(&INDEX_ROWS(struct index_clip, due.clips)[0].id, &whole));
  assert_true(id_equal(&INDEX_ROWS(struct index_clip, due.clips)[1].id, &other));
  assert_int_equal(INDEX_COUNT(struct index_wrap, due.wraps), 1);
  assert_true(id_equal(&INDEX_ROWS(struct index_wrap, due.wraps)[0].clip, &use));
}

static void put_due(struct vault *v, size_t count) {
  OK(index_begin(v->index));
  for (size_t i = 0; i < count; i++) put_clip(v, 1, 1);
  OK(index_commit(v->index));
}

/* The least of three, of the processor alone: others have it as well. */
static double find_ms(struct vault *v, size_t expected) {
  double least = 1e9;
  for (int i = 0; i < 3; i++) {
    AUTO(sweep_due) struct sweep_due due = {0};
    clock_t began = clock();
    OK(sweep_find(v, &due));
    double took = 1e3 * (double)(clock() - began) / CLOCKS_PER_SEC;
    assert_int_equal(due.count, expected);
    if (took < least) least = took;
  }
  return least;
}

/* Where each use is compared with each clip, eight times as many take more than forty times as long. */
static void eight_times_as_many_take_about_eight_times_as_long(void **state) {
  struct vault *v = vault_of(state);
  put_due(v, FEW);
  double few = find_ms(v, FEW);
  put_due(v, MANY - FEW);
  double many = find_ms(v, MANY);
  print_message("%d due: %.1f ms of the processor; %d: %.1f ms\n", FEW, few, MANY, many);
  assert_true(many < 20 * few);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, vault_sample_make, vault_sample_end)
  const struct CMUnitTest tests[] = {TEST(a_use_of_a_clip_that_is_due_counts_with_it),
                                     TEST(eight_times_as_many_take_about_eight_times_as_long)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
