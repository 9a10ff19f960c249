/* Uploads in the spool: what comes is sealed, goes on from what is on the disk after any break, is read as one stream, and ends
 * with its key. */
#include "tests/unit/vault_sample.h"
#include "vault/check.h"
#include "vault/consent.h"
#include "vault/container.h"
#include "vault/spool.h"
#include "vault/sweep.h"

#include <dirent.h>
#include <sodium.h>

enum { LENGTH = 300000 };
static uint8_t film[LENGTH];

static struct vault *vault_of(void **state) { return ((struct vault_sample *)*state)->v; }

static void begin(struct vault *v, struct upload *u) {
  struct id person = id_new();
  u->row.length = LENGTH;
  u->kase = id_new();
  u->recorded_ms = CONSENT_UNKNOWN_MS;
  bytes_put_text(&u->file_name, "Ada und Ben.mov");
  bytes_put(&u->people, &person, sizeof person);
  OK(upload_begin(v, u));
}

static void write_some(struct vault *v, const struct upload *u, uint64_t from, size_t length) {
  struct spool_writer *w;
  uint64_t offset;
  OK(spool_write_on(v, u, from, "", &w));
  OK(spool_take(w, film + from, length));
  OK(spool_seal(w, NULL, 0, &offset));
  assert_int_equal(offset, from + length);
  spool_writer_free(w);
}

/* The path of the only, or the last named, file in the spool; how many there are. */
static size_t files(void **state, char path[600]) {
  const struct vault_sample *s = *state;
  char folder[320];
  size_t count = 0;
  snprintf(folder, sizeof folder, "%s/spool", s->path);
  DIR *d = opendir(folder);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    count++;
    if (path) snprintf(path, 600, "%s/%.200s", folder, e->d_name);
  }
  closedir(d);
  return count;
}

static void expect_whole(struct vault *v, const struct upload *u) {
  struct spool_reader *r;
  static uint8_t got[LENGTH];
  OK(spool_open(v, u, &r));
  assert_int_equal(spool_length(r), LENGTH);
  OK(spool_read(r, 0, got, LENGTH));
  assert_memory_equal(got, film, LENGTH);
  OK(spool_read(r, 99990, got, 20)); /* over a seam */
  assert_memory_equal(got, film + 99990, 20);
  assert_int_equal(spool_read(r, LENGTH - 1, got, 2), ERR_DATA);
  spool_close(r);
}

static void comes_in_pieces_and_is_one(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0}, again = {0};
  struct spool_writer *w;
  begin(v, &u);
  write_some(v, &u, 0, 100000);
  assert_int_equal(spool_write_on(v, &u, 0, "", &w), ERR_USAGE);
  assert_int_equal(spool_write_on(v, &u, 100001, "", &w), ERR_USAGE);
  write_some(v, &u, 100000, 1);
  OK(upload_load(v, &u.row.id, &again));
  assert_string_equal(again.row.state, "arriving");
  assert_string_equal(bytes_text(&again.file_name), "Ada und Ben.mov");
  write_some(v, &u, 100001, LENGTH - 100001);
  upload_free(&again);
  OK(upload_load(v, &u.row.id, &again));
  assert_string_equal(again.row.state, "waiting");
  assert_int_equal(spool_write_on(v, &u, LENGTH, "", &w), ERR_USAGE);
  expect_whole(v, &u);
  OK(upload_end(v, &again));
  assert_int_equal(files(state, NULL), 0);
}

static void one_that_fails_waits_behind_the_others(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload first = {0}, second = {0};
  AUTO(bytes) struct bytes order = {0};
  begin(v, &first);
  begin(v, &second);
  OK(index_begin(v->index));
  OK(index_upload_put_last(v->index, &first.row.id));
  OK(index_commit(v->index));
  OK(index_upload_list(v->index, "arriving", &order));
  assert_int_equal(INDEX_COUNT(struct index_upload, order), 2);
  assert_true(id_equal(&INDEX_ROWS(struct index_upload, order)[1].id, &first.row.id));
  OK(upload_end(v, &first));
  OK(upload_end(v, &second));
}

static void a_checksum_that_is_wrong_leaves_nothing(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0};
  struct spool_writer *w;
  uint8_t digest[32];
  uint64_t offset;
  begin(v, &u);
  crypto_hash_sha256(digest, film, 5000);
  for (int wrong = 1; wrong >= 0; wrong--) {
    OK(spool_write_on(v, &u, 0, "sha256", &w));
    OK(spool_take(w, film, 5000));
    digest[7] ^= (uint8_t)wrong;
    assert_int_equal(spool_seal(w, digest, sizeof digest, &offset), wrong ? ERR_DATA : ERR_OK);
    digest[7] ^= (uint8_t)wrong;
    spool_writer_free(w);
    OK(spool_offset(v, &u.row.id, &offset));
    assert_int_equal(offset, wrong ? 0 : 5000);
    assert_int_equal(files(state, NULL), wrong ? 0 : 1);
  }
  OK(upload_end(v, &u));
}

