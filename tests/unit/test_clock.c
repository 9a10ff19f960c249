/* Time: what is read and written, and when a day ends, in zones and on days where that is not simple. */
#include "vault/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEVER CLOCK_NEVER_MS

static void zone(const char *name) {
  if (clock_set_zone(name) != ERR_OK) fail_msg("zone %s: %s", name, err_text());
}

/* A full time with its offset, so that no zone has a part in what is expected. */
static int64_t exactly(const char *text) {
  int64_t at = 77;
  if (clock_parse(text, &at) != ERR_OK) fail_msg("%s: %s", text, err_text());
  return at;
}

/* ---- reading and writing moments */
static void reads_full_times(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t at_ms;
  } rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01 00:00:01Z", 1000},
      {"1970-01-01T01:00:00+01:00", 0},
      {"1969-12-31T18:30:00-05:30", 0},
      {"1970-01-01T00:00:00-00:00", 0},
      {"1970-01-01T23:59:00+23:59", 0},
      {"1970-01-01T00:00:00.5Z", 500},
      {"1970-01-01T00:00:00.05Z", 50},
      {"1970-01-01T00:00:00.999999Z", 999},
      {"1970-01-01T00:00:00.123+00:00", 123},
      {"1969-12-31T23:59:59.999Z", -1},
      {"1969-12-31T23:59:59Z", -1000},
      {"1900-01-01T00:00:00Z", -2208988800000},
      {"2000-02-29T12:00:00Z", 951825600000},
      {"2016-12-31T23:59:60Z", 1483228800000}, /* a leap second is the next one */
      {"9999-12-31T23:59:59Z", 253402300799000},
  };
  zone("America/New_York"); /* plays no part */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t at = exactly(rows[i].text), start;
    if (at != rows[i].at_ms) fail_msg("%s is %lld", rows[i].text, (long long)at);
    if (clock_parse_start(rows[i].text, &start) != ERR_OK || start != at) fail_msg("%s has another start", rows[i].text);
  }
}

static void refuses_what_is_no_date(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "2026",
      "2026-11",
      "2026-1-1",
      "26-11-24",
      "2026-13-01",
      "2026-00-01",
      "2026-11-00",
      "2026-11-31",
      "2026-02-29",
      "1900-02-29",
      "1899-12-31",
      "10000-01-01",
      "2026/11/24",
      "24.11.2026",
      "20261124",
      " 2026-11-24",
      "2026-11-24 ",
      "2026-11-24x",
      "+2026-11-24",
      "never",
      "today",
      "2026-11-24T",
      "2026-11-24T17:30",
      "2026-11-24T17:30Z",
      "2026-11-24T17:30:00",
      "2026-11-24T24:00:00Z",
      "2026-11-24T17:60:00Z",
      "2026-11-24T17:30:61Z",
      "2026-11-24T17:30:00.Z",
      "2026-11-24T17:30:00,5Z",
      "2026-11-24T17:30:00Zx",
      "2026-11-24T17:30:00+1:00",
      "2026-11-24T17:30:00+24:00",
      "2026-11-24T17:30:00+01:60",
      "2026-11-24T17:30:00+0100",
      "2026-11-24T17:30:00+01",
      "2026-11-24T7:30:00Z",
      "2026-11-24_17:30:00Z",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    int64_t at = 77;
    if (clock_parse(texts[i], &at) != ERR_USAGE || clock_parse_start(texts[i], &at) != ERR_USAGE)
      fail_msg("\"%s\" was read as %lld", texts[i], (long long)at);
    if (!strstr(err_text(), "is not a date: write 2026-11-24, or")) fail_msg("\"%s\": %s", texts[i], err_text());
    if (at != 77) fail_msg("\"%s\" was refused and yet written", texts[i]);
  }
}

static void writes_moments(void **state) {
  (void)state;
  static const struct {
    int64_t at_ms;
    const char *text;
  } rows[] = {
      {0, "1970-01-01T00:00:00Z"},
      {999, "1970-01-01T00:00:00Z"},
      {-1, "1969-12-31T23:59:59Z"},
      {-1000, "1969-12-31T23:59:59Z"},
      {-1001, "1969-12-31T23:59:58Z"},
      {1483228799999, "2016-12-31T23:59:59Z"},
      {-2208988800000, "1900-01-01T00:00:00Z"},
      {253402300799999, "9999-12-31T23:59:59Z"},
      {253402300800000, "never"},
      {NEVER - 1, "never"},
      {-30610224000000, "1000-01-01T00:00:00Z"},
      {-30610224000001, "unknown"},
      {INT64_MIN + 1, "unknown"},
      {INT64_MIN, "unknown"},
      {NEVER, "never"},
  };
  zone("Asia/Kathmandu"); /* plays no part */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[CLOCK_TEXT];
    if (strcmp(clock_format(rows[i].at_ms, text), rows[i].text) != 0) fail_msg("%lld is %s", (long long)rows[i].at_ms, text);
  }
}

