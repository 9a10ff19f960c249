/* Recovery shares as a way to unlock: making a set of sheets to hand out, and reading enough of them again. The secret is never
 * kept; what the shares are is in keys/share.h. */
#ifndef CLIPVAULT_SHARES_H
#define CLIPVAULT_SHARES_H

#include "vault/request.h"
#include "vault/unlock.h"

struct shares_wanted {
  const char *folder; /* borrowed of the request */
  unsigned needed, count;
};
/* For the commands that make a slot: the options by which shares are ordered, and what was ordered. ERR_USAGE. */
#define SHARES_OPTIONS                                                                                    \
  {"--shares-to", "FOLDER", 0, "where the sheets with recovery shares are written, one for each person"}, \
      {"--shares-needed", "T", 0, "so many of them open the vault together (otherwise 2)"}, {             \
    "--shares-count", "N", 0, "so many there are (otherwise 3, at most 16)"                               \
  }
enum err shares_wanted(const struct request *rq, struct shares_wanted *out);

/* Draws a secret and writes the sheets, folder/share-1.txt and so on, of which any `needed` open what it locks. The folder is
 * made if it is not there. ERR_CREATE if there is such a sheet already; on failure none of these stays. */
enum err shares_make(const struct shares_wanted *wanted, struct unlock *out);
/* Takes the sheets away again, for a caller whose slot could not be made. */
void shares_unmake(const struct shares_wanted *wanted);

/* From a file that holds enough of them, one after another, lines that begin with # left out; "-": asked for on the terminal. */
enum err shares_read(const char *path, struct unlock *out);

#endif
