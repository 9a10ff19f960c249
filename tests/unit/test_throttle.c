/* How long whoever failed to sign in must wait: growing, ending, and never for long because of somebody else. */
#include "vault/throttle.h"

#include "vault/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct throttle_who at(const char *account, const char *address) {
  return (struct throttle_who){.account = account, .account_length = strlen(account), .address = address};
}

static int make(void **state) {
  struct throttle *t = NULL;
  if (secret_init() != ERR_OK || throttle_new(&t) != ERR_OK) return 1;
  *state = t;
  return 0;
}
static int end(void **state) {
  throttle_free(*state);
  return 0;
}

/* Fails whenever it may, and returns when it has failed so often. */
static int64_t fail_often(struct throttle *t, const struct throttle_who *who, int64_t now_ms, int times) {
  for (int i = 0; i < times; i++) {
    int64_t wait_ms = throttle_try(t, who, now_ms);
    if (wait_ms) now_ms += wait_ms, i--;
  }
  return now_ms;
}

static void waits_grow_and_end(void **state) {
  struct throttle *t = *state;
  struct throttle_who ida = at("ida", "192.0.2.1");
  static const int64_t waits_s[] = {0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60};
  int64_t now_ms = 5000000;
  for (size_t i = 0; i < sizeof waits_s / sizeof *waits_s; i++) {
    int64_t wait_ms = throttle_try(t, &ida, now_ms);
    if (wait_ms != waits_s[i] * 1000) fail_msg("attempt %zu waits %lld ms", i, (long long)wait_ms);
    if (wait_ms) assert_int_equal(throttle_try(t, &ida, now_ms + wait_ms - 1), 1); /* too early counts as nothing */
    now_ms += wait_ms;
    if (wait_ms) assert_int_equal(throttle_try(t, &ida, now_ms), 0);
  }
  assert_int_equal(throttle_try(t, &ida, now_ms + 60 * 60 * 1000 + 1), 0); /* forgotten */
  assert_int_equal(throttle_failures(t, &ida), 1);
}

static void success_ends_it(void **state) {
  struct throttle *t = *state;
  struct throttle_who ida = at("ida", "192.0.2.1");
  int64_t now_ms = fail_often(t, &ida, 5000000, 6) + 60000;
  assert_int_equal(throttle_try(t, &ida, now_ms), 0);
  throttle_passed(t, &ida, now_ms);
  for (int i = 0; i < 3; i++) assert_int_equal(throttle_try(t, &ida, now_ms), 0);
  assert_int_not_equal(throttle_try(t, &ida, now_ms), 0);
}

/* Many at once: each counts from its start. */
static void a_crowd_gains_nothing(void **state) {
  struct throttle *t = *state;
  struct throttle_who ida = at("ida", "192.0.2.1");
  int let_through = 0;
  for (int i = 0; i < 100; i++) let_through += throttle_try(t, &ida, 5000000) == 0;
  assert_int_equal(let_through, 3);
}

static void one_address_many_names(void **state) {
  struct throttle *t = *state;
  char name[16];
  int let_through = 0;
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "name %d", i);
    struct throttle_who who = at(name, "192.0.2.1");
    let_through += throttle_try(t, &who, 5000000) == 0;
  }
  assert_int_equal(let_through, 10);
  struct throttle_who elsewhere = at("name 99", "192.0.2.2");
  assert_int_equal(throttle_try(t, &elsewhere, 5000000), 0);
}

/* Having an account of one's own does not buy guesses at another. */
static void own_success_buys_nothing(void **state) {
  struct throttle *t = *state;
  struct throttle_who own = at("mine", "192.0.2.1");
  char name[16];
  int64_t now_ms = 5000000;
  for (int i = 0; i < 12; i++) {
    snprintf(name, sizeof name, "name %d", i);
    struct throttle_who who = at(name, "192.0.2.1");
    now_ms = fail_often(t, &who, now_ms, 1);
    now_ms = fail_often(t, &own, now_ms, 1);
    throttle_passed(t, &own, now_ms);
  }
  assert_int_equal(throttle_failures(t, &own), 12);
}

/* A botnet at one account: everybody waits, but for who signed in before, from where they did. */
static void strangers_keep_nobody_out(void **state) {
  struct throttle *t = *state;
  char address[32];
  struct throttle_who home = at("ida", "198.51.100.7"), cafe = at("ida", "198.51.100.8");
  int64_t now_ms = 5000000;
  assert_int_equal(throttle_try(t, &home, now_ms), 0);
  throttle_passed(t, &home, now_ms);
  for (int i = 0; i < 100; i++) {
    snprintf(address, sizeof address, "203.0.113.%d", i);
    struct throttle_who bot = at("ida", address);
    now_ms = fail_often(t, &bot, now_ms, 1);
  }
  int64_t wait_ms = throttle_try(t, &cafe, now_ms);
  assert_true(wait_ms > 0 && wait_ms <= 15000);
  assert_int_equal(throttle_try(t, &home, now_ms), 0);
}

static void what_one_address_is(void **state) {
  (void)state;
  static const struct {
    const char *one, *other;
    bool same;
  } rows[] = {{"192.0.2.1", "::ffff:192.0.2.1", true},
              {"192.0.2.1", "192.0.2.2", false},
              {"2001:db8::1", "2001:db8:0:0:1::1", true},
              {"2001:db8::1", "2001:db8:0:1::1", false},
              {"unix", "unix", true},
              {"unix", "unix2", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(throttle) struct throttle *t = NULL;
    assert_int_equal(throttle_new(&t), ERR_OK);
    struct throttle_who one = at("a", rows[i].one), other = at("b", rows[i].other);
    fail_often(t, &one, 5000000, 5);
    if ((throttle_failures(t, &other) == 5) != rows[i].same) fail_msg("%s and %s", rows[i].one, rows[i].other);
  }
}

/* However many names there are: whoever failed most is remembered. */
static void memory_is_bounded(void **state) {
  struct throttle *t = *state;
  struct throttle_who ida = at("ida", "192.0.2.1");
  char name[32], address[32];
  int64_t now_ms = fail_often(t, &ida, 5000000, 10);
  for (int i = 0; i < 100000; i++) {
    snprintf(name, sizeof name, "n%d", i);
    snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
    struct throttle_who who = at(name, address);
    throttle_try(t, &who, now_ms);
  }
  assert_int_equal(throttle_failures(t, &ida), 10);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)
  const struct CMUnitTest tests[] = {
      TEST(waits_grow_and_end),       TEST(success_ends_it),           TEST(a_crowd_gains_nothing), TEST(one_address_many_names),
      TEST(own_success_buys_nothing), TEST(strangers_keep_nobody_out), TEST(what_one_address_is),   TEST(memory_is_bounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
