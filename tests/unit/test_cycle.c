/* Cycles and goals of a case: kept as they were said, sealed with the case, and found changed. */
#include "tests/unit/vault_sample.h"
#include "vault/casework.h"
#include "vault/cycle.h"
#include "vault/goal.h"

#include <sqlite3.h>

static struct id new_case(struct vault *v) {
  struct id kase;
  OK(index_begin(v->index));
  OK(casework_open(v, "family", &v->actor.id, &kase));
  OK(index_commit(v->index));
  return kase;
}

static struct id new_cycle(struct vault *v, const struct id *kase, const char *question) {
  struct id id;
  OK(index_begin(v->index));
  OK(cycle_open(v, kase, question, &id));
  OK(index_commit(v->index));
  return id;
}

static struct id new_clip(struct vault *v, const struct id *kase, const char *state) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_clip c = {.id = id_new(), .kase = *kase, .kind = "clip", .leaf = 1, .expires_ms = CLOCK_NEVER_MS};
  snprintf(c.state, sizeof c.state, "%s", state);
  bytes_put_text(&sealed, "sealed");
  OK(index_begin(v->index));
  OK(index_clip_put(v->index, &c, NULL, &sealed));
  OK(index_commit(v->index));
  return c.id;
}

static void a_cycle(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct id kase = new_case(v), id = new_cycle(v, &kase, "How?");
  AUTO(cycle) struct cycle c = {0}, closed = {0};
  OK(cycle_load(v, &id, &c));
  assert_string_equal(bytes_text(&c.question), "How?");
  assert_true(c.row.closed_ms == CLOCK_NEVER_MS && c.row.opened_ms == vault_now_ms(v));
  OK(index_begin(v->index));
  OK(cycle_close(v, &c));
  OK(index_commit(v->index));
  OK(cycle_load(v, &id, &closed));
  assert_int_equal(closed.row.closed_ms, vault_now_ms(v));
  assert_int_equal(cycle_close(v, &closed), ERR_MISSING);
}

static void which_clips_it_has(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct id kase = new_case(v), elsewhere = new_case(v), id = new_cycle(v, &kase, "");
  struct id film = new_clip(v, &kase, "live"), moment = new_clip(v, &kase, "live"), gone = new_clip(v, &kase, "shredded");
  struct id theirs = new_clip(v, &elsewhere, "live");
  AUTO(cycle) struct cycle c = {0};
  AUTO(bytes) struct bytes rows = {0};
  OK(cycle_load(v, &id, &c));
  OK(index_begin(v->index));
  OK(cycle_add(v, &c, &film, "moment"));
  OK(cycle_add(v, &c, &film, "film")); /* corrected */
  OK(cycle_add(v, &c, &moment, "moment"));
  assert_int_equal(cycle_add(v, &c, &moment, "guest"), ERR_USAGE);
  assert_int_equal(cycle_add(v, &c, &theirs, "film"), ERR_USAGE);
  assert_int_equal(cycle_add(v, &c, &gone, "film"), ERR_MISSING);
  OK(index_cycle_clips(v->index, &id, &rows));
  assert_int_equal(INDEX_COUNT(struct index_cycle_clip, rows), 2);
  assert_true(id_equal(&INDEX_ROWS(struct index_cycle_clip, rows)[0].clip, &moment));
  assert_string_equal(INDEX_ROWS(struct index_cycle_clip, rows)[1].role, "film");
  OK(cycle_remove(v, &c, &film));
  assert_int_equal(cycle_remove(v, &c, &film), ERR_MISSING);
  OK(cycle_close(v, &c));
  assert_int_equal(cycle_add(v, &c, &film, "film"), ERR_REFUSED);
  OK(index_commit(v->index));
}

static void not_in_a_case_that_is_closed(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct id kase = new_case(v), id;
  char question[CYCLE_QUESTION + 2];
  memset(question, 'x', sizeof question);
  question[sizeof question - 1] = 0;
  OK(index_begin(v->index));
  assert_int_equal(cycle_open(v, &kase, question, &id), ERR_USAGE);
  OK(casework_close(v, &kase, vault_now_ms(v)));
  assert_int_equal(cycle_open(v, &kase, "", &id), ERR_REFUSED);
  OK(index_commit(v->index));
}

static void a_goal(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct id kase = new_case(v), elsewhere = new_case(v), cycle = new_cycle(v, &kase, ""), other = new_cycle(v, &elsewhere, ""),
            id;
  AUTO(goal) struct goal g = {0}, back = {0};
  OK(index_begin(v->index));
  assert_int_equal(goal_add(v, &kase, "", &id), ERR_USAGE);
  OK(goal_add(v, &kase, "calm meals", &id));
  OK(goal_load(v, &id, &g));
  OK(goal_rate(v, &g, &(struct goal_rating){.at_ms = 2000, .by = v->actor.id, .score = 7}));
  OK(goal_rate(v, &g, &(struct goal_rating){.at_ms = 1000, .by = v->actor.id, .score = 10, .cycle = cycle}));
  assert_int_equal(goal_rate(v, &g, &(struct goal_rating){.at_ms = 1, .score = 0}), ERR_USAGE);
  assert_int_equal(goal_rate(v, &g, &(struct goal_rating){.at_ms = 1, .score = 11}), ERR_USAGE);
  assert_int_equal(goal_rate(v, &g, &(struct goal_rating){.at_ms = 1, .score = 5, .cycle = other}), ERR_USAGE);
  OK(index_commit(v->index));
  OK(goal_load(v, &id, &back));
  assert_string_equal(bytes_text(&back.text), "calm meals");
  assert_int_equal(INDEX_COUNT(struct goal_rating, back.ratings), 2);
  const struct goal_rating *r = INDEX_ROWS(struct goal_rating, back.ratings);
  assert_true(r[0].score == 10 && r[0].at_ms == 1000 && id_equal(&r[0].cycle, &cycle) && r[1].score == 7);
}

/* Whoever can write to the disk moves nothing to another family, and opens no cycle again. */
static void what_was_changed_is_found(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct id kase = new_case(v), elsewhere = new_case(v), id = new_cycle(v, &kase, "How?"), goal;
  AUTO(cycle) struct cycle c = {0};
  AUTO(goal) struct goal g = {0};
  OK(index_begin(v->index));
  OK(goal_add(v, &kase, "calm meals", &goal));
  OK(index_commit(v->index));
  assert_int_equal(sqlite3_exec(v->index->db, "UPDATE cycle SET closed_ms = 7", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(cycle_load(v, &id, &c), ERR_DATA);
  assert_int_equal(sqlite3_exec(v->index->db, "UPDATE cycle SET closed_ms = NULL", NULL, NULL, NULL), SQLITE_OK);
  OK(cycle_load(v, &id, &c));
  char sql[200], hex[33];
  bytes_hex(elsewhere.b, sizeof elsewhere.b, hex);
  snprintf(sql, sizeof sql, "UPDATE cycle SET kase = x'%s'; UPDATE goal SET kase = x'%s'", hex, hex);
  assert_int_equal(sqlite3_exec(v->index->db, sql, NULL, NULL, NULL), SQLITE_OK);
  AUTO(cycle) struct cycle moved = {0};
  assert_int_equal(cycle_load(v, &id, &moved), ERR_DATA);
  assert_int_equal(goal_load(v, &goal, &g), ERR_DATA);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_cycle, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(which_clips_it_has, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(not_in_a_case_that_is_closed, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(a_goal, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(what_was_changed_is_found, vault_sample_make, vault_sample_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
