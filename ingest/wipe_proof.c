#include "ingest/wipe_proof.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/clip.h"
#include "vault/object.h"
#include "vault/shred.h"
#include "vault/uses.h"

#include <openssl/evp.h>
#include <string.h>

enum { BLOCK = 256 << 10 };

struct proof {
  struct session *session;
  struct id clip;
  struct index_object object; /* the one that is being read */
  int fd;
  struct container_reader *reader; /* NULL: to be opened (again) */
  uint8_t *block;                  /* in the arena */
  EVP_MD_CTX *sha;
  struct key_user user;
};

static void let_go(void *context) {
  struct proof *p = context;
  container_close(p->reader);
  p->reader = NULL;
  io_close(&p->fd);
}

static void proof_auto(struct proof *p) {
  shred_unregister(p->session->vault, &p->user);
  let_go(p);
  secret_free(p->block);
  EVP_MD_CTX_free(p->sha);
}

static enum err live_clip(struct vault *v, const struct id *id, struct index_clip *clip) {
  TRY(index_clip_get(v->index, id, clip, NULL));
  if (strcmp(clip->state, "quarantined") == 0)
    return err_set(ERR_DATA, "its clip is in quarantine and ends by itself unless consents follow");
  bool live = strcmp(clip->state, "live") == 0 && id_is_zero(&clip->job);
  return live ? ERR_OK : err_set(ERR_DATA, "its clip has ended meanwhile");
}

static enum err open_object(struct proof *p) {
  SECRET_KEY(dek);
  struct vault *v = p->session->vault;
  struct index_clip clip;
  struct container_ids ids = {v->id, p->clip, p->object.id};
  TRY(live_clip(v, &p->clip, &clip));
  TRY(uses_open_any(v, &clip, p->object.rendition, dek));
  TRY(object_open(v, &p->object.id, &p->fd));
  return container_open(p->fd, dek, &ids, p->object.binding, &p->reader);
}

/* Each chunk is authenticated as it is read, and the binding says that it is the very object, with that end. */
static enum err read_object(struct proof *p) {
  uint64_t at = 0;
  for (size_t got = BLOCK; got == BLOCK; at += got) {
    session_attend(p->session);
    TRY(session_check(p->session));
    if (!p->reader) TRY(open_object(p));
    TRY(container_read(p->reader, at, p->block, BLOCK, &got));
    if (EVP_DigestUpdate(p->sha, p->block, got) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  }
  let_go(p);
  return at == p->object.plain_bytes ? ERR_OK : err_set(ERR_DATA, "a sealed object has another length than the index says");
}

static enum err check_object(struct proof *p, const uint8_t sha256[32], bool *original) {
  uint8_t got[32];
  bool is_original = strcmp(p->object.role, "original") == 0;
  if (EVP_DigestInit_ex(p->sha, EVP_sha256(), NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  TRY(read_object(p));
  if (EVP_DigestFinal_ex(p->sha, got, NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  if (is_original && memcmp(got, sha256, sizeof got) != 0) return err_set(ERR_DATA, "the sealed original is not this file");
  *original |= is_original;
  return ERR_OK;
}

static enum err check_facts(struct vault *v, const struct id *clip, const uint8_t sha256[32], bool original) {
  struct clip_facts f;
  TRY(clip_facts(v, clip, &f));
  if (memcmp(f.source_sha256, sha256, sizeof f.source_sha256) != 0) return err_set(ERR_DATA, "the clip was made of another file");
  if (!original && f.frames_damaged + f.packets_damaged)
    return err_set(ERR_DATA, "it is damaged, and the copy lacks what a better reader might yet save");
  return ERR_OK;
}

static enum err check_all(struct proof *p, const uint8_t sha256[32]) {
  AUTO(bytes) struct bytes objects = {0};
  struct vault *v = p->session->vault;
  struct index_clip clip;
  bool original = false;
  TRY(live_clip(v, &p->clip, &clip));
  TRY(index_object_of(v->index, &p->clip, &objects));
  if (!objects.length) return err_set(ERR_DATA, "its clip has no sealed objects");
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, objects); i++) {
    p->object = INDEX_ROWS(struct index_object, objects)[i];
    TRY(check_object(p, sha256, &original));
  }
  TRY(live_clip(v, &p->clip, &clip));
  return check_facts(v, &p->clip, sha256, original);
}

enum err wipe_proof(struct session *s, const struct id *clip, const uint8_t sha256[32]) {
  AUTO(proof) struct proof p = {.session = s, .clip = *clip, .fd = -1, .block = secret_alloc(BLOCK), .sha = EVP_MD_CTX_new()};
  p.user = (struct key_user){.recheck = let_go, .context = &p};
  shred_register(s->vault, &p.user);
  if (!p.sha) return err_set(ERR_IO, "out of memory");
  return check_all(&p, sha256);
}
