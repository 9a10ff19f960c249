/* What the monitor tells the bridge before its cage closes. */
#ifndef CLIPVAULT_BRIDGE_SETUP_H
#define CLIPVAULT_BRIDGE_SETUP_H

#include "player-bridge/wire_link.h"

#include <stdbool.h>
#include <stdint.h>

struct setup {
  int listener;         /* bound and listening; owned */
  bool tls, behind_tls; /* we end TLS; a proxy does, and reaches us over a Unix socket */
  uint64_t threads, most_connections;
  struct bytes cert, key; /* PEM, with TLS */
};
void setup_free(struct setup *s);
#define setup_auto setup_free

/* From the first frame of all. ERR_DATA. */
enum err setup_read(struct wire_link_frame *frame, struct setup *out);

#endif
