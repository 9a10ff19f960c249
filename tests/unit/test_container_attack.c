/* What somebody with the disk does to a sealed object: it is refused, and not a byte of a changed chunk is given out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "tests/unit/container_sample.h"
#include "vault/container_cipher.h"

static size_t offset_of(size_t chunk) { return CONTAINER_HEADER + chunk * SMALL_SEALED; }

/* The file refuses to be whole; what can still be read of it is the film (sample_read sees to that). */
static void assert_refused(const struct sample *s, const char *what) {
  struct container_seal seal;
  size_t got;
  if (sample_read(s, &got) == ERR_OK) fail_msg("%s: was read as if nothing had happened", what);
  if (container_verify(s->fd, s->key, &s->ids, &seal) == ERR_OK) fail_msg("%s: was verified", what);
}

static void every_bit_of_the_header_counts(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(2 * SMALL_CHUNK + 100);
  for (size_t bit = 0; bit < CONTAINER_HEADER * 8; bit++) {
    struct container_reader *r = NULL;
    struct container_seal seal;
    uint8_t changed = s.file[bit / 8] ^ (uint8_t)(1 << bit % 8);
    assert_int_equal(io_pwrite_all(s.fd, &changed, 1, bit / 8), ERR_OK);
    enum err e = sample_open(&s, &r);
    bool secret_part = bit / 8 >= 64, log2_chunk = bit / 8 == 10; /* where only the commitment can tell */
    if (e != (secret_part ? ERR_REFUSED : ERR_DATA) && !(log2_chunk && e == ERR_REFUSED)) fail_msg("bit %zu: %d", bit, (int)e);
    assert_null(r);
    assert_int_equal(container_verify(s.fd, s.key, &s.ids, &seal), e);
    assert_int_equal(container_recover(s.fd, s.key, &s.ids, &seal), e); /* and cuts nothing */
    assert_int_equal(io_pwrite_all(s.fd, &s.file[bit / 8], 1, bit / 8), ERR_OK);
  }
  sample_assert_file(&s, s.file, s.file_length);
}

/* Claims about the form that this version does not know, each committed to by somebody who has the key. */
static void an_unknown_form_is_refused(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint8_t value;
  } rows[] = {{8, 0},   {8, 2},    {9, 0},  {9, 2},    {10, 0},   {10, 11}, {10, 21},
              {10, 64}, {10, 255}, {11, 1}, {11, 128}, {12, 127}, {13, 1},  {15, 128}};
  AUTO(sample) struct sample s = sample_small(100);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct container_reader *r = NULL;
    struct container_ids ids;
    crypto_generichash_state h;
    uint8_t header[CONTAINER_HEADER];
    memcpy(header, s.file, sizeof header);
    header[rows[i].at] = rows[i].value;
    crypto_generichash_init(&h, s.key->b, 32, 32);
    crypto_generichash_update(&h, (const uint8_t *)"CLIPVLT1-commit-", 16);
    crypto_generichash_update(&h, header, 96);
    crypto_generichash_final(&h, header + 96, 32);
    assert_int_equal(io_pwrite_all(s.fd, header, sizeof header, 0), ERR_OK);
    assert_int_equal(sample_open(&s, &r), ERR_DATA);
    assert_int_equal(container_peek(s.fd, &ids), ERR_DATA);
    assert_null(r);
  }
}

/* A chunk that was changed anywhere gives no piece, wherever that lies, and no byte of one. */
static void refuse_pieces(struct container_reader *r, size_t chunk) {
  static const size_t pieces[][2] = {{0, 1}, {63, 2}, {100, 2000}, {4000, 96}, {0, SMALL_CHUNK}};
  uint8_t sealed[SMALL_SEALED], out[SMALL_CHUNK];
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    size_t got = 99;
    memset(out, 0xa5, sizeof out);
    assert_int_equal(container_read_chunk(r, chunk * SMALL_CHUNK + pieces[i][0], out, pieces[i][1], sealed, &got), ERR_DATA);
    assert_true(sodium_is_zero(out, pieces[i][1]));
    assert_int_equal(got, 99);
  }
}

