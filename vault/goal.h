/* Goals of a case, in the family's words, and how near they felt to each over time, from 1 to 10. Words and ratings are sealed
 * together under the key of the case. */
#ifndef CLIPVAULT_GOAL_H
#define CLIPVAULT_GOAL_H

#include "vault/vault.h"

enum { GOAL_TEXT = 1000, GOAL_MOST_RATINGS = 500, GOAL_BEST = 10 };

struct goal_rating {
  int64_t at_ms;
  struct id cycle; /* zero: of none */
  struct id by;
  uint8_t score; /* 1 … GOAL_BEST */
};
struct goal {
  struct index_goal row;
  int64_t made_ms;
  struct bytes text;    /* owned, as the next */
  struct bytes ratings; /* struct goal_rating, oldest first */
};
void goal_free(struct goal *g); /* wipes; takes any state */
#define goal_auto goal_free

/* Inside a transaction. ERR_USAGE unless the text has 1 to GOAL_TEXT bytes. */
enum err goal_add(struct vault *v, const struct id *kase, const char *text, struct id *out);
/* Inside a transaction, by the acting user. ERR_USAGE for another score, or a cycle of another case; ERR_REFUSED if there are as
 * many as there may be. */
enum err goal_rate(struct vault *v, struct goal *g, const struct goal_rating *rating);
/* ERR_MISSING, ERR_DATA. */
enum err goal_load(struct vault *v, const struct id *id, struct goal *out);

#endif
