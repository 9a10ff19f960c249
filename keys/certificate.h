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
/* The same for another kind of statement: signed under its label, so that neither passes for the other. */
#define CERTIFICATE_LABEL "clipvault-certificate-1"
#define CERTIFICATE_LOG_LABEL "clipvault-audit-1"
enum err certificate_sign_as(const char *label, const struct secret_key *seed, struct bytes *statement);
enum err certificate_verify_as(const char *label, const uint8_t public_key[32], const void *data, size_t length, bool *valid);
/* *valid tells; ERR_DATA only if `data` does not have the form at all. */
enum err certificate_verify(const uint8_t public_key[32], const void *data, size_t length, bool *valid);

void certificate_public_key(const struct secret_key *seed, uint8_t out[32]);
/* A public key file is one line: "CLIPVAULT-VERIFY-1 " + base64 of the 32 bytes. */
void certificate_key_text(const uint8_t public_key[32], struct bytes *out);
enum err certificate_key_parse(const void *data, size_t length, uint8_t out[32]);

#endif
