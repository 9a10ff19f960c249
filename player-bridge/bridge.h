/* The process clipvault-bridge (vault/base/program.h says which): started with a socket and nothing else. */
#ifndef CLIPVAULT_BRIDGE_BRIDGE_H
#define CLIPVAULT_BRIDGE_BRIDGE_H

#include "player-bridge/wire_link.h"

#include <sys/types.h>

struct bridge {
  pid_t pid; /* 0: there is none */
  int fd;    /* the link's, for a poll */
  struct wire_link *link;
};
struct bridge_setup {
  int listener; /* borrowed */
  bool tls, behind_tls;
  const struct bytes *cert, *key; /* PEM, with tls */
  unsigned threads, connections;
};

/* Starts it and waits until its cage is closed and it listens. ERR_UNAVAILABLE otherwise, with why. */
enum err bridge_start(const struct bridge_setup *setup, struct bridge *out);
/* Asks it to end, and ends it after a while. Takes any state. */
void bridge_stop(struct bridge *b);
/* Ends it at once: whatever it held is gone. */
void bridge_kill(struct bridge *b);

#endif
