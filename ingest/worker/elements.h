/* The beginning of an AAC packet: what an encoder wrote before the sound (its name, most often; ISO/IEC 14496-3, 4.4.2.1:
 * fill and data stream elements) is told apart and left out of a copy. What may lie behind the sound cannot be found without
 * decoding, and stays. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_ELEMENTS_H
#define CLIPVAULT_INGEST_WORKER_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Removes such elements in place (the packet becomes shorter); then the sound of `channels` (1, 2) must begin. False if it
 * does not. */
bool elements_clean(uint8_t *packet, size_t *length, int channels);

#endif
