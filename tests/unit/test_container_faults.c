/* The sealed container where something under it fails: each call to the disk, to libcrypto, for memory, for a thread, once. What
 * is told to be sealed is sealed and opens; what failed says so, gives out no byte that is not right, and can be done again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "tests/unit/container_sample.h"
#include "tests/unit/faults.h"
#include "vault/base/bytes.h"
#include "vault/container_cipher.h"
#include "vault/container_digest.h"

enum { EVERYTHING = FAULTS_MEMORY | FAULTS_DISK | FAULTS_CRYPTO | FAULTS_THREAD, LEAST_ROUNDS = 10 };

/* A failure that is told of as ours, the disk's, or libcrypto's; never as one of the film or of its key. */
static void assert_told(enum err e, const char *doing) {
  if (e != ERR_IO && e != ERR_BUG && e != ERR_UNAVAILABLE)
    fail_msg("%s while %s failed: %d, %s", doing, faults.name, e, err_text());
}

/* ---- writing */
static enum err write_film(int fd, const struct sample *s, unsigned log2_chunk, bool named, struct container_seal *seal) {
  AUTO(container_writer) struct container_writer *w = NULL;
  TRY((named ? container_create : container_create_unnamed)(fd, s->key, &s->ids, log2_chunk, &w));
  enum err e = container_write(w, s->plain, s->length / 2); /* in two parts, so that one chunk is put together */
  if (e == ERR_OK) e = container_write(w, s->plain + s->length / 2, s->length - s->length / 2);
  if (e == ERR_OK) return container_finish(w, seal);
  bool armed = faults.kinds; /* what failed once is not written on, although nothing fails any more */
  assert_true(armed);
  assert_int_equal(container_write(w, "x", 1), ERR_IO);
  assert_int_equal(container_finish(w, seal), ERR_IO);
  return e;
}

static void assert_opens(const struct sample *s, int fd, const struct container_seal *seal) {
  AUTO(container_reader) struct container_reader *r = NULL;
  struct container_seal seen;
  uint8_t *plain = malloc(s->length + 1);
  size_t got = 0;
  assert_non_null(plain);
  assert_int_equal(container_open(fd, s->key, &s->ids, seal->binding, &r), ERR_OK);
  assert_int_equal(container_read(r, 0, plain, s->length + 1, &got), ERR_OK);
  assert_int_equal(got, s->length);
  assert_memory_equal(plain, s->plain, got);
  assert_int_equal(container_verify(fd, s->key, &s->ids, &seen), ERR_OK);
  assert_int_equal(seen.file_bytes, seal->file_bytes);
  assert_memory_equal(seen.binding, seal->binding, sizeof seen.binding);
  if (!sodium_is_zero(seal->sha256, 32)) assert_memory_equal(seen.sha256, seal->sha256, 32);
  free(plain);
}

static void write_through_faults(const struct sample *s, unsigned log2_chunk, bool named, unsigned kinds) {
  size_t before = secret_in_use();
  long n = 1;
  for (; faults_from(n, kinds); n++) {
    AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
    struct container_seal seal;
    enum err e = write_film(fd, s, log2_chunk, named, &seal);
    bool struck = faults_struck();
    if (!struck) assert_int_equal(e, ERR_OK);
    if (e == ERR_OK) /* a thread that does not start: it is hashed without one */
      assert_opens(s, fd, &seal);
    else
      assert_told(e, "writing");
    assert_int_equal(secret_in_use(), before);
  }
  assert_true(n > LEAST_ROUNDS);
}

static void writing_fails_at_every_call(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK + 77);
  for (int named = 0; named < 2; named++) write_through_faults(&s, SMALL, named, EVERYTHING);
}

