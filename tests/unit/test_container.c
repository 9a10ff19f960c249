/* The sealed container: what was sealed opens, and nothing else does. Sizes, both implementations, keys, ids, the writer's
 * failures, and that no key is left in ordinary memory. What attackers do to the bytes is in test_container_attack.c, torn
 * files are in test_container_recovery.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "tests/unit/container_sample.h"
#include "vault/container_cipher.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

static const enum container_backend backends[] = {CONTAINER_LIBCRYPTO, CONTAINER_LIBSODIUM};

/* What the index keeps of a container, worked out again from its bytes alone. */
static void check_seal(const struct sample *s) {
  uint8_t sha256[32], binding[32], le[8];
  crypto_generichash_state h;
  assert_int_equal(s->seal.plain_bytes, s->length);
  assert_int_equal(s->seal.file_bytes, s->file_length);
  assert_int_equal(EVP_Digest(s->file, s->file_length, sha256, NULL, EVP_sha256(), NULL), 1);
  assert_memory_equal(s->seal.sha256, sha256, 32);
  for (int i = 0; i < 8; i++) le[i] = (uint8_t)((uint64_t)s->length >> (8 * i));
  crypto_generichash_init(&h, NULL, 0, 32);
  crypto_generichash_update(&h, s->file, CONTAINER_HEADER);
  crypto_generichash_update(&h, le, 8);
  crypto_generichash_update(&h, s->file + s->file_length - CONTAINER_TAG, CONTAINER_TAG);
  crypto_generichash_final(&h, binding, 32);
  assert_memory_equal(s->seal.binding, binding, 32);
}

static void check_ranges(const struct sample *s) {
  AUTO(container_reader) struct container_reader *r = NULL;
  uint8_t *block = malloc(s->length + 2);
  assert_non_null(block);
  assert_int_equal(container_open(s->fd, s->key, &s->ids, s->seal.binding, &r), ERR_OK);
  for (int i = 0; i < 60; i++) {
    size_t at = randombytes_uniform((uint32_t)s->length + 2), length = randombytes_uniform((uint32_t)s->length + 2), got = 99;
    size_t there = at < s->length ? s->length - at : 0;
    assert_int_equal(container_read(r, at, block, length, &got), ERR_OK);
    assert_int_equal(got, length < there ? length : there);
    assert_memory_equal(block, s->plain + (got ? at : 0), got);
  }
  size_t got = 99;
  assert_int_equal(container_read(r, UINT64_MAX, block, s->length, &got), ERR_OK);
  assert_int_equal(got, 0);
  assert_false(container_recovered(r));
  free(block);
}

/* Pieces of chunks, as the player bridge reads them: at most to the end of a chunk, and nothing is written beyond them. */
static void check_pieces(const struct sample *s) {
  AUTO(container_reader) struct container_reader *r = NULL;
  assert_int_equal(container_open(s->fd, s->key, &s->ids, s->seal.binding, &r), ERR_OK);
  container_forget(r);
  size_t chunk = container_sealed_chunk(r) - CONTAINER_TAG, got = 99;
  uint8_t *sealed = malloc(chunk + CONTAINER_TAG), *block = malloc(chunk + 1);
  assert_true(sealed && block);
  for (int i = 0; s->length && i < 60; i++) {
    size_t at = randombytes_uniform((uint32_t)s->length), length = 1 + randombytes_uniform((uint32_t)chunk);
    if (i % 4 == 0) at -= at % chunk, length = chunk;
    size_t to = (at / chunk + 1) * chunk, there = (to < s->length ? to : s->length) - at;
    if (there > length) there = length;
    block[there] = 0xa5;
    assert_int_equal(container_read_chunk(r, at, block, length, sealed, &got), ERR_OK);
    assert_int_equal(got, there);
    assert_memory_equal(block, s->plain + at, got);
    assert_int_equal(block[there], 0xa5);
  }
  assert_int_equal(container_read_chunk(r, s->length, block, 1, sealed, &got), ERR_BUG);
  free(sealed);
  free(block);
}

