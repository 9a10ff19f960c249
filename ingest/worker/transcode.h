/* A film or a sound recording becomes the playable copy: objects `body` and `head`. */
#ifndef CLIPVAULT_INGEST_WORKER_TRANSCODE_H
#define CLIPVAULT_INGEST_WORKER_TRANSCODE_H

#include "ingest/wire.h"
#include "ingest/worker/cadence.h"
#include "ingest/worker/input.h"

/* Opens `in` anew if it has to be read twice. Sends the objects and progress over the link. ERR_DATA if nothing can be made of
 * the recording. */
enum err transcode_run(struct input *in, const struct wire_order *order, struct cadence_rate rate, struct wire_summary *out);

#endif
