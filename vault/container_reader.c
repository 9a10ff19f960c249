/* Opening in constant time, ranges, recovery, and the verification of everything. */
#include "vault/base/io.h"
#include "vault/container_cipher.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CACHED = 4, NO_CHUNK = -1 };

struct container_reader {
  int fd;
  struct container_header header;
  struct container_cipher *cipher;
  size_t chunk;         /* C */
  uint64_t full_chunks; /* before the final one */
  size_t final_length;  /* plaintext */
  enum container_flag ending;
  uint8_t final_tag[CONTAINER_TAG];
  uint8_t *sealed; /* one chunk's ciphertext */
  struct {
    uint8_t *plain; /* in the arena */
    int64_t index;
    uint64_t used;
  } cache[CACHED];
  uint64_t clock;
};

static uint64_t chunk_offset(const struct container_reader *r, uint64_t index) {
  return CONTAINER_HEADER + index * (r->chunk + CONTAINER_TAG);
}

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
  return io_pread_all(r->fd, r->sealed, length + CONTAINER_TAG, chunk_offset(r, index));
}

/* Authenticates the last chunk, which proves the length. *sealed tells whether there is one. */
static enum err check_final(struct container_reader *r, bool *sealed) {
  uint64_t size;
  *sealed = false;
  TRY(io_file_size(r->fd, &size));
  if (!place_final(r, size)) return ERR_OK;
  TRY(read_sealed(r, r->full_chunks, r->final_length));
  memcpy(r->final_tag, r->sealed + r->final_length, CONTAINER_TAG);
  uint8_t *plain = r->cache[0].plain;
  r->ending = CONTAINER_FINAL;
  *sealed = container_cipher_open(r->cipher, r->full_chunks, CONTAINER_FINAL, r->sealed, r->final_length, plain);
  if (*sealed || r->final_length) return ERR_OK;
  r->ending = CONTAINER_RECOVERED;
  *sealed = container_cipher_open(r->cipher, r->full_chunks, CONTAINER_RECOVERED, r->sealed, 0, plain);
  return ERR_OK;
}

static enum err check_ids(const struct container_header *h, const struct container_ids *ids) {
  bool same =
      id_equal(&h->ids.vault, &ids->vault) && id_equal(&h->ids.clip, &ids->clip) && id_equal(&h->ids.object, &ids->object);
  return same ? ERR_OK : err_set(ERR_DATA, "a sealed object belongs to another clip or vault");
}

static enum err make_room(struct container_reader *r) {
  r->chunk = (size_t)1 << r->header.log2_chunk;
  r->sealed = malloc(r->chunk + CONTAINER_TAG);
  for (int i = 0; i < CACHED; i++) {
    /* The cache holds fewer, larger chunks so that one reader never takes more than a sixteenth of the arena. */
    if (i == 0 || ((size_t)(i + 1) << r->header.log2_chunk) <= (256u << 10)) r->cache[i].plain = secret_alloc(r->chunk);
    r->cache[i].index = NO_CHUNK;
  }
  return r->sealed ? ERR_OK : err_set(ERR_IO, "out of memory");
}

/* A reader up to the point where the length is not known yet. */
static enum err prepare(int fd, const struct secret_key *dek, const struct container_keys *keys, const struct container_ids *ids,
                        struct container_reader **out) {
  struct container_reader *r = calloc(1, sizeof *r);
  if (!r) return err_set(ERR_IO, "out of memory");
  struct container_keys *derived = secret_alloc(sizeof *derived);
  r->fd = fd;
  enum err e = container_cipher_header_read(fd, &r->header);
  if (e == ERR_OK) e = check_ids(&r->header, ids);
  if (e == ERR_OK && dek) e = container_cipher_derive(&r->header, dek, derived);
  if (e == ERR_OK) e = container_cipher_new(dek ? derived : keys, &r->cipher);
  if (e == ERR_OK) e = make_room(r);
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
  TRY(check_final(r, &sealed));
  if (!sealed) return err_set(ERR_DATA, "a sealed object is cut, unfinished or was changed");
  container_cipher_binding(&r->header, container_length(r), r->final_tag, found);
  if (binding && sodium_memcmp(found, binding, sizeof found) != 0)
    return err_set(ERR_DATA, "a sealed object is authentic, but not the one the index knows");
  return ERR_OK;
}

