/* What was uploaded is taken in, by the very path of a file that is named on the command line, as the user who uploaded it, one
 * after another in the order in which they began. */
#ifndef CLIPVAULT_INGEST_QUEUE_H
#define CLIPVAULT_INGEST_QUEUE_H

#include "vault/session.h"

/* Takes in the next, if one waits: *any. What is wrong with the recording, or with what its uploader may do by now, is told there
 * (vault/upload.h); an error is one of the vault, or of the worker: then it goes to the end of the queue. Others are attended
 * meanwhile. */
enum err queue_run_next(struct session *holder, bool *any);

#endif
