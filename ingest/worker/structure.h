/* Whether a container is whole by its own account: lengths that do not fit the file, an index or a length that is missing,
 * something behind its end. libav reads past all of it without a word. */
#ifndef CLIPVAULT_INGEST_WORKER_STRUCTURE_H
#define CLIPVAULT_INGEST_WORKER_STRUCTURE_H

#include "ingest/worker/repair.h"
#include "ingest/worker/source.h"
#include "vault/base/err.h"

/* Adds what a reader has to put right. */
enum err structure_look(struct source *s, struct repair *out);

/* For photographs: telephones put a short film behind them. *end is where it begins, or the end of the file. */
enum err structure_look_for_film(struct source *s, uint64_t *end, struct repair *out);

#endif
