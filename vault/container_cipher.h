/* Inside the container only: header, derivation and one chunk, with both implementations of the same bytes.
 *
 *   nonce(i, f) = base XOR (0^16 || f || i as 56-bit big endian): its first 16 bytes never change within an object, so
 *   HChaCha20 runs once, and the rest is ChaCha20-Poly1305-IETF, which libcrypto does faster. */
#ifndef CLIPVAULT_CONTAINER_CIPHER_H
#define CLIPVAULT_CONTAINER_CIPHER_H

#include "vault/container.h"

enum container_flag { CONTAINER_MIDDLE = 0, CONTAINER_FINAL = 1, CONTAINER_RECOVERED = 2 };
enum { CONTAINER_LEAST_LOG2 = 12, CONTAINER_MOST_LOG2 = 20 };

struct container_header {
  struct container_ids ids;
  unsigned log2_chunk;
  uint8_t bytes[CONTAINER_HEADER];
};
/* A fresh header: random salt, commitment to the DEK. */
enum err container_cipher_header_new(const struct secret_key *dek, const struct container_ids *ids, unsigned log2_chunk,
                                     struct container_header *out);
/* Reads and checks what can be checked without a key. ERR_DATA. */
enum err container_cipher_header_read(int fd, struct container_header *out);
/* K || base. ERR_REFUSED if the commitment is to another DEK. */
enum err container_cipher_derive(const struct container_header *h, const struct secret_key *dek, struct container_keys *out);

struct container_cipher;
enum err container_cipher_new(const struct container_keys *keys, struct container_cipher **out);
void container_cipher_free(struct container_cipher *c);
/* out: length + 16 bytes. */
enum err container_cipher_seal(struct container_cipher *c, uint64_t index, enum container_flag flag, const uint8_t *plain,
                               size_t length, uint8_t *out);
/* `sealed` is length + 16 bytes. False, and `plain` wiped, if the tag is wrong. */
bool container_cipher_open(struct container_cipher *c, uint64_t index, enum container_flag flag, const uint8_t *sealed,
                           size_t length, uint8_t *plain);

/* The same, of which only `length` bytes from `from` on are wanted, and decrypted: a quarter of the work where little is. */
struct container_cipher_chunk {
  uint64_t index;
  enum container_flag flag;
  const uint8_t *sealed;
  size_t length; /* of its plaintext; `sealed` has 16 bytes more */
};
bool container_cipher_open_part(struct container_cipher *c, const struct container_cipher_chunk *chunk, size_t from,
                                uint8_t *plain, size_t length);

/* BLAKE2b-256(header || whole plaintext length, u64 LE || final tag) */
void container_cipher_binding(const struct container_header *h, uint64_t plain_bytes, const uint8_t tag[CONTAINER_TAG],
                              uint8_t binding[32]);

#endif