/* Long enough for a thread that hashes. */
static void a_long_film_fails_at_every_call(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_new((8 << 20) + 5, 20, 1 << 20);
  write_through_faults(&s, 20, true, FAULTS_MEMORY | FAULTS_DISK | FAULTS_THREAD);
  faults.only = "EVP_DigestUpdate";
  for (long n = 1; faults_from(n, FAULTS_CRYPTO); n++) { /* also in the thread, where nobody waits for an answer */
    AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
    struct container_seal seal;
    enum err e = write_film(fd, &s, 20, true, &seal);
    assert_int_equal(e, faults_struck() ? ERR_BUG : ERR_OK);
  }
  faults.only = NULL;
}

/* Without memory for its buffers the thread is not there; it starts as soon as there is some. */
static void a_digest_without_memory_is_the_same(void **state) {
  (void)state;
#ifdef CLIPVAULT_SANITIZED
  skip();
#endif
  enum { BLOCKS = 9 };
  uint8_t expected[32], sha256[32];
  AUTO(bytes) struct bytes all = {0};
  for (int i = 0; i < BLOCKS * 100; i++) bytes_put_u8(&all, (uint8_t)(i / 100));
  crypto_hash_sha256(expected, all.data, all.length);
  for (long n = 1; n <= 3; n++) {
    struct container_digest *d;
    assert_int_equal(container_digest_new(&d), ERR_OK);
    for (int i = 0; i < BLOCKS; i++) {
      if (i == 4) faults_at(n, FAULTS_MEMORY);
      uint8_t *buffer = container_digest_buffer(d);
      if (i == 4) assert_true(faults_struck());
      if (n == 2) buffer = container_digest_buffer(d); /* asked again, or only with the next block */
      memset(buffer, i, 100);
      container_digest_take(d, 100);
    }
    assert_int_equal(container_digest_finish(d, sha256), ERR_OK);
    assert_memory_equal(sha256, expected, 32);
    container_digest_free(d);
  }
  container_digest_free(NULL);
}

/* ---- reading */
static enum err read_film(const struct sample *s, uint8_t *plain, size_t *got) {
  AUTO(container_reader) struct container_reader *r = NULL;
  TRY(container_open(s->fd, s->key, &s->ids, s->seal.binding, &r));
  container_forget(r);
  return container_read(r, 5, plain, s->length - 5, got); /* parts of the first and the last chunk, and whole ones */
}

static enum err read_pieces(const struct sample *s, uint8_t *plain, uint8_t *sealed, size_t *got) {
  AUTO(container_reader) struct container_reader *r = NULL;
  TRY(container_open(s->fd, s->key, &s->ids, s->seal.binding, &r));
  for (size_t at = 5, n; at < s->length; at += n) {
    enum err e = container_read_chunk(r, at, plain + at - 5, 2000, sealed, &n);
    if (e != ERR_OK) assert_true(sodium_is_zero(plain + at - 5, s->length - at));
    TRY(e);
  }
  *got = s->length - 5;
  return ERR_OK;
}

static void reading_fails_at_every_call(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK + 77);
  static uint8_t plain[3 * SMALL_CHUNK + 77], sealed[SMALL_SEALED];
  for (int pieces = 0; pieces < 2; pieces++) {
    size_t before = secret_in_use(), got = 0;
    long n = 1;
    for (; faults_from(n, EVERYTHING); n++) {
      memset(plain, 0, sizeof plain);
      enum err e = pieces ? read_pieces(&s, plain, sealed, &got) : read_film(&s, plain, &got);
      bool struck = faults_struck();
      assert_int_equal(e != ERR_OK, struck);
      /* Where libcrypto cannot open a chunk nobody knows whether it was right: it counts as changed. */
      if (struck && e != ERR_DATA) assert_told(e, "reading");
      if (struck && !pieces) assert_true(sodium_is_zero(plain, s.length - 5));
      if (!struck) assert_int_equal(got, s.length - 5);
      if (!struck) assert_memory_equal(plain, s.plain + 5, got);
      assert_int_equal(secret_in_use(), before);
    }
    assert_true(n > LEAST_ROUNDS);
  }
}

