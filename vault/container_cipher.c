#include "vault/container_cipher.h"

#include "vault/base/bytes.h"
#include "vault/base/io.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, SUITE = 1, SALTED = 96, NONCE = 24 };
static const char magic[8] = "CLIPVLT1";

static enum container_backend backend = CONTAINER_LIBCRYPTO;
void container_use(enum container_backend wanted) { backend = wanted; }

/* ---- header */
/* BLAKE2b(key = DEK, label || header[0..96)). Its state holds the key, so it is in the arena too. */
static void keyed(const struct secret_key *dek, const char label[16], const uint8_t header[SALTED], uint8_t *out, size_t length) {
  crypto_generichash_state *state = secret_alloc(sizeof *state);
  crypto_generichash_init(state, dek->b, sizeof dek->b, length);
  crypto_generichash_update(state, (const uint8_t *)label, 16);
  crypto_generichash_update(state, header, SALTED);
  crypto_generichash_final(state, out, length);
  secret_free(state);
}

static void commitment(const struct secret_key *dek, const uint8_t header[SALTED], uint8_t commit[32]) {
  keyed(dek, "CLIPVLT1-commit-", header, commit, 32);
}

enum err container_cipher_header_new(const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                                     struct container_header *out) {
  AUTO(bytes) struct bytes b = {0};
  uint8_t salt[32];
  if (log2_chunk < CONTAINER_LEAST_LOG2 || log2_chunk > CONTAINER_MOST_LOG2)
    return err_set(ERR_BUG, "a container's chunks must be of 4 KiB to 1 MiB");
  randombytes_buf(salt, sizeof salt);
  bytes_put(&b, magic, sizeof magic);
  bytes_put_u8(&b, VERSION);
  bytes_put_u8(&b, SUITE);
  bytes_put_u8(&b, (uint8_t)log2_chunk);
  bytes_put_u8(&b, 0); /* flags */
  bytes_put_u32(&b, CONTAINER_HEADER);
  bytes_put(&b, ids->vault.b, sizeof ids->vault.b);
  bytes_put(&b, ids->clip.b, sizeof ids->clip.b);
  bytes_put(&b, ids->object.b, sizeof ids->object.b);
  bytes_put(&b, salt, sizeof salt);
  TRY(bytes_check(&b));
  memcpy(out->bytes, b.data, SALTED);
  commitment(dek, out->bytes, out->bytes + SALTED);
  out->ids = *ids;
  out->log2_chunk = log2_chunk;
  return ERR_OK;
}

enum err container_cipher_header_read(int fd, struct container_header *out) {
  enum err e = io_pread_all(fd, out->bytes, CONTAINER_HEADER, 0);
  if (e == ERR_DATA) return err_set(ERR_DATA, "a sealed object is shorter than its header");
  TRY(e);
  struct bytes_reader r = bytes_reader(out->bytes, CONTAINER_HEADER);
  const uint8_t *name = bytes_get_view(&r, sizeof magic);
  uint8_t version = bytes_get_u8(&r), suite = bytes_get_u8(&r);
  out->log2_chunk = bytes_get_u8(&r);
  uint8_t flags = bytes_get_u8(&r);
  uint32_t length = bytes_get_u32(&r);
  bytes_get(&r, out->ids.vault.b, sizeof out->ids.vault.b);
  bytes_get(&r, out->ids.clip.b, sizeof out->ids.clip.b);
  bytes_get(&r, out->ids.object.b, sizeof out->ids.object.b);
  if (memcmp(name, magic, sizeof magic) != 0) return err_set(ERR_DATA, "this is not a sealed object of clipvault");
  if (version != VERSION || suite != SUITE || flags || length != CONTAINER_HEADER || out->log2_chunk < CONTAINER_LEAST_LOG2 ||
      out->log2_chunk > CONTAINER_MOST_LOG2)
    return err_set(ERR_DATA, "a sealed object has a header that this version does not know");
  return ERR_OK;
}

enum err container_cipher_derive(const struct container_header *h, const struct secret_key *dek, struct container_keys *out) {
  uint8_t commit[32];
  commitment(dek, h->bytes, commit);
  if (sodium_memcmp(commit, h->bytes + SALTED, sizeof commit) != 0)
    return err_set(ERR_REFUSED, "the key is not this object's, or its header was changed");
  uint8_t *wide = secret_alloc(64);
  keyed(dek, "CLIPVLT1-keys---", h->bytes, wide, 64);
  memcpy(out->b, wide, sizeof out->b);
  secret_free(wide);
  return ERR_OK;
}

void container_cipher_binding(const struct container_header *h, uint64_t plain_bytes, const uint8_t tag[CONTAINER_TAG],
                              uint8_t binding[32]) {
  crypto_generichash_state state;
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = (uint8_t)(plain_bytes >> (8 * i));
  crypto_generichash_init(&state, NULL, 0, 32);
  crypto_generichash_update(&state, h->bytes, CONTAINER_HEADER);
  crypto_generichash_update(&state, length, sizeof length);
  crypto_generichash_update(&state, tag, CONTAINER_TAG);
  crypto_generichash_final(&state, binding, 32);
}

