#include "vault/commitment.h"

#include <sodium.h>
#include <string.h>

static void put_u64(uint64_t v, uint8_t out[8]) {
  for (int i = 0; i < 8; i++) out[i] = (uint8_t)(v >> (8 * i));
}

enum err commitment_compute(struct vault *v, keystore_leaf leaf, uint8_t out[COMMITMENT_BYTES]) {
  static const char label[] = "clipvault-leaf-commit";
  SECRET_KEY(key);
  uint8_t number[8];
  TRY(keystore_get(v->keys, leaf, key));
  put_u64(leaf, number);
  crypto_generichash_state *h = secret_alloc(sizeof *h);
  crypto_generichash_init(h, key->b, sizeof key->b, COMMITMENT_BYTES);
  crypto_generichash_update(h, (const uint8_t *)label, sizeof label - 1);
  crypto_generichash_update(h, v->id.b, sizeof v->id.b);
  crypto_generichash_update(h, number, sizeof number);
  crypto_generichash_final(h, out, COMMITMENT_BYTES);
  secret_free(h);
  return ERR_OK;
}

static void hash_published(const struct vault *v, keystore_leaf leaf, enum id_kind kind, const struct id *subject,
                           const uint8_t commitment[COMMITMENT_BYTES], uint8_t out[32]) {
  static const char label[] = "clipvault-leaf-published";
  uint8_t number[8], byte = (uint8_t)kind;
  crypto_hash_sha256_state h;
  put_u64(leaf, number);
  crypto_hash_sha256_init(&h);
  crypto_hash_sha256_update(&h, (const uint8_t *)label, sizeof label);
  crypto_hash_sha256_update(&h, v->id.b, sizeof v->id.b);
  crypto_hash_sha256_update(&h, &byte, 1);
  crypto_hash_sha256_update(&h, subject->b, sizeof subject->b);
  crypto_hash_sha256_update(&h, number, sizeof number);
  crypto_hash_sha256_update(&h, commitment, COMMITMENT_BYTES);
  crypto_hash_sha256_final(&h, out);
}

enum err commitment_make(struct vault *v, keystore_leaf leaf, enum id_kind kind, const struct id *subject) {
  struct index_commitment row = {.leaf = leaf, .entry = INDEX_UNPUBLISHED};
  TRY(commitment_compute(v, leaf, row.hash));
  hash_published(v, leaf, kind, subject, row.hash, row.published);
  return index_commitment_put(v->index, &row);
}

enum err commitment_take(struct vault *v, size_t most, uint64_t entry, struct bytes *out, bool *more) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_commitment_waiting(v->index, most + 1, &rows));
  size_t count = INDEX_COUNT(struct index_commitment, rows);
  *more = count > most;
  for (size_t i = 0; i < count && i < most; i++) {
    const struct index_commitment *row = &INDEX_ROWS(struct index_commitment, rows)[i];
    bytes_put(out, row->published, sizeof row->published);
    TRY(index_commitment_set_entry(v->index, row->leaf, (int64_t)entry));
  }
  return bytes_check(out);
}

enum err commitment_of(struct vault *v, keystore_leaf leaf, struct commitment *out, bool *found) {
  struct index_commitment row;
  enum err e = index_commitment_get(v->index, leaf, &row);
  *found = e == ERR_OK && row.entry != INDEX_UNPUBLISHED;
  if (e != ERR_OK && e != ERR_MISSING) return e;
  if (!*found) return ERR_OK;
  memcpy(out->hash, row.hash, sizeof out->hash);
  out->entry = (uint64_t)row.entry;
  return ERR_OK;
}
