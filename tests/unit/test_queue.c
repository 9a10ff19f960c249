/* Uploads on their way in, between two steps of the queue: nobody keeps a key that is destroyed meanwhile, and users take
 * turns. */
#include "ingest/queue.h"
#include "tests/unit/vault_sample.h"
#include "vault/casework.h"
#include "vault/person.h"
#include "vault/spool.h"
#include "vault/sweep.h"

#include <sodium.h>

enum { LENGTH = 1 << 20 };
static uint8_t film[LENGTH];

static struct vault *vault_of(void **state) { return ((struct vault_sample *)*state)->v; }

/* Whole, and waiting to be taken in. */
static void upload(struct vault *v, struct upload *u) {
  struct person ada = {.kind = PERSON_CARER, .born_ms = PERSON_UNBORN_MS};
  struct spool_writer *w;
  uint64_t offset;
  bytes_put_text(&ada.name, "Ada");
  OK(index_begin(v->index));
  OK(casework_open(v, "a case", &v->actor.id, &u->kase));
  OK(person_add(v, &ada));
  OK(index_case_add_person(v->index, &u->kase, &ada.id));
  OK(index_commit(v->index));
  u->row.length = LENGTH;
  u->recorded_ms = CONSENT_UNKNOWN_MS;
  bytes_put_text(&u->file_name, "film.mp4");
  bytes_put(&u->people, &ada.id, sizeof ada.id);
  person_free(&ada);
  OK(upload_begin(v, u));
  OK(spool_write_on(v, u, 0, "", &w));
  OK(spool_take(w, film, LENGTH));
  OK(spool_seal(w, NULL, 0, &offset));
  spool_writer_free(w);
}

static void sweep_at(struct vault *v, int64_t now_ms) {
  AUTO(sweep_due) struct sweep_due due = {0};
  struct sweep_result result;
  v->now_ms = now_ms;
  OK(sweep_find(v, &due));
  OK(sweep_run(v, &due, SIZE_MAX, &result));
}

static void what_it_reads_with_goes_before_the_key_does(void **state) {
  struct vault *v = vault_of(state);
  struct session holder = {.vault = v, .progress_fd = -1, .client_fd = -1, .control_fd = -1, .listen_fd = -1, .dir_fd = -1};
  const struct queue_host nobody = {0};
  AUTO(upload) struct upload u = {0};
  struct queue *q;
  upload(v, &u);
  OK(queue_new(&holder, &nobody, &q));
  size_t before = secret_in_use();
  for (int turns = 0; turns < 2; turns++) queue_turn(q); /* it has its place, and a part of it is hashed */
  size_t under_way = secret_in_use();
  assert_true(under_way > before + (256 << 10));
  sweep_at(v, u.row.expires_ms);
  assert_true(secret_in_use() < under_way);
  queue_turn(q);
  assert_int_equal(secret_in_use(), before);
  queue_free(q);
}

static struct id begun[4];
static size_t begun_count;
static void note_begun(void *context, const struct upload *u, unsigned permille) {
  (void)context;
  if (!permille && begun_count < 4) begun[begun_count++] = u->row.id;
}

static void nobody_waits_for_all_of_somebody_else(void **state) {
  struct vault *v = vault_of(state);
  struct session holder = {.vault = v, .progress_fd = -1, .client_fd = -1, .control_fd = -1, .listen_fd = -1, .dir_fd = -1};
  const struct queue_host host = {.how_far = note_begun};
  struct upload all[4] = {0};
  struct queue *q;
  for (int i = 0; i < 3; i++) upload(v, &all[i]);
  v->actor.id = vault_sample_user(v, "ulf", ACCOUNT_PRACTITIONER);
  upload(v, &all[3]);
  OK(queue_new(&holder, &host, &q));
  queue_turn(q);
  assert_int_equal(begun_count, QUEUE_AT_ONCE);
  assert_true(id_equal(&begun[0], &all[0].row.id));
  assert_true(id_equal(&begun[1], &all[3].row.id));
  queue_free(q);
  for (int i = 0; i < 4; i++) OK(upload_end(v, &all[i]));
  for (int i = 0; i < 4; i++) upload_free(&all[i]);
}

