/* Addresses of films: unguessable, for whom they were made, once where they are good for once, and not for long. */
#include "player-bridge/ticket.h"
#include "player-bridge/visit.h"
#include "vault/base/clock.h"
#include "vault/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t mpv[TICKET_KEY] = "mpv at home", curl[TICKET_KEY] = "curl elsewhere";

/* Of one of several accounts. */
static struct ticket of(int account) { return (struct ticket){.visitor.account.b[0] = (uint8_t)account}; }

static void only_its_own_key_finds_a_ticket(void **state) {
  struct tickets *t = *state;
  uint8_t key[TICKET_KEY], other[TICKET_KEY];
  struct ticket *one, *two;
  assert_int_equal(ticket_make(t, &(struct ticket){.visit = 1}, key, &one), ERR_OK);
  assert_int_equal(ticket_make(t, &(struct ticket){.visit = 2}, other, &two), ERR_OK);
  assert_memory_not_equal(key, other, sizeof key);
  assert_ptr_equal(ticket_find(t, key), one);
  assert_ptr_equal(ticket_find(t, other), two);
  for (int bit = 0; bit < 8 * TICKET_KEY; bit++) {
    key[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_null(ticket_find(t, key));
    key[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  assert_null(ticket_find(t, (const uint8_t[TICKET_KEY]){0}));
  assert_null(ticket_find(t, one->hash)); /* who reads what is kept has no address */
  one->dead = true;
  assert_null(ticket_find(t, key));
  ticket_forget(two);
  assert_null(ticket_find(t, other));
}

static void once_belongs_to_who_began_it(void **state) {
  struct tickets *t = *state;
  uint8_t key[TICKET_KEY];
  struct ticket *one;
  bool allowed;
  assert_int_equal(ticket_make(t, &(struct ticket){.once = true}, key, &one), ERR_OK);
  ticket_claim(one, mpv, &allowed);
  assert_true(allowed && one->begun);
  ticket_claim(one, curl, &allowed);
  assert_false(allowed);
  ticket_claim(one, mpv, &allowed);
  assert_true(allowed);
}

static void its_time_ends(void **state) {
  struct tickets *t = *state;
  uint8_t key[TICKET_KEY];
  struct ticket *one;
  bool allowed;
  assert_int_equal(ticket_make(t, &(struct ticket){.once = true}, key, &one), ERR_OK);
  assert_false(ticket_is_over(one, one->made_ms + TICKET_BEGIN_MS));
  assert_true(ticket_is_over(one, one->made_ms + TICKET_BEGIN_MS + 1));
  ticket_claim(one, mpv, &allowed);
  assert_false(ticket_is_over(one, one->made_ms + TICKET_BEGIN_MS + 1));
  assert_true(ticket_is_over(one, one->used_ms + TICKET_PAUSE_MS + 1));
  one->film = 7; /* somebody is watching */
  assert_false(ticket_is_over(one, one->used_ms + TICKET_PAUSE_MS + 1));
  one->dead = true;
  assert_true(ticket_is_over(one, one->used_ms));
}

static void where_there_is_no_room_the_oldest_goes(void **state) {
  struct tickets *t = *state;
  uint8_t first[TICKET_KEY], key[TICKET_KEY];
  struct ticket *one, *next;
  assert_int_equal(ticket_make(t, &(struct ticket){0}, first, &one), ERR_OK);
  one->film = 1; /* it is being seen: it stays */
  for (int i = 0; i < 2 * TICKET_MOST; i++) {
    struct ticket about = of(i % 16);
    assert_int_equal(ticket_make(t, &about, key, &next), ERR_OK);
  }
  assert_ptr_equal(ticket_find(t, first), one);
  assert_ptr_equal(ticket_find(t, key), next);
  for (size_t i = 0; i < TICKET_MOST; i++) t->all[i].film = i + 1;
  assert_int_equal(ticket_make(t, &(struct ticket){0}, key, &next), ERR_BUSY);
}

static void one_account_takes_no_place_from_others(void **state) {
  struct tickets *t = *state;
  uint8_t theirs[TICKET_KEY], first[TICKET_KEY], key[TICKET_KEY];
  const struct ticket other = of(1), greedy = of(2);
  struct ticket *one;
  assert_int_equal(ticket_make(t, &other, theirs, &one), ERR_OK);
  assert_int_equal(ticket_make(t, &greedy, first, &one), ERR_OK);
  for (int i = 0; i < TICKET_MOST; i++) assert_int_equal(ticket_make(t, &greedy, key, &one), ERR_OK);
  assert_non_null(ticket_find(t, theirs));
  assert_null(ticket_find(t, first)); /* their own oldest goes */
  assert_false(ticket_has_enough(t, &greedy.visitor.account));
  size_t own = 0;
  for (size_t i = 0; i < TICKET_MOST; i++) {
    if (!t->all[i].number || t->all[i].visitor.account.b[0] != 2) continue;
    t->all[i].film = ++own;
  }
  assert_int_equal(own, TICKET_EACH);
  assert_int_equal(ticket_make(t, &greedy, key, &one), ERR_BUSY);
  assert_true(ticket_has_enough(t, &greedy.visitor.account));
  assert_false(ticket_has_enough(t, &other.visitor.account));
  assert_int_equal(ticket_make(t, &other, key, &one), ERR_OK);
}

static void one_account_has_so_many_visits(void **state) {
  (void)state;
  const struct session_visitor ida = {.account.b[0] = 1}, ulf = {.account.b[0] = 2};
  struct visits v = {0};
  uint8_t key[VISIT_KEY];
  struct visit *one, *oldest = NULL;
  visit_prepare(&v);
  assert_int_equal(visit_begin(&v, &ulf, false, key, &one), ERR_OK);
  one->used_ms -= 2000;
  for (int i = 0; i < VISIT_EACH; i++) {
    assert_null(visit_surplus(&v, &ida.account));
    assert_int_equal(visit_begin(&v, &ida, false, key, &one), ERR_OK);
    if (i == 3) oldest = one;
  }
  oldest->used_ms -= 1000;
  assert_ptr_equal(visit_surplus(&v, &ida.account), oldest);
  assert_null(visit_surplus(&v, &ulf.account));
  visit_end(oldest);
  assert_null(visit_surplus(&v, &ida.account));
  visit_free(&v);
}

static void a_visit_is_found_by_its_key_and_ends(void **state) {
  (void)state;
  struct visits v = {0};
  uint8_t key[VISIT_KEY];
  struct visit *one;
  visit_prepare(&v);
  assert_int_equal(visit_begin(&v, &(struct session_visitor){.generation = 1}, false, key, &one), ERR_OK);
  assert_ptr_equal(visit_find(&v, key), one);
  assert_null(visit_find(&v, one->hash));
  assert_true(visit_has_csrf(one, one->csrf));
  assert_false(visit_has_csrf(one, key));
  assert_false(visit_is_over(one, one->used_ms + VISIT_IDLE_MS));
  assert_true(visit_is_over(one, one->used_ms + VISIT_IDLE_MS + 1));
  one->used_ms += 2 * (int64_t)VISIT_MOST_MS; /* however busy */
  assert_true(visit_is_over(one, one->began_ms + VISIT_MOST_MS + 1));
  visit_end(one);
  assert_null(visit_find(&v, key));
  for (int i = 0; i < VISIT_MOST; i++) assert_int_equal(visit_begin(&v, &(struct session_visitor){0}, false, key, &one), ERR_OK);
  assert_int_equal(visit_begin(&v, &(struct session_visitor){0}, false, key, &one), ERR_BUSY);
  visit_free(&v);
}

static int prepare(void **state) {
  static struct tickets t;
  if (secret_init() != ERR_OK) return -1;
  ticket_prepare(&t);
  *state = &t;
  return 0;
}
static int clean(void **state) {
  ticket_free(*state);
  return secret_in_use() ? -1 : 0;
}

int main(void) {
#define WITH_TICKETS(test) cmocka_unit_test_setup_teardown(test, prepare, clean)
  const struct CMUnitTest tests[] = {WITH_TICKETS(only_its_own_key_finds_a_ticket),
                                     WITH_TICKETS(once_belongs_to_who_began_it),
                                     WITH_TICKETS(its_time_ends),
                                     WITH_TICKETS(where_there_is_no_room_the_oldest_goes),
                                     WITH_TICKETS(one_account_takes_no_place_from_others),
                                     WITH_TICKETS(one_account_has_so_many_visits),
                                     WITH_TICKETS(a_visit_is_found_by_its_key_and_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
