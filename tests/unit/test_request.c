/* Requests and replies on the wire: what comes back is what was sent, and nothing else is taken. */
#include "vault/request.h"

#include "vault/base/secret.h"
#include "vault/reply.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct command_option options[] = {{"FILE", NULL, OPTION_REPEAT | OPTION_FILE_IN, ""},
                                                {"--case", "CASE", OPTION_REQUIRED, ""},
                                                {"--views", "N", 0, ""},
                                                {"--dry-run", NULL, OPTION_SWITCH, ""},
                                                {"--secret", NULL, OPTION_PREPARED, ""},
                                                {0}};
static const struct command ingest = {.name = "ingest", .options = options};
static const struct command list = {.name = "ls"};
static const struct command *const TABLE[] = {&list, &ingest, NULL};

static int null_device(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

static struct request a_request(void) {
  struct request rq = {.command = &ingest, .json = true, .progress_fd = null_device()};
  assert_int_equal(request_add(&rq, "FILE", "a.mp4", null_device()), ERR_OK);
  assert_int_equal(request_add(&rq, "case", "cas_x", -1), ERR_OK);
  assert_int_equal(request_add(&rq, "FILE", "b.mp4", null_device()), ERR_OK);
  assert_int_equal(request_add(&rq, "dry-run", "", -1), ERR_OK);
  assert_int_equal(request_add(&rq, "secret", "words", null_device()), ERR_OK);
  return rq;
}

static void comes_back_as_it_was(void **state) {
  (void)state;
  AUTO(request) struct request sent = a_request(), got = {0};
  AUTO(bytes) struct bytes wire = {0};
  int fds[REQUEST_MOST_FDS];
  size_t count = 0;
  assert_int_equal(request_encode(&sent, &wire, fds, &count), ERR_OK);
  assert_int_equal(count, 4);
  for (size_t i = 0; i < count; i++) fds[i] = dup(fds[i]);
  assert_int_equal(request_decode(TABLE, wire.data, wire.length, fds, count, &got), ERR_OK);
  for (size_t i = 0; i < count; i++) assert_int_equal(fds[i], -1);
  assert_ptr_equal(got.command, &ingest);
  assert_true(got.json && !got.progress && got.progress_fd > 0);
  assert_int_equal(request_count(&got, "FILE"), 2);
  assert_string_equal(request_nth(&got, "FILE", 1), "b.mp4");
  assert_null(request_nth(&got, "FILE", 2));
  assert_true(request_fd(&got, "FILE", 1) >= 0 && request_fd(&got, "secret", 0) >= 0);
  assert_int_equal(request_fd(&got, "case", 0), -1);
  assert_string_equal(request_text(&got, "case"), "cas_x");
  assert_true(request_flag(&got, "dry-run"));
  assert_null(request_text(&got, "views"));
  assert_string_equal(request_text_or(&got, "views", "7"), "7");
}

static void numbers_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum err expected;
    uint64_t number;
  } cases[] = {{"0", ERR_OK, 0},     {"12", ERR_OK, 12},   {"13", ERR_USAGE, 0},
               {"-1", ERR_USAGE, 0}, {"1x", ERR_USAGE, 0}, {"", ERR_USAGE, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(request) struct request rq = {.command = &ingest};
    uint64_t number = 99;
    assert_int_equal(request_add(&rq, "views", cases[i].text, -1), ERR_OK);
    assert_int_equal(request_number(&rq, "views", 5, 12, &number), cases[i].expected);
    assert_int_equal(number, cases[i].expected == ERR_OK ? cases[i].number : 99);
  }
  AUTO(request) struct request none = {.command = &ingest};
  uint64_t number = 0;
  assert_int_equal(request_number(&none, "views", 5, 12, &number), ERR_OK);
  assert_int_equal(number, 5);
}

static void adding_is_bounded(void **state) {
  (void)state;
  AUTO(request) struct request rq = {.command = &ingest};
  assert_int_equal(request_add(&rq, "nonsense", "", -1), ERR_BUG);
  assert_int_equal(request_add(&rq, "case", "a", -1), ERR_OK);
  assert_int_equal(request_add(&rq, "case", "b", -1), ERR_USAGE);
  int fd = null_device();
  assert_int_equal(request_add(&rq, "nonsense", "", fd), ERR_BUG);
  assert_int_equal(fcntl(fd, F_GETFD), -1); /* taken over also on failure */
  while (rq.count < REQUEST_MOST_FIELDS) assert_int_equal(request_add(&rq, "FILE", "f", -1), ERR_OK);
  assert_int_equal(request_add(&rq, "FILE", "f", -1), ERR_USAGE);
}

static void encoding_is_bounded(void **state) {
  (void)state;
  AUTO(request) struct request many = {.command = &ingest}, large = {.command = &ingest};
  AUTO(bytes) struct bytes wire = {0}, value = {0};
  int fds[REQUEST_MOST_FDS];
  size_t count = 0;
  for (int i = 0; i <= REQUEST_MOST_FDS; i++) assert_int_equal(request_add(&many, "FILE", "f", null_device()), ERR_OK);
  assert_int_equal(request_encode(&many, &wire, fds, &count), ERR_USAGE);
  memset(bytes_extend(&value, REQUEST_MOST_BYTES), 'x', REQUEST_MOST_BYTES);
  assert_int_equal(request_add(&large, "case", bytes_text(&value), -1), ERR_OK);
  assert_int_equal(request_encode(&large, &wire, fds, &count), ERR_USAGE);
}

