/* Signed notes (c2sp.org/signed-note): a text that ends with a newline, an empty line, then a line for each signature.
 *
 *   — <name> <base64(key id, 4 bytes || Ed25519 signature of the text, 64 bytes)>
 *   key id = first 4 bytes of SHA-256(name || "\n" || 0x01 || public key)
 *
 * Anyone may add a line below; lines of others are passed over. Pure. */
#ifndef CLIPVAULT_NOTE_H
#define CLIPVAULT_NOTE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stdbool.h>

enum { NOTE_MOST_BYTES = 16 << 10 };

/* Appends the empty line and our signature to `text`, which ends with a newline. */
enum err note_sign(const struct secret_key *seed, const char *name, struct bytes *text);
/* The length of the text that is signed. ERR_DATA if `data` is not a note. */
enum err note_split(const void *data, size_t length, size_t *text_length);
/* *valid: the key of that name signed it. False as well if any line of that name and key does not verify. ERR_DATA if it is no
 * note. */
enum err note_verify(const void *data, size_t length, const char *name, const uint8_t public_key[32], bool *valid);

#endif
