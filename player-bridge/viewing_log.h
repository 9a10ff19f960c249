/* What the audit log is told of somebody who sees a film. */
#ifndef CLIPVAULT_BRIDGE_VIEWING_LOG_H
#define CLIPVAULT_BRIDGE_VIEWING_LOG_H

#include "player-bridge/monitor.h"

/* Makes the change, which enters something, in a transaction, and anchors the log. What is entered of a viewing changes nobody's
 * rights: it is no reason to ask anew about every film that runs. */
enum err viewing_log_enter(struct monitor *m, enum err (*change)(struct vault *v, void *context, const struct request *rq),
                           void *context);
/* viewing.ended: which parts of it were sent, as the bridge `said` (NULL: nobody knows), how long it took, and `how` it ended (""
 * or "; …"). viewing.fast with it where that is more than anybody can watch in that time. */
void viewing_log_ended(struct monitor *m, const struct ticket *t, const struct wire_message *said, const char *how);
/* viewing.stopped: what lies on the disk is not what was sealed. A person has to look, and is told (vault/alarm.h). */
void viewing_log_fault(struct monitor *m, const struct ticket *t, const char *fault);

#endif
