/* What the API asks for (WIRE_ASK), carried out by the very commands of the command line. */
#ifndef CLIPVAULT_BRIDGE_API_H
#define CLIPVAULT_BRIDGE_API_H

#include "player-bridge/monitor.h"

/* Answers it, now or (signing in) later. */
void api_ask(struct monitor *m, const struct wire_message *ask);

/* In the server's own loop, where nothing else runs: the next of what takes longer, if any waits. */
void api_run_errand(struct monitor *m);

#endif
