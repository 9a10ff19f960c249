#include "ingest/original.h"

#include "vault/base/secret.h"

#include <openssl/evp.h>
#include <string.h>

enum { BLOCK = 256 << 10 };

struct passage {
  uint8_t *block; /* in the arena */
  EVP_MD_CTX *sha;
};

static void passage_auto(struct passage *p) {
  secret_free(p->block);
  EVP_MD_CTX_free(p->sha);
}

static enum err take_all(struct rendition *r, struct session *s, const struct source *source, struct passage *p) {
  for (uint64_t at = 0; at < source->bytes;) {
    size_t length = source->bytes - at < BLOCK ? (size_t)(source->bytes - at) : BLOCK;
    TRY(source->read(source->context, at, p->block, length));
    if (EVP_DigestUpdate(p->sha, p->block, length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
    TRY(rendition_take_original(r, p->block, length));
    at += length;
    session_attend(s);
    TRY(session_check(s));
    TRY(rendition_going(r));
  }
  return ERR_OK;
}

enum err original_take(struct rendition *r, struct session *s, const struct source *source, const uint8_t sha256[32]) {
  uint8_t got[32];
  AUTO(passage) struct passage p = {.block = secret_alloc(BLOCK), .sha = EVP_MD_CTX_new()};
  if (!p.sha || EVP_DigestInit_ex(p.sha, EVP_sha256(), NULL) != 1) return err_set(ERR_IO, "out of memory");
  TRY(take_all(r, s, source, &p));
  if (EVP_DigestFinal_ex(p.sha, got, NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  if (memcmp(got, sha256, sizeof got) != 0) return err_set(ERR_DATA, "The file was changed while it was taken in.");
  return rendition_seal(r);
}
