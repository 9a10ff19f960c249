/* The frame rate of the copy: from what the file states where that is credible, else from its packets. */
#ifndef CLIPVAULT_INGEST_WORKER_RATE_H
#define CLIPVAULT_INGEST_WORKER_RATE_H

#include "ingest/worker/cadence.h"
#include "ingest/worker/input.h"

/* May read through the packets and open the input anew; `hint` is libmagic's. *varies: frames come at unequal distances. */
enum err rate_find(struct input *in, const char *hint, struct cadence_rate *chosen, bool *varies);

#endif
