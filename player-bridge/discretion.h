/* What somebody may not know of is, to them, not there: whether a clip, case, person, consent or grant is somebody else's or none
 * at all is never told by the answer to a request that names it. */
#ifndef CLIPVAULT_BRIDGE_DISCRETION_H
#define CLIPVAULT_BRIDGE_DISCRETION_H

#include "player-bridge/wire_message.h"
#include "vault/session.h"

/* What they hear instead. */
#define DISCRETION_WORDS "there is nothing of this name that you may know of"

/* Whether the request names something that whoever asks may not know of, or that does not exist. Also true where that cannot be
 * found out. What err_text() says is left as it is. */
bool discretion_hides(struct session *session, const struct session_visitor *visitor, const struct wire_message *ask);

#endif
