/* How a request is carried out: here, or by the process that holds the vault open. */
#ifndef CLIPVAULT_DISPATCH_H
#define CLIPVAULT_DISPATCH_H

#include "vault/arguments.h"
#include "vault/reply.h"

/* From a parsed command line to the reply. Never fails otherwise than in the reply. */
void dispatch_run(command_table table, const struct arguments *globals, struct request *rq, struct reply *reply);

#endif
