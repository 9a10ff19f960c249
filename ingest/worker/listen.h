/* What libav says in its log, and nowhere else: some decoders show a damaged picture, complain, and return success. The text
 * itself goes nowhere. */
#ifndef CLIPVAULT_INGEST_WORKER_LISTEN_H
#define CLIPVAULT_INGEST_WORKER_LISTEN_H

#include <libavutil/avutil.h>
#include <stdbool.h>

/* From here on it is heard. */
void listen_begin(void);

/* Whether decoders of this type (picture, sound) complained since the last call. */
bool listen_complaints(enum AVMediaType type);

#endif
