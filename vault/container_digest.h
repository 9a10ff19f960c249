/* The SHA-256 of what is written to a file, by a container or by a backup that copies one, computed beside the writing. A long
 * stream gets a thread of its own, because hashing everything takes longer than sealing it; a short one is hashed where it is. */
#ifndef CLIPVAULT_CONTAINER_DIGEST_H
#define CLIPVAULT_CONTAINER_DIGEST_H

#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { CONTAINER_DIGEST_BLOCK = 1 << 20, CONTAINER_DIGEST_ROOM = CONTAINER_DIGEST_BLOCK + (1 << 20) + 256 };

struct container_digest;
enum err container_digest_new(struct container_digest **out);
/* One that only has a buffer to give: nothing is hashed, and the SHA-256 is zeroes. */
enum err container_digest_none(struct container_digest **out);
/* A buffer of CONTAINER_DIGEST_ROOM bytes to fill with what comes next; waits while all are being hashed. */
uint8_t *container_digest_buffer(struct container_digest *d);
/* The buffer's first `length` bytes are next; it must not be touched any more. */
void container_digest_take(struct container_digest *d, size_t length);
enum err container_digest_finish(struct container_digest *d, uint8_t sha256[32]);
void container_digest_free(struct container_digest *d);

#endif
