/* The caged worker as its parent sees it: `clipvault-transcode` is started, says what a recording is, is told what to make
 * of it, and its answers arrive as bounded frames of fixed form (ingest/wire.h). The worker holds no key, no file and no
 * network; it asks for byte ranges of the source and gets them from the callback.
 *
 * The parent never blocks in here for long: `worker_turn` does not wait, so that one parent can have several workers, and
 * `worker_step` waits at most `timeout_ms` and also watches one extra descriptor (the control socket), so that a withdrawal is
 * answered while a film is taken in. */
#ifndef CLIPVAULT_INGEST_WORKER_H
#define CLIPVAULT_INGEST_WORKER_H

#include "ingest/wire.h"
#include "vault/base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Where the source's bytes come from, and where the results go. All calls are made from within worker_turn and
 * worker_step. */
struct worker_host {
  void *context;
  /* Exactly *length bytes at offset, fewer only at the end of the source. */
  enum err (*read_source)(void *context, uint64_t offset, void *out, size_t length, size_t *got);
  /* The next bytes of the object `which`; objects may interleave, each is strictly forward. */
  enum err (*take)(void *context, enum wire_object which, const void *data, size_t length);
  void (*progress)(void *context, unsigned permille);
  const struct wire_limits *most; /* what the file may cost (plan_limits); NULL: what a vault without a configuration allows */
};

struct worker;

/* Starts `program` (NULL: clipvault-transcode, where vault/base/program.h says) in its own process with a socket pair and nothing
 * else, and waits for nothing. It dies with the thread that calls this. ERR_UNAVAILABLE if it cannot be started. `source_bytes`
 * is the size it is told, host->most what it may cost: whoever takes more, of computing or of waiting, is ended as refused
 * (ERR_DATA). Time in which it was not looked after is not counted. */
enum err worker_start(const char *program, uint64_t source_bytes, const struct worker_host *host, struct worker **out);

/* The next piece of work with it, without waiting. *done: it has said what the recording is and waits for its order, or, after
 * that, everything is made.
 * ERR_DATA: the recording was refused, with the worker's reason, or the decoder crashed or hung over it (its signal is named);
 * ERR_UNAVAILABLE: the worker cannot close its cage, or ended for another reason. */
enum err worker_turn(struct worker *w, bool *done);
/* After a failure: it was the worker's own, and of none of the calls to its host. */
bool worker_fell(const struct worker *w);
/* What is worth waiting for before that; .fd is -1 if there is nothing. */
struct pollfd worker_wait(const struct worker *w);
/* Waits up to timeout_ms for the worker or for `watch` (-1: none) to become readable, *watched telling of the latter, then as
 * worker_turn. */
enum err worker_step(struct worker *w, int watch, int timeout_ms, bool *watched, bool *done);

/* After the first *done: what the recording is. */
const struct wire_report *worker_report(const struct worker *w);
/* Tells it what to make. */
enum err worker_order(struct worker *w, const struct wire_order *order);
/* After the second *done: what was made of it. */
const struct wire_summary *worker_summary(const struct worker *w);

/* Kills the process if it still runs, waits for it, frees. Takes NULL. */
void worker_free(struct worker *w);
static inline void worker_auto(struct worker **w) { worker_free(*w); }

#endif
