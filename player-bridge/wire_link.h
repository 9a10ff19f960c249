/* Messages on the socket between monitor and bridge, with the descriptors and keys that travel beside them. Neither side ever
 * waits in here: what cannot be written now is kept, what is not all there yet is not given out.
 *
 * Frame: u32 length of the message, u8 descriptors, u8 keys; the message; then 56 bytes (K || base) for each key, which pass
 * through the arena alone. Descriptors travel with the frame's first byte. Not thread-safe. */
#ifndef CLIPVAULT_BRIDGE_WIRE_LINK_H
#define CLIPVAULT_BRIDGE_WIRE_LINK_H

#include "player-bridge/wire_message.h"

enum { WIRE_LINK_BESIDE = 4, WIRE_LINK_KEY = 56 };

/* A message with what goes beside it. */
struct wire_link_frame {
  struct bytes body;
  int fds[WIRE_LINK_BESIDE];
  size_t fd_count;
  uint8_t *keys; /* key_count * WIRE_LINK_KEY, in the arena; NULL if none */
  size_t key_count;
};
void wire_link_frame_free(struct wire_link_frame *f); /* closes, wipes; takes any state */
#define wire_link_frame_auto wire_link_frame_free

struct wire_link;
/* `fd` becomes the link's, non-blocking. */
enum err wire_link_new(int fd, struct wire_link **out);
void wire_link_free(struct wire_link *l); /* takes NULL */
static inline void wire_link_auto(struct wire_link **l) { wire_link_free(*l); }

/* Queues the frame, whose parts become the link's (also on failure), and writes what can be written. ERR_IO: the other side is
 * gone. */
enum err wire_link_send(struct wire_link *l, struct wire_link_frame *frame);
enum err wire_link_flush(struct wire_link *l);
bool wire_link_waits(const struct wire_link *l);    /* something is left to be written */
size_t wire_link_queued(const struct wire_link *l); /* bytes */

/* The next whole frame, if there is one: *got. ERR_IO "gone" at the end of the stream; ERR_DATA if it is no frame: then the link
 * is good for nothing more. */
enum err wire_link_receive(struct wire_link *l, struct wire_link_frame *out, bool *got);

#endif