static void nothing_is_read_beyond_the_end(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(100);
  AUTO(container_reader) struct container_reader *r = NULL;
  uint8_t plain[8], sealed[SMALL_SEALED];
  size_t got = 99;
  assert_int_equal(sample_open(&s, &r), ERR_OK);
  assert_int_equal(container_read_chunk(r, 0, plain, 0, sealed, &got), ERR_BUG);
  assert_int_equal(container_read_chunk(r, 100, plain, 1, sealed, &got), ERR_BUG);
  sample_put(&s, s.file, s.file_length - 1); /* shorter than it was when it was opened */
  assert_int_equal(container_read_chunk(r, 0, plain, 1, sealed, &got), ERR_DATA);
  assert_int_equal(got, 99);
}

static void a_piece_of_a_changed_chunk_is_not_given_out(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(2 * SMALL_CHUNK);
  static const enum container_backend backends[] = {CONTAINER_LIBCRYPTO, CONTAINER_LIBSODIUM};
  s.file[CONTAINER_HEADER + 4000] ^= 1; /* not in the piece, but in its chunk */
  sample_put(&s, s.file, s.file_length);
  for (int b = 0; b < 2; b++) {
    AUTO(container_reader) struct container_reader *r = NULL;
    uint8_t plain[8], sealed[SMALL_SEALED];
    size_t got;
    container_use(backends[b]);
    assert_int_equal(sample_open(&s, &r), ERR_OK);
    memset(plain, 0, sizeof plain);
    assert_int_equal(container_read_chunk(r, 16, plain, sizeof plain, sealed, &got), ERR_DATA);
    assert_true(sodium_is_zero(plain, sizeof plain));
    assert_int_equal(container_read_chunk(r, SMALL_CHUNK + 16, plain, sizeof plain, sealed, &got), ERR_OK);
    assert_memory_equal(plain, s.plain + SMALL_CHUNK + 16, sizeof plain);
  }
  container_use(CONTAINER_LIBCRYPTO);
}

/* What the bridge asks of a chunk itself, before and beyond its end. */
static void a_part_lies_within_its_chunk(void **state) {
  (void)state;
  struct container_keys *keys = secret_alloc(sizeof *keys);
  struct container_cipher *c;
  uint8_t plain[32] = {7}, sealed[48], out[32];
  assert_int_equal(container_cipher_new(keys, &c), ERR_OK);
  assert_int_equal(container_cipher_seal(c, 3, CONTAINER_MIDDLE, plain, sizeof plain, sealed), ERR_OK);
  struct container_cipher_chunk chunk = {3, CONTAINER_MIDDLE, sealed, sizeof plain};
  assert_true(container_cipher_open_part(c, &chunk, 0, out, 32));
  assert_memory_equal(out, plain, 32);
  assert_false(container_cipher_open_part(c, &chunk, 32, out, 0));
  assert_false(container_cipher_open_part(c, &chunk, 31, out, 2));
  assert_false(container_cipher_open_part(c, &chunk, 0, out, 33));
  container_cipher_free(c);
  assert_int_equal(container_cipher_new(keys, &c), ERR_OK);
  for (long n = 1; faults_from(n, FAULTS_CRYPTO); n++) { /* what failed once can be asked for again */
    bool right = container_cipher_open_part(c, &chunk, 16, out, 16);
    assert_int_equal(right, !faults_struck());
    if (!right) assert_true(sodium_is_zero(out, 16));
    assert_true(container_cipher_open_part(c, &chunk, 16, out, 16));
    container_cipher_free(c);
    assert_int_equal(container_cipher_new(keys, &c), ERR_OK);
  }
  container_cipher_free(c);
  container_cipher_free(NULL);
  secret_free(keys);
}

static enum err derive(const struct sample *s, struct container_keys *keys) {
  struct container_ids ids;
  TRY(container_peek(s->fd, &ids));
  return container_derive(s->fd, s->key, &ids, keys);
}

