/* Addresses under which a film is given out: unguessable, bound to a user, a clip and a purpose, and short-lived.
 *
 *   of a session   serves again and again, to that session alone, as long as it lasts
 *   once           for a player without cookies (mpv, VLC): begun once, within a few minutes, and from then on the program's that
 *                  began it: a player asks for the same address at every seek, but for its first bytes only to begin
 * Only hashes of the addresses are kept. Pure but for memory and randomness; times are of a steady clock unless they say `until`.
 */
#ifndef CLIPVAULT_BRIDGE_TICKET_H
#define CLIPVAULT_BRIDGE_TICKET_H

#include "vault/index.h"
#include "vault/purpose.h"
#include "vault/session.h"

enum {
  TICKET_KEY = 32,
  TICKET_MOST = 1024,
  TICKET_EACH = 128,                /* of one account */
  TICKET_BEGIN_MS = 5 * 60 * 1000,  /* a one-time address must be used within */
  TICKET_PAUSE_MS = 30 * 60 * 1000, /* and lives so long without its player */
};

/* What is sealed beside a film and shown with it (docs/format.md, Derived objects). */
enum ticket_beside { TICKET_POSTER, TICKET_STRIP, TICKET_PEAKS, TICKET_FRAMES, TICKET_BESIDE, TICKET_FILM = TICKET_BESIDE };
const char *ticket_beside_name(enum ticket_beside n); /* "poster", the role of the object */

struct ticket {
  uint64_t number; /* never reused; 0: none here */
  bool once, begun, dead;
  bool lost; /* the bridge that had it was ended; not written down yet */
  uint8_t hash[TICKET_KEY];
  uint8_t peer[TICKET_KEY]; /* who began a one-time one */
  uint64_t visit;           /* number of the visit that it came from; 0: of none */
  struct session_visitor visitor;
  struct id clip;
  enum purpose purpose;
  char rendition[INDEX_WORD];
  int64_t until_ms;               /* by the clock: consents, the clip's end, the session */
  int64_t made_ms, used_ms;       /* steady */
  bool counted;                   /* this viewing has begun, and was counted */
  struct id by;                   /* the grant that it was counted on; zero: their own right */
  uint64_t film;                  /* with the bridge now, under this number; 0: not */
  uint64_t beside[TICKET_BESIDE]; /* the same of what is shown with it */
  uint32_t has;                   /* bits: what there is of that */
  int64_t began_ms, asked_ms;     /* when it was handed over; when it was last asked whether it still may be */
};
struct tickets {
  struct ticket *all; /* TICKET_MOST, in the arena */
  uint64_t last;
};

void ticket_prepare(struct tickets *t);
void ticket_free(struct tickets *t);
/* A new one, and its address; where there is no room, or the account has as many as one may have, the oldest that nobody sees
 * goes: in the second case of their own. ERR_BUSY if there is none such. */
enum err ticket_make(struct tickets *t, const struct ticket *about, uint8_t key[TICKET_KEY], struct ticket **out);
/* Whether that account sees as many films at once as one may. */
bool ticket_has_enough(const struct tickets *t, const struct id *account);
/* By address; NULL if there is none. A dead one is none. */
struct ticket *ticket_find(struct tickets *t, const uint8_t key[TICKET_KEY]);
/* By the number of the film or of something beside it. */
struct ticket *ticket_by_film(struct tickets *t, uint64_t film);
/* Where the number of that one stands, or with TICKET_FILM the film's. */
uint64_t *ticket_number(struct ticket *t, enum ticket_beside n);
/* Whether anything of it is with the bridge now. */
bool ticket_is_shown(const struct ticket *t);
/* Whether its own time is over (not that of the film). */
bool ticket_is_over(const struct ticket *t, int64_t steady_ms);
/* For whom a one-time address is: *allowed is false for anybody but who began it. The first becomes that. */
void ticket_claim(struct ticket *t, const uint8_t peer[TICKET_KEY], bool *allowed);
void ticket_forget(struct ticket *t);

#endif
