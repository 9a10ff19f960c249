/* What leaves as an answer: headers that every answer has, JSON, and problems (RFC 9457) with the reason in words. */
#ifndef CLIPVAULT_BRIDGE_RESPOND_H
#define CLIPVAULT_BRIDGE_RESPOND_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* Before the first answer: whether it is we who end TLS. Then every answer tells a browser to come by TLS alone from now on;
 * behind a proxy that is the proxy's to say, and on loopback nobody's. */
void respond_prepare(bool tls);

struct MHD_Response; /* takes NULL: then the connection ends */
/* Adds the headers that every answer has, queues it and gives it back. It may be read as slowly as one likes: a film, events. All
 * others below are to be read (http/patience.h). */
enum MHD_Result respond_with(struct MHD_Connection *c, unsigned status, struct MHD_Response *r);
/* The same for what says nothing about anybody: a browser may keep it, and asks whether it is still so. */
enum MHD_Result respond_keepable(struct MHD_Connection *c, unsigned status, struct MHD_Response *r, size_t length);
/* `type` NULL: JSON. `cookie` is a whole Set-Cookie value, or NULL. */
enum MHD_Result respond_body(struct MHD_Connection *c, unsigned status, const char *type, const void *body, size_t length,
                             const char *cookie);
/* Without a body. `headers` is ended by one without a name. */
struct respond_header {
  const char *name, *value;
};
enum MHD_Result respond_bare(struct MHD_Connection *c, unsigned status, const struct respond_header *headers);
/* `word` is the kind of failure in one word. An extra header may be named (NULL: none). */
enum MHD_Result respond_problem(struct MHD_Connection *c, unsigned status, const char *word, const char *detail,
                                const char *header, const char *value);

#endif
