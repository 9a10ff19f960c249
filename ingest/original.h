/* The bytes as received, kept beside the copy where that was asked for: a rendition of their own, under the same law. */
#ifndef CLIPVAULT_INGEST_ORIGINAL_H
#define CLIPVAULT_INGEST_ORIGINAL_H

#include "ingest/rendition.h"
#include "ingest/source.h"
#include "vault/session.h"

/* Seals the whole source into `r` and makes it durable. Its bytes are hashed on their way, and what is kept is exactly what was
 * hashed before: ERR_DATA if its SHA-256 is another. Other commands are attended meanwhile. */
enum err original_take(struct rendition *r, struct session *s, const struct source *source, const uint8_t sha256[32]);

#endif
