/* The part of check that looks at what was said in review: remarks, cycles, goals, what waits for supervisors and what they
 * signed must open, and be those that were sealed. */
#ifndef CLIPVAULT_CHECK_REVIEW_H
#define CLIPVAULT_CHECK_REVIEW_H

#include "vault/check.h"

enum err check_review(struct vault *v, struct check *c);

#endif