/* ---- chunks */
struct container_cipher { /* in the arena */
  struct container_keys keys;
  uint8_t subkey[32];
  EVP_CIPHER *chacha;
  EVP_CIPHER_CTX *evp; /* NULL: libsodium */
  EVP_CIPHER *stream;  /* what the two halves of the AEAD are, for parts of chunks; made when they are first needed */
  EVP_MAC_CTX *mac;
  uint8_t once[64]; /* the first block of the key stream, whose first half is a chunk's Poly1305 key */
};

static enum err start_libcrypto(struct container_cipher *c) {
  crypto_core_hchacha20(c->subkey, c->keys.b + 32, c->keys.b, NULL);
  c->chacha = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
  c->evp = EVP_CIPHER_CTX_new();
  return c->chacha && c->evp ? ERR_OK : err_set(ERR_UNAVAILABLE, "libcrypto has no ChaCha20-Poly1305, or no memory for it");
}

enum err container_cipher_new(const struct container_keys *keys, struct container_cipher **out) {
  struct container_cipher *c = secret_alloc(sizeof *c);
  c->keys = *keys;
  enum err e = backend == CONTAINER_LIBCRYPTO ? start_libcrypto(c) : ERR_OK;
  if (e != ERR_OK)
    container_cipher_free(c);
  else
    *out = c;
  return e;
}

void container_cipher_free(struct container_cipher *c) {
  if (!c) return;
  EVP_CIPHER_CTX_free(c->evp);
  EVP_CIPHER_free(c->chacha);
  EVP_CIPHER_free(c->stream);
  EVP_MAC_CTX_free(c->mac);
  secret_free(c);
}

static void nonce_of(const struct container_cipher *c, uint64_t index, enum container_flag flag, uint8_t nonce[NONCE]) {
  memcpy(nonce, c->keys.b + 32, NONCE);
  nonce[16] ^= (uint8_t)flag;
  for (int i = 0; i < 7; i++) nonce[23 - i] ^= (uint8_t)(index >> (8 * i));
}

/* libcrypto keeps a started cipher's key in ordinary memory; so it has it for one chunk at a time, and evp_stop wipes it. */
static bool evp_start(struct container_cipher *c, const uint8_t nonce[NONCE], int encrypt) {
  uint8_t iv[12] = {0};
  memcpy(iv + 4, nonce + 16, 8);
  return EVP_CipherInit_ex2(c->evp, c->chacha, c->subkey, iv, encrypt, NULL) == 1;
}

static bool evp_stop(struct container_cipher *c, bool right) { return EVP_CIPHER_CTX_reset(c->evp) == 1 && right; }

static bool evp_seal(struct container_cipher *c, const uint8_t nonce[NONCE], const uint8_t *plain, size_t length, uint8_t *out) {
  int n = 0, end = 0;
  return evp_stop(c, evp_start(c, nonce, 1) && (!length || EVP_EncryptUpdate(c->evp, out, &n, plain, (int)length) == 1) &&
                         EVP_EncryptFinal_ex(c->evp, out + n, &end) == 1 &&
                         EVP_CIPHER_CTX_ctrl(c->evp, EVP_CTRL_AEAD_GET_TAG, CONTAINER_TAG, out + length) == 1);
}

static bool evp_open(struct container_cipher *c, const uint8_t nonce[NONCE], const uint8_t *sealed, size_t length,
                     uint8_t *plain) {
  int n = 0, end = 0;
  uint8_t tag[CONTAINER_TAG], nothing[16];
  memcpy(tag, sealed + length, sizeof tag);
  return evp_stop(c, evp_start(c, nonce, 0) && EVP_CIPHER_CTX_ctrl(c->evp, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1 &&
                         (!length || EVP_DecryptUpdate(c->evp, plain, &n, sealed, (int)length) == 1) &&
                         EVP_DecryptFinal_ex(c->evp, length ? plain + n : nothing, &end) == 1);
}

enum err container_cipher_seal(struct container_cipher *c, uint64_t index, enum container_flag flag, const uint8_t *plain,
                               size_t length, uint8_t *out) {
  uint8_t nonce[NONCE];
  nonce_of(c, index, flag, nonce);
  if (!c->evp)
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, plain, length, NULL, 0, NULL, nonce, c->keys.b);
  else if (!evp_seal(c, nonce, plain, length, out))
    return err_set(ERR_BUG, "libcrypto failed to seal");
  return ERR_OK;
}

bool container_cipher_open(struct container_cipher *c, uint64_t index, enum container_flag flag, const uint8_t *sealed,
                           size_t length, uint8_t *plain) {
  uint8_t nonce[NONCE];
  nonce_of(c, index, flag, nonce);
  bool right = c->evp ? evp_open(c, nonce, sealed, length, plain)
                      : crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed, length + CONTAINER_TAG, NULL, 0,
                                                                   nonce, c->keys.b) == 0;
  if (!right && length) sodium_memzero(plain, length); /* libcrypto writes before it knows the tag */
  return right;
}