/* As when its last piece could not be acknowledged: what is left must not be taken in. */
static void what_was_whole_and_lost_a_piece_still_arrives(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0}, again = {0};
  struct spool_writer *w;
  uint64_t offset;
  begin(v, &u);
  write_some(v, &u, 0, 100000);
  OK(spool_write_on(v, &u, 100000, "", &w));
  OK(spool_take(w, film + 100000, LENGTH - 100000));
  OK(spool_seal(w, NULL, 0, &offset));
  assert_int_equal(offset, LENGTH);
  spool_discard(w);
  OK(upload_load(v, &u.row.id, &again));
  assert_string_equal(again.row.state, "arriving");
  write_some(v, &u, 100000, LENGTH - 100000);
  expect_whole(v, &u);
  OK(upload_end(v, &u));
}

static void more_than_was_said_is_refused(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0};
  struct spool_writer *w;
  uint64_t offset;
  begin(v, &u);
  OK(spool_write_on(v, &u, 0, "", &w));
  OK(spool_take(w, film, LENGTH));
  assert_int_equal(spool_take(w, film, 1), ERR_DATA);
  spool_discard(w);
  OK(spool_offset(v, &u.row.id, &offset));
  assert_int_equal(offset, 0);
  assert_int_equal(files(state, NULL), 0);
  OK(upload_end(v, &u));
}

/* The writer is left as a killed process leaves it: whole chunks on the disk, and a row that says nothing. */
static void a_torn_segment_is_worth_its_whole_chunks(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0};
  struct spool_writer *w;
  char path[600];
  uint64_t offset;
  begin(v, &u);
  OK(spool_write_on(v, &u, 0, "", &w));
  OK(spool_take(w, film, LENGTH));
  OK(spool_seal(w, NULL, 0, &offset));
  spool_writer_free(w);
  OK(index_begin(v->index));
  OK(index_upload_set_state(v->index, &u.row.id, "arriving"));
  AUTO(bytes) struct bytes segments = {0};
  OK(index_segment_of(v->index, &u.row.id, &segments));
  OK(index_segment_set_bytes(v->index, &INDEX_ROWS(struct index_segment, segments)->object, -1));
  OK(index_commit(v->index));
  assert_int_equal(files(state, path), 1);
  assert_int_equal(truncate(path, CONTAINER_HEADER + 3 * (65536 + CONTAINER_TAG) + 1000), 0);
  OK(spool_recover(v));
  OK(spool_offset(v, &u.row.id, &offset));
  assert_int_equal(offset, 3 * 65536);
  write_some(v, &u, 3 * 65536, LENGTH - 3 * 65536);
  expect_whole(v, &u);
  OK(upload_end(v, &u));
}

static void what_is_lost_ends_it_there(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0};
  char path[600];
  uint64_t offset;
  begin(v, &u);
  write_some(v, &u, 0, 1000);
  assert_int_equal(files(state, path), 1);
  write_some(v, &u, 1000, 1000);
  assert_int_equal(unlink(path), 0);
  OK(spool_recover(v));
  OK(spool_offset(v, &u.row.id, &offset));
  assert_int_equal(offset, 0);
  assert_int_equal(files(state, NULL), 0);
  OK(upload_end(v, &u));
}

static void a_long_one_has_several_segments(void **state) {
  enum { PIECE = 256 << 10, PIECES = 260 };
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0};
  struct spool_writer *w;
  struct spool_reader *r;
  uint64_t offset;
  uint8_t got[8];
  u.row.length = (int64_t)PIECE * PIECES;
  bytes_put_text(&u.file_name, "long.mov");
  OK(upload_begin(v, &u));
  OK(spool_write_on(v, &u, 0, "", &w));
  for (int i = 0; i < PIECES; i++) OK(spool_take(w, film + i, PIECE));
  OK(spool_seal(w, NULL, 0, &offset));
  spool_writer_free(w);
  assert_int_equal(offset, u.row.length);
  assert_int_equal(files(state, NULL), 2);
  OK(spool_open(v, &u, &r));
  OK(spool_read(r, (64 << 20) - 4, got, sizeof got));
  assert_memory_equal(got, film + 255 + PIECE - 4, 4);
  assert_memory_equal(got + 4, film + 256, 4);
  spool_close(r);
  OK(upload_end(v, &u));
}

static void a_changed_byte_is_never_read(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0};
  struct spool_reader *r;
  char path[600];
  uint8_t byte;
  begin(v, &u);
  write_some(v, &u, 0, LENGTH);
  files(state, path);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  OK(io_pread_all(fd, &byte, 1, 5000));
  byte ^= 1;
  OK(io_pwrite_all(fd, &byte, 1, 5000));
  close(fd);
  OK(spool_open(v, &u, &r));
  assert_int_equal(spool_read(r, 0, &byte, 1), ERR_DATA);
  spool_close(r);
  OK(upload_end(v, &u));
}

