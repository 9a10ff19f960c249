/* Where the programs lie that we start, clipvault-transcode and clipvault-bridge: no PATH, no variable and no current folder has
 * a say. */
#ifndef CLIPVAULT_PROGRAM_H
#define CLIPVAULT_PROGRAM_H

#include "vault/base/err.h"

#include <limits.h>

/* The full path of the program of that name. Installed, in the folder that was compiled in (CLIPVAULT_LIBEXECDIR), and nowhere
 * else, wherever our own executable was copied to; in a build tree, beside our own executable. It need not be there.
 * ERR_UNAVAILABLE where no path can be told. */
enum err program_path(const char *name, char out[PATH_MAX]);

/* ERR_UNAVAILABLE: `path` could not be started, and why (errno); says what to do. */
enum err program_missing(const char *path);

#endif
