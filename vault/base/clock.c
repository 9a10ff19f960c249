#include "vault/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#ifdef CLIPVAULT_TEST_HOOKS
static bool test_now(int64_t *now) {
  const char *text = getenv("CLIPVAULT_TEST_NOW");
  return text && clock_parse(text, now) == ERR_OK;
}
#endif

int64_t clock_now_ms(void) {
  struct timespec now;
#ifdef CLIPVAULT_TEST_HOOKS
  int64_t moved;
  if (test_now(&moved)) return moved;
#endif
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_steady_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum err clock_set_zone(const char *zone) {
  if (!zone || !*zone) return ERR_OK;
  char path[300];
  struct stat st;
  bool sane = !strstr(zone, "..") && zone[0] != '/' && strlen(zone) < 200;
  snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
  if (strcmp(zone, "UTC") != 0 && (!sane || stat(path, &st)))
    return err_set(ERR_CONFIG, "the time zone \"%.60s\" is unknown; write it as in Europe/London", zone);
  setenv("TZ", zone, 1);
  tzset();
  return ERR_OK;
}

/* Rounded down, before 1970 too: the last millisecond of a day belongs to that day. */
static time_t seconds_of(int64_t at_ms) { return (time_t)(at_ms / 1000 - (at_ms % 1000 < 0)); }

const char *clock_format(int64_t at_ms, char out[CLOCK_TEXT]) {
  time_t seconds = seconds_of(at_ms);
  struct tm tm;
  if (at_ms == CLOCK_NEVER_MS || !gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900)
    return memcpy(out, "never", sizeof "never");
  if (tm.tm_year < 1000 - 1900) return memcpy(out, "unknown", sizeof "unknown");
  strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return out;
}

/* Exactly `count` digits at *text as a number; moves on. */
static bool digits(const char **text, int count, int least, int most, int *out) {
  int v = 0;
  for (int i = 0; i < count; i++, (*text)++) {
    if (**text < '0' || **text > '9') return false;
    v = v * 10 + (**text - '0');
  }
  *out = v;
  return v >= least && v <= most;
}

static bool literal(const char **text, const char *accepted) {
  if (!**text || !strchr(accepted, **text)) return false;
  (*text)++;
  return true;
}

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

static bool parse_date(const char **text, int *year, int *month, int *day) {
  return digits(text, 4, 1900, 9999, year) && literal(text, "-") && digits(text, 2, 1, 12, month) && literal(text, "-") &&
         digits(text, 2, 1, 31, day) && *day <= days_in(*year, *month);
}

/* "12:30:00.25Z" or with an offset, after a date. */
static bool parse_time(const char *text, int year, int month, int day, int64_t *at_ms) {
  int hour, minute, second, zone_hour = 0, zone_minute = 0, fraction_ms = 0;
  if (!digits(&text, 2, 0, 23, &hour) || !literal(&text, ":") || !digits(&text, 2, 0, 59, &minute) || !literal(&text, ":") ||
      !digits(&text, 2, 0, 60, &second))
    return false;
  if (*text == '.') {
    if (text++, *text < '0' || *text > '9') return false;
    for (int weight = 100; *text >= '0' && *text <= '9'; text++, weight /= 10) fraction_ms += weight * (*text - '0');
  }
  int sign = *text == '-' ? -1 : 1;
  if (!literal(&text, "Zz")) {
    if (!literal(&text, "+-") || !digits(&text, 2, 0, 23, &zone_hour) || !literal(&text, ":") ||
        !digits(&text, 2, 0, 59, &zone_minute))
      return false;
  }
  if (*text) return false;
  struct tm tm = {
      .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
  *at_ms = ((int64_t)timegm(&tm) - sign * (int64_t)(zone_hour * 60 + zone_minute) * 60) * 1000 + fraction_ms;
  return true;
}

static bool is_on(time_t at, const struct tm *day) {
  struct tm tm;
  return localtime_r(&at, &tm) && tm.tm_year == day->tm_year && tm.tm_yday == day->tm_yday;
}

/* The first moment of a day in the configured zone; mktime normalises day + 1. It is asked for noon, which every day has
 * once: there are days without a midnight and days with two, and for those its answer depends on what it was asked before. */
static int64_t start_of_day_ms(int year, int month, int day) {
  enum { STEP = 1800, HALF_A_DAY = 12 * 60 * 60 };
  struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12, .tm_isdst = -1};
  time_t at = mktime(&tm);
  if (at == -1) return CLOCK_NEVER_MS; /* beyond what a calendar can count */
  at -= HALF_A_DAY;
  while (!is_on(at, &tm)) at += STEP;
  while (is_on(at - STEP, &tm)) at -= STEP;
  return (int64_t)at * 1000;
}

static enum err parse(const char *text, bool end_of_day, int64_t *at_ms) {
  const char *next = text;
  int year, month, day;
  if (parse_date(&next, &year, &month, &day)) {
    if (!*next) {
      *at_ms = end_of_day ? start_of_day_ms(year, month, day + 1) - 1 : start_of_day_ms(year, month, day);
      return ERR_OK;
    }
    if (literal(&next, "Tt ") && parse_time(next, year, month, day, at_ms)) return ERR_OK;
  }
  return err_set(ERR_USAGE, "\"%.40s\" is not a date: write 2026-11-24, or a full time such as 2026-11-24T17:30:00Z", text);
}

enum err clock_parse(const char *text, int64_t *at_ms) { return parse(text, true, at_ms); }
enum err clock_parse_start(const char *text, int64_t *at_ms) { return parse(text, false, at_ms); }

int64_t clock_add_ms(int64_t from_ms, int years, int months, int days) {
  time_t seconds = seconds_of(from_ms);
  struct tm tm;
  if (from_ms == CLOCK_NEVER_MS || !localtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900) return CLOCK_NEVER_MS;
  if (tm.tm_year < 1000 - 1900) return from_ms; /* no date that anyone wrote: whatever is added, it is over */
  int month_count = (tm.tm_year + 1900 + years) * 12 + tm.tm_mon + months;
  int year = month_count / 12, month = month_count % 12 + 1;
  int day = tm.tm_mday < days_in(year, month) ? tm.tm_mday : days_in(year, month);
  return start_of_day_ms(year, month, day + days + 1) - 1;
}
