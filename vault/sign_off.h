/* A cycle that a supervisor signed, with the time that supervision took. What counts for training lies under the system key
 * users: it is the practitioner's, and outlives the family's data; what was said of the cycle lies under the key of its case. */
#ifndef CLIPVAULT_SIGN_OFF_H
#define CLIPVAULT_SIGN_OFF_H

#include "vault/cycle.h"

enum { SIGN_OFF_NOTE = 4000, SIGN_OFF_MOST_MINUTES = 24 * 60 };

struct sign_off {
  struct index_sign_off row;
  struct id supervisor;
  bool external; /* the supervisor was from another service, then */
  uint32_t minutes;
  int64_t at_ms;
  struct bytes note; /* owned */
};
void sign_off_free(struct sign_off *s); /* wipes; takes any state */
#define sign_off_auto sign_off_free

/* "7", "1.5", "0.25" hours as minutes; ERR_USAGE unless it is 1 to SIGN_OFF_MOST_MINUTES whole minutes. */
enum err sign_off_parse_hours(const char *text, uint32_t *minutes);
/* Inside a transaction, by the acting user. ERR_REFUSED if it was signed already, or is a case of their own. */
enum err sign_off_make(struct vault *v, const struct cycle *c, uint32_t minutes, const char *note, struct id *out);
/* ERR_MISSING until it was signed; ERR_DATA if the row is not what was sealed. */
enum err sign_off_load(struct vault *v, const struct id *cycle, struct sign_off *out);

#endif
