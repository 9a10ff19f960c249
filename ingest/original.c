#include "ingest/original.h"

#include "vault/base/secret.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 << 10 };

struct original {
  struct rendition *rendition;
  const struct source *source;
  const uint8_t *sha256;
  uint64_t at;
  uint8_t *block; /* in the arena */
  EVP_MD_CTX *sha;
};

void original_free(struct original *o) {
  if (!o) return;
  secret_free(o->block);
  EVP_MD_CTX_free(o->sha);
  free(o);
}

enum err original_begin(struct rendition *r, const struct source *source, const uint8_t sha256[32], struct original **out) {
  struct original *o = calloc(1, sizeof *o);
  if (!o) return err_set(ERR_IO, "out of memory");
  *o = (struct original){r, source, sha256, 0, secret_alloc(BLOCK), EVP_MD_CTX_new()};
  if (!o->sha || EVP_DigestInit_ex(o->sha, EVP_sha256(), NULL) != 1) {
    original_free(o);
    return err_set(ERR_IO, "out of memory");
  }
  *out = o;
  return ERR_OK;
}

static enum err end(struct original *o) {
  uint8_t got[32];
  if (EVP_DigestFinal_ex(o->sha, got, NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  if (memcmp(got, o->sha256, sizeof got) != 0) return err_set(ERR_DATA, "The file was changed while it was taken in.");
  return rendition_seal(o->rendition);
}

enum err original_step(struct original *o, bool *done) {
  uint64_t left = o->source->bytes - o->at;
  size_t length = left < BLOCK ? (size_t)left : BLOCK;
  *done = length == 0;
  if (*done) return end(o);
  TRY(o->source->read(o->source->context, o->at, o->block, length));
  if (EVP_DigestUpdate(o->sha, o->block, length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  TRY(rendition_take_original(o->rendition, o->block, length));
  o->at += length;
  return ERR_OK;
}
