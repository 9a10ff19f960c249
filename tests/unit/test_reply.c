/* Answers: across the socket unchanged or not at all, and what a program and a person see of them. */
#include "vault/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct reply reply(enum err status, bool report, const char *json, const char *text, const char *message) {
  struct reply r = {.status = status, .report = report};
  bytes_put_text(&r.json, json);
  bytes_put_text(&r.text, text);
  bytes_put_text(&r.message, message);
  return r;
}

/* ---- across the socket */
static void answers_arrive_as_they_were_sent(void **state) {
  (void)state;
  static const struct {
    enum err status;
    bool report;
    const char *json, *text, *message;
  } rows[] = {
      {ERR_OK, false, "{\"a\":1}", "A is 1.\n", ""},
      {ERR_OK, false, "", "", ""},
      {ERR_DATA, true, "{\"problems\":[1]}", "One problem.\n", "this vault has problems"},
      {ERR_USAGE, false, "", "", "m"},
      {ERR_MISSING, false, "", "", "m"},
      {ERR_UNAVAILABLE, false, "", "", "m"},
      {ERR_BUG, false, "", "", "m"},
      {ERR_CREATE, false, "", "", "m"},
      {ERR_IO, false, "", "", "m"},
      {ERR_BUSY, true, "{}", "", "m"},
      {ERR_REFUSED, false, "", "", "caf\xc3\xa9 \"no\"\n"},
      {ERR_CONFIG, false, "", "", "m"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(reply) struct reply sent = reply(rows[i].status, rows[i].report, rows[i].json, rows[i].text, rows[i].message), got = {0};
    AUTO(bytes) struct bytes wire = {0};
    sent.aside = true; /* stays at home */
    if (reply_encode(&sent, &wire) != ERR_OK || reply_decode(wire.data, wire.length, &got) != ERR_OK)
      fail_msg("row %zu: %s", i, err_text());
    if (got.status != rows[i].status || got.report != rows[i].report || got.aside ||
        strcmp(bytes_text(&got.json), rows[i].json) != 0 || strcmp(bytes_text(&got.text), rows[i].text) != 0 ||
        strcmp(bytes_text(&got.message), rows[i].message) != 0)
      fail_msg("row %zu arrived as %d %d %s %s %s", i, got.status, got.report, bytes_text(&got.json), bytes_text(&got.text),
               bytes_text(&got.message));
  }
}

static void another_form_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum err expected;
    enum err status;
  } rows[] = {
      {"another magic", 0, 'X', ERR_DATA, 0},
      {"another magic at its end", 3, 'X', ERR_DATA, 0},
      {"version 0", 4, 0, ERR_DATA, 0},
      {"version 2", 4, 2, ERR_DATA, 0},
      {"a flag nobody knows", 5, 2, ERR_DATA, 0},
      {"a flag nobody knows, with one", 5, 3, ERR_DATA, 0},
      {"a status nobody knows", 6, 1, ERR_OK, ERR_BUG},
      {"a status between", 6, 76, ERR_OK, ERR_BUG},
      {"the last status", 6, 255, ERR_OK, ERR_BUG},
      {"a longer field", 7, 3, ERR_DATA, 0},
      {"a shorter field", 7, 1, ERR_DATA, 0},
      {"a field of 2 GiB", 10, 0x80, ERR_DATA, 0},
  };
  AUTO(reply) struct reply sent = reply(ERR_OK, false, "{}", "text", "message");
  AUTO(bytes) struct bytes wire = {0};
  assert_int_equal(reply_encode(&sent, &wire), ERR_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(reply) struct reply got = {.status = ERR_BUSY};
    uint8_t was = wire.data[rows[i].at];
    wire.data[rows[i].at] = rows[i].value;
    enum err e = reply_decode(wire.data, wire.length, &got);
    wire.data[rows[i].at] = was;
    if (e != rows[i].expected) fail_msg("%s: %d", rows[i].name, e);
    if (got.status != (e == ERR_OK ? rows[i].status : ERR_BUSY)) fail_msg("%s: status %d", rows[i].name, got.status);
  }
  struct reply got = {0};
  for (size_t length = 0; length < wire.length; length++)
    if (reply_decode(wire.data, length, &got) != ERR_DATA) fail_msg("cut to %zu bytes and accepted", length);
  bytes_put_u8(&wire, 0);
  assert_int_equal(reply_decode(wire.data, wire.length, &got), ERR_DATA);
}

static void an_answer_has_a_largest_size(void **state) {
  (void)state;
  AUTO(reply) struct reply r = {0};
  AUTO(bytes) struct bytes wire = {0};
  assert_non_null(bytes_extend(&r.text, REPLY_MOST_BYTES - 64));
  assert_int_equal(reply_encode(&r, &wire), ERR_OK);
  assert_true(wire.length <= REPLY_MOST_BYTES);
  bytes_put_u8(&r.message, 'x');
  assert_int_equal(reply_encode(&r, &wire), ERR_BUG);
}

