/* What was uploaded is taken in, by the very path of a file that is named on the command line, as the user who uploaded it: each
 * user's in the order in which they began, users by turns, two at a time, so that neither a long film nor many of one user keep
 * everybody waiting, and no processor idles while one file is hashed, examined or synced.
 *
 * Nothing in here waits but queue_run: a queue goes on between any two steps of others. Each of its steps that asks the vault
 * anything, or changes it, is a command of its own: as the uploader, whose rights are looked at anew, at its own time. */
#ifndef CLIPVAULT_INGEST_QUEUE_H
#define CLIPVAULT_INGEST_QUEUE_H

#include "vault/session.h"
#include "vault/upload.h"

enum { QUEUE_AT_ONCE = 2 };

/* Who wants to know, while it happens; what is NULL is not told. Says, and does nothing with the vault. */
struct queue_host {
  void *context;
  /* 0: it has begun; afterwards at most four times a second. */
  void (*how_far)(void *context, const struct upload *u, unsigned permille);
  void (*put_off)(void *context, const struct upload *u); /* it waits to be tried again */
  void (*settled)(void *context, const struct upload *u); /* what became of it */
};

struct queue;

/* `holder` runs the process, and outlives it. */
enum err queue_new(struct session *holder, const struct queue_host *host, struct queue **out);
/* Readable as long as there is something to do. */
int queue_fd(const struct queue *q);
/* The next step of each that can take one, and whoever waits takes a place that is free. Where the vault is in the middle of a
 * transaction nothing is done. What is wrong with a recording, or with what its uploader may do by now, is told there
 * (vault/upload.h); for what is wrong with the vault an upload goes to the end of the queue, and none is begun for half a minute.
 * Where a worker failed through no fault of the file (ingest_worker_failed) the upload alone rests, and is refused when that
 * happened to it UPLOAD_MOST_FAILURES times, in the life of this queue or of others before it. */
void queue_turn(struct queue *q);
/* Turns, until `watch` is readable, the time is over or a signal came. */
enum err queue_run(struct queue *q, int watch, int timeout_ms);
/* What is under way ends, without a trace; its upload waits for the next server. Takes NULL. */
void queue_free(struct queue *q);

#endif