static void every_byte_of_the_body_counts(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(2 * SMALL_CHUNK + 100);
  uint8_t out[2 * SMALL_CHUNK + 100];
  for (size_t at = CONTAINER_HEADER; at < s.file_length; at++) {
    AUTO(container_reader) struct container_reader *r = NULL;
    struct container_seal seal;
    size_t got = 0;
    uint8_t changed = s.file[at] ^ (uint8_t)(1 << at % 8);
    assert_int_equal(io_pwrite_all(s.fd, &changed, 1, at), ERR_OK);
    size_t chunk = (at - CONTAINER_HEADER) / SMALL_SEALED, good = chunk ? 0 : 1;
    if (chunk == 2) { /* the final one is looked at on opening */
      assert_int_equal(sample_open(&s, &r), ERR_DATA);
      assert_null(r);
    } else {
      assert_int_equal(sample_open(&s, &r), ERR_OK);
      assert_int_equal(container_read(r, chunk * SMALL_CHUNK + 4000, out, 50, &got), ERR_DATA);
      memset(out, 0xa5, sizeof out);
      assert_int_equal(container_read(r, 0, out, sizeof out, &got), ERR_DATA);
      assert_true(sodium_is_zero(out, sizeof out)); /* also what was good before it */
      assert_int_equal(container_read(r, good * SMALL_CHUNK, out, SMALL_CHUNK, &got), ERR_OK);
      assert_memory_equal(out, s.plain + good * SMALL_CHUNK, SMALL_CHUNK);
      refuse_pieces(r, chunk);
    }
    if (at % 7 == 0) assert_int_equal(container_verify(s.fd, s.key, &s.ids, &seal), ERR_DATA);
    assert_int_equal(io_pwrite_all(s.fd, &s.file[at], 1, at), ERR_OK);
  }
}

/* A chunk that failed leaves nothing behind: neither in the cache nor, once it is right again, in the way. */
static void read_all_but_the_fourth(struct container_reader *r, const struct sample *s) {
  for (size_t i = 7; i < 8; i--) { /* backwards: what was read last is what the cache holds */
    uint8_t out[10];
    size_t got = 0;
    if (i == 3) continue;
    assert_int_equal(container_read(r, i * SMALL_CHUNK + 1, out, sizeof out, &got), ERR_OK);
    assert_memory_equal(out, s->plain + i * SMALL_CHUNK + 1, sizeof out);
  }
}

static void a_bad_chunk_is_not_remembered(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(8 * SMALL_CHUNK);
  AUTO(container_reader) struct container_reader *r = NULL;
  uint8_t out[10], changed = s.file[offset_of(3)] ^ 1;
  size_t got = 0;
  assert_int_equal(sample_open(&s, &r), ERR_OK);
  for (int round = 0; round < 3; round++) {
    read_all_but_the_fourth(r, &s);
    assert_int_equal(io_pwrite_all(s.fd, &changed, 1, offset_of(3)), ERR_OK);
    assert_int_equal(container_read(r, 3 * SMALL_CHUNK + 5, out, sizeof out, &got), ERR_DATA);
    for (size_t i = 0; i < 5; i++) { /* also not as the chunk whose place in the cache it took */
      size_t chunk = (size_t[]){4, 2, 1, 0, 5}[i];
      assert_int_equal(container_read(r, chunk * SMALL_CHUNK + 1, out, sizeof out, &got), ERR_OK);
      assert_memory_equal(out, s.plain + chunk * SMALL_CHUNK + 1, sizeof out);
    }
    for (int i = 0; i < 6; i++) assert_int_equal(container_read(r, 3 * SMALL_CHUNK + 5, out, sizeof out, &got), ERR_DATA);
    assert_int_equal(io_pwrite_all(s.fd, &s.file[offset_of(3)], 1, offset_of(3)), ERR_OK);
    assert_int_equal(container_read(r, 3 * SMALL_CHUNK + 5, out, sizeof out, &got), ERR_OK);
    assert_memory_equal(out, s.plain + 3 * SMALL_CHUNK + 5, sizeof out);
  }
}

