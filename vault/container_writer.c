/* Sealing: a stream of unknown length in, chunks out, each written once. */
#include "vault/base/io.h"
#include "vault/container_cipher.h"
#include "vault/container_digest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { WRITEBACK = 8 << 20 };

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
  uint64_t on_its_way;        /* bytes of the file that the disk was already asked to take */
  uint8_t tag[CONTAINER_TAG]; /* of the last chunk sealed */
  bool broken, finished;      /* after a failed write nothing may be sealed again: it could be other bytes under a used nonce */
};

/* Lets the disk work while we seal: the fsync at the end then finds little left to do. Only a hint, so what it answers
 * does not matter; durability is the fsync's. */
static void start_writeback(struct container_writer *w) {
  uint64_t length = w->file_bytes - w->on_its_way;
  if (length < WRITEBACK) return;
  IGNORE(sync_file_range(w->fd, (off_t)w->on_its_way, (off_t)length, SYNC_FILE_RANGE_WRITE));
  w->on_its_way = w->file_bytes;
}

static enum err flush(struct container_writer *w) {
  if (!w->out_length) return ERR_OK;
  enum err e = io_pwrite_all(w->fd, w->out, w->out_length, w->file_bytes);
  if (e != ERR_OK) {
    w->broken = true;
    return e;
  }
  w->file_bytes += w->out_length;
  start_writeback(w);
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
  memcpy(w->tag, w->out + w->out_length + length, CONTAINER_TAG);
  w->out_length += length + CONTAINER_TAG;
  w->plain_bytes += length;
  return w->out_length >= CONTAINER_DIGEST_BLOCK ? flush(w) : ERR_OK;
}

/* Bytes that are there already were sealed by somebody else, or would follow ours. */
static enum err check_empty(int fd) {
  uint64_t size;
  TRY(io_file_size(fd, &size));
  return size ? err_set(ERR_BUG, "a new object would overwrite a file that is not empty") : ERR_OK;
}

static enum err start(struct container_writer *w, const struct secret_key *dek, bool named) {
  struct container_keys *keys = secret_alloc(sizeof *keys);
  enum err e = container_cipher_derive(&w->header, dek, keys);
  if (e == ERR_OK) e = container_cipher_new(keys, &w->cipher);
  secret_free(keys);
  TRY(e);
  TRY(named ? container_digest_new(&w->digest) : container_digest_none(&w->digest));
  w->out = container_digest_buffer(w->digest);
  memcpy(w->out, w->header.bytes, CONTAINER_HEADER);
  w->out_length = CONTAINER_HEADER;
  return ERR_OK;
}

static enum err create(int fd, const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk, bool named,
                       struct container_writer **out) {
  struct container_header header;
  TRY(check_empty(fd));
  TRY(container_cipher_header_new(dek, ids, log2_chunk, &header));
  struct container_writer *w = calloc(1, sizeof *w);
  if (!w) return err_set(ERR_IO, "out of memory");
  w->fd = fd;
  w->header = header;
  w->chunk = (size_t)1 << log2_chunk;
  w->partial = secret_alloc(w->chunk);
  enum err e = start(w, dek, named);
  if (e == ERR_OK) e = flush(w); /* from the first moment on the file says what it is */
  if (e != ERR_OK)
    container_writer_free(w);
  else
    *out = w;
  return e;
}

enum err container_create(int fd, const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                          struct container_writer **out) {
  return create(fd, dek, ids, log2_chunk, true, out);
}

enum err container_create_unnamed(int fd, const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                                  struct container_writer **out) {
  return create(fd, dek, ids, log2_chunk, false, out);
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
  if (w->broken || w->finished) return err_set(ERR_IO, "an object that failed or is finished cannot be finished");
  w->finished = true;
  TRY(put_chunk(w, CONTAINER_FINAL, w->partial, w->partial_length));
  TRY(flush(w));
  TRY(io_sync(w->fd));
  seal.plain_bytes = w->plain_bytes;
  seal.file_bytes = w->file_bytes;
  container_cipher_binding(&w->header, seal.plain_bytes, w->tag, seal.binding);
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