static void keys_are_derived_or_it_is_told(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(10);
  struct container_keys *keys = secret_alloc(sizeof *keys);
  for (long n = 1; faults_from(n, FAULTS_DISK); n++) {
    enum err e = derive(&s, keys);
    assert_int_equal(e, faults_struck() ? ERR_IO : ERR_OK);
    assert_int_equal(sodium_is_zero(keys->b, sizeof keys->b), e != ERR_OK);
  }
  secret_free(keys);
}

/* ---- the whole file */
static void verifying_fails_at_every_call(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK + 77);
  long n = 1;
  for (; faults_from(n, EVERYTHING); n++) {
    struct container_seal seal;
    enum err e = container_verify(s.fd, s.key, &s.ids, &seal);
    assert_int_equal(e != ERR_OK, faults_struck());
    if (e != ERR_OK && e != ERR_DATA) assert_told(e, "verifying");
  }
  assert_true(n > LEAST_ROUNDS);
  sample_assert_file(&s, s.file, s.file_length);
}

/* Somebody changes the last chunk between its being looked at and the pass over everything. */
static void the_last_chunk_changes_meanwhile(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(SMALL_CHUNK + 5);
  struct container_seal seal;
  faults.only = "EVP_DecryptUpdate"; /* 1: the final chunk when it is opened; 2, 3: the pass */
  faults_at(3, FAULTS_CRYPTO);
  assert_int_equal(container_verify(s.fd, s.key, &s.ids, &seal), ERR_DATA);
  assert_true(faults_struck());
  assert_non_null(strstr(err_text(), "chunk 1 of a sealed object was changed"));
  faults.only = NULL;
}

/* Torn in the third chunk; whatever fails, the next attempt finds two whole ones. */
static void recovery_fails_at_every_call(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(4 * SMALL_CHUNK);
  long n = 1;
  for (; faults_from(n, EVERYTHING); n++) {
    struct container_seal seal;
    bool armed = faults.kinds;
    faults.kinds = 0;
    sample_put(&s, s.file, CONTAINER_HEADER + 2 * SMALL_SEALED + 99);
    faults.kinds = armed ? EVERYTHING : 0;
    enum err e = container_recover(s.fd, s.key, &s.ids, &seal);
    bool struck = faults_struck();
    if (!struck) assert_int_equal(e, ERR_OK);
    /* A chunk that libcrypto could not open counts as torn, which loses it: so it is told, and nothing after it is kept as if
     * whole. */
    if (e != ERR_OK && e != ERR_DATA) assert_told(e, "recovering");
    if (e != ERR_OK) assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_OK);
    assert_true(seal.plain_bytes <= 2 * SMALL_CHUNK);
    if (!struck || faults.name[0] != 'E') assert_int_equal(seal.plain_bytes, 2 * SMALL_CHUNK);
  }
  assert_true(n > LEAST_ROUNDS);
}

static int set_up(void **state) {
  (void)state;
  return secret_init() != ERR_OK;
}

static int nothing_leaked(void **state) {
  (void)state;
  faults.only = NULL;
  faults.kinds = 0;
  return secret_in_use() != 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(writing_fails_at_every_call, nothing_leaked),
      cmocka_unit_test_teardown(a_long_film_fails_at_every_call, nothing_leaked),
      cmocka_unit_test_teardown(a_digest_without_memory_is_the_same, nothing_leaked),
      cmocka_unit_test_teardown(reading_fails_at_every_call, nothing_leaked),
      cmocka_unit_test_teardown(nothing_is_read_beyond_the_end, nothing_leaked),
      cmocka_unit_test_teardown(a_piece_of_a_changed_chunk_is_not_given_out, nothing_leaked),
      cmocka_unit_test_teardown(a_part_lies_within_its_chunk, nothing_leaked),
      cmocka_unit_test_teardown(keys_are_derived_or_it_is_told, nothing_leaked),
      cmocka_unit_test_teardown(verifying_fails_at_every_call, nothing_leaked),
      cmocka_unit_test_teardown(the_last_chunk_changes_meanwhile, nothing_leaked),
      cmocka_unit_test_teardown(recovery_fails_at_every_call, nothing_leaked),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
