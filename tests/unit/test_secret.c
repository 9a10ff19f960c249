/* The arena for secrets: pieces are apart, zero when given, wiped when given back, and gone from children and dumps. */
#include "vault/base/secret.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARENA = 6 << 20, GRAIN = 64 };

static bool is_zero(const uint8_t *p, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (p[i]) return false;
  return true;
}

/* What becomes of a process that does this: its exit code, or minus the signal. */
static int fate_of(void (*deed)(void)) {
  int status;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (!freopen("/dev/null", "w", stderr)) _exit(99);
    for (int s = SIGHUP; s < SIGSYS; s++) signal(s, SIG_DFL); /* cmocka catches some; AddressSanitizer too */
    deed();
    _exit(0);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- giving out */
static void gives_zeroes_apart_from_each_other(void **state) {
  (void)state;
  static const struct {
    size_t length, taken;
  } rows[] = {{0, 64}, {1, 64}, {32, 64}, {63, 64}, {64, 64}, {65, 128}, {128, 128}, {65536, 65536}, {65537, 65600}};
  enum { COUNT = sizeof rows / sizeof *rows };
  uint8_t *pieces[COUNT];
  size_t before = secret_in_use();
  for (size_t i = 0; i < COUNT; i++) {
    pieces[i] = secret_alloc(rows[i].length);
    if ((uintptr_t)pieces[i] % GRAIN) fail_msg("%zu bytes lie at an odd place", rows[i].length);
    if (!is_zero(pieces[i], rows[i].taken)) fail_msg("%zu bytes are not zero", rows[i].length);
    if (secret_in_use() - before != rows[i].taken) fail_msg("%zu bytes take %zu", rows[i].length, secret_in_use() - before);
    memset(pieces[i], (int)i + 1, rows[i].length);
    before = secret_in_use();
  }
  for (size_t i = 0; i < COUNT; i++)
    for (size_t k = 0; k < rows[i].length; k++)
      if (pieces[i][k] != i + 1) fail_msg("%zu bytes overlap with others", rows[i].length);
  for (size_t i = 0; i < COUNT; i++) secret_free(pieces[i]);
}

static void wipes_what_is_given_back(void **state) {
  (void)state;
  uint8_t *first = secret_alloc(100), *second = secret_alloc(100);
  memset(first, 0xaa, 128), memset(second, 0xbb, 100); /* whatever was written beyond the asked length, too */
  secret_free(first);
  assert_true(is_zero(first, 128));
  assert_int_equal(second[99], 0xbb);
  uint8_t *again = secret_alloc(100);
  assert_ptr_equal(again, first);
  assert_true(is_zero(again, 128));
  secret_free(again), secret_free(second);
  secret_free(NULL);
}

static void fills_gaps_and_the_whole_arena(void **state) {
  (void)state;
  static void *pieces[ARENA / GRAIN];
  for (size_t i = 0; i < ARENA / GRAIN; i++) pieces[i] = secret_alloc(GRAIN);
  assert_int_equal(secret_in_use(), ARENA);
  secret_free(pieces[1000]), secret_free(pieces[2000]), secret_free(pieces[2001]);
  assert_ptr_equal(secret_alloc(2 * GRAIN), pieces[2000]); /* the first gap is too small for it */
  assert_ptr_equal(secret_alloc(1), pieces[1000]);
  for (size_t i = 0; i < ARENA / GRAIN; i++)
    if (i != 2001) secret_free(pieces[i]);
  assert_int_equal(secret_in_use(), 0);
  uint8_t *whole = secret_alloc(ARENA);
  assert_ptr_equal(whole, pieces[0]);
  assert_true(is_zero(whole, ARENA));
  secret_free(whole);
}

static void a_key_ends_with_its_scope(void **state) {
  (void)state;
  const uint8_t *was;
  {
    SECRET_KEY(key);
    memset(key->b, 0x77, sizeof key->b);
    was = key->b;
    assert_int_equal(secret_in_use(), GRAIN);
  }
  assert_true(is_zero(was, 32));
  assert_int_equal(secret_in_use(), 0);
}

static void wiping_all_leaves_nothing(void **state) {
  (void)state;
  uint8_t *first = secret_alloc(64), *last = secret_alloc(100000);
  memset(first, 1, 64), memset(last, 2, 100000);
  secret_wipe_all();
  assert_true(is_zero(first, 64) && is_zero(last, 100000));
  secret_free(first), secret_free(last);
}

/* ---- what ends the process rather than going on */
static uint8_t *piece;
static void ask_for_too_much(void) { secret_alloc(ARENA + 1); }
static void ask_for_too_much_of_all(void) { secret_alloc(SIZE_MAX - 10); }
static void exhaust(void) {
  for (;;) secret_alloc(1000);
}
static void free_twice(void) {
  uint8_t *mine = secret_alloc(10);
  secret_free(mine), secret_free(mine);
}
static void free_the_middle(void) { secret_free((uint8_t *)secret_alloc(1000) + GRAIN); }
static void free_another_address(void) {
  uint8_t other[64];
  secret_free(other);
}
static void write_before(void) { *(volatile uint8_t *)((uint8_t *)secret_alloc(1) - 1) = 1; }
static void write_behind(void) { *(volatile uint8_t *)((uint8_t *)secret_alloc(ARENA) + ARENA) = 1; }
static void look_for_the_parents_secret(void) { _exit(is_zero(piece, 64) ? 0 : 1); }
static void see_whether_it_dumps(void) {
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  _exit(core.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
}

static void misuse_ends_the_process(void **state) {
  (void)state;
  static const struct {
    const char *name;
    void (*deed)(void);
    int fate;
  } rows[] = {
      {"more than there is", ask_for_too_much, ERR_BUG},
      {"nearly SIZE_MAX", ask_for_too_much_of_all, ERR_BUG},
      {"piece after piece", exhaust, ERR_BUG},
      {"given back twice", free_twice, -SIGABRT},
      {"the middle of a piece", free_the_middle, -SIGABRT},
      {"somebody else's memory", free_another_address, -SIGABRT},
      {"a write before the arena", write_before, -SIGSEGV},
      {"a write behind the arena", write_behind, -SIGSEGV},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int fate = fate_of(rows[i].deed);
    if (fate != rows[i].fate) fail_msg("%s: ends with %d, not %d", rows[i].name, fate, rows[i].fate);
  }
}

static void stays_out_of_children_and_dumps(void **state) {
  (void)state;
  piece = secret_alloc(64);
  memset(piece, 0x5a, 64);
  assert_int_equal(fate_of(look_for_the_parents_secret), 0);
  assert_int_equal(piece[63], 0x5a);
  assert_int_equal(fate_of(see_whether_it_dumps), 0);
  secret_free(piece);
}

static int nothing_is_left(void **state) {
  (void)state;
  return secret_in_use() == 0 ? 0 : -1;
}

int main(void) {
  if (secret_init() != ERR_OK || secret_init() != ERR_OK) return 1; /* a second time does nothing */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(gives_zeroes_apart_from_each_other, nothing_is_left),
      cmocka_unit_test_teardown(wipes_what_is_given_back, nothing_is_left),
      cmocka_unit_test_teardown(fills_gaps_and_the_whole_arena, nothing_is_left),
      cmocka_unit_test_teardown(a_key_ends_with_its_scope, nothing_is_left),
      cmocka_unit_test_teardown(wiping_all_leaves_nothing, nothing_is_left),
      cmocka_unit_test_teardown(misuse_ends_the_process, nothing_is_left),
      cmocka_unit_test_teardown(stays_out_of_children_and_dumps, nothing_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
