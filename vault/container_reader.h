/* Inside the container only: what a reader is made of, for those that read (container_reader.c) and those that judge the
 * whole file (container_whole.c). */
#ifndef CLIPVAULT_CONTAINER_READER_H
#define CLIPVAULT_CONTAINER_READER_H

#include "vault/container_cipher.h"

enum { CONTAINER_READER_CACHED = 4 };

struct container_reader {
  int fd; /* borrowed */
  struct container_header header;
  struct container_cipher *cipher;
  size_t chunk;         /* C */
  uint64_t full_chunks; /* before the final one */
  size_t final_length;  /* plaintext */
  enum container_flag ending;
  uint8_t final_tag[CONTAINER_TAG];
  uint8_t *sealed; /* one chunk's ciphertext */
  struct {
    uint8_t *plain; /* in the arena, a chunk long; made when it is first needed */
    uint64_t index;
    uint64_t used; /* 0: holds nothing */
  } cache[CONTAINER_READER_CACHED];
  uint64_t clock;
};

/* Header, ids and, with `dek`, its commitment checked; nothing known of the length yet. One of `dek` and `keys` is NULL. */
enum err container_reader_prepare(int fd, const struct secret_key *dek, const struct container_keys *keys,
                                  const struct container_ids *ids, struct container_reader **out);
/* Authenticates the final chunk, which proves the length. *sealed: whether there is one. Once per reader. */
enum err container_reader_check_final(struct container_reader *r, bool *sealed);

static inline uint64_t container_reader_offset(const struct container_reader *r, uint64_t index) {
  return CONTAINER_HEADER + index * (r->chunk + CONTAINER_TAG);
}

#endif
