/* Torn objects: a crash at any length, also during recovery, leaves a file that recovery makes whole; no byte that was sealed
 * is ever sealed again differently; and what is not torn is not touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "tests/unit/container_sample.h"

#include <fcntl.h>

static size_t offset_of(size_t chunk) { return CONTAINER_HEADER + chunk * SMALL_SEALED; }

/* Recovers, and checks that the first `chunks` chunks are left, byte for byte, with an end that authenticates. */
static void assert_recovers_to(const struct sample *s, size_t chunks) {
  AUTO(container_reader) struct container_reader *r = NULL;
  struct container_seal seal, again;
  uint8_t whole[CONTAINER_HEADER + 8 * SMALL_SEALED];
  size_t got;
  assert_int_equal(container_recover(s->fd, s->key, &s->ids, &seal), ERR_OK);
  assert_int_equal(seal.plain_bytes, chunks * SMALL_CHUNK);
  assert_int_equal(seal.file_bytes, offset_of(chunks) + CONTAINER_TAG);
  assert_int_equal(io_pread_all(s->fd, whole, seal.file_bytes, 0), ERR_OK);
  assert_memory_equal(whole, s->file, offset_of(chunks));
  assert_int_equal(sample_read(s, &got), ERR_OK);
  assert_int_equal(got, chunks * SMALL_CHUNK);
  assert_int_equal(container_open(s->fd, s->key, &s->ids, seal.binding, &r), ERR_OK);
  assert_true(container_recovered(r));
  /* Recovered twice is recovered once. */
  assert_int_equal(container_recover(s->fd, s->key, &s->ids, &again), ERR_OK);
  assert_memory_equal(&seal, &again, sizeof seal);
  sample_assert_file(s, whole, seal.file_bytes);
}

static void a_stream_torn_anywhere_is_made_whole(void **state) {
  (void)state;
  static const size_t lengths[] = {2 * SMALL_CHUNK + 100, 3 * SMALL_CHUNK};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    AUTO(sample) struct sample s = sample_small(lengths[i]);
    for (size_t length = CONTAINER_HEADER; length<s.file_length; length += length> offset_of(1) + 40 ? 1 : 97) {
      sample_put(&s, s.file, length);
      assert_recovers_to(&s, (length - CONTAINER_HEADER) / SMALL_SEALED);
    }
  }
}

/* What a crash can leave of a recovery: the cut alone, or the cut and a part of the tag. */
static void a_torn_recovery_is_made_whole(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK + 100);
  struct container_seal seal;
  uint8_t whole[CONTAINER_HEADER + 8 * SMALL_SEALED];
  sample_put(&s, s.file, offset_of(2) + 1234);
  assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_OK);
  assert_int_equal(io_pread_all(s.fd, whole, seal.file_bytes, 0), ERR_OK);
  for (size_t left = 0; left <= CONTAINER_TAG; left++) {
    sample_put(&s, whole, offset_of(2) + left);
    assert_recovers_to(&s, 2);
    sample_assert_file(&s, whole, seal.file_bytes);
  }
}

/* After a power cut, blocks that never reached the disk read as zeroes, or as anything. */
static void a_tail_that_never_reached_the_disk_is_cut(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(6 * SMALL_CHUNK + 100);
  uint8_t *torn = malloc(s.file_length);
  assert_non_null(torn);
  for (size_t from = 0; from <= 6; from++)
    for (int kind = 0; kind < 3; kind++) {
      memcpy(torn, s.file, s.file_length);
      size_t at = offset_of(from) + (kind == 1 ? 1000 : 0);
      if (at > s.file_length) continue;
      memset(torn + at, 0, s.file_length - at);
      if (kind == 2) randombytes_buf(torn + at, s.file_length - at);
      sample_put(&s, torn, s.file_length);
      assert_recovers_to(&s, from);
    }
  free(torn);
}