static void what_was_sealed_opens(void **state) {
  (void)state;
  static const struct {
    unsigned log2_chunk;
    size_t length, step;
  } rows[] = {
      {12, 0, 1},
      {12, 1, 1},
      {12, 4095, 7},
      {12, 4096, 4096},
      {12, 4097, 1},
      {12, 8192, 5000},
      {12, 8192, 8192},
      {12, 8191, 4096},
      {12, 5 * 4096, 12288},
      {12, 100000, 333},
      {16, 0, 1},
      {16, 65535, 65536},
      {16, 65536, 65536},
      {16, 65537, 65535},
      {16, 3 << 16, 1 << 20},
      {16, 1000003, 32768},
      {20, (2 << 20) - 1, 1000},
      {20, 2 << 20, 99999},
      {16, (13 << 20) + 5, 1 << 20},
      {20, (9 << 20) + 1, 3 << 20},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (int b = 0; b < 4; b++) { /* either implementation opens what either sealed */
      container_use(backends[b & 1]);
      AUTO(sample) struct sample s = sample_new(rows[i].length, rows[i].log2_chunk, rows[i].step);
      check_seal(&s);
      container_use(backends[b >> 1]);
      check_ranges(&s);
      check_pieces(&s);
      struct container_seal seal;
      assert_int_equal(container_verify(s.fd, s.key, &s.ids, &seal), ERR_OK);
      assert_memory_equal(&seal, &s.seal, sizeof seal);
      uint64_t chunk = 1ull << rows[i].log2_chunk, chunks = rows[i].length / chunk + 1;
      assert_int_equal(s.file_length, CONTAINER_HEADER + rows[i].length + chunks * CONTAINER_TAG);
    }
  }
  container_use(CONTAINER_LIBCRYPTO);
}

/* A chunk as the format has it, in one call of libsodium: what both implementations must produce. */
static void seal_by_the_book(const struct container_keys *keys, uint64_t index, uint8_t flag, const uint8_t *plain, size_t length,
                             uint8_t *out) {
  uint8_t nonce[24];
  memcpy(nonce, keys->b + 32, sizeof nonce);
  nonce[16] ^= flag;
  for (int i = 17; i < 24; i++) nonce[i] ^= (uint8_t)(index >> (8 * (23 - i)));
  crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, plain, length, NULL, 0, NULL, nonce, keys->b);
}

static void both_implementations_seal_the_same_bytes(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 4095, 4096};
  static const uint64_t indexes[] = {0, 1, 255, 256, 1u << 31, (uint64_t)1 << 55, ((uint64_t)1 << 56) - 1};
  struct container_keys *keys = secret_alloc(sizeof *keys);
  struct container_cipher *cipher[2];
  uint8_t plain[4096], sealed[2][4096 + CONTAINER_TAG], back[4096], book[4096 + CONTAINER_TAG];
  randombytes_buf(keys, sizeof *keys);
  randombytes_buf(plain, sizeof plain);
  for (int b = 0; b < 2; b++) {
    container_use(backends[b]);
    assert_int_equal(container_cipher_new(keys, &cipher[b]), ERR_OK);
  }
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    for (size_t j = 0; j < sizeof indexes / sizeof *indexes; j++)
      for (int flag = 0; flag < 3; flag++) {
        for (int b = 0; b < 2; b++)
          assert_int_equal(container_cipher_seal(cipher[b], indexes[j], (enum container_flag)flag, plain, lengths[i], sealed[b]),
                           ERR_OK);
        seal_by_the_book(keys, indexes[j], (uint8_t)flag, plain, lengths[i], book);
        assert_memory_equal(sealed[0], book, lengths[i] + CONTAINER_TAG);
        assert_memory_equal(sealed[1], book, lengths[i] + CONTAINER_TAG);
        for (int b = 0; b < 2; b++) {
          assert_true(container_cipher_open(cipher[b], indexes[j], (enum container_flag)flag, sealed[1], lengths[i], back));
          assert_memory_equal(back, plain, lengths[i]);
          assert_false(container_cipher_open(cipher[b], indexes[j] ^ 1, (enum container_flag)flag, sealed[1], lengths[i], back));
          assert_true(sodium_is_zero(back, lengths[i]));
        }
      }
  for (int b = 0; b < 2; b++) container_cipher_free(cipher[b]);
  secret_free(keys);
  container_use(CONTAINER_LIBCRYPTO);
}

/* ---- keys and ids */
static void a_wrong_key_is_refused(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK + 5);
  struct container_keys *keys = secret_alloc(sizeof *keys);
  for (int bit = 0; bit < 256; bit += 51) {
    struct container_reader *r = NULL;
    struct container_seal seal;
    s.key->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_equal(sample_open(&s, &r), ERR_REFUSED);
    assert_int_equal(container_verify(s.fd, s.key, &s.ids, &seal), ERR_REFUSED);
    assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_REFUSED);
    assert_int_equal(container_derive(s.fd, s.key, &s.ids, keys), ERR_REFUSED);
    assert_null(r);
    s.key->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  assert_true(sodium_is_zero(keys->b, sizeof keys->b));
  secret_free(keys);
  sample_assert_file(&s, s.file, s.file_length);
}