static char told[8][INDEX_WORD];
static size_t told_count;
static void note_word(const struct upload *u, const char *word) {
  (void)u;
  if (told_count < 8) snprintf(told[told_count++], INDEX_WORD, "%s", word);
}
static void note_put_off(void *context, const struct upload *u) { note_word(u, context ? "" : "waiting"); }
static void note_settled(void *context, const struct upload *u) { note_word(u, context ? "" : u->word); }

static void turns(struct queue *q) {
  for (int i = 0; i < 40; i++) queue_turn(q);
}

/* Beside this program there is none that examines films: it cannot be started. */
static void what_fails_rests_alone_and_is_refused_in_the_end(void **state) {
  struct vault *v = vault_of(state);
  struct session holder = {.vault = v, .progress_fd = -1, .client_fd = -1, .control_fd = -1, .listen_fd = -1, .dir_fd = -1};
  const struct queue_host host = {.how_far = note_begun, .put_off = note_put_off, .settled = note_settled};
  AUTO(upload) struct upload result = {0};
  struct upload all[3] = {0};
  struct queue *q;
  begun_count = told_count = 0;
  for (int i = 0; i < 3; i++) upload(v, &all[i]);
  for (int life = 0; life < UPLOAD_MOST_FAILURES;
       life++) { /* it rests longer than anybody waits here; a new queue tries at once */
    OK(queue_new(&holder, &host, &q));
    turns(q);
    queue_free(q);
    if (!life) assert_int_equal(begun_count, 3); /* the third did not wait for those that failed before, and each failed once */
    if (!life) assert_int_equal(told_count, 3);
    for (int i = 0; i < 3 && life + 1 < UPLOAD_MOST_FAILURES; i++) {
      AUTO(upload) struct upload u = {0};
      OK(upload_load(v, &all[i].row.id, &u));
      assert_string_equal(u.row.state, "waiting");
      assert_int_equal(u.failures, life + 1);
    }
  }
  OK(upload_load(v, &all[2].row.id, &result));
  assert_string_equal(result.word, "refused");
  assert_non_null(strstr(result.reason, "3 times"));
  assert_int_equal(told_count, 8);
  assert_string_equal(told[5], "waiting");
  assert_string_equal(told[6], "refused");
  for (int i = 0; i < 3; i++) upload_free(&all[i]);
}

/* A row that nobody can read is no reason to keep others waiting. */
static void a_broken_row_stands_in_nobodys_way(void **state) {
  struct vault *v = vault_of(state);
  struct session holder = {.vault = v, .progress_fd = -1, .client_fd = -1, .control_fd = -1, .listen_fd = -1, .dir_fd = -1};
  const struct queue_host host = {.how_far = note_begun};
  const struct bytes broken = {.data = film, .length = 64};
  struct upload all[3] = {0};
  struct queue *q;
  begun_count = 0;
  for (int i = 0; i < 3; i++) upload(v, &all[i]);
  OK(index_begin(v->index));
  for (int i = 0; i < 2; i++) OK(index_upload_set_sealed(v->index, &all[i].row.id, &broken));
  OK(index_commit(v->index));
  OK(queue_new(&holder, &host, &q));
  queue_turn(q);
  assert_int_equal(begun_count, 1);
  assert_true(id_equal(&begun[0], &all[2].row.id));
  queue_free(q);
  for (int i = 0; i < 3; i++) OK(upload_end(v, &all[i]));
  for (int i = 0; i < 3; i++) upload_free(&all[i]);
}

static int make(void **state) {
  randombytes_buf(film, sizeof film);
  return vault_sample_make(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, vault_sample_end)
  const struct CMUnitTest tests[] = {
      TEST(what_it_reads_with_goes_before_the_key_does), TEST(nobody_waits_for_all_of_somebody_else),
      TEST(what_fails_rests_alone_and_is_refused_in_the_end), TEST(a_broken_row_stands_in_nobodys_way)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
