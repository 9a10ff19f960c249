/* The text that says whom to obscure: what is taken, what is refused and in which line, and that it comes back as it was. */
#include "ingest/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ADA "per_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BEN "per_aeaqcaibaeaqcaibaeaqcaibae"

static const struct marks_film film = {
    .width = 640, .height = 360, .rate_num = 25, .rate_den = 1, .frames = 225, .duration_ms = 9000};
static const struct marks_film ntsc = {
    .width = 640, .height = 360, .rate_num = 30000, .rate_den = 1001, .frames = 300, .duration_ms = 10010};
static const struct marks_film sound = {.duration_ms = 9000};
static const struct marks_film photo = {.width = 640, .height = 360, .frames = 1, .duration_ms = -1};

static enum err parse(const char *text, const struct marks_film *of, struct marks **out) {
  return marks_parse(text, strlen(text), of, out);
}

static void test_meaning(void **state) {
  (void)state;
  AUTO(marks) struct marks *m = NULL;
  static const char text[] =
      "# a remark\r\n"
      "person " ADA
      " blur\n"
      "  0    120 80 200 260   # the corner top left\n"
      "\t3.2  -40 82 200 260\n"
      "end 9.0\n\n"
      "person " BEN
      " pixelate\n f10 0 0 64 64\nend f20\n"
      "person " BEN
      " fill\nf30 630 350 64 64\nend 1.22\n"
      "voice mute 2.0 4.5\nvoice alter f50 end\nvoice alter all"; /* no newline at the end */
  assert_int_equal(parse(text, &film, &m), ERR_OK);
  const struct wire_marks *w = &m->wire;
  assert_int_equal(w->width, 640), assert_int_equal(w->height, 360);
  assert_int_equal(w->region_count, 3), assert_int_equal(w->key_count, 4), assert_int_equal(w->voice_count, 3);
  assert_memory_equal(&w->regions[0], (&(struct wire_region){WIRE_BLUR, 0, 2, MARKS_TO_THE_END}), sizeof w->regions[0]);
  assert_memory_equal(&w->regions[1], (&(struct wire_region){WIRE_PIXELATE, 2, 1, 20}), sizeof w->regions[0]);
  assert_memory_equal(&w->regions[2], (&(struct wire_region){WIRE_FILL, 3, 1, 31}), sizeof w->regions[0]);
  assert_memory_equal(&w->keys[1], (&(struct wire_key){80, -40, 82, 200, 260}), sizeof w->keys[0]);
  assert_memory_equal(&w->voices[0], (&(struct wire_voice){WIRE_MUTE, 2000, 4500}), sizeof w->voices[0]);
  assert_memory_equal(&w->voices[1], (&(struct wire_voice){WIRE_ALTER, 2000, INT64_MAX}), sizeof w->voices[0]);
  assert_memory_equal(&w->voices[2], (&(struct wire_voice){WIRE_ALTER, 0, INT64_MAX}), sizeof w->voices[0]);
  assert_int_equal(m->line[2], 10);
  AUTO(bytes) struct bytes covered = {0};
  assert_int_equal(marks_covered(m, &covered), ERR_OK);
  assert_int_equal(covered.length, 2 * sizeof(struct id));
  struct id ada;
  assert_int_equal(id_parse(ID_PERSON, ADA, &ada), ERR_OK);
  assert_true(id_equal(&ada, (const struct id *)(const void *)covered.data));
}

/* A moment that a player shows, rounded to a millisecond, means the frame that it shows. */
static void test_odd_rate(void **state) {
  (void)state;
  for (uint32_t n = 0; n < 300; n++) {
    AUTO(marks) struct marks *m = NULL;
    char text[200];
    unsigned ms = (unsigned)((uint64_t)n * 1001 * 1000 / 30000); /* rounded down, as players do */
    snprintf(text, sizeof text, "person " ADA " fill\n%u.%03u 0 0 9 9\n", ms / 1000, ms % 1000);
    assert_int_equal(parse(text, &ntsc, &m), ERR_OK);
    assert_int_equal(m->wire.keys[0].frame, n);
  }
}

