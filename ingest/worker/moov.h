/* The start of an MP4 file, made after its end is known ("virtual faststart"): bytes in, bytes out. Pure.
 *
 * The muxer wrote  ftyp, [free], mdat header | payload | moov  with chunk offsets that count from the start of *that*
 * file. The playable file is  ftyp, moov, [free], mdat header | payload: the payload has moved by the length of the moov,
 * so every offset in it grows by as much. An offset that then needs more than 32 bits makes all tables 64-bit, which
 * lengthens the moov and moves the payload further.
 *
 * Before a payload of at least MOOV_ALIGNS_FROM bytes another free box ends the head on a multiple of MOOV_GRID: then a piece of
 * the film that begins and ends on such multiples, as browsers ask for it, is one sealed chunk and not parts of two. The layout
 * is ISO/IEC 14496-12's; boxes are those our muxer writes, anything unforeseen is ERR_BUG: this refuses to guess. */
#ifndef CLIPVAULT_INGEST_WORKER_MOOV_H
#define CLIPVAULT_INGEST_WORKER_MOOV_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { MOOV_GRID = 64 << 10, MOOV_ALIGNS_FROM = 16 << 20 };

/* `header`: what was written before the payload, with the mdat header's final size. `trailer`: what came behind it: one
 * moov, nothing else. Appends the head of the playable file to `out`. */
enum err moov_make_head(const uint8_t *header, size_t header_length, const uint8_t *trailer, size_t trailer_length,
                        uint64_t payload_length, struct bytes *out);

#endif
