/* Remarks: kept as they were said, sealed to their clip, and gone with it whatever becomes of their row. */
#include "tests/unit/vault_sample.h"
#include "vault/casework.h"
#include "vault/clip.h"
#include "vault/remark.h"
#include "vault/shred.h"

static struct index_clip new_clip(struct vault *v) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(xk);
  struct clip_facts facts = {.mime = "video/mp4", .frames = 100, .rate_num = 25, .rate_den = 1};
  struct index_clip c = {.id = id_new(), .kind = "clip", .state = "live", .expires_ms = CLOCK_NEVER_MS};
  OK(index_begin(v->index));
  OK(casework_open(v, "family", &v->actor.id, &c.kase));
  OK(keystore_new_leaves(v->keys, 1, &c.leaf));
  OK(keystore_get(v->keys, c.leaf, xk));
  OK(clip_seal(xk, &c.id, &facts, &sealed));
  OK(index_clip_put(v->index, &c, NULL, &sealed));
  OK(index_commit(v->index));
  return c;
}

static struct remark said(const struct id *clip, int64_t from, int64_t to, const char *text) {
  struct remark r = {.clip = *clip, .from = from, .to = to, .purpose = PURPOSE_SUPERVISION, .shared = true};
  bytes_put_text(&r.text, text);
  return r;
}

static struct remark added(struct vault *v, const struct id *clip, int64_t from, int64_t to, const char *text) {
  struct remark r = said(clip, from, to, text);
  OK(index_begin(v->index));
  OK(remark_add(v, &r));
  OK(index_commit(v->index));
  return r;
}

static void comes_back_as_it_was_said(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct index_clip clip = new_clip(v);
  AUTO(remark) struct remark r = added(v, &clip.id, 3, 5, "sie wartet \xe2\x80\x93 he looks\n\tup"), back = {0};
  OK(remark_load(v, &r.id, &back));
  assert_true(id_equal(&back.clip, &clip.id) && id_equal(&back.author, &v->actor.id));
  assert_true(back.from == 3 && back.to == 5 && back.shared && back.purpose == PURPOSE_SUPERVISION);
  assert_true(id_is_zero(&back.reply_to) && id_is_zero(&back.resolved_by) && back.edited_ms == CLOCK_NEVER_MS);
  assert_int_equal(back.made_ms, vault_now_ms(v));
  assert_string_equal(bytes_text(&back.text), bytes_text(&r.text));
  back.shared = false;
  snprintf(back.tag, sizeof back.tag, "waiting");
  back.resolved_by = v->actor.id;
  OK(index_begin(v->index));
  OK(remark_write(v, &back, "remark.edited"));
  OK(index_commit(v->index));
  AUTO(remark) struct remark again = {0};
  OK(remark_load(v, &r.id, &again));
  assert_true(!again.shared && id_equal(&again.resolved_by, &v->actor.id));
  assert_string_equal(again.tag, "waiting");
}

static void only_plain_words(void **state) {
  (void)state;
  static const struct {
    const char *text, *tag;
    enum err e;
  } rows[] = {{"", "", ERR_USAGE},      {"", "waiting", ERR_OK},    {"x", "", ERR_OK},
              {"a\nb\tc", "", ERR_OK},  {"\x1b[2J", "", ERR_USAGE}, {"a\x7f", "", ERR_USAGE},
              {"\xc3\xa9", "", ERR_OK}, {"\xc3", "", ERR_USAGE},    {"\xed\xa0\x80", "", ERR_USAGE}};
  struct id clip = id_new();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(remark) struct remark r = said(&clip, 0, 1, rows[i].text);
    snprintf(r.tag, sizeof r.tag, "%s", rows[i].tag);
    if (remark_check(&r) != rows[i].e) fail_msg("row %zu: %s", i, err_text());
  }
  AUTO(remark) struct remark r = said(&clip, 0, 1, "");
  for (int i = 0; i < REMARK_TEXT; i++) bytes_put_u8(&r.text, 'x');
  assert_int_equal(remark_check(&r), ERR_OK);
  bytes_put_u8(&r.text, 'x');
  assert_int_equal(remark_check(&r), ERR_USAGE);
}