static void test_other_kinds(void **state) {
  (void)state;
  AUTO(marks) struct marks *a = NULL;
  AUTO(marks) struct marks *b = NULL;
  assert_int_equal(parse("person " ADA " voice\nvoice mute all", &sound, &a), ERR_OK);
  assert_int_equal(a->wire.width, 0);
  assert_int_equal(a->heard_count, 1);
  assert_int_equal(parse("person " ADA " fill\n0 1 1 10 10\n", &photo, &b), ERR_OK);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const struct marks_film *film;
    const char *said; /* part of the words */
  } rows[] = {
      {"", &film, "say nothing"},
      {"# only a remark\n", &film, "say nothing"},
      {"0 1 2 3 4\n", &film, "line 1 of the marks: a place belongs to a person"},
      {"person " ADA "\n", &film, "line 1"},
      {"person per_x blur\n0 1 2 3 4\n", &film, "line 1"},
      {"person " ADA " smudge\n", &film, "blur, fill, pixelate or voice"},
      {"person " ADA " blur\n", &film, "line 1 of the marks: this person has no place"},
      {"person " ADA " blur\nend 3\n", &film, "no place"},
      {"person " ADA " blur\nperson " BEN " blur\n0 1 2 3 4", &film, "line 1 of the marks: this person has no place"},
      {"person " ADA " blur\n0 1 2 3 4 5\n", &film, "line 2"},
      {"person " ADA " blur\n0 1 2 3\n", &film, "line 2"},
      {"person " ADA " blur\n0 1 2 3 4 5 6 7\n", &film, "says too much"},
      {"person " ADA " blur\n0 1 2 0 4\n", &film, "in whole pixels"},
      {"person " ADA " blur\n0 1 2 -3 4\n", &film, "in whole pixels"},
      {"person " ADA " blur\n0 1.5 2 3 4\n", &film, "in whole pixels"},
      {"person " ADA " blur\n0 1 2 16385 4\n", &film, "in whole pixels"},
      {"person " ADA " blur\n0 640 2 3 4\n", &film, "outside the picture, which is 640 x 360"},
      {"person " ADA " blur\n0 -3 2 3 4\n", &film, "outside the picture"},
      {"person " ADA " blur\nend 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\n1.2345 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\n-1 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\n1. 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\n1e3 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\n99999999999999999999 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\nf99999999999999999999 1 2 3 4\n", &film, "line 2"},
      {"person " ADA " blur\nf225 1 2 3 4\n", &film, "later than the film's last frame"},
      {"person " ADA " blur\n9.0 1 2 3 4\n", &film, "later than the film's last frame"},
      {"person " ADA " blur\n1 1 2 3 4\n1 1 2 3 4\n", &film, "line 3 of the marks: this is not later"},
      {"person " ADA " blur\n1 1 2 3 4\n0.98 1 2 3 4\n", &film, "not later"},
      {"person " ADA " blur\n1 1 2 3 4\nend 1\n", &film, "ends after its last place"},
      {"person " ADA " blur\n1 1 2 3 4\nend 9.1\n", &film, "later than the film's end"},
      {"person " ADA " blur\n1 1 2 3 4\nend 3\n4 1 2 3 4", &film, "line 4 of the marks: a place belongs to a person"},
      {"person " ADA " blur\n1 1 2 3 4\nend\n", &film, "line 3"},
      {"end 3\n", &film, "line 1"},
      {"voice hum all\n", &film, "line 1"},
      {"voice mute\n", &film, "line 1"},
      {"voice mute end 3\n", &film, "line 1"},
      {"voice mute 3 3\n", &film, "ends before it begins"},
      {"voice mute 9 end\n", &film, "later than the film's end"},
      {"voice mute f0 f226\n", &film, "line 1"},
      {"person " ADA " voice\n", &film, "there are none"},
      {"person " ADA " blur\n0 1 2 3 4\n", &sound, "no picture"},
      {"person " ADA " blur\n1 1 2 3 4\n", &photo, "later than"},
      {"person " ADA " bl\xc3\xbcr\n", &film, "plain ASCII"},
      {"x\x01\n", &film, "plain ASCII"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct marks *m = NULL;
    assert_int_equal(parse(rows[i].text, rows[i].film, &m), ERR_DATA);
    assert_null(m);
    if (!strstr(err_text(), rows[i].said)) fail_msg("row %zu said: %s", i, err_text());
  }
}

