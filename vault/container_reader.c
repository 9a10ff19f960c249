/* Opening in constant time, and ranges: each authenticates just the chunks it touches. */
#include "vault/container_reader.h"

#include "vault/base/io.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CACHED = 256 << 10 };

/* Where the final chunk must be, from the size alone. False: no final chunk can end there. */
static bool place_final(struct container_reader *r, uint64_t file_bytes) {
  if (file_bytes < CONTAINER_HEADER + CONTAINER_TAG) return false;
  uint64_t body = file_bytes - CONTAINER_HEADER - CONTAINER_TAG, full = r->chunk + CONTAINER_TAG;
  if (body % full >= r->chunk) return false;
  r->full_chunks = body / full;
  r->final_length = (size_t)(body % full);
  return true;
}

static enum err read_sealed(struct container_reader *r, uint64_t index, size_t length) {
  if (!r->sealed) r->sealed = malloc(r->chunk + CONTAINER_TAG); /* it was given back */
  if (!r->sealed) return err_set(ERR_IO, "out of memory");
  return io_pread_all(r->fd, r->sealed, length + CONTAINER_TAG, container_reader_offset(r, index));
}

/* A place in the cache for another chunk: a new one while they are few, else the one that was not used for longest. The
 * cache holds fewer chunks the larger they are, so that one reader never takes more than a sixteenth of the arena, or a chunk. */
static int place_in_cache(struct container_reader *r) {
  int oldest = 0;
  for (int i = 0; i < CONTAINER_READER_CACHED && (i == 0 || (size_t)(i + 1) * r->chunk <= MOST_CACHED); i++) {
    if (!r->cache[i].plain) {
      r->cache[i].plain = secret_alloc(r->full_chunks ? r->chunk : r->final_length);
      return i;
    }
    if (r->cache[i].used < r->cache[oldest].used) oldest = i;
  }
  r->cache[oldest].used = 0;
  return oldest;
}

static void keep_in_cache(struct container_reader *r, int place, uint64_t index) {
  r->cache[place].index = index;
  r->cache[place].used = ++r->clock;
}

enum err container_reader_check_final(struct container_reader *r, bool *sealed) {
  uint64_t size;
  *sealed = false;
  TRY(io_file_size(r->fd, &size));
  if (!place_final(r, size)) return ERR_OK;
  TRY(read_sealed(r, r->full_chunks, r->final_length));
  memcpy(r->final_tag, r->sealed + r->final_length, CONTAINER_TAG);
  int place = place_in_cache(r);
  uint8_t *plain = r->cache[place].plain;
  r->ending = CONTAINER_FINAL;
  *sealed = container_cipher_open(r->cipher, r->full_chunks, CONTAINER_FINAL, r->sealed, r->final_length, plain);
  if (!*sealed && !r->final_length) {
    r->ending = CONTAINER_RECOVERED;
    *sealed = container_cipher_open(r->cipher, r->full_chunks, CONTAINER_RECOVERED, r->sealed, 0, plain);
  }
  if (*sealed) keep_in_cache(r, place, r->full_chunks);
  return ERR_OK;
}

static enum err check_ids(const struct container_header *h, const struct container_ids *ids) {
  bool same =
      id_equal(&h->ids.vault, &ids->vault) && id_equal(&h->ids.clip, &ids->clip) && id_equal(&h->ids.object, &ids->object);
  return same ? ERR_OK : err_set(ERR_DATA, "a sealed object belongs to another clip or vault");
}

enum err container_reader_prepare(int fd, const struct secret_key *dek, const struct container_keys *keys,
                                  const struct container_ids *ids, struct container_reader **out) {
  struct container_reader *r = calloc(1, sizeof *r);
  if (!r) return err_set(ERR_IO, "out of memory");
  struct container_keys *derived = secret_alloc(sizeof *derived);
  r->fd = fd;
  enum err e = container_cipher_header_read(fd, &r->header);
  if (e == ERR_OK) e = check_ids(&r->header, ids);
  if (e == ERR_OK && dek) e = container_cipher_derive(&r->header, dek, derived);
  if (e == ERR_OK) e = container_cipher_new(dek ? derived : keys, &r->cipher);
  if (e == ERR_OK) {
    r->chunk = (size_t)1 << r->header.log2_chunk;
    r->sealed = malloc(r->chunk + CONTAINER_TAG);
    if (!r->sealed) e = err_set(ERR_IO, "out of memory");
  }
  secret_free(derived);
  if (e != ERR_OK)
    container_close(r);
  else
    *out = r;
  return e;
}

static enum err check_sealed(struct container_reader *r, const uint8_t *binding) {
  bool sealed;
  uint8_t found[32];
  TRY(container_reader_check_final(r, &sealed));
  if (!sealed) return err_set(ERR_DATA, "a sealed object is cut, unfinished or was changed");
  container_cipher_binding(&r->header, container_length(r), r->final_tag, found);
  if (binding && sodium_memcmp(found, binding, sizeof found) != 0)
    return err_set(ERR_DATA, "a sealed object is authentic, but not the one the index knows");
  return ERR_OK;
}

static enum err open_with(int fd, const struct secret_key *dek, const struct container_keys *keys,
                          const struct container_ids *ids, const uint8_t *binding, struct container_reader **out) {
  struct container_reader *r;
  TRY(container_reader_prepare(fd, dek, keys, ids, &r));
  enum err e = check_sealed(r, binding);
  if (e != ERR_OK)
    container_close(r);
  else
    *out = r;
  return e;
}

