/* Event streams (GET /api/events): what happens, told to those who are signed in and may know of it, while it happens.
 *
 *   upload   {"upload","state","offset"?,"length"?,"permille"?,"clip"?,"reason"?}   of whoever began it: arriving, waiting,
 * taking-in, live, quarantined, duplicate, refused, gone clip     {"clip","change","purposes","destroyed"}   of a clip that lists
 * show to whoever listens (vault/reach.h), now: came, changed, withdrawn, expired, ended; `purposes`: what it can no longer be
 * seen for viewing  {"clip","purpose","rendition","why"}   of what this very session was watching: it was stopped anew {"why"}
 * what was loaded before may be of yesterday: the stream was interrupted, too much happened at once, or somebody's rights are
 * others now
 *
 * A stream belongs to one session, keeps it alive no longer than it lasts anyway, and ends with it. Nothing is waited for and
 * nothing kept for later: the bridge has a bounded buffer for each and ends what is not read; a page comes back and loads anew.
 */
#ifndef CLIPVAULT_BRIDGE_EVENTS_H
#define CLIPVAULT_BRIDGE_EVENTS_H

#include "player-bridge/monitor.h"
#include "vault/upload.h"

/* Answers "events.open". Not for the fifth of a session, the seventeenth of an account (429), or where there are too many of all.
 */
void events_open(struct monitor *m, const struct wire_message *ask, const struct visit *visit);
void events_left(struct monitor *m, const struct wire_message *said); /* WIRE_LEFT */
void events_bridge_gone(struct monitor *m);                           /* with all streams */

/* Ends streams whose session is over, and tells what the log has since the last time. Not in the middle of a destruction. */
void events_turn(struct monitor *m);

/* This viewing was stopped. At any time: says, and asks the vault nothing. */
void events_viewing(struct monitor *m, const struct ticket *t, const char *why);

struct events_upload {
  struct id upload, account;
  const char *state;
  int64_t offset, length; /* -1: not told, as the next */
  int permille;
  struct id clip; /* zero: none */
  const char *reason;
};
/* At any time, too. */
void events_upload(struct monitor *m, const struct events_upload *what);

size_t events_count(const struct monitor *m); /* how many streams there are */

#endif
