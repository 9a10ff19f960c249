/* What the API asks for (WIRE_ASK), carried out by the very commands of the command line. */
#ifndef CLIPVAULT_BRIDGE_API_H
#define CLIPVAULT_BRIDGE_API_H

#include "player-bridge/monitor.h"

/* Answers it, now or (signing in) later. */
void api_ask(struct monitor *m, const struct wire_message *ask);

#endif
