#include "vault/consent_form.h"

#include "vault/base/io.h"
#include "vault/object.h"
#include "vault/person.h"
#include "vault/seal.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 64 << 10 };

enum err consent_form_key(struct vault *v, const struct id *person, struct secret_key *out) {
  SECRET_KEY(pk);
  TRY(person_key(v, person, pk));
  seal_derive(pk, "consent-form", out);
  return ERR_OK;
}

static enum err copy_in(int fd, struct container_writer *w, EVP_MD_CTX *sha) {
  uint64_t all = 0;
  uint8_t *block = secret_alloc(BLOCK);
  enum err e = ERR_OK;
  for (size_t got = BLOCK; e == ERR_OK && got == BLOCK; all += got) {
    got = 0;
    e = io_read_upto(fd, block, BLOCK, &got);
    if (e == ERR_OK) e = container_write(w, block, got);
    if (e == ERR_OK && EVP_DigestUpdate(sha, block, got) != 1) e = err_set(ERR_BUG, "libcrypto failed to hash");
    if (e == ERR_OK && all > CONSENT_FORM_MOST_BYTES)
      e = err_set(ERR_DATA, "a consent form may have at most %d MiB", CONSENT_FORM_MOST_BYTES >> 20);
  }
  secret_free(block);
  if (e == ERR_OK && all == 0) e = err_set(ERR_DATA, "the consent form is empty");
  return e;
}

static enum err seal_into(struct vault *v, const struct id *consent, int fd, int to, const struct secret_key *dek,
                          EVP_MD_CTX *sha, struct consent_form *form, uint8_t sha256[32]) {
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_ids ids = {v->id, *consent, form->object};
  if (!sha || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1) return err_set(ERR_IO, "out of memory");
  TRY(container_create(to, dek, &ids, CONTAINER_LOG2_CHUNK, &w));
  TRY(copy_in(fd, w, sha));
  if (EVP_DigestFinal_ex(sha, sha256, NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  TRY(container_finish(w, &form->seal));
  return io_sync_dir(v->objects);
}

/* Whoever writes into a pipe could keep the vault, and everyone's withdrawals, waiting for the rest of it. */
static enum err require_file(int fd) {
  struct stat st;
  if (fstat(fd, &st)) return err_set_errno(ERR_IO, "cannot look at the consent form");
  if (S_ISREG(st.st_mode)) return ERR_OK;
  return err_set(ERR_DATA, "the consent form must be a file: what comes through a pipe or from a device is not waited for");
}

enum err consent_form_seal(struct vault *v, const struct id *person, const struct id *consent, int fd, struct consent_form *out,
                           struct consent_details *details) {
  AUTO(io) int to = -1;
  SECRET_KEY(dek);
  TRY(require_file(fd));
  TRY(consent_form_key(v, person, dek));
  TRY(object_create(v, &out->object, &to));
  EVP_MD_CTX *sha = EVP_MD_CTX_new();
  enum err e = seal_into(v, consent, fd, to, dek, sha, out, details->form_sha256);
  EVP_MD_CTX_free(sha);
  /* From here to the transaction that adopts it nothing else runs, nothing that deletes what is doomed either. */
  object_made(v, &out->object);
  details->form = out->object;
  return e;
}

enum err consent_form_adopt(struct vault *v, const struct id *consent, const struct consent_form *form) {
  struct index_object row = {.id = form->object,
                             .clip = *consent,
                             .rendition = "evidence",
                             .role = "form",
                             .plain_bytes = form->seal.plain_bytes,
                             .file_bytes = form->seal.file_bytes};
  memcpy(row.binding, form->seal.binding, sizeof row.binding);
  memcpy(row.sha256, form->seal.sha256, sizeof row.sha256);
  TRY(index_object_put(v->index, &row));
  return object_adopt(v, &form->object);
}

void consent_form_done(struct vault *v) { IGNORE(object_delete_doomed(v)); }
