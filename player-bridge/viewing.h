/* Seeing a film: the decision, the keys that the bridge gets for it, what is written down of it, and its end. */
#ifndef CLIPVAULT_BRIDGE_VIEWING_H
#define CLIPVAULT_BRIDGE_VIEWING_H

#include "player-bridge/monitor.h"

/* An address for a film, if the visitor may see it for this purpose; `once`: for a player. `visit` 0: of no visit. The address's
 * key is written to `key`. */
struct viewing_wish {
  const char *clip, *purpose, *rendition; /* as they were asked for; rendition may be NULL */
  bool once;
  uint64_t visit;
  struct session_visitor visitor;
};
enum err viewing_open(struct monitor *m, const struct viewing_wish *wish, uint8_t key[TICKET_KEY], struct ticket **out);
/* WIRE_FILM: the bridge wants the film behind an address. It is decided anew, and written down before a key leaves. */
void viewing_grant(struct monitor *m, const struct wire_message *ask);
/* WIRE_SEEN: what was seen is written down. */
void viewing_seen(struct monitor *m, const struct wire_message *said);
/* Whatever runs and is not allowed any more ends, and the bridge has let go of it when this returns. */
void viewing_recheck(struct monitor *m);
/* What is over by the clock. */
void viewing_tick(struct monitor *m, int64_t steady_ms);
/* The visit ends, and with it what it sees. */
void viewing_end_visit(struct monitor *m, struct visit *visit);
/* The bridge lets go of everything. */
void viewing_let_go_all(struct monitor *m);
/* The bridge is gone, and with it all that it held. */
void viewing_bridge_gone(struct monitor *m);
/* When the next of what runs is over by the clock; CLOCK_NEVER_MS. */
int64_t viewing_next_end_ms(const struct monitor *m);
size_t viewing_count(const struct monitor *m);

#endif
