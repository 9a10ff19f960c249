/* Where the server listens: "127.0.0.1:8443", "[::1]:8443", "localhost:0", "unix:/run/clipvault.sock". */
#ifndef CLIPVAULT_BRIDGE_ADDRESS_H
#define CLIPVAULT_BRIDGE_ADDRESS_H

#include "vault/base/err.h"

#include <stdbool.h>

enum { ADDRESS_TEXT = 256 };

struct address {
  int fd; /* owned; bound and listening */
  bool is_unix, is_loopback;
  char path[ADDRESS_TEXT];  /* of a Unix socket, removed at the end */
  char shown[ADDRESS_TEXT]; /* "http://127.0.0.1:40123", "unix:/run/clipvault.sock" */
};
/* ERR_USAGE for what is no address, or, without TLS, one that others reach: passwords and films would pass in the clear.
 * ERR_UNAVAILABLE if it cannot be had. */
enum err address_listen(const char *text, bool tls, struct address *out);
/* How a program on this machine begins an address of this server: "http://127.0.0.1:40123". Not for a Unix socket. */
void address_reach(const struct address *a, char out[ADDRESS_TEXT]);
void address_close(struct address *a); /* takes any state */
#define address_auto address_close

#endif
