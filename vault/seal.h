/* A sealed field: what the index may not read. XChaCha20-Poly1305 under a leaf's key (or one derived from it), bound to
 * what the field is and to the row it stands in, so that a row's field moved to another row does not open.
 *
 *   nonce (24, random) || ciphertext || tag (16)     associated data: "clipvault-field" || label || 0 || row id */
#ifndef CLIPVAULT_SEAL_H
#define CLIPVAULT_SEAL_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/base/secret.h"

/* Appends the sealed form of `plain` to `out`. `label` names table and column ("person"). */
enum err seal_put(const struct secret_key *key, const char *label, const struct id *row, const struct bytes *plain,
                  struct bytes *out);
/* Appends the plaintext; ERR_DATA if it was sealed for another row, label or key, or was changed. */
enum err seal_get(const struct secret_key *key, const char *label, const struct id *row, const struct bytes *sealed,
                  struct bytes *out);

/* The same of one key, which never leaves the arena: 72 bytes. */
enum { SEAL_KEY = 24 + 32 + 16 };
enum err seal_put_key(const struct secret_key *key, const char *label, const struct id *row, const struct secret_key *plain,
                      uint8_t out[SEAL_KEY]);
enum err seal_get_key(const struct secret_key *key, const char *label, const struct id *row, const uint8_t sealed[SEAL_KEY],
                      struct secret_key *out);

/* A key for one use, out of a leaf's: BLAKE2b-256(key = leaf's key, label). MK(clip) = seal_derive(XK, "meta"). */
void seal_derive(const struct secret_key *from, const char *label, struct secret_key *out);

#endif
