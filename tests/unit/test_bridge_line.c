/* Whoever asks the monitor is woken once: with its answer, when the line ends, and when it has ended before they asked, else the
 * server could not stop while they wait. */
#include "player-bridge/http/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

struct asking {
  struct line_waiter waiter; /* first */
  int woken;
};

static void wake(struct line_waiter *w) { ((struct asking *)(void *)w)->woken++; }
static void hear_nothing(const struct wire_message *m) { (void)m; }
static void grant_nothing(struct wire_link_frame *frame, const struct wire_message *m) { (void)frame, (void)m; }
static void tick(int64_t now_ms) { (void)now_ms; }

static void say(struct wire_link *to, enum wire_message_verb verb, uint64_t number) {
  struct wire_link_frame frame = {0};
  wire_message_begin(&frame.body, verb, number, NULL);
  assert_int_equal(wire_message_end(&frame.body), ERR_OK);
  assert_int_equal(wire_link_send(to, &frame), ERR_OK);
}

static void ask(struct asking *a, uint64_t number) {
  struct bytes message = {0};
  a->waiter.wake = wake;
  wire_message_begin(&message, WIRE_ASK, number, NULL);
  assert_int_equal(wire_message_end(&message), ERR_OK);
  line_say(&message, &a->waiter, number);
}

static void wakes_everybody_once(void **state) {
  (void)state;
  const struct line_host host = {grant_nothing, hear_nothing, hear_nothing, tick};
  struct asking answered = {0}, left = {0}, late = {0};
  struct wire_link *monitor;
  int pair[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  assert_int_equal(line_open(pair[0]), ERR_OK);
  assert_int_equal(wire_link_new(pair[1], &monitor), ERR_OK);
  ask(&answered, line_number());
  ask(&left, line_number());
  say(monitor, WIRE_ANSWER, answered.waiter.number);
  say(monitor, WIRE_QUIT, 0);
  assert_int_equal(line_run(&host), ERR_OK);
  assert_int_equal(answered.woken, 1);
  assert_false(answered.waiter.failed);
  assert_int_equal(left.woken, 1);
  assert_true(left.waiter.failed);
  ask(&late, line_number());
  assert_int_equal(late.woken, 1);
  assert_true(late.waiter.failed);
  line_forget(&late.waiter);
  wire_link_frame_free(&answered.waiter.answer);
  wire_link_free(monitor);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(wakes_everybody_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
