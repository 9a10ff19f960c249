/* Where a request comes from, as far as one can tell: from which page, address and program. */
#ifndef CLIPVAULT_BRIDGE_ORIGIN_H
#define CLIPVAULT_BRIDGE_ORIGIN_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum { ORIGIN_ADDRESS = 64, ORIGIN_PEER = 32 };

/* Before the first request: whether we end TLS, or a proxy does. */
void origin_prepare(bool tls, bool behind_tls);
/* Why a request that changes something is none of our own pages'; NULL: it is. */
const char *origin_foreign(struct MHD_Connection *c);
/* The address of whoever asks, as text; "unknown" over a Unix socket, unless the proxy says it. */
void origin_address(struct MHD_Connection *c, char out[ORIGIN_ADDRESS]);
/* A hash of address and program, for a ticket. */
void origin_peer(struct MHD_Connection *c, uint8_t out[ORIGIN_PEER]);

#endif
