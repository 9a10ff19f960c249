/* Uploads as the API asks for them, and the bodies that come with them. The bridge passes bodies on as they come (WIRE_BODY) and
 * is told when they were taken (WIRE_TAKEN): the monitor seals them, so no key of an upload ever leaves it. */
#ifndef CLIPVAULT_BRIDGE_UPLOADS_H
#define CLIPVAULT_BRIDGE_UPLOADS_H

#include "player-bridge/wire_message.h"

struct monitor;
struct visit;

/* One question of somebody who has signed in, answered at once. */
void uploads_create(struct monitor *m, const struct wire_message *ask, const struct visit *visit);
void uploads_tell_offset(struct monitor *m, const struct wire_message *ask, const struct visit *visit);
void uploads_show(struct monitor *m, const struct wire_message *ask, const struct visit *visit);
void uploads_end(struct monitor *m, const struct wire_message *ask, const struct visit *visit);
/* WIRE_BODY: a piece of one, its end, or that it broke off. */
void uploads_body(struct monitor *m, const struct wire_message *said);

/* Whatever is under way breaks off, and what came of it is kept: the bridge is gone, or we end. */
void uploads_break_off(struct monitor *m);
/* Those that ended meanwhile are let go of. */
void uploads_recheck(struct monitor *m);

#endif
