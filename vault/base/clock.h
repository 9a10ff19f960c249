/* Time: milliseconds since 1970-01-01T00:00Z in an int64_t, `_ms` in every name.
 *
 * A release build asks the system. A build made with `make TEST_CLOCK=1` (CLIPVAULT_TEST_HOOKS) obeys
 * CLIPVAULT_TEST_NOW=RFC3339; `make lint` proves that a release does not contain that name. */
#ifndef CLIPVAULT_BASE_CLOCK_H
#define CLIPVAULT_BASE_CLOCK_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT = 25 };
#define CLOCK_DAY_MS ((int64_t)24 * 60 * 60 * 1000)
/* "Never": later than any date that can be written. */
#define CLOCK_NEVER_MS INT64_MAX

int64_t clock_now_ms(void);
/* Since some moment that is the same for the whole run; for measuring how long things take, nobody can set it. */
int64_t clock_steady_ms(void);

/* In which zone days end. NULL or "" keeps the system's. ERR_CONFIG if the zone is unknown. */
enum err clock_set_zone(const char *zone);

/* RFC 3339 UTC with seconds, "2026-11-24T09:30:00Z"; "never" for CLOCK_NEVER_MS and what lies beyond the year
 * 9999, "unknown" before the year 1000. Returns out. */
const char *clock_format(int64_t at_ms, char out[CLOCK_TEXT]);

/* YYYY-MM-DD (the last millisecond of that day in the configured zone) or a full RFC 3339 time with offset.
 * ERR_USAGE, saying what is accepted, otherwise. Years 1900 to 9999. */
enum err clock_parse(const char *text, int64_t *at_ms);
/* The same, but a plain date means the day's first moment (for "recorded on", "born on"). */
enum err clock_parse_start(const char *text, int64_t *at_ms);

/* The end of the day that lies `days`, `months` or `years` after the day of `from_ms`, in the configured zone.
 * A day that the month lacks becomes its last one (31 January + 1m = 28 February). */
int64_t clock_add_ms(int64_t from_ms, int years, int months, int days);

#endif
