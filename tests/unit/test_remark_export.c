/* Remarks as other tools read them: times to the frame, nothing that breaks out of its field. Whole files are read back by Python
 * in tests/flow/review.sh. */
#include "vault/base/clock.h"
#include "vault/remark_export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(expression) assert_int_equal((expression), ERR_OK)

static const struct id clip = {{1}};

static struct remark said(uint8_t n, int64_t from, int64_t to, const char *tag, const char *text) {
  struct remark r = {.id = {{n}}, .clip = clip, .from = from, .to = to, .shared = true};
  r.edited_ms = r.resolved_ms = CLOCK_NEVER_MS;
  snprintf(r.tag, sizeof r.tag, "%s", tag);
  bytes_put_text(&r.text, text);
  return r;
}

struct sample {
  struct tags tags;
  struct remark all[4];
  const char *authors[4];
  struct remark_export x;
};

static struct sample *sample(uint32_t num, uint32_t den, const char *text) {
  static struct sample s;
  s = (struct sample){.authors = {"Ida & \"Co\"", "Ida & \"Co\"", "Sue", "Sue"}};
  OK(tags_parse("tags", tags_default_text(), strlen(tags_default_text()), &s.tags));
  s.all[0] = said(1, 25, 50, "waiting", text);
  s.all[1] = said(2, 30, 31, "waiting", "");
  s.all[2] = said(3, 50, 75, "no-tag-any-more", "x");
  s.all[3] = said(4, 60, 61, "", "words");
  s.x = (struct remark_export){&clip, 100, num, den, 0, &s.tags, s.all, s.authors, 4};
  return &s;
}

static void done(struct sample *s) {
  for (size_t i = 0; i < 4; i++) remark_free(&s->all[i]);
}

/* The time that is written lies within the frame, at any rate that cameras know. */
static void times_find_their_frame(void **state) {
  (void)state;
  static const uint32_t rates[][2] = {{25, 1},       {30, 1},  {30000, 1001}, {24000, 1001},
                                      {60000, 1001}, {240, 1}, {15, 2},       {1000, 1}};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    struct remark_export x = {.num = rates[i][0], .den = rates[i][1]};
    for (int64_t frame = 0; frame < 300000; frame += 1 + frame / 50) {
      int64_t ms = remark_export_ms(&x, frame), shown = ms * x.num / x.den / 1000;
      if (shown != frame || (frame && (ms - 1) * x.num / x.den / 1000 >= frame))
        fail_msg("rate %zu: frame %lld", i, (long long)frame);
    }
  }
}

static void expect(enum remark_export_form form, struct sample *s, const char *const wanted[]) {
  AUTO(bytes) struct bytes out = {0};
  OK(remark_export(form, &s->x, &out));
  for (size_t i = 0; wanted[i]; i++)
    if (!strstr(bytes_text(&out), wanted[i])) fail_msg("lacks %s: %s", wanted[i], bytes_text(&out));
  done(s);
}

static void a_track(void **state) {
  (void)state;
  static const char *const wanted[] = {"WEBVTT\n\nNOTE ", "\n\nrem_", "\n00:00:01.000 --> 00:00:02.000\n{\"remark\"",
                                       "\"text\":\"a\\nb --\\u003e c\"", NULL};
  AUTO(bytes) struct bytes out = {0};
  struct sample *s = sample(25, 1, "a\nb --> c");
  OK(remark_export(REMARK_EXPORT_VTT, &s->x, &out));
  int arrows = 0, gaps = 0;
  for (const char *at = bytes_text(&out); (at = strstr(at, "-->")); at++) arrows++;
  for (const char *at = bytes_text(&out); (at = strstr(at, "\n\n")); at++) gaps++;
  assert_int_equal(arrows, 4);
  assert_int_equal(gaps, 5);
  expect(REMARK_EXPORT_VTT, s, wanted);
}

static void for_elan(void **state) {
  (void)state;
  static const char *const wanted[] = {"TIER_ID=\"Ida &#38; &#34;Co&#34;: Encouraging initiatives\"",
                                       "TIER_ID=\"Ida &#38; &#34;Co&#34;: Encouraging initiatives (2)\"", /* they overlap */
                                       "<ANNOTATION_VALUE>Waiting: &#60;/TIER&#62; &#38; \xef\xbf\xbd</ANNOTATION_VALUE>",
                                       "TIER_ID=\"Sue\"",
                                       "<ANNOTATION_VALUE>no-tag-any-more: x</ANNOTATION_VALUE>",
                                       "TIME_SLOT_ID=\"ts1\" TIME_VALUE=\"1000\"",
                                       "TIME_SLOT_ID=\"ts8\" TIME_VALUE=\"3000\"",
                                       NULL};
  expect(REMARK_EXPORT_EAF, sample(25, 1, "</TIER> & \xef\xbf\xbf"), wanted);
}

static void for_boris(void **state) {
  (void)state;
  static const char *const wanted[] = {
      "\"4.000\",\"25.000\",\"No focal subject\",\"4.000\",\"waiting\",\"Encouraging initiatives\",\"STATE\","
      "\"1.000\",\"2.000\",\"1.000\",",
      "\"POINT\",\"1.200\",\"1.200\",\"NA\",", "\"comment\",\"\",\"POINT\"", "\"'=1+1 \"\"x\"\"\"", NULL};
  expect(REMARK_EXPORT_BORIS, sample(25, 1, "=1+1 \"x\""), wanted);
}

static void as_a_table(void **state) {
  (void)state;
  static const char *const wanted[] = {"\"25\",\"50\",\"1001/1200\",\"1001/600\",\"835\",\"1669\"", "\"a\nb\"", "\"'@x\"", NULL};
  struct sample *s = sample(30000, 1001, "a\nb");
  bytes_clear(&s->all[3].text);
  bytes_put_text(&s->all[3].text, "@x");
  expect(REMARK_EXPORT_CSV, s, wanted);
}

static void as_json(void **state) {
  (void)state;
  static const char *const wanted[] = {"\"frame_rate\":\"30000/1001\"",
                                       "\"from\":{\"frame\":25,\"seconds\":\"1001/1200\"}",
                                       "\"layer\":\"Encouraging initiatives\",\"tag\":\"waiting\",\"label\":\"Waiting\"",
                                       "\"layer\":null,\"tag\":\"no-tag-any-more\",\"label\":null",
                                       "\"reply_to\":null",
                                       NULL};
  expect(REMARK_EXPORT_JSON, sample(30000, 1001, "x"), wanted);
}

static void nothing_was_said(void **state) {
  (void)state;
  for (enum remark_export_form form = REMARK_EXPORT_VTT; form <= REMARK_EXPORT_JSON; form++) {
    AUTO(bytes) struct bytes out = {0};
    struct sample *s = sample(25, 1, "");
    done(s);
    s->x.count = 0;
    OK(remark_export(form, &s->x, &out));
    assert_true(out.length > 10);
  }
  enum remark_export_form form;
  OK(remark_export_parse("eaf", &form));
  assert_int_equal(remark_export_parse("xml", &form), ERR_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times_find_their_frame),
      cmocka_unit_test(a_track),
      cmocka_unit_test(for_elan),
      cmocka_unit_test(for_boris),
      cmocka_unit_test(as_a_table),
      cmocka_unit_test(as_json),
      cmocka_unit_test(nothing_was_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
