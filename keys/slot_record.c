#include "keys/slot_record.h"

#include "vault/base/bytes.h"

#include <sodium.h>
#include <string.h>

/* Of a passphrase. */
static enum err check_bounds(const struct slot_record *s) {
  if (s->ops < SLOT_LEAST_OPS || s->ops > SLOT_MOST_OPS || s->kib < SLOT_LEAST_KIB || s->kib > SLOT_MOST_KIB)
    return err_set(ERR_DATA, "a passphrase slot asks for a strength out of bounds: keys.db was tampered with; restore it");
  return ERR_OK;
}

static const char file_label[] = "clipvault-key-file", share_label[] = "clipvault-shares", tpm_label[] = "clipvault-tpm";

static enum err stretch(const struct slot_record *s, const struct slot_secret *secret, struct secret_key *out) {
  if (s->kind == SLOT_PASSPHRASE) {
    TRY(check_bounds(s));
    if (crypto_pwhash(out->b, sizeof out->b, (const char *)secret->bytes, secret->length, s->salt, s->ops, (size_t)s->kib << 10,
                      crypto_pwhash_ALG_ARGON2ID13))
      return err_set(ERR_IO, "not enough memory to check a passphrase (%u MiB)", s->kib >> 10);
    return ERR_OK;
  }
  crypto_generichash_state h;
  crypto_generichash_init(&h, secret->bytes, secret->length, sizeof out->b);
  if (s->kind == SLOT_SHARES)
    crypto_generichash_update(&h, (const uint8_t *)share_label, sizeof share_label);
  else if (s->kind == SLOT_TPM)
    crypto_generichash_update(&h, (const uint8_t *)tpm_label, sizeof tpm_label);
  else
    crypto_generichash_update(&h, (const uint8_t *)file_label, sizeof file_label);
  crypto_generichash_update(&h, s->salt, sizeof s->salt);
  crypto_generichash_final(&h, out->b, sizeof out->b);
  sodium_memzero(&h, sizeof h);
  return ERR_OK;
}

static void bound_facts(const struct slot_record *s, const struct id *vault, struct bytes *ad) {
  bytes_put_text(ad, "clipvault-slot");
  bytes_put(ad, vault->b, sizeof vault->b);
  bytes_put(ad, s->id.b, sizeof s->id.b);
  bytes_put_u32(ad, (uint32_t)s->kind);
  bytes_put(ad, s->public_half, sizeof s->public_half);
  bytes_put_u32(ad, s->ops);
  bytes_put_u32(ad, s->kib);
}

static enum err check_length(const struct slot_secret *secret) {
  bool is_key = secret->kind == SLOT_SECRET_KEY_FILE || secret->kind == SLOT_SECRET_SHARES || secret->kind == SLOT_SECRET_TPM;
  bool right = is_key ? secret->length == 32 : secret->kind == SLOT_SECRET_PASSPHRASE && secret->length > 0;
  return right ? ERR_OK : err_set(ERR_BUG, "a slot was asked for with an unfit secret");
}

enum err slot_record_make(const struct slot_secret *secret, const struct id *vault, const struct secret_key *mrk, int64_t now_ms,
                          struct slot_record *out) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(key);
  SECRET_KEY(private);
  struct slot_record s = {.id = id_new(), .kind = (enum slot_kind)secret->kind, .created_ms = now_ms};
  TRY(check_length(secret));
  if (s.kind == SLOT_PASSPHRASE) s.ops = crypto_pwhash_OPSLIMIT_MODERATE, s.kib = crypto_pwhash_MEMLIMIT_MODERATE >> 10;
  randombytes_buf(s.salt, sizeof s.salt);
  randombytes_buf(s.nonce, sizeof s.nonce);
  crypto_box_keypair(s.public_half, private->b);
  TRY(stretch(&s, secret, key));
  bound_facts(&s, vault, &ad);
  TRY(bytes_check(&ad));
  crypto_aead_xchacha20poly1305_ietf_encrypt(s.private_half, NULL, private->b, sizeof private->b, ad.data, ad.length, NULL,
                                             s.nonce, key->b);
  TRY(slot_record_reseal(&s, mrk));
  *out = s;
  return ERR_OK;
}

enum err slot_record_open(const struct slot_record *s, const struct slot_secret *secret, const struct id *vault,
                          struct secret_key *mrk) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(key);
  SECRET_KEY(private);
  TRY(check_length(secret));
  if ((int)s->kind != (int)secret->kind) return err_set(ERR_REFUSED, "this secret is not of the slot's kind");
  TRY(stretch(s, secret, key));
  bound_facts(s, vault, &ad);
  TRY(bytes_check(&ad));
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(private->b, NULL, NULL, s->private_half, sizeof s->private_half, ad.data,
                                                 ad.length, s->nonce, key->b))
    return err_set(ERR_REFUSED, "this secret does not open the slot");
  if (crypto_box_seal_open(mrk->b, s->sealed_mrk, sizeof s->sealed_mrk, s->public_half, private->b))
    return err_set(ERR_DATA, "a slot's master key was changed: keys.db was tampered with");
  return ERR_OK;
}

enum err slot_record_reseal(struct slot_record *s, const struct secret_key *mrk) {
  if (crypto_box_seal(s->sealed_mrk, mrk->b, sizeof mrk->b, s->public_half))
    return err_set(ERR_DATA, "a slot's public key is unusable");
  return ERR_OK;
}