static void test_too_much(void **state) {
  (void)state;
  struct marks *m = NULL;
  AUTO(bytes) struct bytes text = {0};
  for (int i = 0; i <= WIRE_MOST_REGIONS; i++) bytes_put_text(&text, "person " ADA " fill\n0 1 2 3 4\n");
  assert_int_equal(parse(bytes_text(&text), &film, &m), ERR_DATA);
  assert_non_null(strstr(err_text(), "line 513 of the marks: there are too many regions"));
  bytes_clear(&text);
  for (int i = 0; i <= WIRE_MOST_VOICES; i++) bytes_put_text(&text, "voice mute all\n");
  assert_int_equal(parse(bytes_text(&text), &film, &m), ERR_DATA);
  bytes_clear(&text);
  bytes_extend(&text, MARKS_MOST_BYTES + 1);
  memset(text.data, '\n', text.length);
  assert_int_equal(marks_parse(bytes_text(&text), text.length, &film, &m), ERR_DATA);
  memset(text.data, ' ', text.length);
  assert_int_equal(marks_parse(bytes_text(&text), 1000, &film, &m), ERR_DATA);
  assert_non_null(strstr(err_text(), "too long"));
}

static void test_round_trip(void **state) {
  (void)state;
  static const char text[] = "person " ADA " blur\n  f0 120 80 200 260\n  f80 -40 82 200 260\nend f100\nperson " BEN
                             " pixelate\n  f10 0 0 64 64\nperson " BEN
                             " voice\nvoice mute 2.000 4.500\nvoice alter all\nvoice mute "
                             "8.999 end\n";
  AUTO(marks) struct marks *m = NULL;
  AUTO(marks) struct marks *again = NULL;
  AUTO(bytes) struct bytes out = {0};
  assert_int_equal(parse(text, &film, &m), ERR_OK);
  assert_int_equal(marks_format(m, &out), ERR_OK);
  assert_string_equal(bytes_text(&out), text);
  assert_int_equal(parse(bytes_text(&out), &film, &again), ERR_OK);
  assert_memory_equal(&m->wire, &again->wire, sizeof m->wire);
}

static void test_whole(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const struct marks_film *film;
    enum err expected;
  } rows[] = {
      {"end", &film, ERR_OK},      {"9", &film, ERR_OK},          {"9.000", &film, ERR_OK},      {"8.96", &film, ERR_OK},
      {"9.04", &film, ERR_OK},     {"8.959", &film, ERR_REFUSED}, {"9.041", &film, ERR_REFUSED}, {"f225", &film, ERR_OK},
      {"f224", &film, ERR_OK},     {"f226", &film, ERR_OK},       {"f223", &film, ERR_REFUSED},  {"f227", &film, ERR_REFUSED},
      {"0", &film, ERR_REFUSED},   {"all", &film, ERR_USAGE},     {"", &film, ERR_USAGE},        {"10.01", &ntsc, ERR_OK},
      {"10.043", &ntsc, ERR_OK},   {"10.05", &ntsc, ERR_REFUSED}, {"9", &sound, ERR_OK},         {"8.9", &sound, ERR_REFUSED},
      {"f1", &sound, ERR_REFUSED}, {"end", &photo, ERR_OK},       {"f1", &photo, ERR_OK},        {"1", &photo, ERR_REFUSED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (marks_whole(rows[i].text, rows[i].film) != rows[i].expected) fail_msg("row %zu, \"%s\"", i, rows[i].text);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_meaning), cmocka_unit_test(test_odd_rate), cmocka_unit_test(test_other_kinds),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_too_much), cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
