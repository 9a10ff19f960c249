#include "vault/training.h"

static const struct training_stage begins[TRAINING_STAGES] = {
    {.of_cycles = 6, .of_minutes = 7 * 60},
    {.of_cycles = 9, .of_minutes = 8 * 60},
    {.of_cycles = 12, .of_minutes = 8 * 60, .needs_external = true},
};

void training_progress(const struct training_step steps[], size_t count, struct training_stage out[TRAINING_STAGES]) {
  unsigned stage = 0;
  for (unsigned i = 0; i < TRAINING_STAGES; i++) out[i] = begins[i];
  for (size_t i = 0; i < count && stage < TRAINING_STAGES; i++) {
    struct training_stage *s = &out[stage];
    s->cycles++;
    s->minutes += steps[i].minutes;
    s->done = s->cycles >= s->of_cycles && s->minutes >= s->of_minutes && (!s->needs_external || steps[i].external);
    if (s->done) stage++;
  }
}