static void a_file_that_shrinks_while_it_is_read_is_refused(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(8 * SMALL_CHUNK);
  AUTO(container_reader) struct container_reader *r = NULL;
  uint8_t out[10];
  size_t got = 0;
  assert_int_equal(sample_open(&s, &r), ERR_OK);
  assert_int_equal(ftruncate(s.fd, (off_t)offset_of(5) + 99), 0);
  assert_int_equal(container_read(r, 5 * SMALL_CHUNK, out, sizeof out, &got), ERR_DATA);
  assert_int_equal(container_read(r, 4 * SMALL_CHUNK, out, sizeof out, &got), ERR_OK);
}

static void a_cut_is_seen_at_every_length(void **state) {
  (void)state;
  static const size_t lengths[] = {2 * SMALL_CHUNK + 100, 3 * SMALL_CHUNK, 0, 77};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    AUTO(sample) struct sample s = sample_small(lengths[i]);
    for (size_t length = s.file_length; length-- > 0;) {
      struct container_reader *r = NULL;
      assert_int_equal(ftruncate(s.fd, (off_t)length), 0);
      assert_int_equal(sample_open(&s, &r), ERR_DATA);
      assert_null(r);
    }
  }
}

static void what_is_appended_is_seen(void **state) {
  (void)state;
  static const size_t lengths[] = {
      1, 15, 16, 17, SMALL_CHUNK - 1, SMALL_CHUNK, SMALL_SEALED - 1, SMALL_SEALED, SMALL_SEALED + 16, 3 * SMALL_SEALED};
  AUTO(sample) struct sample s = sample_small(2 * SMALL_CHUNK + 100);
  uint8_t *longer = malloc(s.file_length + 3 * SMALL_SEALED);
  assert_non_null(longer);
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    for (int kind = 0; kind < 3; kind++) {
      memcpy(longer, s.file, s.file_length);
      memset(longer + s.file_length, 0, lengths[i]);
      if (kind == 1) randombytes_buf(longer + s.file_length, lengths[i]);
      if (kind == 2) memcpy(longer + s.file_length, longer + s.file_length - 116, lengths[i] < 116 ? lengths[i] : 116);
      sample_put(&s, longer, s.file_length + lengths[i]);
      assert_refused(&s, "appended");
    }
  free(longer);
}

/* ---- chunks that change places. Each row says which chunk of which file lies where; -1 ends it, and the final chunk of the
 * first file follows where `final` says so. */
enum { TWIN = 10, OTHER = 20, END = -1 };
static const struct {
  const char *what;
  int chunks[6];
  bool final;
} orders[] = {
    {"swapped", {1, 0, 2, END}, true},
    {"swapped at the end", {0, 2, 1, END}, true},
    {"one dropped at the start", {1, 2, END}, true},
    {"one dropped in the middle", {0, 2, END}, true},
    {"one dropped at the end", {0, 1, END}, true},
    {"all dropped", {END}, true},
    {"one twice", {0, 1, 1, 2, END}, true},
    {"the last one twice", {0, 1, 2, 2, END}, true},
    {"the first one everywhere", {0, 0, 0, END}, true},
    {"one of a file with the same key and ids", {0, TWIN + 1, 2, END}, true},
    {"all of a file with the same key and ids", {TWIN, TWIN + 1, TWIN + 2, END}, true},
    {"one of a stranger's file", {0, OTHER + 1, 2, END}, true},
    {"final chunk of a file with the same key and ids", {0, 1, 2, TWIN + 3, END}, false},
    {"final chunk of a stranger's file", {0, 1, 2, OTHER + 3, END}, false},
    {"nothing final", {0, 1, 2, END}, false},
};

