/* Where the muxer writes: three phases, told by the caller, never guessed from seeks.
 *   header   in memory (its mdat size is patched at the very end)
 *   payload  leaves as object `body` at once, strictly forward; a seek fails
 *   trailer  in memory; the muxer goes back within it, and to the header
 * Then moov_make_head makes the object `head` of header and trailer. */
#ifndef CLIPVAULT_INGEST_WORKER_SINK_H
#define CLIPVAULT_INGEST_WORKER_SINK_H

#include "vault/base/err.h"

#include <libavformat/avio.h>

struct sink;

enum err sink_open(struct sink **out);
AVIOContext *sink_writer(struct sink *s);

/* The header has been written (flushes). */
enum err sink_begin_payload(struct sink *s);
/* The last packet has been written (flushes). */
enum err sink_begin_trailer(struct sink *s);
/* The trailer has been written: checks all and sends `head`. */
enum err sink_finish(struct sink *s);

void sink_free(struct sink *s);
static inline void sink_auto(struct sink **s) { sink_free(*s); }

#endif
