/* Whether a container is whole by its own account: lengths that do not fit the file, an index or a length that is missing,
 * something behind its end. libav reads past all of it without a word. */
#ifndef CLIPVAULT_INGEST_WORKER_STRUCTURE_H
#define CLIPVAULT_INGEST_WORKER_STRUCTURE_H

#include "ingest/worker/repair.h"
#include "ingest/worker/source.h"
#include "vault/base/err.h"

#include <stdbool.h>

/* Adds what a reader has to put right. */
enum err structure_look(struct source *s, struct repair *out);

/* For photographs: telephones put a short film behind them, and a sequence of pictures may lie within. `end` is where a second
 * file begins, or the end of the file; `more` whether there is anything of the kind. */
struct structure_film {
  uint64_t end;
  bool more;
};
enum err structure_look_for_film(struct source *s, struct structure_film *film, struct repair *out);

#endif
