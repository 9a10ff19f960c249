/* One request and its answer: judged here by what HTTP says of it, then asked of the monitor, which decides. */
#ifndef CLIPVAULT_BRIDGE_EXCHANGE_H
#define CLIPVAULT_BRIDGE_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct exchange;
/* How addresses of this server begin, as far as we can tell. */
void exchange_prepare(bool tls, bool behind_tls);

struct exchange *exchange_new(struct MHD_Connection *c, const char *method, const char *path); /* NULL: no memory */
void exchange_free(struct exchange *x);                                                        /* takes NULL */
/* Before the body comes: false if it is refused, and was answered. */
bool exchange_begins(struct exchange *x, enum MHD_Result *answered);
/* A piece of the body; *length becomes how much of it was left. MHD_NO if it is longer than it may be. */
enum MHD_Result exchange_take(struct exchange *x, const char *data, size_t *length);
/* Whether what comes of it is passed on: an upload that nobody has refused so far. */
bool exchange_wants_body(const struct exchange *x);
/* Whether it holds a place for long bodies, and how many whole pieces of it (http/large.h) have come. */
bool exchange_holds_place(const struct exchange *x, size_t *pieces);
/* The whole request is here, or what it waited for. */
enum MHD_Result exchange_go(struct exchange *x);

#endif
