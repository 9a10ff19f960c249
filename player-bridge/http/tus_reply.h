/* What the monitor answers to a request of tus, which is all in headers. */
#ifndef CLIPVAULT_BRIDGE_TUS_REPLY_H
#define CLIPVAULT_BRIDGE_TUS_REPLY_H

#include "player-bridge/wire_message.h"

#include <microhttpd.h>

enum MHD_Result tus_reply(struct MHD_Connection *c, unsigned status, const struct wire_message *m);

#endif
