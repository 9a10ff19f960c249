/* The bytes as received, kept beside the copy where that was asked for: a rendition of their own, under the same law. */
#ifndef CLIPVAULT_INGEST_ORIGINAL_H
#define CLIPVAULT_INGEST_ORIGINAL_H

#include "ingest/rendition.h"
#include "ingest/source.h"

struct original;

/* Will seal the whole source into `r`. Its bytes are hashed on their way, and what is kept is exactly what was hashed before, to
 * `sha256`. All are borrowed. */
enum err original_begin(struct rendition *r, const struct source *source, const uint8_t sha256[32], struct original **out);
/* The next bytes, a quarter of a MiB at most. *done: all of it is sealed and durable. ERR_DATA if its SHA-256 is another. */
enum err original_step(struct original *o, bool *done);
void original_free(struct original *o); /* takes NULL */

#endif
