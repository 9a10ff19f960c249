/* Sealing: a stream of unknown length in, chunks out, each written once. */
#include "vault/base/io.h"
#include "vault/container_cipher.h"
#include "vault/container_digest.h"

#include <stdlib.h>
#include <string.h>

struct container_writer {
  int fd;
  struct container_header header;
  struct container_cipher *cipher;
  struct container_digest *digest;
  size_t chunk;     /* C */
  uint8_t *partial; /* plaintext of the chunk being filled, in the arena */
  size_t partial_length;
  uint64_t index; /* of the next chunk */
  uint8_t *out;   /* sealed bytes on their way to file and hash; a buffer of the digest's */
  size_t out_length;
  uint64_t file_bytes, plain_bytes;
  bool broken, finished; /* after a failed write nothing may be sealed again: it could be other bytes under a used nonce */
};

static enum err flush(struct container_writer *w) {
  if (!w->out_length) return ERR_OK;
  enum err e = io_pwrite_all(w->fd, w->out, w->out_length, w->file_bytes);
  if (e != ERR_OK) {
    w->broken = true;
    return e;
  }
  w->file_bytes += w->out_length;
  container_digest_take(w->digest, w->out_length);
  w->out = container_digest_buffer(w->digest);
  w->out_length = 0;
  return ERR_OK;
}

static enum err put_chunk(struct container_writer *w, enum container_flag flag, const uint8_t *plain, size_t length) {
  enum err e = container_cipher_seal(w->cipher, w->index++, flag, plain, length, w->out + w->out_length);
  if (e != ERR_OK) {
    w->broken = true;
    return e;
  }
  w->out_length += length + CONTAINER_TAG;
  w->plain_bytes += length;
  return w->out_length >= CONTAINER_DIGEST_BLOCK ? flush(w) : ERR_OK;
}

static enum err start(struct container_writer *w, const struct secret_key *dek) {
  struct container_keys *keys = secret_alloc(sizeof *keys);
  enum err e = container_cipher_derive(&w->header, dek, keys);
  if (e == ERR_OK) e = container_cipher_new(keys, &w->cipher);
  secret_free(keys);
  TRY(e);
  TRY(container_digest_new(&w->digest));
  w->out = container_digest_buffer(w->digest);
  memcpy(w->out, w->header.bytes, CONTAINER_HEADER);
  w->out_length = CONTAINER_HEADER;
  return ERR_OK;
}

enum err container_create(int fd, const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                          struct container_writer **out) {
  struct container_writer *w = calloc(1, sizeof *w);
  if (!w) return err_set(ERR_IO, "out of memory");
  w->fd = fd;
  w->chunk = (size_t)1 << log2_chunk;
  enum err e = container_cipher_header_new(dek, ids, log2_chunk, &w->header);
  if (e == ERR_OK) w->partial = secret_alloc(w->chunk);
  if (e == ERR_OK) e = start(w, dek);
  if (e == ERR_OK) e = flush(w); /* from the first moment on the file says what it is */
  if (e != ERR_OK)
    container_writer_free(w);
  else
    *out = w;
  return e;
}

enum err container_write(struct container_writer *w, const void *data, size_t length) {
  const uint8_t *next = data;
  if (w->broken || w->finished) return err_set(ERR_IO, "an object that failed or is finished cannot be written on");
  while (length) {
    if (!w->partial_length && length >= w->chunk) { /* whole chunks need no copy */
      TRY(put_chunk(w, CONTAINER_MIDDLE, next, w->chunk));
      next += w->chunk, length -= w->chunk;
      continue;
    }
    size_t room = w->chunk - w->partial_length, take = length < room ? length : room;
    memcpy(w->partial + w->partial_length, next, take);
    w->partial_length += take, next += take, length -= take;
    if (w->partial_length == w->chunk) {
      TRY(put_chunk(w, CONTAINER_MIDDLE, w->partial, w->chunk));
      w->partial_length = 0;
    }
  }
  return ERR_OK;
}

enum err container_finish(struct container_writer *w, struct container_seal *out) {
  struct container_seal seal;
  uint8_t tag[CONTAINER_TAG];
  if (w->broken || w->finished) return err_set(ERR_IO, "an object that failed or is finished cannot be finished");
  w->finished = true;
  TRY(put_chunk(w, CONTAINER_FINAL, w->partial, w->partial_length));
  TRY(flush(w));
  TRY(io_pread_all(w->fd, tag, sizeof tag, w->file_bytes - sizeof tag));
  TRY(io_sync(w->fd));
  seal.plain_bytes = w->plain_bytes;
  seal.file_bytes = w->file_bytes;
  container_cipher_binding(&w->header, seal.plain_bytes, tag, seal.binding);
  TRY(container_digest_finish(w->digest, seal.sha256));
  *out = seal;
  return ERR_OK;
}

void container_writer_free(struct container_writer *w) {
  if (!w) return;
  container_digest_free(w->digest);
  container_cipher_free(w->cipher);
  secret_free(w->partial);
  free(w);
}
