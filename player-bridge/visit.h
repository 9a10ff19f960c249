/* Sessions of people who have signed in, here called visits (a session is a command's, vault/session.h). They live in locked
 * memory and end with the server. A browser keeps 32 random bytes; only their hash is kept here. */
#ifndef CLIPVAULT_BRIDGE_VISIT_H
#define CLIPVAULT_BRIDGE_VISIT_H

#include "vault/session.h"
#include "vault/totp.h"

#include <stddef.h>

enum {
  VISIT_KEY = 32,
  VISIT_MOST = 512,
  VISIT_EACH = 20, /* of one account */
  VISIT_IDLE_MS = 30 * 60 * 1000,
  VISIT_MOST_MS = 12 * 60 * 60 * 1000,
  VISIT_PROVEN_MS = 5 * 60 * 1000
};

#define VISIT_NEVER_MS (INT64_MIN / 2)

struct visit {
  uint64_t number; /* never reused; 0: none here */
  uint8_t hash[VISIT_KEY], csrf[VISIT_KEY];
  struct session_visitor visitor;
  int64_t began_ms, used_ms; /* steady */
  int64_t proven_ms;         /* when they last gave their password, and code: at the beginning, or since; or to whoever signed
                                them on, before. VISIT_NEVER_MS: nobody knows */
  bool with_code;            /* they have shown a code of their app: at the beginning, or since */
  bool signed_on;            /* a provider said who they are */
  bool enrolling; /* they were told the secret of an app, and have shown no code of it yet (player-bridge/enrolment.h) */
  uint8_t app[TOTP_SECRET]; /* that secret */
};
struct visits {
  struct visit *all; /* VISIT_MOST, in the arena */
  uint64_t last;
};

void visit_prepare(struct visits *v);
void visit_free(struct visits *v);
/* A new one, and the key that its browser keeps. ERR_BUSY if there are too many. */
enum err visit_begin(struct visits *v, const struct session_visitor *visitor, bool with_code, uint8_t key[VISIT_KEY],
                     struct visit **out);
/* The one with that key, used now; NULL if there is none or it is over. */
struct visit *visit_find(struct visits *v, const uint8_t key[VISIT_KEY]);
struct visit *visit_by_number(struct visits *v, uint64_t number);
/* The one of theirs that was used longest ago, if they have as many as one account may have: it makes place. Else NULL. */
struct visit *visit_surplus(struct visits *v, const struct id *account);
bool visit_is_over(const struct visit *v, int64_t now_ms);
bool visit_has_csrf(const struct visit *v, const uint8_t csrf[VISIT_KEY]);
/* Whether that was not long ago: what cannot be taken back is not done by whoever sits down at a screen that was left. */
bool visit_is_proven(const struct visit *v, int64_t now_ms);
void visit_end(struct visit *v); /* wipes it */
size_t visit_count(const struct visits *v);

#endif
