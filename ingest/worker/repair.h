/* What was put right on the way, in words for a person: phrases, most important first, as far as they fit the summary. */
#ifndef CLIPVAULT_INGEST_WORKER_REPAIR_H
#define CLIPVAULT_INGEST_WORKER_REPAIR_H

#include "ingest/wire.h"

struct repair {
  char text[WIRE_TEXT + 1]; /* "" for none */
};

/* Appends a phrase, unless it stands there already or there is no more room for it. */
void repair_add(struct repair *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
