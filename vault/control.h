/* The control socket: `control` in the vault's folder, where the process that holds the vault open runs requests for others
 * of the same uid. It carries no secret and asks for none: the kernel says who calls (SO_PEERCRED).
 *
 * One connection is one request. The server says hello (one byte) when it turns to the connection, the client then sends its
 * request and gets one reply; so a client that gave up waiting has never asked for anything. Both are u32 length and that
 * many bytes; descriptors travel with the length. */
#ifndef CLIPVAULT_CONTROL_H
#define CLIPVAULT_CONTROL_H

#include "vault/reply.h"
#include "vault/request.h"

#include <sys/types.h>

enum { CONTROL_REQUEST_MS = 2000, CONTROL_REPLY_MS = 20000 };

/* Makes the socket, 0600, removing one that a dead process left behind: only for who holds the vault's lock. */
enum err control_listen(int dirfd, int *fd);
void control_close(int dirfd, int *fd); /* removes the socket; *fd becomes -1 */

/* Runs the request and fills the reply; `client_fd` is borrowed. */
typedef void control_handler(void *context, uid_t uid, int client_fd, const struct request *rq, struct reply *reply);

/* One waiting connection, if there is one: *served says so. A client that is not of our uid, is silent for
 * CONTROL_REQUEST_MS or sends something else than a request is turned away (and logged); that is no failure of ours. */
enum err control_serve_one(int fd, command_table table, control_handler *handler, void *context, bool *served);

/* Asks whoever holds the vault. ERR_MISSING if nobody listens there; ERR_REFUSED if it is another user's; ERR_BUSY if it did not
 * turn to us within wait_ms or we were interrupted; ERR_IO if it died on the way: then the request may or may not have been
 * carried out. What the handler answered, failure or not, is in the reply. */
enum err control_call(int dirfd, const struct request *rq, int wait_ms, struct reply *reply);

#endif