static void a_failure_forgets_what_was_there(void **state) {
  (void)state;
  AUTO(reply) struct reply r = reply(ERR_OK, true, "{\"half\":", "half", "old");
  reply_fail(&r, err_set(ERR_REFUSED, "nobody agreed"));
  assert_int_equal(r.status, ERR_REFUSED);
  assert_string_equal(bytes_text(&r.message), "nobody agreed");
  assert_string_equal(bytes_text(&r.json), "");
  assert_string_equal(bytes_text(&r.text), "");
  assert_false(r.report);
}

/* ---- what is shown */
static const struct {
  const char *name;
  enum err status;
  bool report, aside;
  const char *json, *text, *message;
  bool as_json;
  const char *out, *err;
} shown[] = {
    {"text for people", ERR_OK, 0, 0, "{\"a\":1}", "A is 1.\n", "", false, "A is 1.\n", ""},
    {"a missing newline is added", ERR_OK, 0, 0, "{}", "A is 1.", "", false, "A is 1.\n", ""},
    {"JSON for programs", ERR_OK, 0, 0, "{\"a\":1}", "A is 1.\n", "", true, "{\"a\":1}\n", ""},
    {"no text: the JSON for people, too", ERR_OK, 0, 0, "{\"a\":1}", "", "", false, "{\"a\":1}\n", ""},
    {"nothing, for people", ERR_OK, 0, 0, "", "", "", false, "", ""},
    {"nothing, for programs, is one value", ERR_OK, 0, 0, "", "", "", true, "{}\n", ""},
    {"text only, for programs", ERR_OK, 0, 0, "", "A is 1.\n", "", true, "{}\n", ""},
    {"a failure for people", ERR_REFUSED, 0, 0, "", "", "nobody agreed", false, "", "clipvault: nobody agreed\n"},
    {"a failure for programs", ERR_REFUSED, 0, 0, "", "", "say \"no\"", true, "",
     "{\"error\":\"refused\",\"message\":\"say \\\"no\\\"\"}\n"},
    {"a failure hides what was half made", ERR_IO, 0, 0, "{\"half\":1}", "half\n", "disk full", false, "",
     "clipvault: disk full\n"},
    {"a report is shown although it failed", ERR_DATA, 1, 0, "{\"n\":1}", "One problem.\n", "problems", false, "One problem.\n",
     "clipvault: problems\n"},
    {"a report for programs", ERR_BUSY, 1, 0, "{\"n\":1}", "One problem.\n", "pending", true, "{\"n\":1}\n",
     "{\"error\":\"busy\",\"message\":\"pending\"}\n"},
    {"aside of a file", ERR_OK, 0, 1, "{\"a\":1}", "Exported.\n", "", false, "", "Exported.\n"},
    {"aside of a file, for programs", ERR_OK, 0, 1, "{\"a\":1}", "Exported.\n", "", true, "", "{\"a\":1}\n"},
};

static void shows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    AUTO(reply) struct reply r = reply(shown[i].status, shown[i].report, shown[i].json, shown[i].text, shown[i].message);
    char *out_text = NULL, *told = NULL;
    size_t out_length, err_length;
    FILE *out = open_memstream(&out_text, &out_length), *err = open_memstream(&told, &err_length);
    r.aside = shown[i].aside;
    int code = reply_print(&r, shown[i].as_json, out, err);
    fclose(out), fclose(err);
    if (code != (int)shown[i].status) fail_msg("%s: exit code %d", shown[i].name, code);
    if (strcmp(out_text, shown[i].out) != 0) fail_msg("%s: out is \"%s\"", shown[i].name, out_text);
    if (strcmp(told, shown[i].err) != 0) fail_msg("%s: err is \"%s\"", shown[i].name, told);
    free(out_text), free(told);
  }
}

static void an_output_that_is_full_is_told(void **state) {
  (void)state;
  AUTO(reply) struct reply done = reply(ERR_OK, false, "{}", "done\n", ""), failed = reply(ERR_DATA, true, "{}", "bad\n", "m");
  char *told = NULL;
  size_t length;
  FILE *full = fopen("/dev/full", "w"), *err = open_memstream(&told, &length);
  assert_int_equal(reply_print(&done, false, full, err), ERR_IO);
  assert_int_equal(reply_print(&failed, false, full, err), ERR_DATA); /* what failed first is the exit code */
  memset(bytes_extend(&done.text, 100000), '\n', 100000);             /* more than a buffer: fails in the middle */
  assert_int_equal(reply_print(&done, false, full, full), ERR_IO);
  fclose(err);
  fclose(full);
  assert_string_equal(told, "clipvault: it was done, but the answer could not be written\nclipvault: m\n");
  free(told);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_arrive_as_they_were_sent),
      cmocka_unit_test(another_form_is_refused),
      cmocka_unit_test(an_answer_has_a_largest_size),
      cmocka_unit_test(a_failure_forgets_what_was_there),
      cmocka_unit_test(shows),
      cmocka_unit_test(an_output_that_is_full_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
