/* One picture of a film as an upright JPEG: object `body`. */
#ifndef CLIPVAULT_INGEST_WORKER_SNAPSHOT_H
#define CLIPVAULT_INGEST_WORKER_SNAPSHOT_H

#include "ingest/wire.h"
#include "ingest/worker/cadence.h"
#include "ingest/worker/input.h"

/* Frame order->from_frame of a film whose frames come at `rate`. ERR_DATA if there is no such frame. */
enum err snapshot_run(const struct input *in, const struct wire_order *order, struct cadence_rate rate, struct wire_summary *out);

#endif
