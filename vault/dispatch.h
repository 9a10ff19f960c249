/* How a request is carried out: here, or by the process that holds the vault open. */
#ifndef CLIPVAULT_DISPATCH_H
#define CLIPVAULT_DISPATCH_H

#include "vault/arguments.h"
#include "vault/reply.h"
#include "vault/session.h"

/* From a parsed command line to the reply. Never fails otherwise than in the reply. */
void dispatch_run(command_table table, const struct arguments *globals, struct request *rq, struct reply *reply);

/* Where the vault is open, between two steps of `holder`'s own: a request of somebody who has signed in. False if they act no
 * more (their account or that session of theirs has ended): then nothing was done, and the reply says why. */
bool dispatch_for(struct session *holder, const struct session_visitor *visitor, const struct request *rq, struct reply *reply);
/* Likewise, for a command that lasts (COMMAND_LASTS), while which others are attended: by itself, never between steps. */
bool dispatch_lasting_for(struct session *holder, const struct session_visitor *visitor, const struct request *rq,
                          struct reply *reply);
/* Likewise, for whoever runs `holder`. */
void dispatch_own(struct session *holder, const struct request *rq, struct reply *reply);
/* Likewise, for work that is no command. NULL is nobody. */
enum err dispatch_within(struct session *holder, const struct session_visitor *visitor,
                         enum err (*work)(struct vault *v, void *context), void *context);

#endif
