/* When so much falls due at once that it is looked at as a wrong clock: clips are counted, each once, whatever ends of them. */
#include "tests/unit/vault_sample.h"

enum { MINUTE_MS = 60 * 1000, MASS = 20 };

static struct vault *vault_of(void **state) { return ((struct vault_sample *)*state)->v; }

static void put_wrap(struct vault *v, const struct id *clip, const char *purpose, int64_t expires_ms) {
  struct index_wrap row = {.clip = *clip, .leaf = 1, .expires_ms = expires_ms, .rendition = "as-filmed", .state = "live"};
  snprintf(row.purpose, sizeof row.purpose, "%s", purpose);
  OK(index_wrap_put(v->index, &row));
}

/* Each with a date of its own and two uses that end with it, one of them a little before. */
static void put_ending(struct vault *v, size_t count, int64_t ends_ms) {
  OK(index_begin(v->index));
  for (size_t i = 0; i < count; i++) {
    struct index_clip row = {
        .id = id_new(), .kase = v->id, .kind = "recording", .state = "live", .leaf = 1, .expires_ms = ends_ms};
    const struct bytes sealed = {.data = row.id.b, .length = sizeof row.id};
    OK(index_clip_put(v->index, &row, NULL, &sealed));
    put_wrap(v, &row.id, "supervision", ends_ms - 1);
    put_wrap(v, &row.id, "research", ends_ms);
  }
  OK(index_commit(v->index));
}

static void put_waiting(struct vault *v, size_t count, int64_t ends_ms) {
  OK(index_begin(v->index));
  for (size_t i = 0; i < count; i++) {
    struct index_clip row = {.id = id_new(),
                             .kase = v->id,
                             .kind = "recording",
                             .state = "quarantined",
                             .leaf = 1,
                             .expires_ms = CLOCK_NEVER_MS,
                             .quarantine_ms = ends_ms};
    const struct bytes sealed = {.data = row.id.b, .length = sizeof row.id};
    OK(index_clip_put(v->index, &row, NULL, &sealed));
  }
  OK(index_commit(v->index));
}

/* The vault was last used an hour ago. */
static void rest(struct vault *v) {
  struct keystore_anchor anchor;
  OK(keystore_get_anchor(v->keys, &anchor));
  anchor.high_water_ms = clock_now_ms() - 60 * MINUTE_MS;
  OK(keystore_set_anchor(v->keys, &anchor));
}

static enum vault_clock clock_of(struct vault *v) {
  OK(vault_begin(v, geteuid(), 0));
  return v->clock;
}

static void a_clip_counts_once(void **state) {
  struct vault *v = vault_of(state);
  rest(v);
  put_ending(v, MASS, clock_now_ms() - 30 * MINUTE_MS);
  assert_int_equal(clock_of(v), VAULT_CLOCK_FINE);
  put_ending(v, 1, clock_now_ms() - 30 * MINUTE_MS);
  assert_int_equal(clock_of(v), VAULT_CLOCK_MASS_DUE);
}

static void what_waits_counts_when_its_wait_is_over(void **state) {
  struct vault *v = vault_of(state);
  rest(v);
  put_waiting(v, 2 * MASS, clock_now_ms() - 90 * MINUTE_MS); /* has been for longer than that */
  put_waiting(v, MASS, clock_now_ms() - 30 * MINUTE_MS);
  assert_int_equal(clock_of(v), VAULT_CLOCK_FINE);
  put_waiting(v, 1, clock_now_ms() - 30 * MINUTE_MS);
  assert_int_equal(clock_of(v), VAULT_CLOCK_MASS_DUE);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, vault_sample_make, vault_sample_end)
  const struct CMUnitTest tests[] = {TEST(a_clip_counts_once), TEST(what_waits_counts_when_its_wait_is_over)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
