/* Event streams that browsers listen to (text/event-stream): what the monitor says for each is kept until it is read, within
 * bounds. Whoever does not read is sent away, and nobody waits for them. Thread-safe. */
#ifndef CLIPVAULT_BRIDGE_FEED_H
#define CLIPVAULT_BRIDGE_FEED_H

#include "player-bridge/wire_message.h"

#include <microhttpd.h>
#include <stdint.h>

struct feed;

/* One that the monitor will know by this number. From now on what it says is kept. NULL: no memory. */
struct feed *feed_new(uint64_t number, struct MHD_Connection *c);
void feed_free(struct feed *f); /* the monitor hears of it (WIRE_LEFT); takes NULL */
/* The response that says it on, which owns it from now on; NULL if there is no memory, then it still is the caller's. */
struct MHD_Response *feed_response(struct feed *f);

void feed_event(const struct wire_message *m); /* WIRE_EVENT */
void feed_tick(int64_t now_ms);                /* about once a second: a comment for those who have heard nothing for long */
void feed_end_all(void);                       /* the server ends */

#endif
