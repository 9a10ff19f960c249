#include "vault/wrap.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, WORD = INDEX_WORD };

static int by_person(const void *a, const void *b) {
  return id_compare(&((const struct wrap_person *)a)->scope.person, &((const struct wrap_person *)b)->scope.person);
}

static void put_word(struct bytes *out, const char *word) {
  uint8_t *field = bytes_extend(out, WORD);
  if (field) memcpy(field, word, strnlen(word, WORD));
}

static void put_subject(struct bytes *out, const char *label, const struct wrap_subject *s) {
  bytes_put_text(out, label);
  bytes_put(out, s->vault.b, sizeof s->vault.b);
  bytes_put(out, s->clip.b, sizeof s->clip.b);
  put_word(out, s->purpose);
  put_word(out, s->rendition);
}

static void hash_word(crypto_generichash_state *h, const char *word) {
  uint8_t field[WORD] = {0};
  memcpy(field, word, strnlen(word, WORD));
  crypto_generichash_update(h, field, sizeof field);
}

static void hash_u32(crypto_generichash_state *h, uint32_t v) {
  uint8_t raw[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
  crypto_generichash_update(h, raw, sizeof raw);
}

static void hash_person(crypto_generichash_state *h, const struct wrap_person *p) {
  crypto_generichash_update(h, p->scope.person.b, sizeof p->scope.person.b);
  crypto_generichash_update(h, p->scope.kase.b, sizeof p->scope.kase.b);
  hash_u32(h, p->scope.media);
  hash_u32(h, p->scope.ident);
  crypto_generichash_update(h, p->spk->b, sizeof p->spk->b);
}

/* While a clip waits, nobody's consent opens it: then the people are bound, and bring no keys. SPKs go straight into the hash,
 * never through a buffer outside the arena; so does its state. */
static void derive(const struct wrap_subject *s, const struct secret_key *xk, const struct secret_key *bk,
                   const struct wrap_person *people, size_t count, struct secret_key *kek) {
  uint8_t *pair = secret_alloc(64);
  crypto_generichash_state *h = secret_alloc(sizeof *h);
  if (xk) memcpy(pair, xk->b, 32);
  memcpy(pair + 32, bk->b, 32);
  crypto_generichash_init(h, pair, 64, sizeof kek->b);
  crypto_generichash_update(h, (const uint8_t *)"clipvault-kek", 13);
  crypto_generichash_update(h, s->vault.b, sizeof s->vault.b);
  crypto_generichash_update(h, s->clip.b, sizeof s->clip.b);
  hash_word(h, s->purpose);
  hash_word(h, s->rendition);
  size_t keys = s->purpose[0] ? count : 0;
  hash_u32(h, (uint32_t)keys);
  for (size_t i = 0; i < keys; i++) hash_person(h, &people[i]);
  crypto_generichash_final(h, kek->b, sizeof kek->b);
  secret_free(h);
  secret_free(pair);
}

static void hash_people(const struct wrap_person *people, size_t count, uint8_t out[32]) {
  crypto_generichash_state h;
  crypto_generichash_init(&h, NULL, 0, 32);
  for (size_t i = 0; i < count; i++) crypto_generichash_update(&h, people[i].scope.person.b, sizeof(struct id));
  crypto_generichash_final(&h, out, 32);
}

static enum err bound_facts(const struct wrap_subject *s, const struct wrap_person *people, size_t count, struct bytes *ad) {
  uint8_t set[32];
  hash_people(people, count, set);
  put_subject(ad, "clipvault-wrap", s);
  bytes_put(ad, set, sizeof set);
  bytes_put(ad, s->kase.b, sizeof s->kase.b);
  put_word(ad, s->kind);
  bytes_put_u64(ad, (uint64_t)s->recorded_ms);
  bytes_put_u64(ad, (uint64_t)s->expires_ms);
  for (size_t i = 0; i < s->object_count; i++) {
    if (strcmp(s->objects[i].rendition, s->rendition) != 0) continue;
    put_word(ad, s->objects[i].role);
    bytes_put(ad, s->objects[i].id.b, sizeof(struct id));
    bytes_put(ad, s->objects[i].binding, sizeof s->objects[i].binding);
  }
  return bytes_check(ad);
}

/* A clip without people, or a use with none, would be open to everyone: never. */
static enum err check_people(const struct wrap_subject *s, struct wrap_person *people, size_t count) {
  if (!count) return err_set(ERR_BUG, "a wrap needs everyone filmed: \"%s\" has nobody", s->purpose);
  qsort(people, count, sizeof *people, by_person);
  return ERR_OK;
}

enum err wrap_seal(const struct wrap_subject *s, const struct secret_key *xk, const struct secret_key *bk,
                   struct wrap_person *people, size_t count, const struct secret_key *dek, uint8_t ct[INDEX_WRAP_CT]) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(kek);
  TRY(check_people(s, people, count));
  TRY(bound_facts(s, people, count, &ad));
  derive(s, xk, bk, people, count, kek);
  randombytes_buf(ct, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(ct + NONCE, NULL, dek->b, sizeof dek->b, ad.data, ad.length, NULL, ct, kek->b);
  return ERR_OK;
}

enum err wrap_open(const struct wrap_subject *s, const struct secret_key *xk, const struct secret_key *bk,
                   struct wrap_person *people, size_t count, const uint8_t ct[INDEX_WRAP_CT], struct secret_key *dek) {
  AUTO(bytes) struct bytes ad = {0};
  SECRET_KEY(kek);
  SECRET_KEY(opened);
  TRY(check_people(s, people, count));
  TRY(bound_facts(s, people, count, &ad));
  derive(s, xk, bk, people, count, kek);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened->b, NULL, NULL, ct + NONCE, INDEX_WRAP_CT - NONCE, ad.data, ad.length, ct,
                                                 kek->b))
    return err_set(ERR_DATA,
                   "the key of this clip does not open for \"%s\": its row or a consent's row was changed; run clipvault check",
                   s->purpose);
  *dek = *opened;
  return ERR_OK;
}
