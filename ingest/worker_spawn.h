/* Starting the caged worker: a child that inherits one end of a socket pair and nothing else. */
#ifndef CLIPVAULT_INGEST_WORKER_SPAWN_H
#define CLIPVAULT_INGEST_WORKER_SPAWN_H

#include "vault/base/err.h"

#include <sys/types.h>

/* Runs `program` (NULL: clipvault-transcode, where vault/base/program.h says) with the socket as descriptor 3, /dev/null as 0
 * and 1, no other descriptor, no argument and no environment. *fd is our end: close-on-exec, non-blocking, the caller's
 * to close; *pid the caller's to wait for. ERR_UNAVAILABLE if it cannot be started. */
enum err worker_spawn(const char *program, pid_t *pid, int *fd);

#endif
