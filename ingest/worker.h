/* The caged worker as its parent sees it: `clipvault-transcode` is started, asked what a recording is, told what to make
 * of it, and its answers arrive as bounded frames of fixed form (ingest/wire.h). The worker holds no key, no file and no
 * network; it asks for byte ranges of the source and gets them from the callback.
 *
 * The parent never blocks in here for long: `worker_step` waits at most `timeout_ms` and also watches one extra descriptor
 * (the control socket), so that a withdrawal is answered while a film is taken in. */
#ifndef CLIPVAULT_INGEST_WORKER_H
#define CLIPVAULT_INGEST_WORKER_H

#include "ingest/wire.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the source's bytes come from, and where the results go. All calls are made from within worker_step. */
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

/* Starts `program` (NULL: clipvault-transcode beside our own executable) in its own process with a socket pair and nothing
 * else. It dies with the thread that calls this. ERR_UNAVAILABLE if it cannot be started or cannot close its cage. `source_bytes`
 * is the size it is told, host->most what it may cost: whoever takes more, of computing or of waiting, is ended as refused
 * (ERR_DATA). */
enum err worker_start(const char *program, uint64_t source_bytes, const struct worker_host *host, struct worker **out);

/* Runs until the probe's report is here. ERR_DATA with the worker's reason if the file is refused. */
enum err worker_probe(struct worker *w, struct wire_report *out);

/* Tells it what to make. Then call worker_step until *done. */
enum err worker_order(struct worker *w, const struct wire_order *order);
/* Waits up to timeout_ms for the worker or for `watch` (-1: none) to become readable; *watched tells of the latter.
 * ERR_DATA: the recording was refused midway, or the decoder crashed or hung over it (its signal is named);
 * ERR_UNAVAILABLE: the worker ended for another reason. */
enum err worker_step(struct worker *w, int watch, int timeout_ms, bool *watched, bool *done);
/* After *done: what was made of it. */
const struct wire_summary *worker_summary(const struct worker *w);

/* Kills the process if it still runs, waits for it, frees. Takes NULL. */
void worker_free(struct worker *w);
static inline void worker_auto(struct worker **w) { worker_free(*w); }

#endif
