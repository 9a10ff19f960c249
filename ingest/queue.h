/* What was uploaded is taken in, by the very path of a file that is named on the command line, as the user who uploaded it, one
 * after another in the order in which they began. */
#ifndef CLIPVAULT_INGEST_QUEUE_H
#define CLIPVAULT_INGEST_QUEUE_H

#include "vault/session.h"
#include "vault/upload.h"

/* Who wants to know, while it happens; what is NULL is not told. Says, and does nothing with the vault. */
struct queue_host {
  void *context;
  void (*how_far)(void *context, const struct upload *u, unsigned permille); /* 0: it has begun */
  void (*settled)(void *context, const struct upload *u);                    /* what became of it */
};

/* Takes in the next, if one waits: *any. What is wrong with the recording, or with what its uploader may do by now, is told there
 * (vault/upload.h); an error is one of the vault, or of the worker: then it goes to the end of the queue. Others are attended
 * meanwhile. */
enum err queue_run_next(struct session *holder, const struct queue_host *host, bool *any);

#endif