/* A good chunk behind a bad one: not torn but changed. Cutting there would destroy what somebody may still want to see. */
static void damage_in_the_middle_is_left_as_it_is(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(5 * SMALL_CHUNK + 100);
  for (size_t bad = 0; bad < 4; bad++) {
    uint8_t *damaged = malloc(s.file_length);
    struct container_seal seal;
    assert_non_null(damaged);
    memcpy(damaged, s.file, s.file_length);
    damaged[offset_of(bad) + 7] ^= 4;
    sample_put(&s, damaged, offset_of(5) + 50); /* unfinished */
    assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_DATA);
    sample_assert_file(&s, damaged, offset_of(5) + 50);
    sample_put(&s, damaged, s.file_length); /* sealed */
    assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_DATA);
    sample_assert_file(&s, damaged, s.file_length);
    free(damaged);
  }
}

static void a_sealed_object_is_left_as_it_is(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, SMALL_CHUNK - 1, SMALL_CHUNK, 3 * SMALL_CHUNK + 5};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    AUTO(sample) struct sample s = sample_small(lengths[i]);
    struct container_seal seal;
    assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_OK);
    assert_memory_equal(&seal, &s.seal, sizeof seal);
    sample_assert_file(&s, s.file, s.file_length);
  }
}

static void less_than_a_header_cannot_be_recovered(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(SMALL_CHUNK);
  for (size_t length = 0; length < CONTAINER_HEADER; length++) {
    struct container_seal seal;
    sample_put(&s, s.file, length);
    assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_DATA);
    sample_assert_file(&s, s.file, length);
  }
}

/* A disk that does not take the recovery: the failure is told, and a later attempt succeeds. */
static void a_recovery_that_fails_can_be_repeated(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK);
  struct container_seal seal;
  sample_put(&s, s.file, offset_of(2) + 99);
  int fd = s.fd;
  s.fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  sample_put(&s, s.file, offset_of(2) + 99);
  assert_int_equal(fcntl(s.fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
  assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_IO);
  sample_assert_file(&s, s.file, offset_of(2) + 99);
  io_close(&s.fd);
  s.fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  sample_put(&s, s.file, offset_of(2)); /* cut already; now it may not grow */
  assert_int_equal(fcntl(s.fd, F_ADD_SEALS, F_SEAL_GROW), 0);
  assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), ERR_IO);
  sample_assert_file(&s, s.file, offset_of(2));
  io_close(&s.fd);
  s.fd = fd;
  assert_recovers_to(&s, 2);
}

/* Whoever reads while it is written finds it unsealed, at every moment, and never mistakes it for whole. */
static void an_object_that_is_being_written_does_not_open(void **state) {
  (void)state;
  static uint8_t block[SMALL_CHUNK * 3 + 1];
  SECRET_KEY(key);
  struct container_ids ids = {id_new(), id_new(), id_new()};
  AUTO(io) int fd = memfd_create("sealed", MFD_CLOEXEC);
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_reader *r = NULL;
  struct container_seal seal;
  uint64_t size = 0, most = 0;
  assert_int_equal(container_create(fd, key, &ids, SMALL, &w), ERR_OK);
  for (int i = 0; i < 700; i++) {
    assert_int_equal(container_open(fd, key, &ids, NULL, &r), ERR_DATA);
    assert_int_equal(container_write(w, block, sizeof block), ERR_OK);
    assert_int_equal(io_file_size(fd, &size), ERR_OK);
    assert_true(size >= most);
    most = size;
  }
  assert_true(most > 6 << 20); /* it really reaches the file meanwhile */
  assert_int_equal(container_open(fd, key, &ids, NULL, &r), ERR_DATA);
  assert_int_equal(container_finish(w, &seal), ERR_OK);
  assert_int_equal(container_open(fd, key, &ids, seal.binding, &r), ERR_OK);
  container_close(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_stream_torn_anywhere_is_made_whole, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_torn_recovery_is_made_whole, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_tail_that_never_reached_the_disk_is_cut, sample_nothing_leaked),
      cmocka_unit_test_teardown(damage_in_the_middle_is_left_as_it_is, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_sealed_object_is_left_as_it_is, sample_nothing_leaked),
      cmocka_unit_test_teardown(less_than_a_header_cannot_be_recovered, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_recovery_that_fails_can_be_repeated, sample_nothing_leaked),
      cmocka_unit_test_teardown(an_object_that_is_being_written_does_not_open, sample_nothing_leaked),
  };
  return cmocka_run_group_tests(tests, sample_set_up, NULL);
}
