/* Event streams over a real connection: what is said arrives whole and in order, whoever is silent hears a comment, whoever does
 * not read is sent away and nobody waits for them, and the monitor hears of every end. */
#include "player-bridge/http/feed.h"
#include "player-bridge/http/line.h"
#include "vault/base/clock.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { NUMBER = 7, WAIT_MS = 5000, PORT_TEXT = 8 };

static struct {
  struct MHD_Daemon *daemon;
  struct wire_link *monitor; /* the other end of the line */
  int monitor_fd, client;
} all;

static enum MHD_Result handle(void *context, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                              const char *data, size_t *length, void **own) {
  static int began;
  (void)context, (void)url, (void)method, (void)version, (void)data, (void)length;
  if (!*own) {
    *own = &began;
    return MHD_YES;
  }
  struct feed *f = feed_new(NUMBER, c);
  struct MHD_Response *r = feed_response(f);
  enum MHD_Result queued = MHD_queue_response(c, 200, r);
  MHD_destroy_response(r);
  return queued;
}

static int open_all(void **state) {
  (void)state;
  int pair[2];
  signal(SIGPIPE, SIG_IGN);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || line_open(pair[0]) != ERR_OK) return -1;
  if (wire_link_new(pair[1], &all.monitor) != ERR_OK) return -1;
  all.monitor_fd = pair[1];
  all.daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL, handle,
                                NULL, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_END);
  return all.daemon ? 0 : -1;
}

static int close_all(void **state) {
  (void)state;
  feed_end_all();
  MHD_stop_daemon(all.daemon);
  wire_link_free(all.monitor);
  return 0;
}

/* Up to `text`, or the end of the connection. */
static bool read_until(struct bytes *got, const char *text) {
  int64_t until_ms = clock_steady_ms() + WAIT_MS;
  while (!strstr(bytes_text(got), text) && clock_steady_ms() < until_ms) {
    struct pollfd on = {.fd = all.client, .events = POLLIN};
    char piece[4096];
    if (poll(&on, 1, 100) <= 0) continue;
    ssize_t n = recv(all.client, piece, sizeof piece, 0);
    if (n <= 0) return false;
    bytes_put(got, piece, (size_t)n);
  }
  return strstr(bytes_text(got), text) != NULL;
}

static void listen_to_events(int receive_bytes, struct bytes *got) {
  static const char ask[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(all.daemon, MHD_DAEMON_INFO_BIND_PORT);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(info->port)};
  all.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(all.client, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  assert_int_equal(connect(all.client, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(send(all.client, ask, sizeof ask - 1, 0), sizeof ask - 1);
  assert_true(read_until(got, "retry: 3000\n: clipvault\n\n"));
}

static void say(uint64_t id, const char *data) {
  AUTO(bytes) struct bytes b = {0};
  struct wire_message m;
  wire_message_begin(&b, WIRE_EVENT, NUMBER, NULL);
  wire_message_put_number(&b, "id", id);
  wire_message_put_text(&b, "event", "clip");
  wire_message_put_text(&b, "data", data);
  assert_int_equal(wire_message_end(&b), ERR_OK);
  assert_int_equal(wire_message_get(b.data, b.length, &m), ERR_OK);
  feed_event(&m);
}

static void say_over(void) {
  AUTO(bytes) struct bytes b = {0};
  struct wire_message m;
  wire_message_begin(&b, WIRE_EVENT, NUMBER, NULL);
  wire_message_put_number(&b, "ends", 1);
  assert_int_equal(wire_message_end(&b), ERR_OK);
  assert_int_equal(wire_message_get(b.data, b.length, &m), ERR_OK);
  feed_event(&m);
}

/* The monitor hears that nobody listens any more. */
static bool was_left(void) {
  int64_t until_ms = clock_steady_ms() + WAIT_MS;
  while (clock_steady_ms() < until_ms) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    struct wire_message m;
    bool got;
    struct pollfd on = {.fd = all.monitor_fd, .events = POLLIN};
    poll(&on, 1, 50);
    feed_tick(clock_steady_ms());
    assert_int_equal(wire_link_receive(all.monitor, &frame, &got), ERR_OK);
    if (!got) continue;
    assert_int_equal(wire_message_get(frame.body.data, frame.body.length, &m), ERR_OK);
    assert_int_equal(m.verb, WIRE_LEFT);
    assert_int_equal(m.number, NUMBER);
    return true;
  }
  return false;
}

static void what_is_said_arrives(void **state) {
  (void)state;
  AUTO(bytes) struct bytes got = {0};
  listen_to_events(64 << 10, &got);
  say(1, "{\"clip\":\"a\"}");
  say(2, "{\"clip\":\"b\"}");
  say(3, "{\"clip\":\n\"c\"}"); /* never more than a line */
  assert_true(read_until(&got, "data: {\"clip\":\"b\"}\n\n"));
  assert_non_null(strstr(bytes_text(&got), "id: 1\nevent: clip\ndata: {\"clip\":\"a\"}\n\n"));
  assert_null(strstr(bytes_text(&got), "id: 3"));
  feed_tick(clock_steady_ms() + 10 * 1000);
  feed_tick(clock_steady_ms() + 16 * 1000);
  assert_true(read_until(&got, "\n:\n\n"));
  say_over();
  assert_true(read_until(&got, "\r\n0\r\n\r\n")); /* the end of a body in chunks */
  assert_true(was_left());
  close(all.client);
}

static void who_goes_away_is_noticed(void **state) {
  (void)state;
  AUTO(bytes) struct bytes got = {0};
  listen_to_events(64 << 10, &got);
  close(all.client);
  assert_true(was_left());
}

/* 16 MB for somebody who reads nothing: more than all buffers hold. */
static void who_does_not_read_is_sent_away(void **state) {
  (void)state;
  AUTO(bytes) struct bytes got = {0};
  char data[16 << 10];
  memset(data, 'x', sizeof data);
  data[sizeof data - 1] = 0;
  listen_to_events(4 << 10, &got);
  int64_t began_ms = clock_steady_ms(), longest_ms = 0;
  for (uint64_t i = 1; i <= 1024; i++) {
    int64_t now_ms = clock_steady_ms();
    say(i, data);
    int64_t took_ms = clock_steady_ms() - now_ms;
    if (took_ms > longest_ms) longest_ms = took_ms;
  }
  if (clock_steady_ms() - began_ms > WAIT_MS) fail_msg("somebody waited: the longest %lld ms", (long long)longest_ms);
  assert_true(was_left());
  while (read_until(&got, "never")) continue;
  assert_null(strstr(bytes_text(&got), "id: 1024\n"));
  close(all.client);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said_arrives), cmocka_unit_test(who_goes_away_is_noticed),
                                     cmocka_unit_test(who_does_not_read_is_sent_away)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