static void other_ids_are_refused(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(10);
  struct container_keys *keys = secret_alloc(sizeof *keys);
  struct container_ids claimed;
  assert_int_equal(container_peek(s.fd, &claimed), ERR_OK);
  assert_memory_equal(&claimed, &s.ids, sizeof claimed);
  for (size_t byte = 0; byte < sizeof s.ids; byte++) {
    struct container_ids other = s.ids;
    struct container_reader *r = NULL;
    struct container_seal seal;
    ((uint8_t *)&other)[byte] ^= 0x10;
    assert_int_equal(container_open(s.fd, s.key, &other, NULL, &r), ERR_DATA);
    assert_int_equal(container_verify(s.fd, s.key, &other, &seal), ERR_DATA);
    assert_int_equal(container_recover(s.fd, s.key, &other, &seal), ERR_DATA);
    assert_int_equal(container_derive(s.fd, s.key, &other, keys), ERR_DATA);
  }
  secret_free(keys);
}

static void only_the_object_that_the_index_knows_opens(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(5000);
  AUTO(sample) struct sample twin = sample_again(&s); /* authentic, the same ids, the same key, the same film */
  struct container_reader *r = NULL;
  assert_int_equal(container_open(twin.fd, s.key, &s.ids, s.seal.binding, &r), ERR_DATA);
  for (int bit = 0; bit < 256; bit++) {
    s.seal.binding[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_equal(container_open(s.fd, s.key, &s.ids, s.seal.binding, &r), ERR_DATA);
    s.seal.binding[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  assert_null(r);
  assert_int_equal(container_open(s.fd, s.key, &s.ids, s.seal.binding, &r), ERR_OK);
  container_close(r);
}

static void derived_keys_open_their_object_only(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(5000);
  AUTO(sample) struct sample twin = sample_again(&s);
  struct container_keys *keys = secret_alloc(sizeof *keys);
  struct container_reader *r = NULL;
  uint8_t block[5000];
  size_t got;
  assert_int_equal(container_derive(s.fd, s.key, &s.ids, keys), ERR_OK);
  for (int b = 0; b < 2; b++) {
    container_use(backends[b]);
    assert_int_equal(container_open_keys(s.fd, keys, &s.ids, s.seal.binding, &r), ERR_OK);
    assert_int_equal(container_read(r, 0, block, sizeof block, &got), ERR_OK);
    assert_int_equal(got, 5000);
    assert_memory_equal(block, s.plain, 5000);
    container_close(r);
    r = NULL;
    assert_int_equal(container_open_keys(twin.fd, keys, &s.ids, NULL, &r), ERR_DATA);
    for (int byte = 0; byte < CONTAINER_KEYS; byte++) {
      keys->b[byte] ^= 1;
      assert_int_equal(container_open_keys(s.fd, keys, &s.ids, NULL, &r), ERR_DATA);
      keys->b[byte] ^= 1;
    }
  }
  container_use(CONTAINER_LIBCRYPTO);
  assert_null(r);
  secret_free(keys);
}

static void no_two_objects_share_a_salt(void **state) {
  (void)state;
  enum { MANY = 400 };
  static uint8_t salts[MANY][32];
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  for (int i = 0; i < MANY; i++) {
    struct container_header h;
    assert_int_equal(container_cipher_header_new(key, &ids, SMALL, &h), ERR_OK);
    memcpy(salts[i], h.bytes + 64, 32);
    for (int j = 0; j < i; j++) assert_memory_not_equal(salts[i], salts[j], 32);
  }
}

/* ---- the writer's failures */
static void a_writer_takes_only_what_it_can_seal(void **state) {
  (void)state;
  static const unsigned wrong[] = {0, 11, 21, 64, 4096};
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
  struct container_writer *w = NULL;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(container_create(fd, key, &ids, wrong[i], &w), ERR_BUG);
  assert_int_equal(io_write_all(fd, "x", 1), ERR_OK);
  assert_int_equal(container_create(fd, key, &ids, SMALL, &w), ERR_BUG); /* never over what is there */
  assert_null(w);
  container_writer_free(NULL);
  container_close(NULL);
}

/* Longer than what is hashed without a thread. */
static void what_nobody_names_is_sealed_alike(void **state) {
  (void)state;
  enum { LONG = 6 << 20 };
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_seal seal, seen;
  uint8_t *plain = calloc(1, LONG), zeroes[32] = {0};
  assert_non_null(plain);
  assert_int_equal(container_create_unnamed(fd, key, &ids, CONTAINER_LOG2_CHUNK, &w), ERR_OK);
  assert_int_equal(container_write(w, plain, LONG), ERR_OK);
  assert_int_equal(container_finish(w, &seal), ERR_OK);
  assert_memory_equal(seal.sha256, zeroes, sizeof zeroes);
  assert_int_equal(container_verify(fd, key, &ids, &seen), ERR_OK);
  assert_memory_not_equal(seen.sha256, zeroes, sizeof zeroes);
  assert_memory_equal(seen.binding, seal.binding, sizeof seen.binding);
  assert_int_equal(seen.plain_bytes, LONG);
  free(plain);
}

static void a_finished_writer_writes_no_more(void **state) {
  (void)state;
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_seal seal;
  uint64_t size, after;
  assert_int_equal(container_create(fd, key, &ids, SMALL, &w), ERR_OK);
  assert_int_equal(container_write(w, "", 0), ERR_OK);
  assert_int_equal(container_finish(w, &seal), ERR_OK);
  assert_int_equal(io_file_size(fd, &size), ERR_OK);
  assert_int_equal(container_write(w, "x", 1), ERR_IO);
  assert_int_equal(container_finish(w, &seal), ERR_IO);
  assert_int_equal(io_file_size(fd, &after), ERR_OK);
  assert_int_equal(size, after);
}

/* A disk that is full after `room` bytes: some call fails, every later one too, and what is there is never read as whole. */
static void write_with_room(size_t room) {
  static uint8_t megabyte[1 << 20];
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  struct rlimit before, limit;
  AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_reader *r = NULL;
  struct container_seal seal;
  getrlimit(RLIMIT_FSIZE, &before);
  limit = (struct rlimit){room, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  enum err e = container_create(fd, key, &ids, CONTAINER_LOG2_CHUNK, &w);
  for (int i = 0; e == ERR_OK && i < 12; i++) e = container_write(w, megabyte, sizeof megabyte);
  if (e == ERR_OK) e = container_finish(w, &seal);
  setrlimit(RLIMIT_FSIZE, &before);
  assert_int_equal(e, ERR_IO);
  if (w) { /* there is room again, but what a failed write left behind nobody knows */
    assert_int_equal(container_write(w, megabyte, sizeof megabyte), ERR_IO);
    assert_int_equal(container_finish(w, &seal), ERR_IO);
  }
  assert_int_equal(container_open(fd, key, &ids, NULL, &r), ERR_DATA);
  assert_null(r);
}

static void a_full_disk_is_told_of(void **state) {
  (void)state;
  static const size_t rooms[] = {0, 100, 128, 129, 1 << 20, (6 << 20) + 11, (12 << 20), (12 << 20) + 192 * 16 + 128 + 15};
  signal(SIGXFSZ, SIG_IGN);
  for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) write_with_room(rooms[i]);
  signal(SIGXFSZ, SIG_DFL);
}

static void a_failed_fsync_is_told_of(void **state) {
  (void)state;
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  AUTO(io) int fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* takes everything but fsync */
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_seal seal;
  assert_int_equal(container_create(fd, key, &ids, SMALL, &w), ERR_OK);
  assert_int_equal(container_write(w, "film", 4), ERR_OK);
  assert_int_equal(container_finish(w, &seal), ERR_IO);
}

static void a_writer_needs_no_leave_to_read(void **state) {
  (void)state;
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  char name[4096];
  snprintf(name, sizeof name, "%s/container.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  AUTO(io) int fd = mkostemp(name, O_CLOEXEC);
  AUTO(io) int out = open(name, O_WRONLY | O_CLOEXEC);
  AUTO(container_writer) struct container_writer *w = NULL;
  AUTO(container_reader) struct container_reader *r = NULL;
  struct container_seal seal;
  unlink(name);
  assert_int_equal(container_create(out, key, &ids, SMALL, &w), ERR_OK);
  assert_int_equal(container_write(w, "film", 4), ERR_OK);
  assert_int_equal(container_finish(w, &seal), ERR_OK);
  assert_int_equal(container_open(fd, key, &ids, seal.binding, &r), ERR_OK);
}

static void a_writer_can_be_dropped_at_any_time(void **state) {
  (void)state;
  static uint8_t megabyte[1 << 20];
  size_t before = secret_in_use();
  for (int megabytes = 0; megabytes < 9; megabytes += 4) { /* without and with a thread that hashes */
    SECRET_KEY(key);
    struct container_ids ids = {id_new(), id_new(), id_new()};
    AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
    AUTO(container_writer) struct container_writer *w = NULL;
    assert_int_equal(container_create(fd, key, &ids, CONTAINER_LOG2_CHUNK, &w), ERR_OK);
    for (int i = 0; i < megabytes; i++) assert_int_equal(container_write(w, megabyte, sizeof megabyte), ERR_OK);
  }
  assert_int_equal(secret_in_use(), before);
}

/* ---- memory */
static bool is_there(const uint8_t *from, const uint8_t *to, const uint8_t needle[32]) {
  return memmem(from, (size_t)(to - from), needle, 32) != NULL;
}

/* Looks for 32 bytes in everything this process may write to, the arena aside. `needle` is in the arena. */
static bool is_in_ordinary_memory(const uint8_t *needle) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[512];
  bool found = false;
  assert_non_null(maps);
  while (!found && fgets(line, sizeof line, maps)) {
    uintptr_t from, to;
    char rights[5];
    if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || strncmp(rights, "rw", 2) != 0) continue;
    if ((uintptr_t)needle >= from && (uintptr_t)needle < to) continue;
    found = is_there((const uint8_t *)from, (const uint8_t *)to, needle);  // NOLINT(performance-no-int-to-ptr): that is the point
  }
  fclose(maps);
  return found;
}

static void no_key_is_left_in_ordinary_memory(void **state) {
  (void)state;
#ifdef CLIPVAULT_SANITIZED
  skip();
#endif
  AUTO(sample) struct sample s = sample_small(9 * SMALL_CHUNK + 5);
  struct container_keys *keys = secret_alloc(sizeof *keys);
  uint8_t *subkey = secret_alloc(32);
  assert_int_equal(container_derive(s.fd, s.key, &s.ids, keys), ERR_OK);
  crypto_core_hchacha20(subkey, keys->b + 32, keys->b, NULL);
  for (int b = 0; b < 2; b++) {
    AUTO(container_reader) struct container_reader *r = NULL;
    uint8_t one[8], sealed[SMALL_SEALED];
    size_t got;
    container_use(backends[b]);
    assert_int_equal(sample_open(&s, &r), ERR_OK);
    assert_int_equal(container_read(r, 5000, one, sizeof one, &got), ERR_OK); /* the reader lives on, and has its keys */
    assert_int_equal(container_read_chunk(r, 5000, one, sizeof one, sealed, &got), ERR_OK);
    assert_false(is_in_ordinary_memory(s.key->b));
    assert_false(is_in_ordinary_memory(keys->b));
    assert_false(is_in_ordinary_memory(subkey));
  }
  uint8_t *copy = malloc(32); /* and the search would have found it */
  assert_non_null(copy);
  memcpy(copy, subkey, 32);
  assert_true(is_in_ordinary_memory(subkey));
  sodium_memzero(copy, 32);
  free(copy);
  container_use(CONTAINER_LIBCRYPTO);
  secret_free(subkey);
  secret_free(keys);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(what_was_sealed_opens, sample_nothing_leaked),
      cmocka_unit_test_teardown(both_implementations_seal_the_same_bytes, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_wrong_key_is_refused, sample_nothing_leaked),
      cmocka_unit_test_teardown(other_ids_are_refused, sample_nothing_leaked),
      cmocka_unit_test_teardown(only_the_object_that_the_index_knows_opens, sample_nothing_leaked),
      cmocka_unit_test_teardown(derived_keys_open_their_object_only, sample_nothing_leaked),
      cmocka_unit_test_teardown(no_two_objects_share_a_salt, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_writer_takes_only_what_it_can_seal, sample_nothing_leaked),
      cmocka_unit_test_teardown(what_nobody_names_is_sealed_alike, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_finished_writer_writes_no_more, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_full_disk_is_told_of, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_failed_fsync_is_told_of, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_writer_needs_no_leave_to_read, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_writer_can_be_dropped_at_any_time, sample_nothing_leaked),
      cmocka_unit_test_teardown(no_key_is_left_in_ordinary_memory, sample_nothing_leaked),
  };
  return cmocka_run_group_tests(tests, sample_set_up, NULL);
}
