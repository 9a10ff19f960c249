/* The one picture of a clip that lists show, for whoever may see the clip for some purpose. */
#ifndef CLIPVAULT_BRIDGE_POSTER_H
#define CLIPVAULT_BRIDGE_POSTER_H

#include "player-bridge/wire_message.h"
#include "vault/session.h"

/* Appends the picture, a JPEG, decided as a viewing is, by the same policy; it is not counted as one, nor written down.
 * ERR_REFUSED with the reasons; ERR_MISSING where the clip has none. */
enum err poster_read(struct session *session, const struct session_visitor *visitor, const struct wire_message *ask,
                     struct bytes *out);

#endif
