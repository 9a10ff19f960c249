/* How far training is: stages of 6, 9 and 12 cycles with 7, 8 and 8 hours, and how hours are read. */
#include "vault/sign_off.h"
#include "vault/training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void stages(void **state) {
  (void)state;
  static const struct {
    unsigned count;
    uint32_t minutes;
    bool external;      /* the last one */
    unsigned cycles[3]; /* that count for each stage */
    const char *done;   /* "y" or "n" for each */
  } rows[] = {
      {0, 60, false, {0, 0, 0}, "nnn"},
      {5, 100, false, {5, 0, 0}, "nnn"},
      {6, 69, false, {6, 0, 0}, "nnn"}, /* cycles enough, hours not: 414 of 420 minutes */
      {6, 70, false, {6, 0, 0}, "ynn"},
      {7, 69, false, {7, 0, 0}, "ynn"}, /* the seventh makes up for it */
      {7, 70, false, {6, 1, 0}, "ynn"},
      {15, 70, false, {6, 9, 0}, "yyn"},
      {26, 70, false, {6, 9, 11}, "yyn"},
      {27, 70, false, {6, 9, 12}, "yyn"}, /* the last stage ends with an external supervisor */
      {27, 70, true, {6, 9, 12}, "yyy"},
      {28, 70, true, {6, 9, 13}, "yyy"},
      {20, 600, false, {6, 9, 5}, "yyn"}, /* hours are not carried over */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct training_step steps[40] = {0};
    struct training_stage got[TRAINING_STAGES];
    for (unsigned k = 0; k < rows[i].count; k++) steps[k].minutes = rows[i].minutes;
    if (rows[i].count) steps[rows[i].count - 1].external = rows[i].external;
    training_progress(steps, rows[i].count, got);
    for (unsigned s = 0; s < TRAINING_STAGES; s++)
      if (got[s].cycles != rows[i].cycles[s] || got[s].done != (rows[i].done[s] == 'y') ||
          got[s].minutes != rows[i].cycles[s] * rows[i].minutes)
        fail_msg("row %zu, stage %u: %u cycles, done %d", i, s + 1, got[s].cycles, got[s].done);
  }
  struct training_step all[40];
  struct training_stage got[TRAINING_STAGES];
  for (int i = 0; i < 40; i++) all[i] = (struct training_step){.minutes = 120, .external = true};
  training_progress(all, 40, got);
  assert_int_equal(got[2].cycles, 12); /* what comes behind counts for nothing */
}

static void hours(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint32_t minutes; /* 0: not understood */
  } rows[] = {{"1", 60},    {"1.5", 90}, {"0.75", 45}, {"0.25", 15}, {"24", 1440}, {"7.00", 420}, {"0", 0},
              {"0.0", 0},   {"25", 0},   {"24.5", 0},  {"1.", 0},    {".5", 0},    {"-1", 0},     {"1,5", 0},
              {"1.333", 0}, {"1.01", 0}, {"", 0},      {"1h", 0},    {"100", 0},   {"0.05", 3}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t minutes = 0;
    enum err e = sign_off_parse_hours(rows[i].text, &minutes);
    if (e != (rows[i].minutes ? ERR_OK : ERR_USAGE) || minutes != rows[i].minutes) fail_msg("%s: %u", rows[i].text, minutes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(stages), cmocka_unit_test(hours)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
