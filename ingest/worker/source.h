/* The recording as libav sees it: an AVIOContext over the wire. A few recently used blocks are kept, because files whose
 * sound and picture lie far apart make the demuxer jump between them for every packet. */
#ifndef CLIPVAULT_INGEST_WORKER_SOURCE_H
#define CLIPVAULT_INGEST_WORKER_SOURCE_H

#include "vault/base/err.h"

#include <libavformat/avio.h>
#include <stddef.h>
#include <stdint.h>

struct source;

enum err source_open(uint64_t bytes, struct source **out);
uint64_t source_bytes(const struct source *s);

/* A fresh reader at offset 0, owned by the source; what an earlier call returned is gone. NULL if memory ran out. */
AVIOContext *source_reader(struct source *s);

/* Up to `length` bytes at `offset`; *got is less only at the end. */
enum err source_read(struct source *s, uint64_t offset, void *out, size_t length, size_t *got);

/* ERR_OK, or how the wire failed under a libav call that only said "error". */
enum err source_check(const struct source *s);

void source_free(struct source *s);
static inline void source_auto(struct source **s) { source_free(*s); }

#endif
