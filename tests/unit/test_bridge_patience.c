/* Who takes too long over a request is sent away, by a clock that the test holds; nobody else is. One address has half of the
 * places, and where it is crowded whoever waits for longest goes. */
#include "player-bridge/http/patience.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 8, FAR = 100 };

struct guest {
  int ours, theirs;
  struct patience *p;
};

static struct guest come(const char *address, int64_t now_ms) {
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  int pair[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const struct sockaddr *peer = NULL;
  if (address && inet_pton(AF_INET, address, &four.sin_addr) == 1)
    peer = (const struct sockaddr *)&four;
  else if (address && inet_pton(AF_INET6, address, &six.sin6_addr) == 1)
    peer = (const struct sockaddr *)&six;
  struct guest g = {pair[0], pair[1], patience_begin(pair[0], peer, now_ms)};
  assert_non_null(g.p);
  return g;
}
static void leave(struct guest *g) {
  patience_end(g->p);
  close(g->ours);
  close(g->theirs);
}
static bool is_here(const struct guest *g) {
  struct pollfd on = {.fd = g->theirs, .events = POLLIN};
  return poll(&on, 1, 0) == 0;
}

static void a_head_must_come(void **state) {
  (void)state;
  patience_prepare(FAR);
  struct guest g = come(NULL, 1000), h = come(NULL, 2000);
  patience_tick(1000 + PATIENCE_HEAD_MS);
  assert_true(is_here(&g));
  patience_turn(g.p, PATIENCE_HEAD, 1000 + PATIENCE_HEAD_MS); /* it was that already: nothing begins anew */
  patience_tick(1001 + PATIENCE_HEAD_MS);
  assert_false(is_here(&g));
  assert_true(is_here(&h));
  leave(&g);
  leave(&h);
}

static void a_body_must_come(void **state) {
  (void)state;
  patience_prepare(FAR);
  struct guest g = come(NULL, 0), answered = come(NULL, 0);
  patience_turn(g.p, PATIENCE_BODY, 20 * 1000);
  patience_turn(answered.p, PATIENCE_ANSWER, 20 * 1000);
  patience_tick(20 * 1000 + PATIENCE_BODY_MS);
  assert_true(is_here(&g));
  for (int64_t at_ms = 21 * 1000; at_ms < 80 * 1000; at_ms += 1000) patience_turn(g.p, PATIENCE_BODY, at_ms); /* byte by byte */
  patience_tick(20 * 1000 + PATIENCE_BODY_MS + 1);
  assert_false(is_here(&g));
  patience_tick((int64_t)1000 * 1000);
  assert_true(is_here(&answered));
  patience_turn(answered.p, PATIENCE_HEAD, (int64_t)1000 * 1000); /* the next request on the same connection */
  patience_tick((int64_t)1000 * 1000 + PATIENCE_HEAD_MS + 1);
  assert_false(is_here(&answered));
  leave(&g);
  leave(&answered);
}

static size_t how_many_stay(const char *one, const char *other) {
  struct guest all[MOST];
  size_t here = 0;
  patience_prepare(MOST);
  for (size_t i = 0; i < MOST - 2; i++) all[i] = come(i % 2 ? one : other, 0);
  for (size_t i = 0; i < MOST - 2; i++) here += is_here(&all[i]);
  for (size_t i = 0; i < MOST - 2; i++) leave(&all[i]);
  return here;
}

static void one_address_has_half(void **state) {
  (void)state;
  assert_int_equal(how_many_stay("192.0.2.1", "192.0.2.1"), MOST / 2);
  assert_int_equal(how_many_stay("192.0.2.1", "192.0.2.2"), MOST - 2);
  assert_int_equal(how_many_stay("2001:db8::1", "2001:db8::2"), MOST / 2); /* one household */
  assert_int_equal(how_many_stay("2001:db8::1", "2001:db8:0:1::1"), MOST - 2);
  assert_int_equal(how_many_stay("::ffff:192.0.2.1", "::ffff:192.0.2.1"), MOST / 2);
  assert_int_equal(how_many_stay("::ffff:192.0.2.1", "::ffff:192.0.2.2"), MOST - 2);
  assert_int_equal(how_many_stay(NULL, NULL), MOST - 2); /* a proxy's, which counts for itself */
}

static void the_longest_waits_go_first(void **state) {
  (void)state;
  struct guest all[MOST];
  patience_prepare(MOST);
  for (int i = 0; i < MOST - 2; i++) all[i] = come(NULL, i);
  patience_turn(all[0].p, PATIENCE_ANSWER, 10); /* whoever is being answered stays */
  patience_turn(all[1].p, PATIENCE_BODY, 11);   /* and who got on with it waits since then */
  all[6] = come(NULL, 12);
  assert_true(is_here(&all[0]) && is_here(&all[1]) && is_here(&all[3]) && is_here(&all[6]));
  assert_false(is_here(&all[2]));
  all[7] = come(NULL, 13);
  assert_true(is_here(&all[0]) && is_here(&all[1]) && is_here(&all[4]) && is_here(&all[6]) && is_here(&all[7]));
  assert_false(is_here(&all[3]));
  for (int i = 0; i < MOST; i++) leave(&all[i]);
}

static void a_long_body_comes_piece_by_piece(void **state) {
  (void)state;
  patience_prepare(FAR);
  struct guest steady = come(NULL, 0), stalls = come(NULL, 0);
  int64_t now_ms = 0;
  for (size_t nth = 0; nth < 28; nth++) { /* slower than any other body may be, and it comes */
    now_ms = (int64_t)nth * (PATIENCE_PIECE_MS - 1);
    patience_piece(steady.p, nth, now_ms);
    patience_piece(stalls.p, 0, now_ms < PATIENCE_PIECE_MS ? now_ms : PATIENCE_PIECE_MS); /* a byte is no piece */
    patience_tick(now_ms);
    assert_true(is_here(&steady));
    assert_int_equal(is_here(&stalls), now_ms <= PATIENCE_PIECE_MS);
  }
  patience_turn(steady.p, PATIENCE_ANSWER, now_ms);
  patience_tick(now_ms + 1000 * PATIENCE_PIECE_MS);
  assert_true(is_here(&steady));
  leave(&steady);
  leave(&stalls);
}

/* Asks for answers of `bytes` again and again, each of which is read in so long; until it is sent away, or has had `most`. */
static int how_many_are_read(size_t bytes, int64_t each_ms, int most) {
  patience_prepare(FAR);
  struct guest reader = come(NULL, 0);
  int64_t now_ms = 0;
  int count = 0;
  for (; count < most && is_here(&reader); count++) {
    patience_turn(reader.p, PATIENCE_ANSWER, now_ms);
    patience_tick(now_ms + 100 * PATIENCE_READ_MS); /* nobody hurries us */
    patience_read(reader.p, bytes, now_ms);
    now_ms += each_ms;
    patience_tick(now_ms);
    patience_turn(reader.p, PATIENCE_HEAD, now_ms);
  }
  leave(&reader);
  return count;
}

static void an_answer_must_be_read(void **state) {
  (void)state;
  assert_int_equal(how_many_are_read(1600, 1, 100000), 100000);                /* as anybody does, for long */
  assert_int_equal(how_many_are_read(8 << 20, 8 * 60 * 1000, 50), 50);         /* a long list over a slow line */
  assert_int_equal(how_many_are_read(1600, PATIENCE_READ_MS + 101, 50), 1);    /* not at all */
  assert_in_range(how_many_are_read(1600, PATIENCE_READ_MS - 1000, 50), 2, 3); /* each within its time: it adds up */
  assert_in_range(how_many_are_read(1600, 1000, 1000), 60, 70);
  assert_int_equal(how_many_are_read(8 << 20, 11 * 60 * 1000, 50), 1);
}

static void who_reads_for_long_makes_place(void **state) {
  (void)state;
  struct guest all[MOST];
  patience_prepare(MOST);
  for (int i = 0; i < MOST; i++) {
    all[i] = come(NULL, i);
    patience_read(all[i].p, 1, i);
  }
  assert_false(is_here(&all[0]) || is_here(&all[1]));
  for (int i = 2; i < MOST; i++) assert_true(is_here(&all[i]));
  for (int i = 0; i < MOST; i++) leave(&all[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_long_body_comes_piece_by_piece),
      cmocka_unit_test(an_answer_must_be_read),
      cmocka_unit_test(who_reads_for_long_makes_place),
      cmocka_unit_test(a_head_must_come),
      cmocka_unit_test(a_body_must_come),
      cmocka_unit_test(one_address_has_half),
      cmocka_unit_test(the_longest_waits_go_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
