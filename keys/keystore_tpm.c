#include "keys/keystore_inside.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { NONCE = 24, TAG = 16, SEALED_AUTH = NONCE + 32 + TAG, FACT_NAME = 48 };
static const char label[] = "clipvault-tpm-auth", auth_fact[] = "tpm_auth";

/* ---- the authorisation */
static void auth_key(const struct secret_key *mrk, const struct id *vault, struct secret_key *out) {
  crypto_generichash_state *h = secret_alloc(sizeof *h);
  crypto_generichash_init(h, mrk->b, sizeof mrk->b, sizeof out->b);
  crypto_generichash_update(h, (const uint8_t *)label, sizeof label - 1);
  crypto_generichash_update(h, vault->b, sizeof vault->b);
  crypto_generichash_final(h, out->b, sizeof out->b);
  secret_free(h);
}

enum err keystore_put_auth(struct keystore *ks, const struct secret_key *mrk) {
  uint8_t sealed[SEALED_AUTH];
  SECRET_KEY(key);
  if (sodium_is_zero(ks->auth->b, sizeof ks->auth->b)) return ERR_OK;
  auth_key(mrk, &ks->tree.vault, key);
  randombytes_buf(sealed, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, ks->auth->b, sizeof ks->auth->b, ks->tree.vault.b,
                                             sizeof ks->tree.vault.b, NULL, sealed, key->b);
  return store_put_fact(ks->store, auth_fact, sealed, sizeof sealed);
}

enum err keystore_get_auth(struct keystore *ks) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(key);
  bool found;
  TRY(store_find_fact(ks->store, auth_fact, &sealed, &found));
  if (!found) return ERR_OK; /* a vault from before there were any */
  auth_key(ks->mrk, &ks->tree.vault, key);
  if (sealed.length != SEALED_AUTH ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(ks->auth->b, NULL, NULL, sealed.data + NONCE, sealed.length - NONCE,
                                                 ks->tree.vault.b, sizeof ks->tree.vault.b, sealed.data, key->b))
    return err_set(ERR_REFUSED, "what keys.db keeps for a TPM does not open");
  return ERR_OK;
}

enum err keystore_make_auth(struct keystore *ks) {
  if (!sodium_is_zero(ks->auth->b, sizeof ks->auth->b)) return ERR_OK;
  randombytes_buf(ks->auth->b, sizeof ks->auth->b);
  TRY(keystore_put_auth(ks, ks->mrk));
  return store_checkpoint(ks->store);
}

/* ---- slots */
static void sealed_name(const struct id *slot, char out[FACT_NAME]) {
  char hex[2 * sizeof slot->b + 1];
  bytes_hex(slot->b, sizeof slot->b, hex);
  snprintf(out, FACT_NAME, "tpm_slot_%s", hex);
}

enum err keystore_put_sealed(struct keystore *ks, const struct id *slot, const struct bytes *sealed) {
  char name[FACT_NAME];
  sealed_name(slot, name);
  return store_put_fact(ks->store, name, sealed->data, sealed->length);
}

enum err keystore_drop_sealed(struct keystore *ks, const struct id *slot) {
  char name[FACT_NAME];
  sealed_name(slot, name);
  return store_drop_fact(ks->store, name);
}

static enum err unseal(struct store *store, const struct id *slot, struct secret_key *out) {
  AUTO(bytes) struct bytes sealed = {0};
  char name[FACT_NAME];
  sealed_name(slot, name);
  TRY(store_get_fact(store, name, &sealed));
  return slot_tpm_open(&sealed, out);
}

static enum err first_secret(struct store *store, struct secret_key *out) {
  struct slot_record slots[STORE_MOST_SLOTS];
  size_t count;
  TRY(store_get_slots(store, slots, &count));
  enum err e = err_set(ERR_MISSING, "this vault has no TPM slot");
  for (size_t i = 0; i < count && e != ERR_OK; i++)
    if (slots[i].kind == SLOT_TPM) e = unseal(store, &slots[i].id, out);
  return e;
}

enum err keystore_tpm_secret(int dirfd, struct secret_key *out) {
  struct store *store = NULL;
  TRY(store_look(dirfd, &store));
  enum err e = first_secret(store, out);
  store_close(store);
  return e;
}
