/* Names that came from elsewhere, a card above all, on their way to a person's terminal. */
#ifndef CLIPVAULT_PLAIN_H
#define CLIPVAULT_PLAIN_H

#include "vault/base/bytes.h"

/* Appends `text` so that it can neither steer a terminal nor pretend to be something else: control characters, those that
 * turn the direction of writing or are not seen, and what is not UTF-8 become '?'. What would take more than `most` columns is
 * left out in front, where a path says least, and "…" stands for it. Returns the columns it took. */
size_t plain_put(struct bytes *out, const char *text, size_t most);

enum { PLAIN_ANY = 100000 }; /* columns: no bound */

#endif
