/* The worker's end of the wire: the only way bytes come in or go out. One thread uses it. Every failure here means that
 * the parent is gone or broken; the worker then ends. */
#ifndef CLIPVAULT_INGEST_WORKER_LINK_H
#define CLIPVAULT_INGEST_WORKER_LINK_H

#include "ingest/wire.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Sends the frames in `frames` and clears it. */
enum err link_send(struct bytes *frames);
/* Sends `length` bytes of an object, cut into frames; none, none. */
enum err link_send_part(enum wire_object which, const void *data, size_t length);
/* Up to `length` (at most WIRE_MOST_DATA) bytes of the source at `offset`; *got is less only at its end. */
enum err link_read_source(uint64_t offset, void *out, size_t length, size_t *got);
/* Waits for a frame of this kind and appends its payload to `out`. */
enum err link_receive(enum wire_kind kind, struct bytes *out);

#endif
