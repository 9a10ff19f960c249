/* Rules for the end of a consent: how they are written, and when they end it. */
#include "vault/consent.h"

#include "vault/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- rules: how they are written */
static void understands_rules(void **state) {
  (void)state;
  static const struct {
    const char *text, *again; /* NULL: as it was written */
    struct consent_rule rule;
  } cases[] = {
      {"recording:30d", NULL, {CONSENT_AFTER_RECORDING, .days = 30}},
      {"recording:2w", "recording:14d", {CONSENT_AFTER_RECORDING, .days = 14}},
      {"end-of-involvement:2m", NULL, {CONSENT_AFTER_INVOLVEMENT, .months = 2}},
      {"given:12m", NULL, {CONSENT_AFTER_GIVEN, .months = 12}},
      {"given:1d", NULL, {CONSENT_AFTER_GIVEN, .days = 1}},
      {"given:0007d", "given:7d", {CONSENT_AFTER_GIVEN, .days = 7}},
      {"born:25y", NULL, {CONSENT_AFTER_BIRTH, .years = 25}},
      {"born:150y", NULL, {CONSENT_AFTER_BIRTH, .years = 150}},
      {"given:1800m", NULL, {CONSENT_AFTER_GIVEN, .months = 1800}},
      {"given:9999d", NULL, {CONSENT_AFTER_GIVEN, .days = 9999}},
      {"given:7826w", "given:54782d", {CONSENT_AFTER_GIVEN, .days = 54782}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(bytes) struct bytes again = {0};
    struct consent_rule r;
    const struct consent_rule *e = &cases[i].rule;
    if (consent_rule_parse(cases[i].text, &r) != ERR_OK) fail_msg("%s: %s", cases[i].text, err_text());
    if (r.event != e->event || r.years != e->years || r.months != e->months || r.days != e->days || r.until_ms)
      fail_msg("%s: read as event %d, %d y, %d m, %d d", cases[i].text, r.event, r.years, r.months, r.days);
    consent_rule_put(&again, &r);
    assert_string_equal(bytes_text(&again), cases[i].again ? cases[i].again : cases[i].text);
  }
  AUTO(bytes) struct bytes until = {0};
  consent_rule_put(&until, &(struct consent_rule){.event = CONSENT_UNTIL, .until_ms = 86399999});
  assert_string_equal(bytes_text(&until), "until:1970-01-01T23:59:59Z");
}

static void refuses_rules(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "30d",
      ":30d",
      "recording",
      "recording:",
      "recording:d",
      "recording:30",
      "recording:30h",
      "given:0d",
      "given:-1d",
      "given:+1d",
      "given: 1d",
      "given:1d ",
      " given:1d",
      "given:1.5m",
      "given:1dd",
      "Given:1d",
      "givin:1d",
      "given:1D",
      "given:10000d",
      "given:99999d",
      "given:00001d1",
      "given:1234567",
      "born:9999y",
      "born:151y",
      "given:1801m",
      "given:7827w",
      "until:2026-01-01",
      "given::1d",
      "given:1d,2d",
      "recordin:1d",
      "recordings:1d",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct consent_rule r = {.days = 77};
    if (consent_rule_parse(texts[i], &r) != ERR_USAGE) fail_msg("the rule \"%s\" was accepted", texts[i]);
    if (r.days != 77 || r.event) fail_msg("the rule \"%s\" was refused and yet written", texts[i]);
    const char *says = i && strstr(err_text(), "150 years") ? "150 years" : "is not a rule: write an event and a period";
    if (!strstr(err_text(), says)) fail_msg("the rule \"%s\": %s", texts[i], err_text());
  }
}