/* A request written by hand, so that each can be wrong in one way. */
struct wrong {
  const char *what;
  const char *magic;
  uint8_t version, flags;
  const char *verb;
  uint16_t count;
  const char *name;
  const char *value;
  size_t value_length;
  uint16_t fd;
  const char *second; /* name of a second field, without descriptor */
  const char *tail;
  size_t fds_sent;
  enum err expected;
  uint16_t progress; /* number of its descriptor + 1 */
};

static const struct wrong wrongs[] = {
    {"nothing wrong", "CVRQ", 1, 0, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_OK, 0},
    {"both flags", "CVRQ", 1, 3, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_OK, 0},
    {"a file", "CVRQ", 1, 0, "ingest", 2, "FILE", "f", 1, 0, "case", "", 1, ERR_OK, 0},
    {"magic", "CVRX", 1, 0, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"version", "CVRQ", 2, 0, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"a flag of the future", "CVRQ", 1, 4, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"verb", "CVRQ", 1, 0, "ingesto", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"empty verb", "CVRQ", 1, 0, "", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"field of another command", "CVRQ", 1, 0, "ls", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"name with dashes", "CVRQ", 1, 0, "ingest", 1, "--case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"NUL in a value", "CVRQ", 1, 0, "ingest", 1, "case", "c\0d", 3, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"required one missing", "CVRQ", 1, 0, "ingest", 1, "views", "1", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"given twice", "CVRQ", 1, 0, "ingest", 2, "case", "c", 1, 0xffff, "case", "", 0, ERR_DATA, 0},
    {"switch with a value", "CVRQ", 1, 0, "ingest", 2, "dry-run", "x", 1, 0xffff, "case", "", 0, ERR_DATA, 0},
    {"file without descriptor", "CVRQ", 1, 0, "ingest", 2, "FILE", "f", 1, 0xffff, "case", "", 0, ERR_DATA, 0},
    {"descriptor that did not come", "CVRQ", 1, 0, "ingest", 2, "FILE", "f", 1, 0, "case", "", 0, ERR_DATA, 0},
    {"descriptor out of range", "CVRQ", 1, 0, "ingest", 2, "FILE", "f", 1, 5, "case", "", 1, ERR_DATA, 0},
    {"descriptor of no field", "CVRQ", 1, 0, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 1, ERR_DATA, 0},
    {"descriptor where none belongs", "CVRQ", 1, 0, "ingest", 1, "case", "c", 1, 0, NULL, "", 1, ERR_DATA, 0},
    {"fewer fields than counted", "CVRQ", 1, 0, "ingest", 2, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"more than counted", "CVRQ", 1, 0, "ingest", 1, "case", "c", 1, 0xffff, "FILE", "", 0, ERR_DATA, 0},
    {"too many", "CVRQ", 1, 0, "ingest", 4097, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 0},
    {"progress", "CVRQ", 1, 2, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 1, ERR_OK, 1},
    {"progress where none came", "CVRQ", 1, 2, "ingest", 1, "case", "c", 1, 0xffff, NULL, "", 0, ERR_DATA, 1},
    {"one descriptor for two", "CVRQ", 1, 2, "ingest", 2, "FILE", "f", 1, 0, "case", "", 1, ERR_DATA, 1},
    {"a tail", "CVRQ", 1, 0, "ingest", 1, "case", "c", 1, 0xffff, NULL, "x", 0, ERR_DATA, 0},
};

static void write_wrong(const struct wrong *w, struct bytes *out) {
  bytes_put(out, w->magic, 4);
  bytes_put_u8(out, w->version);
  bytes_put_u8(out, w->flags);
  bytes_put_u16(out, w->progress ? w->progress - 1 : 0xffff);
  bytes_put_field(out, w->verb, strlen(w->verb));
  bytes_put_u16(out, w->count);
  bytes_put_field(out, w->name, strlen(w->name));
  bytes_put_field(out, w->value, w->value_length);
  bytes_put_u16(out, w->fd);
  if (w->second) {
    bytes_put_field(out, w->second, strlen(w->second));
    bytes_put_field(out, "2", 1);
    bytes_put_u16(out, 0xffff);
  }
  bytes_put_text(out, w->tail);
}

static void anything_else_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
    AUTO(request) struct request rq = {0};
    AUTO(bytes) struct bytes wire = {0};
    int fds[] = {wrongs[i].fds_sent ? null_device() : -1};
    write_wrong(&wrongs[i], &wire);
    enum err e = request_decode(TABLE, wire.data, wire.length, fds, wrongs[i].fds_sent, &rq);
    if (e != wrongs[i].expected) print_message("%s\n", wrongs[i].what);
    assert_int_equal(e, wrongs[i].expected);
    if (fds[0] >= 0) close(fds[0]);
  }
}

