/* What the bridge may tell everybody by itself: the description of its API, as player-bridge/openapi.json stands in the source
 * tree. It is the same for all and knows nothing of this vault. */
#ifndef CLIPVAULT_BRIDGE_DOCUMENT_H
#define CLIPVAULT_BRIDGE_DOCUMENT_H

#include <stddef.h>

const char *document_openapi(size_t *length); /* JSON; not to be freed */

#endif
