#include "ingest/worker/cadence.h"

#include <math.h>

enum { MOST_RATE = 60, USUAL_RATE = 25 };

static const struct cadence_rate common[] = {{5, 1},  {8, 1},        {10, 1},       {12, 1}, {15000, 1001}, {15, 1},
                                             {20, 1}, {24000, 1001}, {24, 1},       {25, 1}, {30000, 1001}, {30, 1},
                                             {48, 1}, {50, 1},       {60000, 1001}, {60, 1}};

static double value(struct cadence_rate rate) { return rate.num > 0 && rate.den > 0 ? (double)rate.num / rate.den : 0; }

static bool near(double a, double b) { return fabs(a - b) <= 0.01 * b; }

/* Rates that were measured ("369000/13657") are put at the common one they mean, if there is one. */
static bool find_common(struct cadence_rate rate, struct cadence_rate *out) {
  double nearest = 0.006 * value(rate);
  bool found = false;
  for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
    double apart = fabs(value(rate) - value(common[i]));
    if (apart > nearest) continue;
    nearest = apart;
    *out = common[i];
    found = true;
  }
  return found;
}

static struct cadence_rate tidy(struct cadence_rate rate) {
  struct cadence_rate meant;
  return find_common(rate, &meant) ? meant : rate;
}

static struct cadence_rate least_common_above(struct cadence_rate rate) {
  struct cadence_rate meant;
  if (find_common(rate, &meant)) return meant;
  for (size_t i = 0; i < sizeof common / sizeof *common; i++)
    if (value(common[i]) >= value(rate)) return common[i];
  return (struct cadence_rate){MOST_RATE, 1};
}

struct cadence_rate cadence_choose(struct cadence_rate nominal, struct cadence_rate average) {
  double stated = value(nominal), seen = value(average);
  bool plausible = stated >= 1 && stated <= MOST_RATE;
  if (plausible && (seen == 0 || near(stated, seen))) return tidy(nominal);
  if (plausible && stated > seen && stated < 1.5 * seen) return tidy(nominal);
  if (seen >= 1) return least_common_above(average);
  if (seen > 0) return (struct cadence_rate){1, 1};
  return (struct cadence_rate){USUAL_RATE, 1};
}

/* One in five hundred may go: damaged files have frames with equal times. */
static bool loses_none(const double *seconds, size_t count, struct cadence_rate rate) {
  struct cadence c = {0};
  int64_t fill;
  size_t lost = 0;
  for (size_t i = 0; i < count; i++) lost += !cadence_place(&c, (seconds[i] - seconds[0]) * value(rate), &fill);
  return lost <= count / 500;
}

/* Slower than any common rate, but at an even beat: a picture a second, whatever the container states. */
static bool is_slow_beat(const double *seconds, size_t count, struct cadence_rate rate) {
  if (value(rate) <= 0 || value(rate) >= 0.9 * value(common[0])) return false;
  for (size_t i = 0; i < count; i++) {
    double at = (seconds[i] - seconds[0]) * value(rate);
    if (fabs(at - round(at)) > 0.1) return false;
  }
  return loses_none(seconds, count, rate);
}

struct cadence_rate cadence_fit(const double *seconds, size_t count, struct cadence_rate nominal, struct cadence_rate average) {
  struct cadence_rate stated;
  if (is_slow_beat(seconds, count, average)) return average;
  bool credible = find_common(nominal, &stated);
  for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
    bool enough = value(common[i]) >= value(average) || near(value(common[i]), value(average));
    if (!enough || !loses_none(seconds, count, common[i])) continue;
    return credible && near(value(stated), value(common[i])) ? stated : common[i];
  }
  return (struct cadence_rate){MOST_RATE, 1};
}

bool cadence_varies(struct cadence_rate nominal, struct cadence_rate average) {
  return value(nominal) > 0 && value(average) > 0 && !near(value(nominal), value(average));
}

bool cadence_place(struct cadence *c, double at, int64_t *fill) {
  double gap = at - (double)c->next;
  /* The two thresholds lie more than one frame apart, so that jitter never drops and repeats in turn. */
  if (gap < -0.49) return false;
  int64_t repeats = gap > 0.6 ? llround(gap) : 0;
  c->next += repeats + 1;
  *fill = repeats;
  return true;
}
