/* Certificates: signed statements about what this vault did, checkable by anyone with the vault's public key.
 *
 * The signed form is one line of JSON whose last member is the signature over every byte before it:
 *   {…,"signature":"<Ed25519, base64>"}\n      signed: "clipvault-certificate-1" NUL || bytes up to ',"signature"'
 * Verifying needs no JSON parser. */
#ifndef CLIPVAULT_KEYS_CERTIFICATE_H
#define CLIPVAULT_KEYS_CERTIFICATE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stdbool.h>

enum { CERTIFICATE_MOST_BYTES = 16 << 20 };

/* Closes an unfinished JSON object ("{…" without its brace) with the signature. `seed` is the vault's signing key. */
enum err certificate_sign(const struct secret_key *seed, struct bytes *statement);
/* *valid tells; ERR_DATA only if `data` does not have the form at all. */
enum err certificate_verify(const uint8_t public_key[32], const void *data, size_t length, bool *valid);

/* Ed25519 of exactly these bytes, by the same key: for a form that says by itself what it is, and never begins with the label
 * above (a signed note). */
void certificate_sign_bytes(const struct secret_key *seed, const void *data, size_t length, uint8_t signature[64]);
bool certificate_check_bytes(const uint8_t public_key[32], const void *data, size_t length, const uint8_t signature[64]);

void certificate_public_key(const struct secret_key *seed, uint8_t out[32]);
/* A public key file is one line: "CLIPVAULT-VERIFY-1 " + base64 of the 32 bytes. */
void certificate_key_text(const uint8_t public_key[32], struct bytes *out);
enum err certificate_key_parse(const void *data, size_t length, uint8_t out[32]);

#endif
