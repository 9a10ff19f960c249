/* The sealed container "CLIPVLT1" (docs/format.md): the form of every stored object.
 *
 * A writer seals a stream of unknown length, never rewriting a body byte. A reader opens in constant time, proves the
 * length, and never gives out a byte of a chunk whose tag has not been verified. Plaintext passes only through the
 * locked arena (vault/base/secret.h). Not thread-safe per object; different objects are independent. */
#ifndef CLIPVAULT_CONTAINER_H
#define CLIPVAULT_CONTAINER_H

#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTAINER_HEADER = 128, CONTAINER_TAG = 16, CONTAINER_LOG2_CHUNK = 16, CONTAINER_KEYS = 56 };

/* Whose bytes these are; bound through the header into every chunk. */
struct container_ids {
  struct id vault, clip, object;
};

/* What is known of a container once it is sealed. The index stores it, wraps bind `binding`. */
struct container_seal {
  uint64_t plain_bytes;
  uint64_t file_bytes;
  uint8_t binding[32]; /* BLAKE2b-256(header || final length (u64 LE) || final tag): this very object and no other */
  uint8_t sha256[32];  /* of the whole file: what certificates name, what sha256sum prints */
};

/* The two implementations of the same bytes. The default is the accelerator; tests and vectors cross both. */
enum container_backend { CONTAINER_LIBCRYPTO, CONTAINER_LIBSODIUM };
void container_use(enum container_backend backend);

struct container_writer;
/* Writes the header to the empty file behind `fd` (borrowed; must be seekable and outlive the writer); ERR_BUG if it is not
 * empty. `dek` is only used during the call. After a failed write or finish the writer can only be freed. A long stream is
 * hashed in a thread of the writer's own, which finish and free join. */
enum err container_create(int fd, const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                          struct container_writer **out);
/* As above, but the SHA-256 of the file is not computed, and is zeroes: for what nobody ever names by it. */
enum err container_create_unnamed(int fd, const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                                  struct container_writer **out);
enum err container_write(struct container_writer *w, const void *data, size_t length);
/* Seals the final chunk and fsyncs. The writer can only be freed afterwards. */
enum err container_finish(struct container_writer *w, struct container_seal *out);
/* Wipes and frees; the file stays "unsealed" if it was not finished. Takes NULL. */
void container_writer_free(struct container_writer *w);
static inline void container_writer_auto(struct container_writer **w) { container_writer_free(*w); }

struct container_reader;
/* Checks header, ids, commitment and final chunk; with `binding` also that it is the object the index knows.
 * ERR_DATA: not a container, another object, cut, or changed. ERR_REFUSED: the key is not its key.
 * `fd` is borrowed. */
enum err container_open(int fd, const struct secret_key *dek, const struct container_ids *ids, const uint8_t *binding,
                        struct container_reader **out);
/* K || base of an object: all a player bridge needs to read it, and nothing more (never the DEK). */
struct container_keys {
  uint8_t b[CONTAINER_KEYS]; /* lives in the arena */
};
enum err container_derive(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_keys *out);
enum err container_open_keys(int fd, const struct container_keys *keys, const struct container_ids *ids, const uint8_t *binding,
                             struct container_reader **out);
uint64_t container_length(const struct container_reader *r); /* plaintext bytes */
bool container_recovered(const struct container_reader *r);  /* ends with the f=2 chunk: a torn stream made whole */
/* Up to `length` plaintext bytes at `offset`; *got < length only at the end. On ERR_DATA nothing of `out` is to be used
 * (it is wiped). */
enum err container_read(struct container_reader *r, uint64_t offset, void *out, size_t length, size_t *got);
/* What there is from `offset` on, up to `length` bytes and the end of a chunk, and nothing of it kept: the chunk is authenticated
 * whole, but only what is wanted of it decrypted. `sealed` is the caller's, of container_sealed_chunk bytes, and holds
 * ciphertext. On failure nothing of `out` is to be used (it is wiped). For whoever has many readers and little memory, as the
 * player bridge. */
size_t container_sealed_chunk(const struct container_reader *r);
enum err container_read_chunk(struct container_reader *r, uint64_t offset, void *out, size_t length, uint8_t *sealed,
                              size_t *got);
/* Wipes and gives back the chunks that a reader keeps, and its room for another. */
void container_forget(struct container_reader *r);
void container_close(struct container_reader *r);
static inline void container_reader_auto(struct container_reader **r) { container_close(*r); }

/* Makes a torn, unsealed container whole: truncates to the end of the chunks that verify from its start and appends the empty
 * recovery chunk. Never seals one chunk index twice with different bytes. A sealed container is left as it is; so is
 * (ERR_DATA) one with a good chunk behind a bad one, which is not torn but damaged. Then verifies as below. */
enum err container_recover(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_seal *out);

/* Authenticates every chunk and, from the same bytes, recomputes the SHA-256 of the file: what `check --deep` does. */
enum err container_verify(int fd, const struct secret_key *dek, const struct container_ids *ids, struct container_seal *out);

/* The ids a file claims, without any key: to find whose orphan it is. ERR_DATA if it is not a container. */
enum err container_peek(int fd, struct container_ids *out);

#endif
