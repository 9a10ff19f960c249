#include "keys/certificate.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char label[] = "clipvault-certificate-1";
static const char member[] = ",\"signature\":\"";
static const char ending[] = "\"}\n";
static const char key_prefix[] = "CLIPVAULT-VERIFY-1 ";
enum {
  SIGNATURE_TEXT = 88,
  KEY_TEXT = 44,
  MEMBER = sizeof member - 1,
  ENDING = sizeof ending - 1,
  KEY_PREFIX = sizeof key_prefix - 1
};

/* The label is signed with its NUL. */
static enum err message_of(const void *statement, size_t length, struct bytes *out) {
  bytes_put(out, label, sizeof label);
  bytes_put(out, statement, length);
  return bytes_check(out);
}

/* libsodium's secret key (seed || public key) lies in the arena while it is needed. */
static uint8_t *expand(const struct secret_key *seed, uint8_t public_key[32]) {
  uint8_t *secret = secret_alloc(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(public_key, secret, seed->b);
  return secret;
}

void certificate_sign_bytes(const struct secret_key *seed, const void *data, size_t length, uint8_t signature[64]) {
  uint8_t public_key[32], *secret = expand(seed, public_key);
  crypto_sign_detached(signature, NULL, data, length, secret);
  secret_free(secret);
}

bool certificate_check_bytes(const uint8_t public_key[32], const void *data, size_t length, const uint8_t signature[64]) {
  return crypto_sign_verify_detached(signature, data, length, public_key) == 0;
}

enum err certificate_sign(const struct secret_key *seed, struct bytes *statement) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t signature[crypto_sign_BYTES];
  char text[SIGNATURE_TEXT + 1];
  TRY(bytes_check(statement));
  TRY(message_of(statement->data, statement->length, &message));
  certificate_sign_bytes(seed, message.data, message.length, signature);
  sodium_bin2base64(text, sizeof text, signature, sizeof signature, sodium_base64_VARIANT_ORIGINAL);
  bytes_put_text(statement, member);
  bytes_put_text(statement, text);
  bytes_put_text(statement, ending);
  return bytes_check(statement);
}

static bool decode64(const char *text, size_t length, uint8_t *out, size_t size) {
  size_t got; /* all of the text is taken, or it fails */
  return bytes_parse_base64(text, length, out, size, &got) && got == size;
}

enum err certificate_verify(const uint8_t public_key[32], const void *data, size_t length, bool *valid) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t signature[crypto_sign_BYTES];
  const char *text = data;
  size_t tail = MEMBER + SIGNATURE_TEXT + ENDING;
  bool newline = length && text[length - 1] == '\n';
  size_t whole = newline ? length : length + 1; /* a copied line may have lost its newline */
  if (length > CERTIFICATE_MOST_BYTES || whole < tail + 1)
    return err_set(ERR_DATA, "this is not a statement that clipvault signed");
  const char *signing = text + whole - tail;
  if (memcmp(signing, member, MEMBER) != 0 || memcmp(text + whole - ENDING, ending, ENDING - 1) != 0 ||
      !decode64(signing + MEMBER, SIGNATURE_TEXT, signature, sizeof signature))
    return err_set(ERR_DATA, "this is not a statement that clipvault signed: it does not end with a signature");
  TRY(message_of(data, whole - tail, &message));
  *valid = certificate_check_bytes(public_key, message.data, message.length, signature);
  return ERR_OK;
}

void certificate_public_key(const struct secret_key *seed, uint8_t out[32]) { secret_free(expand(seed, out)); }

void certificate_key_text(const uint8_t public_key[32], struct bytes *out) {
  char text[KEY_TEXT + 1];
  sodium_bin2base64(text, sizeof text, public_key, 32, sodium_base64_VARIANT_ORIGINAL);
  bytes_put_text(out, key_prefix);
  bytes_put_text(out, text);
  bytes_put_text(out, "\n");
}

enum err certificate_key_parse(const void *data, size_t length, uint8_t out[32]) {
  const char *text = data;
  uint8_t key[32];
  while (length && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
  if (length != KEY_PREFIX + KEY_TEXT || memcmp(text, key_prefix, KEY_PREFIX) != 0 ||
      !decode64(text + KEY_PREFIX, KEY_TEXT, key, sizeof key))
    return err_set(ERR_DATA, "this is not a vault's public key: it should be one line that begins with %s", key_prefix);
  memcpy(out, key, sizeof key);
  return ERR_OK;
}
