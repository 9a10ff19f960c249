/* Messages between monitor and bridge: what is written is read, anything else is refused; what travels beside them arrives. */
#include "player-bridge/wire_link.h"
#include "player-bridge/wire_message.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call) assert_int_equal(call, ERR_OK)
static const uint8_t session[WIRE_MESSAGE_SESSION] = "whoever this may be, it is 32 by";

static void sample(struct bytes *out, bool with_session) {
  wire_message_begin(out, WIRE_ASK, 4711, with_session ? session : NULL);
  wire_message_put_text(out, "do", "clips.list");
  wire_message_put_text(out, "purpose", "a");
  wire_message_put_text(out, "purpose", "");
  wire_message_put_number(out, "size", 1ull << 40);
  OK(wire_message_end(out));
}

static void what_is_written_is_read(void **state) {
  (void)state;
  for (int with = 0; with < 2; with++) {
    AUTO(bytes) struct bytes b = {0}, text = {0};
    struct wire_message m;
    uint64_t number;
    sample(&b, with);
    OK(wire_message_get(b.data, b.length, &m));
    assert_int_equal(m.verb, WIRE_ASK);
    assert_int_equal(m.number, 4711);
    assert_int_equal(m.has_session, with);
    if (with) assert_memory_equal(m.session, session, sizeof session);
    assert_true(wire_message_text(&m, "purpose", 0, 10, &text));
    assert_string_equal(bytes_text(&text), "a");
    assert_true(wire_message_text(&m, "purpose", 1, 10, &text));
    assert_string_equal(bytes_text(&text), "");
    assert_false(wire_message_text(&m, "purpose", 2, 10, &text));
    assert_false(wire_message_text(&m, "do", 0, 3, &text));
    assert_true(wire_message_number(&m, "size", 0, &number));
    assert_true(number == 1ull << 40);
    assert_false(wire_message_number(&m, "do", 0, &number));
  }
}

static void anything_else_is_refused(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  struct wire_message m;
  sample(&b, true);
  for (size_t cut = 0; cut < b.length; cut++) assert_int_equal(wire_message_get(b.data, cut, &m), ERR_DATA);
  bytes_put_u8(&b, 0);
  assert_int_equal(wire_message_get(b.data, b.length, &m), ERR_DATA);
  const struct {
    size_t at;
    uint8_t value;
  } wrong[] = {{0, 2}, {1, 0}, {1, 8}, {1, 15}, {1, 23}, {10, 2}, {46, '/'}, {45, 0}, {45, 33}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    AUTO(bytes) struct bytes c = {0};
    sample(&c, true);
    c.data[wrong[i].at] = wrong[i].value;
    assert_int_equal(wire_message_get(c.data, c.length, &m), ERR_DATA);
  }
}

static void a_message_out_of_bounds_is_not_ended(void **state) {
  (void)state;
  AUTO(bytes) struct bytes b = {0};
  wire_message_begin(&b, WIRE_ASK, 1, NULL);
  for (int i = 0; i <= WIRE_MESSAGE_MOST_FIELDS; i++) wire_message_put_text(&b, "a", "");
  assert_int_equal(wire_message_end(&b), ERR_BUG);
  wire_message_begin(&b, WIRE_ASK, 1, NULL);
  wire_message_put_text(&b, "No", "");
  assert_int_equal(wire_message_end(&b), ERR_BUG);
}

/* ---- frames */

struct ends {
  struct wire_link *a, *b;
};
static struct ends make_ends(void) {
  int pair[2];
  struct ends e;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  OK(wire_link_new(pair[0], &e.a));
  OK(wire_link_new(pair[1], &e.b));
  return e;
}

static void pass(struct ends *e, struct wire_link_frame *in, bool *got) {
  for (int i = 0; i < 10000; i++) {
    OK(wire_link_flush(e->a));
    OK(wire_link_receive(e->b, in, got));
    if (*got) return;
  }
}

static void descriptors_and_keys_arrive(void **state) {
  (void)state;
  struct ends e = make_ends();
  AUTO(wire_link_frame) struct wire_link_frame out = {0}, in = {0};
  int tube[2];
  bool got = false;
  assert_int_equal(pipe(tube), 0);
  sample(&out.body, true);
  out.fds[0] = tube[1];
  out.fd_count = 1;
  out.keys = secret_alloc(2 * WIRE_LINK_KEY);
  out.key_count = 2;
  memset(out.keys, 0x5a, 2 * WIRE_LINK_KEY);
  OK(wire_link_send(e.a, &out));
  assert_null(out.keys); /* the link's now */
  pass(&e, &in, &got);
  assert_true(got && in.fd_count == 1 && in.key_count == 2 && in.keys[2 * WIRE_LINK_KEY - 1] == 0x5a);
  assert_int_equal(write(in.fds[0], "x", 1), 1);
  char x;
  assert_int_equal(read(tube[0], &x, 1), 1);
  close(tube[0]);
  wire_link_free(e.a);
  wire_link_free(e.b);
}

/* More than a socket takes at once, and several; in order. */
static void large_ones_wait_and_arrive(void **state) {
  (void)state;
  struct ends e = make_ends();
  for (int i = 0; i < 3; i++) {
    AUTO(wire_link_frame) struct wire_link_frame out = {0};
    wire_message_begin(&out.body, WIRE_ANSWER, (uint64_t)i, NULL);
    AUTO(bytes) struct bytes large = {0};
    assert_non_null(bytes_extend(&large, 3 << 20));
    memset(large.data, i, large.length);
    wire_message_put(&out.body, "body", large.data, large.length);
    OK(wire_message_end(&out.body));
    OK(wire_link_send(e.a, &out));
  }
  assert_true(wire_link_waits(e.a));
  for (int i = 0; i < 3; i++) {
    AUTO(wire_link_frame) struct wire_link_frame in = {0};
    struct wire_message m;
    bool got = false;
    pass(&e, &in, &got);
    assert_true(got);
    OK(wire_message_get(in.body.data, in.body.length, &m));
    assert_int_equal(m.number, i);
    assert_int_equal(m.fields[0].value[(3 << 20) - 1], i);
  }
  assert_false(wire_link_waits(e.a));
  wire_link_free(e.a);
  bool got;
  struct wire_link_frame in = {0};
  assert_int_equal(wire_link_receive(e.b, &in, &got), ERR_IO);
  wire_link_free(e.b);
}

static void what_is_no_frame_is_refused(void **state) {
  (void)state;
  static const uint8_t wrong[][6] = {{0, 0, 0, 2, 0, 0}, {1, 0, 0, 0, 1, 0}, {1, 0, 0, 0, 0, 5}, {255, 255, 255, 255, 0, 0}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    int pair[2];
    struct wire_link *l;
    struct wire_link_frame in = {0};
    bool got;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    OK(wire_link_new(pair[0], &l));
    assert_int_equal(write(pair[1], wrong[i], 6), 6);
    assert_int_equal(wire_link_receive(l, &in, &got), ERR_DATA);
    assert_false(got);
    wire_link_free(l);
    close(pair[1]);
  }
}

static int prepare(void **state) {
  (void)state;
  return secret_init() == ERR_OK ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(anything_else_is_refused),
      cmocka_unit_test(a_message_out_of_bounds_is_not_ended),
      cmocka_unit_test(descriptors_and_keys_arrive),
      cmocka_unit_test(large_ones_wait_and_arrive),
      cmocka_unit_test(what_is_no_frame_is_refused),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
