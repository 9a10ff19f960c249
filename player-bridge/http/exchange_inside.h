/* Inside exchange*.c only: what an exchange is made of, and what films (exchange_film.c) and uploads (exchange_upload.c) share
 * with all others (exchange.c). */
#ifndef CLIPVAULT_BRIDGE_EXCHANGE_INSIDE_H
#define CLIPVAULT_BRIDGE_EXCHANGE_INSIDE_H

#include "player-bridge/http/exchange.h"
#include "player-bridge/http/feed.h"
#include "player-bridge/http/line.h"
#include "player-bridge/http/route.h"
#include "player-bridge/http/stream.h"
#include "player-bridge/http/web.h"
#include "vault/base/id.h"

#include <stdatomic.h>
#include <stdint.h>

enum exchange_stage { EXCHANGE_FRESH, EXCHANGE_WAITING, EXCHANGE_ANSWERED };
enum exchange_place {
  EXCHANGE_NO_PLACE,
  EXCHANGE_PLACE_WANTED,
  EXCHANGE_PLACE_ASKED,
  EXCHANGE_PLACE_HELD,
  EXCHANGE_PLACE_REFUSED /* as the monitor said */,
  EXCHANGE_PLACE_ENOUGH,
  EXCHANGE_PLACE_FULL
};

struct exchange {
  struct line_waiter waiter; /* first: the line gives us back by it */
  struct MHD_Connection *connection;
  const struct route *route;
  const struct web_file *file; /* of the web application, if it is none of the routes */
  char id[ROUTE_MOST_ID + 1], allow[ROUTE_ALLOW];
  bool unsafe, head, known_path;
  enum exchange_stage stage;
  atomic_bool answered; /* what it waits for is here */
  struct bytes body;
  struct feed *feed; /* until a response has it */
  struct {
    enum exchange_place place; /* for a body that is longer than usual */
    struct id account;
  } large;
  struct {
    uint64_t number;    /* of the transfer; 0: none was begun */
    bool refused;       /* the monitor's answer, or `problem`, waits until the body is through */
    unsigned problem;   /* of HTTP, found here; 0: none */
    const char *detail; /* of it */
    bool ended;
    uint64_t swallowed; /* of a body that nobody wants */
  } upload;
};

/* ---- what HTTP says of it (exchange.c) */
const char *exchange_header(const struct exchange *x, const char *name);
/* Its cookie's; false if there is none. */
bool exchange_session(const struct exchange *x, uint8_t out[STREAM_WHO]);
bool exchange_from_hex(const char *text, uint8_t out[STREAM_WHO]);
static inline bool exchange_is_tus(const struct exchange *x) {
  return x->route->kind == ROUTE_TUS || x->route->kind == ROUTE_BODY;
}

/* ---- asking the monitor (exchange.c) */
void exchange_begin_message(const struct exchange *x, struct bytes *message, enum wire_message_verb verb, uint64_t number);
void exchange_put_token(const struct exchange *x, struct bytes *message); /* against forgery, if there is one */
/* From here on it is the line's, until it comes back through exchange_go. */
enum MHD_Result exchange_send_off(struct exchange *x, struct bytes *message, uint64_t number);
/* Between the answer and the connection's going on there is a moment in which the library, of a body in chunks, shows more. */
bool exchange_awaits(const struct exchange *x);
enum MHD_Result exchange_answer(struct exchange *x);
enum MHD_Result exchange_no_memory(const struct exchange *x);

/* ---- films (exchange_film.c) */
/* A film that is here already is given to whom it was granted, and to nobody else; any other question is the monitor's. */
enum MHD_Result exchange_film(struct exchange *x);

/* ---- uploads (exchange_upload.c) */
/* Of another version of tus than ours. */
bool exchange_upload_is_other(const struct exchange *x);
/* Whether its headers are those of a piece of an upload. What is wrong with it, and `foreign`, is told when the body is through:
 * before that nothing can be answered in all versions of the library. */
void exchange_upload_judge(struct exchange *x, const char *foreign);
/* All that tus asks but a body. */
enum MHD_Result exchange_upload_ask(struct exchange *x);
/* As exchange_take. */
enum MHD_Result exchange_upload_take(struct exchange *x, const char *data, size_t *length);
/* The end of a body: what was wrong with it, or all of it is sealed. */
enum MHD_Result exchange_upload_end(struct exchange *x);
/* A body that did not come to its end: what came of it is kept. */
void exchange_upload_break_off(struct exchange *x);

#endif
