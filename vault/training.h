/* How far somebody's training is: stages of 6, 9 and 12 cycles with 7, 8 and 8 hours of supervision, the last one ended by an
 * external supervisor. Pure. */
#ifndef CLIPVAULT_TRAINING_H
#define CLIPVAULT_TRAINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRAINING_STAGES = 3 };

struct training_step { /* a cycle that was signed off */
  uint32_t minutes;
  bool external;
};
struct training_stage {
  unsigned cycles, of_cycles;
  uint32_t minutes, of_minutes;
  bool needs_external; /* the step that ends it is an external supervisor's */
  bool done;
};
/* Steps in the order in which they were signed. Each counts for one stage, the first that is not done; once all are done, for
 * none. */
void training_progress(const struct training_step steps[], size_t count, struct training_stage out[TRAINING_STAGES]);

#endif
