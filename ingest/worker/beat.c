#include "ingest/worker/beat.h"

#include <math.h>
#include <stddef.h>

enum { MOST_AHEAD = 17 }; /* H.264 decodes at most 16 before one that is shown earlier */

static const double most_group_s = 1.1;
/* First and later times are each rounded to a tick. */
static const double most_off_ticks = 1.001, most_off_frames = 0.25;

void beat_begin(struct beat *b, struct cadence_rate rate, int tick_num, int tick_den) {
  double tick_s = (double)tick_num / tick_den;
  *b = (struct beat){.rate = rate, .ticks = (double)rate.den / rate.num / tick_s};
}

int64_t beat_place(const struct beat *b, int64_t time) { return llround(((double)time - (double)b->first) / b->ticks); }

static bool is_even(const struct beat *b, int64_t time, int64_t place) {
  double off = fabs((double)time - (double)b->first - (double)place * b->ticks);
  return off <= most_off_ticks && off <= most_off_frames * b->ticks;
}

/* Each place once, none left out; B-frames make for a little disorder. (More of it than a film with two in a row can have is let
 * pass here: then there are more, which is the better reason.) */
static bool fill(struct beat *b, int64_t place) {
  if (place < b->next || place - b->next >= MOST_AHEAD || b->ahead >> (place - b->next) & 1) return false;
  b->ahead |= UINT64_C(1) << (place - b->next);
  for (; b->ahead & 1; b->ahead >>= 1) b->next++;
  return true;
}

static void count_b_frames(struct beat *b, int64_t place) {
  b->b_frames = place < b->highest ? b->b_frames + 1 : 0;
  if (place > b->highest) b->highest = place;
}

const char *beat_add(struct beat *b, int64_t time, bool key) {
  if (b->packets == 0) {
    if (!key) return "it does not begin with a key frame";
    b->first = time;
  }
  int64_t place = beat_place(b, time);
  if (!is_even(b, time, place)) return "its frames do not come at an even beat";
  if (key && b->next != place) return "its frames do not come at an even beat";
  if (!fill(b, place)) return "its frames do not come at an even beat";
  count_b_frames(b, place);
  if (b->b_frames > BEAT_MOST_B) return "more than two B-frames in a row";
  if (key) b->key = place, b->key_frames++;
  if ((double)(place - b->key) * b->rate.den > most_group_s * b->rate.num) return "its key frames are more than a second apart";
  int64_t late = (int64_t)b->packets - place;
  if (late > b->delay) b->delay = late;
  b->packets++;
  return NULL;
}

const char *beat_end(const struct beat *b) {
  if (b->packets == 0) return "it has no frames";
  return b->ahead ? "its frames do not come at an even beat" : NULL;
}