static void every_truncation_is_refused(void **state) {
  (void)state;
  AUTO(bytes) struct bytes wire = {0};
  write_wrong(&wrongs[0], &wire);
  for (size_t length = 0; length < wire.length; length++) {
    AUTO(request) struct request rq = {0};
    assert_int_equal(request_decode(TABLE, wire.data, length, NULL, 0, &rq), ERR_DATA);
  }
}

static void replies_come_back(void **state) {
  (void)state;
  AUTO(reply) struct reply sent = {.status = ERR_BUSY, .report = true}, got = {0};
  AUTO(bytes) struct bytes wire = {0};
  bytes_put_text(&sent.json, "{\"state\":\"pending\"}");
  bytes_put_text(&sent.message, "a holder is absent");
  assert_int_equal(reply_encode(&sent, &wire), ERR_OK);
  for (size_t length = 0; length < wire.length; length++) {
    AUTO(reply) struct reply cut = {0};
    assert_int_equal(reply_decode(wire.data, length, &cut), ERR_DATA);
  }
  assert_int_equal(reply_decode(wire.data, wire.length, &got), ERR_OK);
  assert_int_equal(got.status, ERR_BUSY);
  assert_true(got.report);
  assert_string_equal(bytes_text(&got.json), "{\"state\":\"pending\"}");
  assert_string_equal(bytes_text(&got.text), "");
  assert_string_equal(bytes_text(&got.message), "a holder is absent");
}

static void a_status_of_the_future_is_our_bug(void **state) {
  (void)state;
  AUTO(reply) struct reply sent = {.status = ERR_OK}, got = {0};
  AUTO(bytes) struct bytes wire = {0};
  assert_int_equal(reply_encode(&sent, &wire), ERR_OK);
  wire.data[6] = 99;
  assert_int_equal(reply_decode(wire.data, wire.length, &got), ERR_OK);
  assert_int_equal(got.status, ERR_BUG);
}

static const struct shown {
  enum err status;
  bool report, aside, json;
  const char *content, *text, *out, *err;
} showns[] = {
    {ERR_OK, false, false, true, "{\"a\":1}", "one", "{\"a\":1}\n", ""},
    {ERR_OK, false, false, false, "{\"a\":1}", "one", "one\n", ""},
    {ERR_OK, false, false, false, "{\"a\":1}", "one\n", "one\n", ""},
    {ERR_OK, false, false, false, "{\"a\":1}", "", "{\"a\":1}\n", ""},
    {ERR_OK, false, false, true, "", "one", "{}\n", ""},
    {ERR_OK, false, false, false, "", "", "", ""},
    {ERR_OK, false, true, true, "{\"a\":1}", "one", "", "{\"a\":1}\n"},
    {ERR_REFUSED, false, false, true, "{\"half", "half", "", "{\"error\":\"refused\",\"message\":\"no \\\"consent\\\"\"}\n"},
    {ERR_REFUSED, false, false, false, "{\"half", "half", "", "clipvault: no \"consent\"\n"},
    {ERR_DATA, true, false, true, "{\"ok\":false}", "bad", "{\"ok\":false}\n",
     "{\"error\":\"data\",\"message\":\"no \\\"consent\\\"\"}\n"},
    {ERR_DATA, true, false, false, "{\"ok\":false}", "bad", "bad\n", "clipvault: no \"consent\"\n"},
};

static void printing_keeps_its_promise(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof showns / sizeof *showns; i++) {
    const struct shown *c = &showns[i];
    AUTO(reply) struct reply r = {.status = c->status, .report = c->report, .aside = c->aside};
    char *out = NULL, *err = NULL;
    size_t out_length = 0, err_length = 0;
    FILE *out_file = open_memstream(&out, &out_length), *err_file = open_memstream(&err, &err_length);
    bytes_put_text(&r.json, c->content);
    bytes_put_text(&r.text, c->text);
    bytes_put_text(&r.message, c->status ? "no \"consent\"" : "");
    assert_int_equal(reply_print(&r, c->json, out_file, err_file), c->status);
    fclose(out_file);
    fclose(err_file);
    assert_string_equal(out, c->out);
    assert_string_equal(err, c->err);
    free(out);
    free(err);
  }
}

static void a_full_disk_is_told(void **state) {
  (void)state;
  AUTO(reply) struct reply r = {0};
  FILE *full = fopen("/dev/full", "w"), *null = fopen("/dev/null", "w");
  bytes_put_text(&r.json, "{}");
  assert_int_equal(reply_print(&r, true, full, null), ERR_IO);
  fclose(full);
  fclose(null);
}

static int set_up(void **state) {
  (void)state;
  return secret_init();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comes_back_as_it_was),       cmocka_unit_test(numbers_are_checked),
      cmocka_unit_test(adding_is_bounded),          cmocka_unit_test(encoding_is_bounded),
      cmocka_unit_test(anything_else_is_refused),   cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(replies_come_back),          cmocka_unit_test(a_status_of_the_future_is_our_bug),
      cmocka_unit_test(printing_keeps_its_promise), cmocka_unit_test(a_full_disk_is_told),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
