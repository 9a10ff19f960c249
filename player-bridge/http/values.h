/* From JSON and queries to the named fields of a message: only members that the route has, flat, and nothing else. */
#ifndef CLIPVAULT_BRIDGE_VALUES_H
#define CLIPVAULT_BRIDGE_VALUES_H

#include "player-bridge/wire_message.h"

#include <microhttpd.h>

enum { VALUES_WHY = 200 };

/* A member of this name is a file, in base64: a photographed form. */
#define VALUES_FILE "form"
enum { VALUES_MOST_FILE = 5 << 20 };

/* Before the first request: what the reader of JSON gives back is wiped, as a password may be in it. */
void values_prepare(void);

/* Texts become fields, arrays of texts as many fields of one name, numbers and true their words; null and false are as if not
 * given. An empty body is an empty object. False, and why in words, otherwise. */
bool values_from_json(struct bytes *message, const char *const *names, const char *text, size_t length, char why[VALUES_WHY]);
bool values_from_query(struct bytes *message, const char *const *names, struct MHD_Connection *c, char why[VALUES_WHY]);
/* issuer, subject, auth_time and proof, from the headers in which a proxy says whom it signed on; as they came: the monitor
 * judges them. Over TCP nobody is a proxy: then this is not called. */
void values_signed_on(struct bytes *message, struct MHD_Connection *c);

#endif