static enum err open_with(int fd, const struct secret_key *dek, const struct container_keys *keys,
                          const struct container_ids *ids, const uint8_t *binding, struct container_reader **out) {
  struct container_reader *r;
  TRY(prepare(fd, dek, keys, ids, &r));
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

void container_close(struct container_reader *r) {
  if (!r) return;
  for (int i = 0; i < CACHED; i++) secret_free(r->cache[i].plain);
  container_cipher_free(r->cipher);
  free(r->sealed);
  free(r);
}

static size_t chunk_length(const struct container_reader *r, uint64_t index) {
  return index < r->full_chunks ? r->chunk : r->final_length;
}

/* Decrypts a chunk to where it is wanted. */
static enum err open_chunk(struct container_reader *r, uint64_t index, uint8_t *plain) {
  size_t length = chunk_length(r, index);
  enum err e = read_sealed(r, index, length);
  if (e == ERR_DATA) return err_set(ERR_DATA, "a sealed object became shorter while it was read");
  TRY(e);
  if (!container_cipher_open(r->cipher, index, index < r->full_chunks ? CONTAINER_MIDDLE : r->ending, r->sealed, length, plain))
    return err_set(ERR_DATA, "chunk %llu of a sealed object was changed", (unsigned long long)index);
  return ERR_OK;
}

static enum err cached_chunk(struct container_reader *r, uint64_t index, const uint8_t **plain) {
  int oldest = 0;
  for (int i = 0; i < CACHED && r->cache[i].plain; i++) {
    if (r->cache[i].index == (int64_t)index) {
      r->cache[i].used = ++r->clock;
      *plain = r->cache[i].plain;
      return ERR_OK;
    }
    if (r->cache[i].used < r->cache[oldest].used) oldest = i;
  }
  r->cache[oldest].index = NO_CHUNK;
  TRY(open_chunk(r, index, r->cache[oldest].plain));
  r->cache[oldest].index = (int64_t)index;
  r->cache[oldest].used = ++r->clock;
  *plain = r->cache[oldest].plain;
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

/* ---- the whole file */
static enum err hash_file(int fd, uint64_t size, uint8_t sha256[32]) {
  enum { BLOCK = 1 << 20 };
  uint8_t *block = malloc(BLOCK);
  EVP_MD_CTX *sha = EVP_MD_CTX_new();
  enum err e =
      block && sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 ? ERR_OK : err_set(ERR_IO, "cannot hash: out of memory");
  for (uint64_t at = 0; e == ERR_OK && at < size;) {
    size_t take = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
    e = io_pread_all(fd, block, take, at);
    if (e == ERR_OK && EVP_DigestUpdate(sha, block, take) != 1) e = err_set(ERR_BUG, "libcrypto failed to hash");
    at += take;
  }
  if (e == ERR_OK && EVP_DigestFinal_ex(sha, sha256, NULL) != 1) e = err_set(ERR_BUG, "libcrypto failed to hash");
  EVP_MD_CTX_free(sha);
  free(block);
  return e;
}

static enum err describe(struct container_reader *r, struct container_seal *out) {
  struct container_seal seal = {.plain_bytes = container_length(r)};
  TRY(io_file_size(r->fd, &seal.file_bytes));
  container_cipher_binding(&r->header, seal.plain_bytes, r->final_tag, seal.binding);
  TRY(hash_file(r->fd, seal.file_bytes, seal.sha256));
  *out = seal;
  return ERR_OK;
}

enum err container_verify(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_seal *out) {
  AUTO(container_reader) struct container_reader *r = NULL;
  TRY(container_open(fd, dek, ids, NULL, &r));
  for (uint64_t i = 0; i < r->full_chunks; i++) TRY(open_chunk(r, i, r->cache[0].plain));
  return describe(r, out);
}

/* How many whole chunks verify from the start: what a torn stream is worth. */
static enum err count_verified(struct container_reader *r, uint64_t file_bytes, uint64_t *count) {
  uint64_t there = (file_bytes - CONTAINER_HEADER) / (r->chunk + CONTAINER_TAG), n = 0;
  r->full_chunks = there; /* so that every one of them is read as a middle chunk */
  while (n < there) {
    enum err e = open_chunk(r, n, r->cache[0].plain);
    if (e == ERR_DATA) break;
    TRY(e);
    n++;
  }
  *count = n;
  return ERR_OK;
}

/* Nonce (n, recovered) only ever seals the empty string, so a torn chunk n that somebody copied shares no nonce with it. */
static enum err append_recovery(struct container_reader *r, uint64_t verified) {
  uint8_t sealed[CONTAINER_TAG];
  uint64_t end = CONTAINER_HEADER + verified * (r->chunk + CONTAINER_TAG);
  if (ftruncate(r->fd, (off_t)end)) return err_set_errno(ERR_IO, "cannot cut a torn object");
  TRY(io_sync(r->fd));
  TRY(container_cipher_seal(r->cipher, verified, CONTAINER_RECOVERED, sealed, 0, sealed));
  TRY(io_pwrite_all(r->fd, sealed, sizeof sealed, end));
  return io_sync(r->fd);
}

enum err container_recover(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_seal *out) {
  AUTO(container_reader) struct container_reader *r = NULL;
  uint64_t size, verified;
  bool sealed;
  TRY(prepare(fd, dek, NULL, ids, &r));
  TRY(check_final(r, &sealed));
  if (!sealed) {
    TRY(io_file_size(fd, &size));
    TRY(count_verified(r, size, &verified));
    TRY(append_recovery(r, verified));
    TRY(check_final(r, &sealed));
  }
  return sealed ? describe(r, out) : err_set(ERR_BUG, "a recovered object does not verify");
}

enum err container_peek(int fd, struct container_ids *out) {
  struct container_header header;
  TRY(container_cipher_header_read(fd, &header));
  *out = header.ids;
  return ERR_OK;
}