/* A row that is moved to another clip or another remark does not open there. */
static void stays_where_it_was_put(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct index_clip here = new_clip(v), there = new_clip(v);
  AUTO(remark) struct remark r = added(v, &here.id, 0, 1, "here"), other = added(v, &here.id, 0, 1, "too"), back = {0};
  AUTO(bytes) struct bytes sealed = {0}, sealed_other = {0};
  struct index_remark row;
  OK(index_remark_get(v->index, &r.id, &row, &sealed));
  OK(index_begin(v->index));
  OK(index_remark_drop(v->index, &r.id));
  OK(index_remark_put(v->index, &(struct index_remark){r.id, there.id}, &sealed));
  OK(index_remark_reseal(v->index, &other.id, &sealed));
  OK(index_commit(v->index));
  assert_int_equal(remark_load(v, &r.id, &back), ERR_DATA);
  assert_int_equal(remark_load(v, &other.id, &back), ERR_DATA);
}

static void dies_with_its_clip(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct index_clip clip = new_clip(v), lives = new_clip(v);
  AUTO(remark) struct remark r = added(v, &clip.id, 0, 1, "gone"), other = added(v, &lives.id, 0, 1, "stays"), back = {0};
  AUTO(bytes) struct bytes sealed = {0}, rows = {0};
  struct index_remark row;
  struct index_clip before = clip;
  struct shred_job job = shred_plan("test", vault_now_ms(v));
  OK(index_remark_get(v->index, &r.id, &row, &sealed));
  OK(index_begin(v->index));
  OK(shred_clip(v, &job, &clip));
  OK(index_commit(v->index));
  OK(shred_run(v, &job));
  OK(index_remark_of(v->index, &clip.id, &rows));
  assert_int_equal(rows.length, 0);
  OK(remark_load(v, &other.id, &back));
  /* An index from before, which still has the row, and names the leaf that there was: the key is gone all the same. */
  OK(index_begin(v->index));
  OK(index_remark_put(v->index, &row, &sealed));
  before.id = id_new();
  OK(index_clip_put(v->index, &before, NULL, &sealed));
  OK(index_remark_put(v->index, &(struct index_remark){id_new(), before.id}, &sealed));
  OK(index_commit(v->index));
  AUTO(remark) struct remark gone = {0};
  assert_int_equal(remark_load(v, &r.id, &gone), ERR_MISSING);
  OK(index_remark_of(v->index, &before.id, &rows));
  assert_int_equal(INDEX_COUNT(struct index_remark, rows), 1);
  assert_int_equal(remark_load(v, &INDEX_ROWS(struct index_remark, rows)->id, &gone), ERR_MISSING);
}

static void is_taken_along(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct index_clip film = new_clip(v), cut = new_clip(v);
  struct remark all[] = {said(&film.id, 0, 10, "before"), said(&film.id, 5, 25, "into it"), said(&film.id, 12, 13, "in it"),
                         said(&film.id, 19, 90, "out of it"), said(&film.id, 20, 21, "behind")};
  static const struct {
    const char *text;
    int64_t from, to;
  } wanted[] = {{"into it", 0, 10}, {"in it", 2, 3}, {"out of it", 9, 10}};
  size_t carried = 0, count = sizeof all / sizeof *all;
  AUTO(bytes) struct bytes rows = {0};
  for (size_t i = 0; i < count; i++) all[i].id = id_new();
  all[2].reply_to = all[1].id, all[3].reply_to = all[0].id;
  OK(index_begin(v->index));
  OK(remark_carry(v, &(struct remark_list){all, count}, &cut.id, 10, 20, &carried));
  OK(index_commit(v->index));
  assert_int_equal(carried, 3);
  OK(index_remark_of(v->index, &cut.id, &rows));
  for (size_t i = 0; i < 3; i++) {
    AUTO(remark) struct remark r = {0};
    const struct index_remark *row = &INDEX_ROWS(struct index_remark, rows)[i];
    OK(remark_load(v, &row->id, &r));
    assert_string_equal(bytes_text(&r.text), wanted[i].text);
    assert_true(r.from == wanted[i].from && r.to == wanted[i].to);
    assert_true(i != 1 || id_equal(&r.reply_to, &INDEX_ROWS(struct index_remark, rows)[0].id));
    assert_true(i == 1 || id_is_zero(&r.reply_to)); /* what it answered was left behind */
  }
  for (size_t i = 0; i < count; i++) remark_free(&all[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(comes_back_as_it_was_said, vault_sample_make, vault_sample_end),
      cmocka_unit_test(only_plain_words),
      cmocka_unit_test_setup_teardown(stays_where_it_was_put, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(dies_with_its_clip, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(is_taken_along, vault_sample_make, vault_sample_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
