/* Costs of one step that is done many times: CPU of this process (the kernel's work for it included) and wall time.
 * What programs that measure share; medians, because a shared machine makes outliers and never makes anything faster. */
#ifndef CLIPVAULT_TESTS_BENCH_SAMPLE_H
#define CLIPVAULT_TESTS_BENCH_SAMPLE_H

#include "vault/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLE_MOST = 1000 };

struct sample {
  double cpu_us[SAMPLE_MOST], wall_ms[SAMPLE_MOST];
  size_t count;
  double cpu_start_us, wall_start_ms;
};

/* A measurement that fails measures nothing. */
static inline void must(enum err e) {
  if (e == ERR_OK) return;
  fprintf(stderr, "%s\n", err_text());
  exit((int)e);
}

static inline double sample_clock(clockid_t clock, double per_second) {
  struct timespec t;
  clock_gettime(clock, &t);
  return ((double)t.tv_sec + (double)t.tv_nsec / 1e9) * per_second;
}

static inline void sample_begin(struct sample *s) {
  s->wall_start_ms = sample_clock(CLOCK_MONOTONIC, 1e3);
  s->cpu_start_us = sample_clock(CLOCK_PROCESS_CPUTIME_ID, 1e6);
}

static inline void sample_end(struct sample *s) {
  if (s->count == SAMPLE_MOST) return;
  s->cpu_us[s->count] = sample_clock(CLOCK_PROCESS_CPUTIME_ID, 1e6) - s->cpu_start_us;
  s->wall_ms[s->count++] = sample_clock(CLOCK_MONOTONIC, 1e3) - s->wall_start_ms;
}

static inline int sample_order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* The value below which `percent` of them lie; sorts. */
static inline double sample_at(double v[], size_t count, size_t percent) {
  qsort(v, count, sizeof *v, sample_order);
  return count ? v[(count - 1) * percent / 100] : 0;
}

#endif
