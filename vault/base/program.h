/* The programs that we start, clipvault-transcode and clipvault-bridge: where they lie, in which no PATH, variable or current
 * folder has a say, and what they are given, which is one socket. */
#ifndef CLIPVAULT_PROGRAM_H
#define CLIPVAULT_PROGRAM_H

#include "vault/base/err.h"

#include <limits.h>
#include <sys/types.h>

/* The full path of the program of that name. Installed, in the folder that was compiled in (CLIPVAULT_LIBEXECDIR), and nowhere
 * else, wherever our own executable was copied to; in a build tree, beside our own executable. It need not be there.
 * ERR_UNAVAILABLE where no path can be told. */
enum err program_path(const char *name, char out[PATH_MAX]);

enum program_how {
  PROGRAM_MUTE = 1,      /* what it says on standard error goes nowhere; in a build for tests, to ours */
  PROGRAM_OWN_GROUP = 2, /* what a person types on our terminal is for us, who tell it to end in order */
};
/* Starts it with one end of a socket pair as descriptor 3, /dev/null as 0 and 1, no other descriptor but standard error, no
 * argument, no environment and signals as they are by default. `how` has bits of enum program_how. *fd is our end: close-on-exec,
 * non-blocking, the caller's to close; *pid the caller's to wait for. ERR_UNAVAILABLE if it cannot be started: says why, and what
 * to do. */
enum err program_start(const char *path, unsigned how, pid_t *pid, int *fd);

#endif
