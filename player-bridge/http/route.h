/* Which requests there are: one table. What is not in it is answered with 404 or 405, and reaches nobody. */
#ifndef CLIPVAULT_BRIDGE_ROUTE_H
#define CLIPVAULT_BRIDGE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

enum route_kind {
  ROUTE_ASK,    /* the monitor is asked */
  ROUTE_FILM,   /* the film behind a session's address */
  ROUTE_TICKET, /* the film behind a one-time address */
  ROUTE_TUS,    /* the monitor is asked by headers of tus */
  ROUTE_BODY,   /* and hears a body as it comes */
  ROUTE_TOLD,   /* the bridge says it by itself */
  ROUTE_EVENTS, /* the monitor is asked, and goes on to speak */
};
enum { ROUTE_MOST_ID = 64 };

struct route {
  const char *method, *path; /* "*" stands for one segment: the id */
  enum route_kind kind;
  const char *ask;          /* what it is called to the monitor; of a film: what is wanted beside it, NULL for the film itself */
  const char *const *names; /* members of its JSON, or of its query with GET; ended by NULL */
};

/* The route, and the id in its path ("" if it has none). NULL: *known tells whether the path exists under other methods, which
 * are then listed in `allow`. HEAD is a GET whose body is not sent, unless it has a route of its own. */
enum { ROUTE_ALLOW = 64 };
const struct route *route_find(const char *method, const char *path, char id[ROUTE_MOST_ID + 1], bool *known,
                               char allow[ROUTE_ALLOW]);
/* The nth of the table; NULL after the last. */
const struct route *route_nth(size_t n);

#endif