/* ---- parts of chunks
 * RFC 8439, 2.8: Poly1305 under the first 32 bytes of the key stream's block 0, over the ciphertext padded to 16 bytes and two
 * lengths (nothing else is authenticated); the text begins at block 1. So a chunk can be authenticated whole and decrypted in
 * part, with what libcrypto has of each. */
enum { BLOCK = 64, PAD = 16 };

static bool prepare_parts(struct container_cipher *c) {
  if (c->mac) return true;
  EVP_MAC *poly = EVP_MAC_fetch(NULL, "POLY1305", NULL);
  if (!c->stream) c->stream = EVP_CIPHER_fetch(NULL, "ChaCha20", NULL);
  if (poly && c->stream) c->mac = EVP_MAC_CTX_new(poly);
  EVP_MAC_free(poly);
  return c->mac != NULL;
}

/* The key stream over `nonce` from that block on; libcrypto's IV is the block (u32 LE) and the nonce. The key stays with the
 * context from the first time until evp_stop. */
static bool stream_at(struct container_cipher *c, const uint8_t nonce[NONCE], uint32_t block) {
  uint8_t iv[16] = {(uint8_t)block, (uint8_t)(block >> 8), (uint8_t)(block >> 16), (uint8_t)(block >> 24)};
  memcpy(iv + 8, nonce + 16, 8);
  return EVP_CipherInit_ex2(c->evp, block ? NULL : c->stream, block ? NULL : c->subkey, iv, 0, NULL) == 1;
}

static bool mac_of(struct container_cipher *c, const struct container_cipher_chunk *chunk, uint8_t tag[CONTAINER_TAG]) {
  static const uint8_t zeroes[PAD];
  uint8_t lengths[16] = {0};
  size_t got = 0;
  for (int i = 0; i < 8; i++) lengths[8 + i] = (uint8_t)((uint64_t)chunk->length >> (8 * i));
  return EVP_MAC_init(c->mac, c->once, 32, NULL) == 1 && EVP_MAC_update(c->mac, chunk->sealed, chunk->length) == 1 &&
         EVP_MAC_update(c->mac, zeroes, (PAD - chunk->length % PAD) % PAD) == 1 &&
         EVP_MAC_update(c->mac, lengths, sizeof lengths) == 1 && EVP_MAC_final(c->mac, tag, &got, CONTAINER_TAG) == 1;
}

/* Zeroes through the stream are the stream. */
static bool is_authentic(struct container_cipher *c, const uint8_t nonce[NONCE], const struct container_cipher_chunk *chunk) {
  uint8_t tag[CONTAINER_TAG];
  int n;
  memset(c->once, 0, sizeof c->once);
  return stream_at(c, nonce, 0) && EVP_DecryptUpdate(c->evp, c->once, &n, c->once, BLOCK) == 1 && mac_of(c, chunk, tag) &&
         sodium_memcmp(tag, chunk->sealed + chunk->length, CONTAINER_TAG) == 0;
}

static bool decrypt_part(struct container_cipher *c, const uint8_t nonce[NONCE], const uint8_t *sealed, size_t from,
                         uint8_t *plain, size_t length) {
  size_t before = from % BLOCK; /* of the first block, which is not wanted */
  int n;
  return stream_at(c, nonce, (uint32_t)(1 + from / BLOCK)) &&
         (!before || EVP_DecryptUpdate(c->evp, c->once, &n, sealed + from - before, (int)before) == 1) &&
         EVP_DecryptUpdate(c->evp, plain, &n, sealed + from, (int)length) == 1;
}

/* libsodium has no halves that are worth it: it is the reference, and not what serves. */
static bool sodium_open_part(struct container_cipher *c, const struct container_cipher_chunk *chunk, size_t from, uint8_t *plain,
                             size_t length) {
  uint8_t *whole = secret_alloc(chunk->length);
  bool right = container_cipher_open(c, chunk->index, chunk->flag, chunk->sealed, chunk->length, whole);
  if (right) memcpy(plain, whole + from, length);
  secret_free(whole);
  return right;
}

bool container_cipher_open_part(struct container_cipher *c, const struct container_cipher_chunk *chunk, size_t from,
                                uint8_t *plain, size_t length) {
  uint8_t nonce[NONCE];
  if (from >= chunk->length || length > chunk->length - from) return false;
  if (!c->evp) return sodium_open_part(c, chunk, from, plain, length);
  nonce_of(c, chunk->index, chunk->flag, nonce);
  bool right = evp_stop(
      c, prepare_parts(c) && is_authentic(c, nonce, chunk) && decrypt_part(c, nonce, chunk->sealed, from, plain, length));
  sodium_memzero(c->once, sizeof c->once);
  if (!right) sodium_memzero(plain, length);
  return right;
}
