/* Enrolling an authenticator app in a browser. The secret is told once and lies in the session, in locked memory; only when a
 * code of it comes back does it count, so that nobody is shut out by an app that did not take it. For oneself alone: what an
 * officer may do for others are commands (user totp, user reset). */
#ifndef CLIPVAULT_BRIDGE_ENROLMENT_H
#define CLIPVAULT_BRIDGE_ENROLMENT_H

#include "player-bridge/visit.h"
#include "player-bridge/wire_message.h"

struct monitor;

/* WIRE_ASK "app.begin": a new secret, as an app reads it. One that was told before counts no more. */
void enrolment_begin(struct monitor *m, const struct wire_message *ask, struct visit *visit);
/* WIRE_ASK "app.confirm": with a code of it, it is enrolled. A wrong code changes nothing, and another may be tried. */
void enrolment_confirm(struct monitor *m, const struct wire_message *ask, struct visit *visit);

#endif