static void chunks_stay_where_they_were_sealed(void **state) {
  (void)state;
  size_t length = 3 * SMALL_CHUNK + 1000, final = 1000 + CONTAINER_TAG;
  AUTO(sample) struct sample s = sample_small(length);
  AUTO(sample) struct sample twin = sample_again(&s);
  AUTO(sample) struct sample other = sample_small(length);
  const struct sample *const files[] = {&s, &twin, &other};
  uint8_t *made = malloc(s.file_length + 3 * SMALL_SEALED);
  assert_non_null(made);
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    size_t at = CONTAINER_HEADER;
    memcpy(made, s.file, CONTAINER_HEADER);
    for (const int *c = orders[i].chunks; *c != END; c++) {
      size_t chunk = (size_t)*c % 10, size = chunk == 3 ? final : (size_t)SMALL_SEALED;
      memcpy(made + at, files[*c / 10]->file + offset_of(chunk), size);
      at += size;
    }
    if (orders[i].final) memcpy(made + at, s.file + offset_of(3), final), at += final;
    sample_put(&s, made, at);
    assert_refused(&s, orders[i].what);
  }
  memcpy(made, twin.file, CONTAINER_HEADER); /* a header that is right, before a body of another salt */
  memcpy(made + CONTAINER_HEADER, s.file + CONTAINER_HEADER, s.file_length - CONTAINER_HEADER);
  sample_put(&s, made, s.file_length);
  assert_refused(&s, "the header of a file with the same key and ids");
  free(made);
}

/* ---- chunks sealed by somebody who has the key but not the rules: which flags may stand where */
struct made_chunk {
  enum container_flag flag;
  size_t length;
};
static const struct {
  const char *what;
  struct made_chunk chunks[4];
  size_t count;
  bool opens, verifies;
} endings[] = {
    {"one final", {{CONTAINER_FINAL, 5}}, 1, true, true},
    {"an empty final", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_FINAL, 0}}, 2, true, true},
    {"an empty recovered final", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_RECOVERED, 0}}, 2, true, true},
    {"nothing but a recovered final", {{CONTAINER_RECOVERED, 0}}, 1, true, true},
    {"a recovered final with something in it", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_RECOVERED, 5}}, 2, false, false},
    {"a short middle chunk at the end", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_MIDDLE, 5}}, 2, false, false},
    {"an empty middle chunk at the end", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_MIDDLE, 0}}, 2, false, false},
    {"a full final chunk", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_FINAL, SMALL_CHUNK}}, 2, false, false},
    {"a full final chunk and an empty one", {{CONTAINER_FINAL, SMALL_CHUNK}, {CONTAINER_FINAL, 0}}, 2, true, false},
    {"a recovered chunk in the middle", {{CONTAINER_RECOVERED, SMALL_CHUNK}, {CONTAINER_FINAL, 0}}, 2, true, false},
    {"two finals", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {CONTAINER_FINAL, 5}, {CONTAINER_FINAL, 5}}, 3, false, false},
    {"a flag that does not exist", {{CONTAINER_MIDDLE, SMALL_CHUNK}, {(enum container_flag)3, 0}}, 2, false, false},
};

static void flags_stand_where_they_may(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(3 * SMALL_CHUNK);
  struct container_keys *keys = secret_alloc(sizeof *keys);
  struct container_cipher *cipher;
  assert_int_equal(container_derive(s.fd, s.key, &s.ids, keys), ERR_OK);
  assert_int_equal(container_cipher_new(keys, &cipher), ERR_OK);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    static uint8_t made[CONTAINER_HEADER + 4 * SMALL_SEALED];
    struct container_reader *r = NULL;
    struct container_seal seal;
    size_t at = CONTAINER_HEADER;
    memcpy(made, s.file, CONTAINER_HEADER);
    for (size_t c = 0; c < endings[i].count; c++) {
      size_t length = endings[i].chunks[c].length;
      assert_int_equal(container_cipher_seal(cipher, c, endings[i].chunks[c].flag, s.plain + c * SMALL_CHUNK, length, made + at),
                       ERR_OK);
      at += length + CONTAINER_TAG;
    }
    sample_put(&s, made, at);
    if ((sample_open(&s, &r) == ERR_OK) != endings[i].opens) fail_msg("%s: opening", endings[i].what);
    container_close(r);
    if ((container_verify(s.fd, s.key, &s.ids, &seal) == ERR_OK) != endings[i].verifies)
      fail_msg("%s: verifying", endings[i].what);
  }
  container_cipher_free(cipher);
  secret_free(keys);
}

