/* A photograph becomes an upright JPEG without any of its metadata: object `body`. Of an animation, the first frame. */
#ifndef CLIPVAULT_INGEST_WORKER_STILL_H
#define CLIPVAULT_INGEST_WORKER_STILL_H

#include "ingest/wire.h"
#include "ingest/worker/input.h"

/* Which way it is to be turned. */
enum err still_orientation(const struct input *in, int *out);

enum err still_run(const struct input *in, const struct wire_order *order, struct wire_summary *out);

#endif