/* ---- days in a zone */
static const struct {
  const char *zone, *day, *first, *last; /* the day's first and last moment */
} days[] = {
    {"UTC", "2026-11-24", "2026-11-24T00:00:00Z", "2026-11-24T23:59:59.999Z"},
    {"Europe/London", "2026-11-24", "2026-11-24T00:00:00Z", "2026-11-24T23:59:59.999Z"},
    {"Europe/London", "2026-07-01", "2026-07-01T00:00:00+01:00", "2026-07-01T23:59:59.999+01:00"},
    /* 23 and 25 hours */
    {"Europe/London", "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:59:59.999+01:00"},
    {"Europe/London", "2026-10-25", "2026-10-25T00:00:00+01:00", "2026-10-25T23:59:59.999Z"},
    {"America/New_York", "2026-03-08", "2026-03-08T00:00:00-05:00", "2026-03-08T23:59:59.999-04:00"},
    {"America/New_York", "2026-11-01", "2026-11-01T00:00:00-04:00", "2026-11-01T23:59:59.999-05:00"},
    /* half and quarter hours */
    {"Asia/Kathmandu", "2026-01-01", "2026-01-01T00:00:00+05:45", "2026-01-01T23:59:59.999+05:45"},
    {"Australia/Lord_Howe", "2026-04-05", "2026-04-05T00:00:00+11:00", "2026-04-05T23:59:59.999+10:30"},
    /* the far ends */
    {"Pacific/Kiritimati", "2026-12-31", "2026-12-31T00:00:00+14:00", "2026-12-31T23:59:59.999+14:00"},
    {"Pacific/Pago_Pago", "2026-12-31", "2026-12-31T00:00:00-11:00", "2026-12-31T23:59:59.999-11:00"},
    /* midnight does not exist: the day begins at one o'clock */
    {"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", "2018-11-04T23:59:59.999-02:00"},
    {"America/Sao_Paulo", "2018-11-03", "2018-11-03T00:00:00-03:00", "2018-11-03T23:59:59.999-03:00"},
    {"Asia/Beirut", "2024-03-31", "2024-03-31T01:00:00+03:00", "2024-03-31T23:59:59.999+03:00"},
    {"Asia/Beirut", "2024-03-30", "2024-03-30T00:00:00+02:00", "2024-03-30T23:59:59.999+02:00"},
    /* the hour before midnight comes twice */
    {"Africa/Cairo", "2024-10-31", "2024-10-31T00:00:00+03:00", "2024-10-31T23:59:59.999+02:00"},
    /* midnight itself comes twice: the day begins the first time */
    {"America/Havana", "2024-11-03", "2024-11-03T00:00:00-04:00", "2024-11-03T23:59:59.999-05:00"},
    {"America/Havana", "2024-11-02", "2024-11-02T00:00:00-04:00", "2024-11-02T23:59:59.999-04:00"},
    {"Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z", "2024-10-27T23:59:59.999-01:00"},
    {"Atlantic/Azores", "2024-10-26", "2024-10-26T00:00:00Z", "2024-10-26T23:59:59.999Z"},
    /* 30 December 2011 did not happen in Samoa */
    {"Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00", "2011-12-29T23:59:59.999-10:00"},
    {"Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00", "2011-12-31T23:59:59.999+14:00"},
    /* long ago */
    {"UTC", "1969-12-31", "1969-12-31T00:00:00Z", "1969-12-31T23:59:59.999Z"},
    {"UTC", "1900-01-01", "1900-01-01T00:00:00Z", "1900-01-01T23:59:59.999Z"},
    {"UTC", "9999-12-31", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999Z"},
};

/* mktime() may remember what it was asked before; a summer's and a winter's question must make no difference. */
static void ask_before(const char *day) {
  int64_t ignored;
  if (clock_parse_start(day, &ignored) != ERR_OK) fail_msg("%s: %s", day, err_text());
}

static void days_begin_and_end(void **state) {
  (void)state;
  static const char *const before[] = {"2023-07-01", "2023-12-31"};
  for (size_t i = 0; i < sizeof days / sizeof *days; i++)
    for (size_t k = 0; k < 2; k++) {
      int64_t first, last;
      zone(days[i].zone);
      ask_before(before[k]);
      if (clock_parse_start(days[i].day, &first) != ERR_OK || first != exactly(days[i].first))
        fail_msg("%s, %s begins at %lld, asked after %s", days[i].day, days[i].zone, (long long)first, before[k]);
      ask_before(before[k]);
      if (clock_parse(days[i].day, &last) != ERR_OK || last != exactly(days[i].last))
        fail_msg("%s, %s ends at %lld, asked after %s", days[i].day, days[i].zone, (long long)last, before[k]);
    }
}

static void adds_in_calendar_days(void **state) {
  (void)state;
  static const struct {
    const char *zone, *from;
    int years, months, days;
    const char *until;
  } rows[] = {
      {"UTC", "2026-01-10T12:34:56Z", 0, 0, 0, "2026-01-10T23:59:59.999Z"},
      {"UTC", "2026-01-10T23:59:59.999Z", 0, 0, 1, "2026-01-11T23:59:59.999Z"},
      {"UTC", "2026-01-31T00:00:00Z", 0, 1, 0, "2026-02-28T23:59:59.999Z"},
      {"UTC", "2024-02-29T00:00:00Z", 1, 0, 0, "2025-02-28T23:59:59.999Z"},
      {"UTC", "2026-12-31T00:00:00Z", 0, 2, 0, "2027-02-28T23:59:59.999Z"},
      {"UTC", "2026-01-31T00:00:00Z", 0, 1, 1, "2026-03-01T23:59:59.999Z"}, /* the month first, then the day */
      {"UTC", "2026-01-01T00:00:00Z", 0, 0, 365, "2027-01-01T23:59:59.999Z"},
      {"UTC", "2026-06-15T00:00:00Z", 1, 25, 0, "2029-07-15T23:59:59.999Z"},
      /* in the zone's day, not in Greenwich's */
      {"Europe/London", "2026-06-30T23:30:00Z", 0, 0, 0, "2026-07-01T23:59:59.999+01:00"},
      {"America/New_York", "2026-01-01T03:00:00Z", 0, 0, 0, "2025-12-31T23:59:59.999-05:00"},
      /* across the change of the clock: still the end of the day */
      {"Europe/London", "2026-03-28T12:00:00Z", 0, 0, 1, "2026-03-29T23:59:59.999+01:00"},
      {"Europe/London", "2026-10-24T12:00:00Z", 0, 0, 1, "2026-10-25T23:59:59.999Z"},
      {"Europe/London", "2026-01-31T12:00:00Z", 0, 5, 0, "2026-06-30T23:59:59.999+01:00"},
      {"America/Havana", "2024-11-01T12:00:00Z", 0, 0, 1, "2024-11-02T23:59:59.999-04:00"},
      /* before 1970 */
      {"UTC", "1961-05-04T00:00:00Z", 25, 0, 0, "1986-05-04T23:59:59.999Z"},
      {"UTC", "1969-12-31T23:59:59.999Z", 0, 0, 0, "1969-12-31T23:59:59.999Z"},
      {"UTC", "1965-03-01T23:59:59.999Z", 0, 0, 1, "1965-03-02T23:59:59.999Z"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    zone(rows[i].zone);
    int64_t got = clock_add_ms(exactly(rows[i].from), rows[i].years, rows[i].months, rows[i].days);
    char text[CLOCK_TEXT];
    if (got != exactly(rows[i].until))
      fail_msg("%s + %dy %dm %dd in %s is %s", rows[i].from, rows[i].years, rows[i].months, rows[i].days, rows[i].zone,
               clock_format(got, text));
  }
  static const int64_t odd[][2] = {{NEVER, NEVER},
                                   {NEVER - 1, NEVER},
                                   {253402300800000, NEVER}, /* from, until */
                                   {INT64_MIN, INT64_MIN},
                                   {INT64_MIN + 1, INT64_MIN + 1}};
  zone("UTC");
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    if (clock_add_ms(odd[i][0], 150, 1800, 9999) != odd[i][1]) fail_msg("%lld was moved", (long long)odd[i][0]);
}

static void zones(void **state) {
  (void)state;
  static const char *const wrong[] = {"Nowhere/Never", "../etc/passwd", "/etc/localtime", "Europe/../../../../etc/passwd",
                                      "Europe/Londn",  "utc "};
  setenv("TZ", "Asia/Tokyo", 1);
  assert_int_equal(clock_set_zone(NULL), ERR_OK);
  assert_int_equal(clock_set_zone(""), ERR_OK);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    if (clock_set_zone(wrong[i]) != ERR_CONFIG) fail_msg("there is a zone \"%s\"", wrong[i]);
    if (!strstr(err_text(), "is unknown; write it as in Europe/London")) fail_msg("\"%s\": %s", wrong[i], err_text());
  }
  assert_string_equal(getenv("TZ"), "Asia/Tokyo");
}

/* ---- now */
static void the_test_clock_is_obeyed_only_where_it_is_built_in(void **state) {
  (void)state;
  setenv("CLIPVAULT_TEST_NOW", "2001-02-03T04:05:06Z", 1);
  int64_t now = clock_now_ms(), moved = exactly("2001-02-03T04:05:06Z");
  unsetenv("CLIPVAULT_TEST_NOW");
#ifdef CLIPVAULT_TEST_HOOKS
  assert_int_equal(now, moved);
#else
  assert_true(now > moved + 365 * CLOCK_DAY_MS);
#endif
  int64_t before = clock_now_ms(), after = clock_now_ms();
  assert_true(after >= before && after - before < CLOCK_DAY_MS);
  assert_true(before > exactly("2024-01-01T00:00:00Z"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_full_times),
      cmocka_unit_test(refuses_what_is_no_date),
      cmocka_unit_test(writes_moments),
      cmocka_unit_test(days_begin_and_end),
      cmocka_unit_test(adds_in_calendar_days),
      cmocka_unit_test(zones),
      cmocka_unit_test(the_test_clock_is_obeyed_only_where_it_is_built_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