/* ---- rules: when they end a consent */
#define DAYS(e, n) \
  { CONSENT_AFTER_##e, .days = n }
#define MONTHS(e, n) \
  { CONSENT_AFTER_##e, .months = n }
#define YEARS(e, n) \
  { CONSENT_AFTER_##e, .years = n }

static void the_earliest_rule_wins(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct consent_rule rules[3];
    const char *given, *recorded, *closed, *born; /* NULL: unknown */
    const char *ends;                             /* NULL: never; else the end of that day */
  } cases[] = {
      {"no rule", {{0}}, "2026-01-10", "2026-01-10", NULL, NULL, NULL},
      {"days after recording", {DAYS(RECORDING, 30)}, "2026-01-01", "2026-01-10", NULL, NULL, "2026-02-09"},
      {"recording not known", {DAYS(RECORDING, 30)}, "2026-01-01", NULL, NULL, NULL, NULL},
      {"months after giving", {MONTHS(GIVEN, 12)}, "2026-01-10", NULL, NULL, NULL, "2027-01-10"},
      {"the case is still open", {MONTHS(INVOLVEMENT, 2)}, "2026-01-10", "2026-01-10", NULL, NULL, NULL},
      {"the case was closed", {MONTHS(INVOLVEMENT, 2)}, "2026-01-10", "2026-01-10", "2026-06-30", NULL, "2026-08-30"},
      {"birthday not known", {YEARS(BIRTH, 25)}, "2026-01-10", NULL, NULL, NULL, NULL},
      {"after birth", {YEARS(BIRTH, 25)}, "2026-01-10", NULL, NULL, "2019-05-04", "2044-05-04"},
      {"born before 1970", {YEARS(BIRTH, 70)}, "2026-01-10", NULL, NULL, "1961-05-04", "2031-05-04"},
      {"earliest first", {DAYS(RECORDING, 10), MONTHS(GIVEN, 12)}, "2026-01-01", "2026-02-01", NULL, NULL, "2026-02-11"},
      {"earliest last",
       {YEARS(BIRTH, 25), MONTHS(GIVEN, 12), DAYS(RECORDING, 10)},
       "2026-01-01",
       "2026-02-01",
       NULL,
       "2019-05-04",
       "2026-02-11"},
      {"an unknown event does not bind, the other does",
       {MONTHS(INVOLVEMENT, 1), DAYS(GIVEN, 90)},
       "2026-01-01",
       NULL,
       NULL,
       NULL,
       "2026-04-01"},
      {"born on a leap day, in a year without one", {YEARS(BIRTH, 1)}, NULL, NULL, NULL, "2024-02-29", "2025-02-28"},
      {"born on a leap day, in a leap year", {YEARS(BIRTH, 4)}, NULL, NULL, NULL, "2024-02-29", "2028-02-29"},
      {"a leap day counted in days", {DAYS(GIVEN, 1)}, "2024-02-28", NULL, NULL, NULL, "2024-02-29"},
      {"no leap day counted in days", {DAYS(GIVEN, 1)}, "2025-02-28", NULL, NULL, NULL, "2025-03-01"},
      {"2100 is no leap year", {YEARS(GIVEN, 4)}, "2096-02-29", NULL, NULL, NULL, "2100-02-28"},
      {"2000 was one", {YEARS(BIRTH, 4)}, NULL, NULL, NULL, "1996-02-29", "2000-02-29"},
      {"31 January and a month", {MONTHS(GIVEN, 1)}, "2026-01-31", NULL, NULL, NULL, "2026-02-28"},
      {"31 January and a month, leap year", {MONTHS(GIVEN, 1)}, "2028-01-31", NULL, NULL, NULL, "2028-02-29"},
      {"31 March and a month", {MONTHS(GIVEN, 1)}, "2026-03-31", NULL, NULL, NULL, "2026-04-30"},
      {"31 October and four months", {MONTHS(GIVEN, 4)}, "2026-10-31", NULL, NULL, NULL, "2027-02-28"},
      {"30 November and a month stays the 30th", {MONTHS(GIVEN, 1)}, "2026-11-30", NULL, NULL, NULL, "2026-12-30"},
      {"over the turn of the year", {DAYS(GIVEN, 1)}, "2026-12-31", NULL, NULL, NULL, "2027-01-01"},
      {"two weeks", {DAYS(GIVEN, 14)}, "2026-02-20", NULL, NULL, NULL, "2026-03-06"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *const texts[] = {cases[i].given, cases[i].recorded, cases[i].closed, cases[i].born};
    int64_t at[4], ends = CLOCK_NEVER_MS;
    char shown[CLOCK_TEXT];
    size_t count = 0;
    for (size_t k = 0; k < 4; k++) {
      at[k] = CONSENT_UNKNOWN_MS;
      if (texts[k]) assert_int_equal(clock_parse_start(texts[k], &at[k]), ERR_OK);
    }
    if (cases[i].ends) assert_int_equal(clock_parse(cases[i].ends, &ends), ERR_OK);
    while (count < 3 && cases[i].rules[count].event) count++;
    struct consent_events events = {at[0], at[1], at[2], at[3], CONSENT_UNKNOWN_MS};
    int64_t got = consent_expiry_ms(cases[i].rules, count, &events);
    if (got != ends) fail_msg("%s: ends %s", cases[i].name, clock_format(got, shown));
  }
}

static void a_fixed_moment_binds_among_the_others(void **state) {
  (void)state;
  struct consent_events events = {.given_ms = 0,
                                  .recorded_ms = CONSENT_UNKNOWN_MS,
                                  .closed_ms = CLOCK_NEVER_MS, /* open, as the index says it */
                                  .born_ms = CONSENT_UNKNOWN_MS};
  struct consent_rule rules[] = {DAYS(GIVEN, 1), {CONSENT_UNTIL, .until_ms = 4711}, MONTHS(INVOLVEMENT, 1)};
  assert_int_equal(consent_expiry_ms(rules, 3, &events), 4711);
  rules[1].until_ms = 10 * CLOCK_DAY_MS;
  assert_int_equal(consent_expiry_ms(rules, 3, &events), 2 * CLOCK_DAY_MS - 1);
  assert_int_equal(consent_expiry_ms(rules + 2, 1, &events), CLOCK_NEVER_MS);
}

/* What waits for a day that has not come: where nothing known ends it earlier, the service's own end joins the rules. */
static void what_could_run_for_ever_is_capped(void **state) {
  (void)state;
  enum { MOST = 3, CAP = 24 };
  static const struct {
    const char *name;
    struct consent_rule rules[MOST];
    int64_t closed, accredited;
    size_t count;
    enum err result;
  } cases[] = {
      {"no rule", {{0}}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 0, ERR_OK},
      {"a rule that runs", {MONTHS(GIVEN, 60)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 1, ERR_OK},
      {"an open case", {MONTHS(INVOLVEMENT, 2)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 2, ERR_OK},
      {"an open case, as the index says it", {MONTHS(INVOLVEMENT, 2)}, CLOCK_NEVER_MS, CONSENT_UNKNOWN_MS, 2, ERR_OK},
      {"a closed case", {MONTHS(INVOLVEMENT, 2)}, 1000, CONSENT_UNKNOWN_MS, 1, ERR_OK},
      {"a training that goes on", {MONTHS(ACCREDITATION, 1)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 2, ERR_OK},
      {"an accreditation", {MONTHS(ACCREDITATION, 1)}, CONSENT_UNKNOWN_MS, 1000, 1, ERR_OK},
      {"open, and another ends earlier",
       {MONTHS(INVOLVEMENT, 2), DAYS(GIVEN, 5)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       2,
       ERR_OK},
      {"open, and another ends with the cap",
       {MONTHS(INVOLVEMENT, 2), MONTHS(GIVEN, CAP)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       2,
       ERR_OK},
      {"open, and another ends later",
       {MONTHS(INVOLVEMENT, 2), YEARS(GIVEN, 5)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       3,
       ERR_OK},
      {"a birthday that nobody knows", {YEARS(BIRTH, 25)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 1, ERR_OK},
      {"no room for it",
       {MONTHS(INVOLVEMENT, 2), MONTHS(ACCREDITATION, 1), YEARS(GIVEN, 5)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       3,
       ERR_USAGE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct consent_rule rules[MOST];
    size_t before = 0;
    memcpy(rules, cases[i].rules, sizeof rules);
    while (before < MOST && rules[before].event) before++;
    size_t count = before;
    struct consent_events events = {0, CONSENT_UNKNOWN_MS, cases[i].closed, CONSENT_UNKNOWN_MS, cases[i].accredited};
    enum err e = consent_cap(rules, &count, MOST, &events, CAP);
    if (e != cases[i].result || count != cases[i].count) fail_msg("%s: %d, %zu rules", cases[i].name, e, count);
    if (count > before && (rules[before].event != CONSENT_AFTER_GIVEN || rules[before].months != CAP))
      fail_msg("%s: another rule than the cap", cases[i].name);
    if (memcmp(rules, cases[i].rules, before * sizeof *rules) != 0) fail_msg("%s: a rule was changed", cases[i].name);
  }
}

static void training_that_comes_to_its_end_ends_it(void **state) {
  (void)state;
  const struct consent_rule rules[] = {MONTHS(ACCREDITATION, 1), {(enum consent_event)99, .days = 1}};
  struct consent_events events = {0, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS};
  int64_t ends;
  assert_int_equal(consent_expiry_ms(rules, 1, &events), CLOCK_NEVER_MS);
  assert_int_equal(clock_parse_start("2026-01-31", &events.accredited_ms), ERR_OK);
  assert_int_equal(clock_parse("2026-02-28", &ends), ERR_OK);
  assert_int_equal(consent_expiry_ms(rules, 1, &events), ends);
  assert_int_equal(consent_expiry_ms(rules, 2, &events), INT64_MIN); /* a rule that nobody can read does not run for ever */
}

int main(void) {
  if (clock_set_zone("UTC") != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(understands_rules),
      cmocka_unit_test(refuses_rules),
      cmocka_unit_test(the_earliest_rule_wins),
      cmocka_unit_test(a_fixed_moment_binds_among_the_others),
      cmocka_unit_test(what_could_run_for_ever_is_capped),
      cmocka_unit_test(training_that_comes_to_its_end_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
