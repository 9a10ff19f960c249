/* How long a connection may take over what it asks: who sends it byte by byte, or connects and says nothing, is sent away, so
 * that nobody keeps others out. The library itself only ends who is silent for a while. Thread-safe; times are of the steady
 * clock.
 *
 *   a request's line and headers     30 s from the beginning of the connection, or from the answer before
 *   its body                         60 s, unless it is an upload that is wanted (whose every piece is waited for)
 *   a body that holds a place        10 s for each 256 KiB (http/large.h)
 *   while it is answered             no limit of ours, nor while a film or events are sent
 *   any other answer                 is read at 16 KiB a second; a connection may be late by 60 s in all
 *
 * One address (of IPv6 64 bits of it) has half of all places. When three quarters are taken, whoever has waited for longest
 * without a whole request, or has read for longest, makes place for each who comes. To be sent away is a shutdown of the socket,
 * which the library notices.
 */
#ifndef CLIPVAULT_BRIDGE_PATIENCE_H
#define CLIPVAULT_BRIDGE_PATIENCE_H

#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct patience; /* with one connection */
enum patience_with { PATIENCE_HEAD, PATIENCE_BODY, PATIENCE_PIECE, PATIENCE_ANSWER, PATIENCE_READ };

enum {
  PATIENCE_HEAD_MS = 30 * 1000,
  PATIENCE_BODY_MS = 60 * 1000,
  PATIENCE_PIECE_MS = 10 * 1000,
  PATIENCE_READ_MS = 60 * 1000,
  PATIENCE_READ_RATE = 16 /* bytes in a millisecond */
};

/* Before any connection: how many there may be. */
void patience_prepare(size_t most);
/* A connection begins, by waiting for a head. `peer` may be NULL, and a Unix socket's has no address to count by. NULL: no
 * memory; then the others take NULL. `fd` must stay open until patience_end. */
struct patience *patience_begin(int fd, const struct sockaddr *peer, int64_t now_ms);
void patience_end(struct patience *p);
/* From now on this is what is waited for. Nothing changes where it was that already. */
void patience_turn(struct patience *p, enum patience_with with, int64_t now_ms);
/* Of a body that holds a place the nth piece is waited for. */
void patience_piece(struct patience *p, size_t nth, int64_t now_ms);
/* The answer is there, of so many bytes, and is to be read. */
void patience_read(struct patience *p, size_t length, int64_t now_ms);
/* About once a second: sends away who took too long. */
void patience_tick(int64_t now_ms);

#endif