enum err container_open(int fd, const struct secret_key *dek, const struct container_ids *ids, const uint8_t *binding,
                        struct container_reader **out) {
  return open_with(fd, dek, NULL, ids, binding, out);
}

enum err container_open_keys(int fd, const struct container_keys *keys, const struct container_ids *ids, const uint8_t *binding,
                             struct container_reader **out) {
  return open_with(fd, NULL, keys, ids, binding, out);
}

enum err container_derive(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_keys *out) {
  struct container_header header;
  TRY(container_cipher_header_read(fd, &header));
  TRY(check_ids(&header, ids));
  return container_cipher_derive(&header, dek, out);
}

uint64_t container_length(const struct container_reader *r) { return r->full_chunks * r->chunk + r->final_length; }
bool container_recovered(const struct container_reader *r) { return r->ending == CONTAINER_RECOVERED; }

void container_forget(struct container_reader *r) {
  for (int i = 0; i < CONTAINER_READER_CACHED; i++) {
    secret_free(r->cache[i].plain);
    r->cache[i].plain = NULL;
    r->cache[i].used = 0;
  }
  free(r->sealed);
  r->sealed = NULL;
}

void container_close(struct container_reader *r) {
  if (!r) return;
  container_forget(r);
  container_cipher_free(r->cipher);
  free(r);
}

static size_t chunk_length(const struct container_reader *r, uint64_t index) {
  return index < r->full_chunks ? r->chunk : r->final_length;
}

static enum err shorter(void) { return err_set(ERR_DATA, "a sealed object became shorter while it was read"); }
static enum err changed(uint64_t index) {
  return err_set(ERR_DATA, "chunk %llu of a sealed object was changed", (unsigned long long)index);
}

/* Decrypts a chunk to where it is wanted. */
static enum err open_chunk(struct container_reader *r, uint64_t index, uint8_t *plain) {
  size_t length = chunk_length(r, index);
  enum err e = read_sealed(r, index, length);
  if (e == ERR_DATA) return shorter();
  TRY(e);
  if (!container_cipher_open(r->cipher, index, index < r->full_chunks ? CONTAINER_MIDDLE : r->ending, r->sealed, length, plain))
    return changed(index);
  return ERR_OK;
}

static enum err cached_chunk(struct container_reader *r, uint64_t index, const uint8_t **plain) {
  int place = -1;
  for (int i = 0; i < CONTAINER_READER_CACHED; i++)
    if (r->cache[i].used && r->cache[i].index == index) place = i;
  if (place < 0) {
    place = place_in_cache(r);
    TRY(open_chunk(r, index, r->cache[place].plain));
  }
  keep_in_cache(r, place, index);
  *plain = r->cache[place].plain;
  return ERR_OK;
}

static enum err read_piece(struct container_reader *r, uint64_t offset, uint8_t *out, size_t length, size_t *took) {
  uint64_t index = offset / r->chunk;
  size_t within = (size_t)(offset % r->chunk), there = chunk_length(r, index) - within;
  const uint8_t *plain;
  *took = length < there ? length : there;
  if (within == 0 && *took == chunk_length(r, index)) return open_chunk(r, index, out); /* whole: no copy, no cache */
  TRY(cached_chunk(r, index, &plain));
  memcpy(out, plain + within, *took);
  return ERR_OK;
}

enum err container_read(struct container_reader *r, uint64_t offset, void *out, size_t length, size_t *got) {
  uint64_t all = container_length(r);
  size_t done = 0;
  if (offset >= all)
    length = 0;
  else if (length > all - offset)
    length = (size_t)(all - offset);
  while (done < length) {
    size_t took;
    enum err e = read_piece(r, offset + done, (uint8_t *)out + done, length - done, &took);
    if (e != ERR_OK) {
      sodium_memzero(out, length);
      return e;
    }
    done += took;
  }
  *got = done;
  return ERR_OK;
}

size_t container_sealed_chunk(const struct container_reader *r) { return r->chunk + CONTAINER_TAG; }

enum err container_read_chunk(struct container_reader *r, uint64_t offset, void *out, size_t length, uint8_t *sealed,
                              size_t *got) {
  if (offset >= container_length(r) || !length) return err_set(ERR_BUG, "nothing, or beyond the end, of a sealed object");
  uint64_t index = offset / r->chunk;
  size_t from = (size_t)(offset % r->chunk), whole = chunk_length(r, index);
  struct container_cipher_chunk chunk = {index, index < r->full_chunks ? CONTAINER_MIDDLE : r->ending, sealed, whole};
  if (length > whole - from) length = whole - from;
  enum err e = io_pread_all(r->fd, sealed, whole + CONTAINER_TAG, container_reader_offset(r, index));
  if (e == ERR_DATA) return shorter();
  TRY(e);
  bool right = length == whole ? container_cipher_open(r->cipher, index, chunk.flag, sealed, whole, out)
                               : container_cipher_open_part(r->cipher, &chunk, from, out, length);
  if (!right) return changed(index);
  *got = length;
  return ERR_OK;
}

enum err container_peek(int fd, struct container_ids *out) {
  struct container_header header;
  TRY(container_cipher_header_read(fd, &header));
  *out = header.ids;
  return ERR_OK;
}
