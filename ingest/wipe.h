/* Wiping the file that a clip was made of, once it is certain that the vault has it. A weaker fact than a destroyed key, and told
 * as such: what a memory card or SSD set aside while it was written is beyond the reach of any program. */
#ifndef CLIPVAULT_INGEST_WIPE_H
#define CLIPVAULT_INGEST_WIPE_H

#include "ingest/ingest.h"
#include "vault/session.h"

#include <sys/stat.h>

/* What it was before it was taken in. */
struct wipe_source {
  int fd; /* opened for writing too where that was possible; borrowed */
  struct stat before;
};
/* ERR_DATA if it cannot be looked at. */
enum err wipe_look(int fd, struct wipe_source *out);

enum { WIPE_TEXT = 200 };

/* Only if the clip lives, is not in quarantine, every sealed object of it opens and authenticates to its last byte (the original
 * is the very file, by its SHA-256; without one the copy must have no damage), and the file is still the one that was taken in:
 * same inode, size, time and hash, a regular file with no second name. Then it is overwritten in place with random bytes, synced,
 * emptied, and its name removed; `how` says what was done, and the audit log too.
 * ERR_DATA or ERR_REFUSED: it was not wiped, and why; if it was overwritten in part, that is said. Other commands are attended
 * while it reads. */
enum err wipe_source(struct session *s, const struct wipe_source *source, const struct ingest_result *taken, char how[WIPE_TEXT]);

#endif
