/* Requests of the API that take longer than between two steps (a cut, a still, a check): they wait for their turn in the server's
 * own loop, one after another, where the vault is nobody's just then, and others are attended while they run. Uploads are taken
 * in beside them. */
#ifndef CLIPVAULT_BRIDGE_ERRAND_H
#define CLIPVAULT_BRIDGE_ERRAND_H

#include "player-bridge/monitor.h"

/* As many of theirs wait already as of one account may. */
bool errand_has_enough(const struct monitor *m, const struct id *account);
/* Remembers what they asked. ERR_BUSY if too many wait of all. */
enum err errand_put(struct monitor *m, const struct wire_message *ask, const struct id *account);
/* The oldest, as its message, which replaces what is in `out`; false if none waits. *late: whoever asked has been told by now
 * that there was no answer. */
bool errand_take(struct monitor *m, struct bytes *out, bool *late);
void errand_free_all(struct monitor *m);

#endif