/* One file that would open to two films under two keys: the header commits to one of them. */
static void a_file_for_two_keys_is_refused(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(100);
  SECRET_KEY(second);
  struct container_reader *r = NULL;
  struct container_keys *keys = secret_alloc(sizeof *keys);
  struct container_cipher *cipher;
  struct container_header h;
  uint8_t body[100 + CONTAINER_TAG];
  randombytes_buf(second->b, sizeof second->b);
  /* The body as the second key would seal it under this very header, which commits to the first. */
  memcpy(h.bytes, s.file, CONTAINER_HEADER);
  crypto_generichash_state hash;
  uint8_t wide[64];
  crypto_generichash_init(&hash, second->b, 32, 64);
  crypto_generichash_update(&hash, (const uint8_t *)"CLIPVLT1-keys---", 16);
  crypto_generichash_update(&hash, h.bytes, 96);
  crypto_generichash_final(&hash, wide, 64);
  memcpy(keys->b, wide, sizeof keys->b);
  assert_int_equal(container_cipher_new(keys, &cipher), ERR_OK);
  assert_int_equal(container_cipher_seal(cipher, 0, CONTAINER_FINAL, s.plain, 100, body), ERR_OK);
  assert_int_equal(io_pwrite_all(s.fd, body, sizeof body, CONTAINER_HEADER), ERR_OK);
  assert_int_equal(container_open(s.fd, s.key, &s.ids, NULL, &r), ERR_DATA);
  assert_int_equal(container_open(s.fd, second, &s.ids, NULL, &r), ERR_REFUSED);
  assert_null(r);
  container_cipher_free(cipher);
  secret_free(keys);
}

static void sizes_beyond_reason_are_refused_at_once(void **state) {
  (void)state;
  static const off_t sizes[] = {(off_t)1 << 40, ((off_t)1 << 50) + 144, ((off_t)1 << 62) + 7};
  AUTO(sample) struct sample s = sample_small(100);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct container_reader *r = NULL;
    if (ftruncate(s.fd, sizes[i])) continue; /* not every file system can pretend that much */
    assert_int_equal(sample_open(&s, &r), ERR_DATA);
    assert_null(r);
  }
}

static void what_is_no_container_is_refused(void **state) {
  (void)state;
  AUTO(sample) struct sample s = sample_small(100);
  struct container_ids ids;
  for (size_t length = 0; length <= CONTAINER_HEADER; length++) {
    sample_put(&s, s.file, length);
    assert_int_equal(container_peek(s.fd, &ids), length < CONTAINER_HEADER ? ERR_DATA : ERR_OK);
  }
  int fd = s.fd;
  s.fd = -1; /* a descriptor that is none is the disk's fault, not the container's */
  assert_int_equal(container_peek(s.fd, &ids), ERR_IO);
  s.fd = fd;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(every_bit_of_the_header_counts, sample_nothing_leaked),
      cmocka_unit_test_teardown(an_unknown_form_is_refused, sample_nothing_leaked),
      cmocka_unit_test_teardown(every_byte_of_the_body_counts, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_bad_chunk_is_not_remembered, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_file_that_shrinks_while_it_is_read_is_refused, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_cut_is_seen_at_every_length, sample_nothing_leaked),
      cmocka_unit_test_teardown(what_is_appended_is_seen, sample_nothing_leaked),
      cmocka_unit_test_teardown(chunks_stay_where_they_were_sealed, sample_nothing_leaked),
      cmocka_unit_test_teardown(flags_stand_where_they_may, sample_nothing_leaked),
      cmocka_unit_test_teardown(a_file_for_two_keys_is_refused, sample_nothing_leaked),
      cmocka_unit_test_teardown(sizes_beyond_reason_are_refused_at_once, sample_nothing_leaked),
      cmocka_unit_test_teardown(what_is_no_container_is_refused, sample_nothing_leaked),
  };
  return cmocka_run_group_tests(tests, sample_set_up, NULL);
}
