/* The report on an opened recording. */
#ifndef CLIPVAULT_INGEST_WORKER_PROBE_H
#define CLIPVAULT_INGEST_WORKER_PROBE_H

#include "ingest/wire.h"
#include "ingest/worker/cadence.h"
#include "ingest/worker/input.h"
#include "vault/base/err.h"

/* Everything a plan is made from. `rate` is the frame rate a copy would get. May read packets and open `in` again. */
enum err probe_report(struct input *in, const char *hint, struct wire_report *out, struct cadence_rate *rate);

#endif
