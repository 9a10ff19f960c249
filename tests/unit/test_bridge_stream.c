/* What the bridge says of films that it lets go of is true: nothing is said to be wiped while a stream still has its buffer. The
 * containers and the line to the monitor are played by this test. */
#include "player-bridge/http/line.h"
#include "player-bridge/http/stream.h"
#include "vault/base/clock.h"
#include "vault/base/secret.h"
#include "vault/container.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LENGTH = 1000 };

/* ---- a film of noughts */
struct container_reader {
  int nothing;
};
static struct container_reader reader;

enum err container_open_keys(int fd, const struct container_keys *keys, const struct container_ids *ids, const uint8_t *binding,
                             struct container_reader **out) {
  (void)fd, (void)keys, (void)ids, (void)binding;
  *out = &reader;
  return ERR_OK;
}
void container_forget(struct container_reader *r) { (void)r; }
void container_close(struct container_reader *r) { (void)r; }
uint64_t container_length(const struct container_reader *r) { return r->nothing + LENGTH; }
size_t container_sealed_chunk(const struct container_reader *r) { return (size_t)r->nothing + LENGTH; }
enum err container_read_chunk(struct container_reader *r, uint64_t offset, void *out, size_t length, uint8_t *sealed,
                              size_t *got) {
  (void)r, (void)sealed;
  *got = length < LENGTH - offset ? length : (size_t)(LENGTH - offset);
  memset(out, 0, *got);
  return ERR_OK;
}

/* ---- the monitor */
static unsigned seen, stopped;

uint64_t line_number(void) { return 1; }
void line_say(struct bytes *message, struct line_waiter *w, uint64_t number) {
  struct wire_message m;
  (void)w, (void)number;
  assert_int_equal(wire_message_get(message->data, message->length, &m), ERR_OK);
  seen += m.verb == WIRE_SEEN;
  stopped += m.verb == WIRE_STOPPED;
  bytes_free(message);
}

static const uint8_t token[STREAM_TOKEN] = {1}, session[STREAM_WHO] = {2};

static void granted(uint64_t film) {
  AUTO(wire_link_frame) struct wire_link_frame frame = {.fd_count = 1, .key_count = 1};
  static const uint8_t object[3 * 16 + 32];
  struct wire_message m;
  frame.fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  frame.keys = secret_alloc(WIRE_LINK_KEY);
  wire_message_begin(&frame.body, WIRE_GRANTED, 1, NULL);
  wire_message_put_number(&frame.body, "film", film);
  wire_message_put(&frame.body, "token", token, sizeof token);
  wire_message_put_number(&frame.body, "by_session", 1);
  wire_message_put(&frame.body, "session", session, sizeof session);
  wire_message_put(&frame.body, "object", object, sizeof object);
  assert_int_equal(wire_message_end(&frame.body), ERR_OK);
  assert_int_equal(wire_message_get(frame.body.data, frame.body.length, &m), ERR_OK);
  stream_granted(&frame, &m);
}

static void stop(uint64_t film) {
  AUTO(bytes) struct bytes message = {0};
  struct wire_message m;
  seen = stopped = 0;
  wire_message_begin(&message, WIRE_STOP, 1, NULL);
  wire_message_put_number(&message, "film", film);
  assert_int_equal(wire_message_end(&message), ERR_OK);
  assert_int_equal(wire_message_get(message.data, message.length, &m), ERR_OK);
  stream_stop(&m);
}

/* A stream of it, whose buffer is the caller's until the response is destroyed. */
static struct MHD_Response *stream(int socket) {
  struct stream_claim claim = {.by_session = true, .beside = ""};
  bool allowed;
  memcpy(claim.token, token, sizeof token);
  memcpy(claim.session, session, sizeof session);
  struct stream_film *f = stream_find(&claim, &allowed);
  assert_true(f && allowed);
  struct MHD_Response *r = stream_response(f, socket, 0, LENGTH, false);
  assert_non_null(r);
  stream_release(f);
  return r;
}

static void with_no_stream_it_is_said_at_once(void **state) {
  (void)state;
  granted(1);
  int64_t began_ms = clock_steady_ms();
  stop(1);
  assert_int_equal(stopped, 1);
  assert_int_equal(seen, 1);
  assert_true(clock_steady_ms() - began_ms < 1000);
}

static void *end_later(void *response) {
  nanosleep(&(struct timespec){.tv_nsec = 200 * 1000000L}, NULL);
  MHD_destroy_response(response);
  return NULL;
}

static void a_stream_that_ends_is_waited_for(void **state) {
  int pair[2];
  pthread_t other;
  (void)state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  granted(2);
  int64_t began_ms = clock_steady_ms();
  assert_int_equal(pthread_create(&other, NULL, end_later, stream(pair[0])), 0);
  stop(2);
  assert_int_equal(stopped, 1);
  assert_true(clock_steady_ms() - began_ms >= 190);
  pthread_join(other, NULL);
  close(pair[0]);
  close(pair[1]);
}

static void of_one_that_does_not_nothing_is_said(void **state) {
  int pair[2];
  char byte;
  (void)state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  granted(3);
  struct MHD_Response *r = stream(pair[0]);
  int64_t began_ms = clock_steady_ms();
  stop(3);
  int64_t took_ms = clock_steady_ms() - began_ms;
  assert_int_equal(stopped, 0);
  assert_int_equal(seen, 1);
  assert_int_equal(read(pair[1], &byte, 1), 0); /* but cut it is */
  assert_true(took_ms >= 1400);
  MHD_destroy_response(r);
  close(pair[0]);
  close(pair[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(with_no_stream_it_is_said_at_once),
                                     cmocka_unit_test(a_stream_that_ends_is_waited_for),
                                     cmocka_unit_test(of_one_that_does_not_nothing_is_said)};
  return secret_init() != ERR_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
