#include "vault/seal.h"

#include <sodium.h>
#include <string.h>

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

static void bind(struct bytes *ad, const char *label, const struct id *row) {
  bytes_put_text(ad, "clipvault-field");
  bytes_put(ad, label, strlen(label) + 1);
  bytes_put(ad, row->b, sizeof row->b);
}

enum err seal_put(const struct secret_key *key, const char *label, const struct id *row, const struct bytes *plain,
                  struct bytes *out) {
  AUTO(bytes) struct bytes ad = {0};
  bind(&ad, label, row);
  TRY(bytes_check(&ad));
  uint8_t *sealed = bytes_extend(out, NONCE + plain->length + TAG);
  TRY(bytes_check(out));
  randombytes_buf(sealed, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, plain->data, plain->length, ad.data, ad.length, NULL, sealed,
                                             key->b);
  return ERR_OK;
}

enum err seal_get(const struct secret_key *key, const char *label, const struct id *row, const struct bytes *sealed,
                  struct bytes *out) {
  AUTO(bytes) struct bytes ad = {0}, plain = {0};
  bind(&ad, label, row);
  if (sealed->length < NONCE + TAG) return err_set(ERR_DATA, "a sealed field (%s) is cut short; run clipvault check", label);
  size_t length = sealed->length - NONCE - TAG;
  uint8_t *room = bytes_extend(&plain, length);
  TRY(bytes_check(&plain));
  TRY(bytes_check(&ad));
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(room, NULL, NULL, sealed->data + NONCE, length + TAG, ad.data, ad.length,
                                                 sealed->data, key->b))
    return err_set(ERR_DATA, "a sealed field (%s) was changed or moved; run clipvault check", label);
  bytes_put(out, plain.data, plain.length);
  return bytes_check(out);
}

enum err seal_put_key(const struct secret_key *key, const char *label, const struct id *row, const struct secret_key *plain,
                      uint8_t out[SEAL_KEY]) {
  AUTO(bytes) struct bytes ad = {0};
  bind(&ad, label, row);
  TRY(bytes_check(&ad));
  randombytes_buf(out, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, plain->b, sizeof plain->b, ad.data, ad.length, NULL, out, key->b);
  return ERR_OK;
}

enum err seal_get_key(const struct secret_key *key, const char *label, const struct id *row, const uint8_t sealed[SEAL_KEY],
                      struct secret_key *out) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(opened);
  bind(&ad, label, row);
  TRY(bytes_check(&ad));
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened->b, NULL, NULL, sealed + NONCE, SEAL_KEY - NONCE, ad.data, ad.length,
                                                 sealed, key->b))
    return err_set(ERR_DATA, "a sealed key (%s) was changed or moved; run clipvault check", label);
  *out = *opened;
  return ERR_OK;
}

void seal_derive(const struct secret_key *from, const char *label, struct secret_key *out) {
  crypto_generichash(out->b, sizeof out->b, (const uint8_t *)label, strlen(label), from->b, sizeof from->b);
}
