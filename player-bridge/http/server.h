/* The HTTP server: threads that wait, and what they hand to exchange.h. */
#ifndef CLIPVAULT_BRIDGE_SERVER_H
#define CLIPVAULT_BRIDGE_SERVER_H

#include "player-bridge/http/setup.h"

/* Inside the cage. Takes the listener over. */
enum err server_start(struct setup *s);
/* Takes no more connections. */
void server_quiesce(void);
/* Everybody is sent away. */
void server_stop(void);

#endif
