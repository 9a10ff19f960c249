/* Somebody's own sessions, as they see them: which there are, and the end of one. */
#ifndef CLIPVAULT_BRIDGE_SESSIONS_H
#define CLIPVAULT_BRIDGE_SESSIONS_H

#include "player-bridge/monitor.h"

/* Answers "sessions.list", and "sessions.end" with the number in its path. Those of others are not there. */
void sessions_list(struct monitor *m, const struct wire_message *ask, const struct visit *visit);
void sessions_end(struct monitor *m, const struct wire_message *ask, const struct visit *visit);

#endif
