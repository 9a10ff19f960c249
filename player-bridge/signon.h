/* Single sign-on: a proxy on this machine has asked a provider who somebody is, and says so with a secret that only it and we
 * know. */
#ifndef CLIPVAULT_BRIDGE_SIGNON_H
#define CLIPVAULT_BRIDGE_SIGNON_H

#include "player-bridge/wire_message.h"
#include "vault/base/err.h"

enum { SIGNON_SECRET = 32 };
struct monitor;

/* From the file that holds the secret, 32 to 256 characters on one line: what is compared with. ERR_DATA. */
enum err signon_read(int fd, uint8_t out[SIGNON_SECRET]);
/* WIRE_ASK "session.sign_on": issuer, subject, auth_time and proof, as the headers of a request had them. Answers it: a session,
 * or why not. Only where monitor->sign_on is set, hence on a Unix socket. auth_time, in seconds since 1970, is when the provider
 * last asked them who they are: the session counts as proven from then on (visit.h), and without it not at all. */
void signon_begin(struct monitor *m, const struct wire_message *ask);

#endif
