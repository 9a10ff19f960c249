/* The whole file: every chunk authenticated and the file hashed, in one pass over the same bytes; and recovery. */
#include "vault/base/io.h"
#include "vault/container_digest.h"
#include "vault/container_reader.h"

#include <string.h>
#include <unistd.h>

/* A pass over the file: `block` collects what was read, for the digest. */
struct pass {
  struct container_reader *reader;
  struct container_digest *digest;
  uint8_t *plain; /* one chunk, in the arena: where decrypted bytes go that nobody wants */
  uint8_t *block;
  size_t block_length;
};

static void pass_auto(struct pass *p) {
  container_digest_free(p->digest);
  secret_free(p->plain);
}

static void hand_over(struct pass *p) {
  container_digest_take(p->digest, p->block_length);
  p->block = container_digest_buffer(p->digest);
  p->block_length = 0;
}

/* Reads the chunk behind what the pass has read already, and authenticates it. */
static enum err pass_chunk(struct pass *p, uint64_t index, enum container_flag flag, size_t length, bool *right) {
  struct container_reader *r = p->reader;
  uint8_t *sealed = p->block + p->block_length;
  TRY(io_pread_all(r->fd, sealed, length + CONTAINER_TAG, container_reader_offset(r, index)));
  *right = container_cipher_open(r->cipher, index, flag, sealed, length, p->plain);
  p->block_length += length + CONTAINER_TAG;
  if (p->block_length >= CONTAINER_DIGEST_BLOCK) hand_over(p);
  return ERR_OK;
}

static enum err changed(uint64_t index) {
  return err_set(ERR_DATA, "chunk %llu of a sealed object was changed", (unsigned long long)index);
}

static enum err pass_everything(struct pass *p) {
  struct container_reader *r = p->reader;
  bool right;
  memcpy(p->block, r->header.bytes, CONTAINER_HEADER);
  p->block_length = CONTAINER_HEADER;
  for (uint64_t i = 0; i < r->full_chunks; i++) {
    TRY(pass_chunk(p, i, CONTAINER_MIDDLE, r->chunk, &right));
    if (!right) return changed(i);
  }
  TRY(pass_chunk(p, r->full_chunks, r->ending, r->final_length, &right));
  if (!right) return changed(r->full_chunks);
  hand_over(p);
  return ERR_OK;
}

enum err container_verify(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_seal *out) {
  AUTO(container_reader) struct container_reader *r = NULL;
  TRY(container_open(fd, dek, ids, NULL, &r));
  AUTO(pass) struct pass p = {.reader = r, .plain = secret_alloc(r->chunk)};
  struct container_seal seal = {.plain_bytes = container_length(r)};
  TRY(container_digest_new(&p.digest));
  p.block = container_digest_buffer(p.digest);
  TRY(pass_everything(&p));
  TRY(container_digest_finish(p.digest, seal.sha256));
  seal.file_bytes = container_reader_offset(r, r->full_chunks) + r->final_length + CONTAINER_TAG;
  container_cipher_binding(&r->header, seal.plain_bytes, r->final_tag, seal.binding);
  *out = seal;
  return ERR_OK;
}

/* ---- recovery */
static enum err is_right(struct container_reader *r, uint64_t index, uint8_t *plain, bool *right) {
  TRY(io_pread_all(r->fd, r->sealed, r->chunk + CONTAINER_TAG, container_reader_offset(r, index)));
  *right = container_cipher_open(r->cipher, index, CONTAINER_MIDDLE, r->sealed, r->chunk, plain);
  return ERR_OK;
}

/* How many whole chunks verify from the start: what a torn stream is worth. A stream is torn only at its end; where a good
 * chunk follows a bad one, somebody changed the file, and cutting it would destroy what can still be looked into. */
static enum err count_verified(struct container_reader *r, uint8_t *plain, uint64_t *count) {
  uint64_t size, verified = 0;
  TRY(io_file_size(r->fd, &size));
  uint64_t there = (size - CONTAINER_HEADER) / (r->chunk + CONTAINER_TAG);
  for (uint64_t i = 0; i < there; i++) {
    bool right;
    TRY(is_right(r, i, plain, &right));
    if (right && verified < i)
      return err_set(ERR_DATA, "chunk %llu of an unfinished object was changed; it was left as it is",
                     (unsigned long long)verified);
    if (right) verified++;
  }
  *count = verified;
  return ERR_OK;
}

/* Nonce (n, recovered) only ever seals the empty string, so a torn chunk n that somebody copied shares no nonce with it. The
 * first fsync keeps the tag from reaching the disk while torn bytes are still before it. */
static enum err append_recovery(struct container_reader *r, uint64_t verified) {
  uint8_t sealed[CONTAINER_TAG];
  uint64_t end = container_reader_offset(r, verified);
  if (ftruncate(r->fd, (off_t)end)) return err_set_errno(ERR_IO, "cannot cut a torn object");
  TRY(io_sync(r->fd));
  TRY(container_cipher_seal(r->cipher, verified, CONTAINER_RECOVERED, sealed, 0, sealed));
  TRY(io_pwrite_all(r->fd, sealed, sizeof sealed, end));
  return io_sync(r->fd);
}

static enum err make_whole(struct container_reader *r) {
  uint64_t verified;
  uint8_t *plain = secret_alloc(r->chunk);
  enum err e = count_verified(r, plain, &verified);
  secret_free(plain);
  TRY(e);
  return append_recovery(r, verified);
}

/* Judged by a reader of its own at the end: this one knows the file as it was before. */
enum err container_recover(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_seal *out) {
  AUTO(container_reader) struct container_reader *r = NULL;
  bool sealed;
  TRY(container_reader_prepare(fd, dek, NULL, ids, &r));
  TRY(container_reader_check_final(r, &sealed));
  if (!sealed) TRY(make_whole(r));
  return container_verify(fd, dek, ids, out);
}
