/* Where only single pictures were agreed to, one picture of a film is kept. (The other rows of the plan: test_plan.c.) */
#include "ingest/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { S = 1 << 2 }; /* some purpose */

static const struct wire_report film = {
    .media = WIRE_FILM, .has_video = true, .has_audio = true, .rate_num = 25, .rate_den = 1, .duration_ms = 10000};
static const struct wire_report silent = {
    .media = WIRE_FILM, .has_video = true, .rate_num = 30000, .rate_den = 1001, .duration_ms = -1};
static const struct wire_report photograph = {.media = WIRE_STILL, .has_video = true};

static const struct {
  const char *name;
  const struct wire_report *report;
  const char *asked;
  struct plan_consents consents;
  const char *kind;
  enum wire_make make;
  int64_t frame;
  bool stilled, whole;
} rows[] = {
    {"stills and nothing more", &film, "", {.still = S}, "still", WIRE_MAKE_STILL, 125, true, false},
    {"of unknown length: its beginning", &silent, "", {.still = S}, "still", WIRE_MAKE_STILL, 0, true, false},
    {"a film that may be kept is a film", &film, "", {.recording = S, .still = S}, "recording", WIRE_MAKE_COPY, 0, false, true},
    {"clips are allowed: it waits", &film, "", {.clip = S, .still = S}, "recording", WIRE_MAKE_COPY, 0, false, true},
    {"its sound says more than a picture", &film, "", {.audio = S, .still = S}, "audio", WIRE_MAKE_COPY, 0, false, false},
    {"it has no sound", &silent, "", {.audio = S, .still = S}, "still", WIRE_MAKE_STILL, 0, true, false},
    {"nothing at all: it waits", &film, "", {0}, "recording", WIRE_MAKE_COPY, 0, false, true},
    {"a recording is asked for: it waits", &film, "recording", {.still = S}, "recording", WIRE_MAKE_COPY, 0, false, true},
    {"a still is asked for", &film, "still", {.recording = S, .still = S}, "still", WIRE_MAKE_STILL, 125, true, false},
    {"a photograph is one", &photograph, "", {.still = S}, "still", WIRE_MAKE_COPY, 0, false, true},
};

static void table(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct plan p;
    print_message("%s\n", rows[i].name);
    assert_int_equal(plan_make(rows[i].report, rows[i].asked, &rows[i].consents, &p), ERR_OK);
    assert_string_equal(p.kind, rows[i].kind);
    assert_int_equal(p.order.make, rows[i].make);
    assert_int_equal(p.order.from_frame, rows[i].frame);
    assert_int_equal(p.stilled, rows[i].stilled);
    assert_int_equal(p.whole, rows[i].whole);
    if (p.stilled) assert_true(p.order.keep_video && !p.order.keep_audio && !p.picture_dropped && !p.order.derive);
  }
}

static enum err choose(const struct plan_consents *c, const char *text, int64_t *frame) {
  struct plan p;
  struct place at;
  assert_int_equal(place_parse("--at", text, &at), ERR_OK);
  assert_int_equal(plan_make(&film, "", c, &p), ERR_OK);
  enum err e = plan_choose(&film, &at, &p);
  *frame = p.order.from_frame;
  return e;
}

static void a_picture_is_chosen(void **state) {
  (void)state;
  const struct plan_consents stills = {.still = S}, all = {.recording = S};
  int64_t frame;
  assert_int_equal(choose(&stills, "17", &frame), ERR_OK);
  assert_int_equal(frame, 17);
  assert_int_equal(choose(&stills, "2.48", &frame), ERR_OK);
  assert_int_equal(frame, 62);
  assert_int_equal(choose(&stills, "250", &frame), ERR_USAGE);
  assert_int_equal(frame, 125);
  assert_int_equal(choose(&all, "17", &frame), ERR_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(a_picture_is_chosen)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
