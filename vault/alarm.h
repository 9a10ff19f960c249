/* alarm_command of clipvault.conf: a program that is told of what a person must look at.
 *
 *   overdue       a sweep leaves something that is due, or found something that was due for more than a day
 *   pending       keys that should be destroyed could not be yet
 *   verification  index, objects or audit log are not what they should be
 *   disk-full     something could not be written for want of room
 *
 * It is run with its arguments, then the event and a sentence (ids, counts, times; no names), by execve, never by a shell; with
 * PATH, HOME and LANG alone in its environment, no descriptor of ours, and in the background: nothing waits for it. */
#ifndef CLIPVAULT_ALARM_H
#define CLIPVAULT_ALARM_H

#include "vault/config.h"
#include "vault/reply.h"
#include "vault/request.h"
#include "vault/vault.h"

enum alarm_event { ALARM_OVERDUE, ALARM_PENDING, ALARM_VERIFICATION, ALARM_DISK_FULL };

/* Does nothing where no command is configured; one that cannot be run is told on the log. */
void alarm_raise(const struct config *c, enum alarm_event event, const char *words);

/* Around a command in an open vault: notes what is due before it, and raises what there is to raise after it. */
struct alarm_watch {
  bool sweeps;
  size_t due;
  int64_t earliest_ms;
};
struct alarm_watch alarm_before(struct vault *v, const struct request *rq);
void alarm_after(struct vault *v, const struct request *rq, const struct alarm_watch *before, const struct reply *reply);

#endif
