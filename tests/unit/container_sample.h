/* What the tests of the container share: a sealed object in memory, and its bytes to be tampered with. Include it after
 * cmocka.h. */
#ifndef CLIPVAULT_TESTS_CONTAINER_SAMPLE_H
#define CLIPVAULT_TESTS_CONTAINER_SAMPLE_H

#include "vault/base/io.h"
#include "vault/container.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SMALL = 12, SMALL_CHUNK = 1 << SMALL, SMALL_SEALED = SMALL_CHUNK + CONTAINER_TAG };

struct sample {
  struct secret_key *key;
  struct container_ids ids;
  uint8_t *plain; /* random; not secret here */
  size_t length;
  int fd; /* the sealed file */
  uint8_t *file;
  size_t file_length; /* its bytes as they were sealed */
  struct container_seal seal;
};

static inline void sample_put(struct sample *s, const void *bytes, size_t length) {
  assert_int_equal(ftruncate(s->fd, 0), 0);
  assert_int_equal(io_pwrite_all(s->fd, bytes, length, 0), ERR_OK);
}

/* Seals s->plain with s->key into a new file, `step` bytes a call. */
static inline void sample_seal(struct sample *s, unsigned log2_chunk, size_t step) {
  AUTO(container_writer) struct container_writer *w = NULL;
  s->fd = memfd_create("sealed", MFD_CLOEXEC);
  assert_true(s->fd >= 0);
  assert_int_equal(container_create(s->fd, s->key, &s->ids, log2_chunk, &w), ERR_OK);
  for (size_t at = 0; at < s->length; at += step)
    assert_int_equal(container_write(w, s->plain + at, s->length - at < step ? s->length - at : step), ERR_OK);
  assert_int_equal(container_finish(w, &s->seal), ERR_OK);
  uint64_t size = 0;
  assert_int_equal(io_file_size(s->fd, &size), ERR_OK);
  s->file_length = (size_t)size;
  s->file = malloc(s->file_length);
  assert_non_null(s->file);
  assert_int_equal(io_pread_all(s->fd, s->file, s->file_length, 0), ERR_OK);
}

static inline struct sample sample_new(size_t length, unsigned log2_chunk, size_t step) {
  struct sample s = {.key = secret_key_new(), .ids = {id_new(), id_new(), id_new()}, .length = length};
  randombytes_buf(s.key->b, sizeof s.key->b);
  s.plain = malloc(length + 1);
  assert_non_null(s.plain);
  randombytes_buf(s.plain, length + 1);
  sample_seal(&s, log2_chunk, step);
  return s;
}

static inline struct sample sample_small(size_t length) { return sample_new(length, SMALL, SIZE_MAX / 2); }

/* The same film again under the same key and ids: another salt, nothing else. */
static inline struct sample sample_again(const struct sample *other) {
  struct sample s = {.key = secret_key_new(), .ids = other->ids, .length = other->length};
  *s.key = *other->key;
  s.plain = malloc(s.length + 1);
  assert_non_null(s.plain);
  memcpy(s.plain, other->plain, s.length);
  sample_seal(&s, SMALL, SIZE_MAX / 2);
  return s;
}

static inline void sample_auto(struct sample *s) {
  secret_free(s->key);
  free(s->plain);
  free(s->file);
  io_close(&s->fd);
}

static inline enum err sample_open(const struct sample *s, struct container_reader **out) {
  return container_open(s->fd, s->key, &s->ids, NULL, out);
}

/* Opens and reads everything in odd steps. What was read must be the beginning of what was sealed. */
static inline enum err sample_read(const struct sample *s, size_t *got) {
  AUTO(container_reader) struct container_reader *r = NULL;
  static uint8_t block[3 * SMALL_CHUNK + 77];
  size_t n = 1;
  *got = 0;
  TRY(sample_open(s, &r));
  assert_true(container_length(r) <= s->length);
  for (; n; *got += n) {
    TRY(container_read(r, *got, block, sizeof block, &n));
    assert_true(*got + n <= s->length);
    assert_memory_equal(block, s->plain + *got, n);
  }
  assert_int_equal(*got, container_length(r));
  return ERR_OK;
}

/* Is the file byte for byte this? */
static inline void sample_assert_file(const struct sample *s, const uint8_t *bytes, size_t length) {
  uint64_t size = 0;
  assert_int_equal(io_file_size(s->fd, &size), ERR_OK);
  assert_int_equal(size, length);
  uint8_t *now = malloc(length + 1);
  assert_non_null(now);
  assert_int_equal(io_pread_all(s->fd, now, length, 0), ERR_OK);
  assert_memory_equal(now, bytes, length);
  free(now);
}

static inline int sample_set_up(void **state) {
  (void)state;
  return secret_init() != ERR_OK;
}

/* After each test: of what lies in the arena. */
static inline int sample_nothing_leaked(void **state) {
  (void)state;
  return secret_in_use() != 0;
}

#endif
