/* A libav error code in the project's words. */
#ifndef CLIPVAULT_INGEST_WORKER_FAULT_H
#define CLIPVAULT_INGEST_WORKER_FAULT_H

#include "vault/base/err.h"

/* Describes "sentence (libav's words)"; ERR_DATA: the recording is at fault, even when it wants too much memory. */
enum err fault_set(int libav_error, const char *sentence);

#endif
