/* Films that the monitor has handed over, and the streams that are running of them. A film is here from WIRE_GRANTED until it has
 * been idle for a while or WIRE_STOP names it; with it go its keys, wiped, and its files. Thread-safe. */
#ifndef CLIPVAULT_BRIDGE_STREAM_H
#define CLIPVAULT_BRIDGE_STREAM_H

#include "player-bridge/wire_link.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum { STREAM_TOKEN = 32, STREAM_WHO = 32, STREAM_TEXT = 128 };

struct stream_film;

/* Who asks: by cookie for a session's address, by address and program for a ticket. */
struct stream_claim {
  bool by_session;
  uint8_t token[STREAM_TOKEN], session[STREAM_WHO], peer[STREAM_WHO];
  const char *beside; /* what is wanted with the film, at its address; "": the film itself */
};

/* From WIRE_GRANTED; what it takes over leaves the frame. One that cannot be opened is told to the monitor as a fault. */
void stream_granted(struct wire_link_frame *frame, const struct wire_message *m);
/* The film of that address, borrowed until stream_release; NULL if it is not here. *allowed: the claim is that of whom it was
 * given to. */
struct stream_film *stream_find(const struct stream_claim *claim, bool *allowed);
void stream_release(struct stream_film *f);

uint64_t stream_size(const struct stream_film *f);
const char *stream_etag(const struct stream_film *f); /* quoted */
const char *stream_mime(const struct stream_film *f);
/* False for the second one who wants to begin a film at a one-time address: players ask again at every seek, but for the first
 * bytes only to begin. */
bool stream_may_begin(struct stream_film *f, bool from_start);
/* A response that sends these bytes as they verify; it holds the film. `socket` is the connection's, which is shut when the film
 * is stopped; `head_only`: for HEAD, of which no byte is read. NULL if there is no memory. */
struct MHD_Response *stream_response(struct stream_film *f, int socket, uint64_t first, uint64_t length, bool head_only);

/* WIRE_STOP: lets go of the films named, wiped, and says WIRE_STOPPED; nothing, where a stream that was cut has not given its
 * buffer back in 1.5 s: then the monitor ends this process. */
void stream_stop(const struct wire_message *m);
void stream_stop_all(void);
/* Lets go of what is idle. */
void stream_tick(int64_t now_ms);

#endif