static void it_is_its_uploaders_and_nobody_elses(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0}, seen = {0};
  struct index_account me = v->actor;
  begin(v, &u);
  v->actor.id = id_new();
  assert_int_equal(upload_of_actor(v, &u.row.id, &seen), ERR_MISSING);
  v->actor = me;
  OK(upload_of_actor(v, &u.row.id, &seen));
  /* Somebody with the disk makes it theirs. */
  AUTO(bytes) struct bytes sealed = {0};
  struct index_upload row;
  OK(index_upload_get(v->index, &u.row.id, &row, &sealed, NULL));
  OK(index_begin(v->index));
  OK(index_upload_drop(v->index, &row.id));
  row.account = id_new();
  OK(index_upload_put(v->index, &row, &sealed));
  OK(index_commit(v->index));
  AUTO(upload) struct upload changed = {0};
  assert_int_equal(upload_load(v, &row.id, &changed), ERR_DATA);
  OK(upload_end(v, &u));
}

static bool has_key(struct vault *v, keystore_leaf leaf) {
  SECRET_KEY(key);
  return keystore_get(v->keys, leaf, key) == ERR_OK;
}

static void what_became_of_it_outlives_its_key(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0}, seen = {0};
  begin(v, &u);
  write_some(v, &u, 0, LENGTH);
  memcpy(u.word, "live", sizeof "live");
  memset(u.sha256, 7, sizeof u.sha256);
  u.clip = id_new();
  keystore_leaf leaf = u.row.leaf;
  assert_true(has_key(v, leaf));
  OK(upload_settle(v, &u));
  assert_false(has_key(v, leaf));
  assert_int_equal(files(state, NULL), 0);
  OK(upload_of_actor(v, &u.row.id, &seen));
  assert_string_equal(seen.word, "live");
  assert_true(id_equal(&seen.clip, &u.clip));
  assert_int_equal(seen.people.length, 0);
  OK(upload_end(v, &seen));
}

static size_t problems(struct vault *v) {
  struct check c = {0};
  OK(check_run(v, &c));
  size_t count = c.count;
  check_free(&c);
  return count;
}

/* Its key is destroyed before the row is gone that says it is to be: who dies in between leaves no damage. One that a row needs
 * is. */
static void a_key_that_is_gone_before_that_is_noted_is_no_damage(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload ended = {0}, needed = {0};
  struct keystore_proof proof;
  begin(v, &ended);
  begin(v, &needed);
  OK(index_begin(v->index));
  OK(index_stale_add(v->index, ended.row.leaf));
  OK(index_upload_drop(v->index, &ended.row.id));
  OK(index_commit(v->index));
  assert_int_equal(problems(v), 0);
  OK(keystore_shred(v->keys, 1, &ended.row.leaf, &proof));
  assert_int_equal(problems(v), 0);
  OK(keystore_shred(v->keys, 1, &needed.row.leaf, &proof));
  assert_int_equal(problems(v), 1);
}

static void it_expires(void **state) {
  struct vault *v = vault_of(state);
  AUTO(upload) struct upload u = {0}, gone = {0};
  begin(v, &u);
  write_some(v, &u, 0, 1000);
  keystore_leaf leaf = u.row.leaf;
  for (int late = 0; late < 2; late++) {
    AUTO(sweep_due) struct sweep_due due = {0};
    struct sweep_result result;
    v->now_ms = u.row.expires_ms - 1 + late;
    OK(sweep_find(v, &due));
    OK(sweep_run(v, &due, SIZE_MAX, &result));
    assert_int_equal(has_key(v, leaf), !late);
    assert_int_equal(files(state, NULL), late ? 0 : 1);
  }
  assert_int_equal(upload_load(v, &u.row.id, &gone), ERR_MISSING);
}

static int make(void **state) {
  randombytes_buf(film, sizeof film);
  return vault_sample_make(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, vault_sample_end)
  const struct CMUnitTest tests[] = {TEST(comes_in_pieces_and_is_one),
                                     TEST(one_that_fails_waits_behind_the_others),
                                     TEST(a_checksum_that_is_wrong_leaves_nothing),
                                     TEST(what_was_whole_and_lost_a_piece_still_arrives),
                                     TEST(more_than_was_said_is_refused),
                                     TEST(a_torn_segment_is_worth_its_whole_chunks),
                                     TEST(what_is_lost_ends_it_there),
                                     TEST(a_long_one_has_several_segments),
                                     TEST(a_changed_byte_is_never_read),
                                     TEST(it_is_its_uploaders_and_nobody_elses),
                                     TEST(what_became_of_it_outlives_its_key),
                                     TEST(a_key_that_is_gone_before_that_is_noted_is_no_damage),
                                     TEST(it_expires)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
