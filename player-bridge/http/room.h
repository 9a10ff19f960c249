/* Rooms: blocks of memory in which verified bytes of a film wait to be sent. Each is wiped when it is given back; a few are kept,
 * as to make one costs more than to fill it. Thread-safe. */
#ifndef CLIPVAULT_BRIDGE_ROOM_H
#define CLIPVAULT_BRIDGE_ROOM_H

#include <stddef.h>
#include <stdint.h>

enum { ROOM_BYTES = 64 << 10 };

/* Of ROOM_BYTES, with nothing in it that means anything; NULL if there is no memory. */
uint8_t *room_take(void);
/* Wipes the first `used` bytes, in which something stood; takes NULL. */
void room_give(uint8_t *room, size_t used);
/* Those that were kept. */
void room_free_all(void);

#endif
