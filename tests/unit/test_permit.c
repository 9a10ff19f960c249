/* What stands between a user and a clip that is not of their cases: what a grant, a link and broken glass are worth at a moment,
 * which of them is for this clip and purpose, which is used up first; and that a row somebody changed, or a disk that fails,
 * opens nothing. */
#include "tests/unit/vault_sample.h"
#include "vault/casework.h"
#include "vault/permit.h"
#include "vault/seal.h"

#include "tests/unit/faults.h"

enum { HOUR = 3600 * 1000 };

/* ---- what one is worth, by itself */
static void worth_at_a_moment(void **state) {
  (void)state;
  static const struct {
    struct permit p;
    enum policy_grant worth;
    const char *word;
  } rows[] = {
      {{.state = PERMIT_LIVE, .until_ms = 1001}, POLICY_GRANT_STANDS, "stands"},
      {{.state = PERMIT_LIVE, .until_ms = 1000}, POLICY_GRANT_ENDED, "ended"},
      {{.state = PERMIT_LIVE, .until_ms = 999}, POLICY_GRANT_ENDED, "ended"},
      {{.state = PERMIT_LIVE, .until_ms = 1001, .views = 2, .used = 1}, POLICY_GRANT_STANDS, "stands"},
      {{.state = PERMIT_LIVE, .until_ms = 1001, .views = 2, .used = 2}, POLICY_GRANT_USED_UP, "used-up"},
      {{.state = PERMIT_LIVE, .until_ms = 1001, .views = 0, .used = 9}, POLICY_GRANT_STANDS, "stands"},
      {{.state = PERMIT_LIVE, .until_ms = 1000, .views = 2, .used = 2}, POLICY_GRANT_ENDED, "ended"},
      {{.state = PERMIT_REVOKED, .until_ms = 1001}, POLICY_GRANT_REVOKED, "revoked"},
      {{.state = PERMIT_REVOKED, .until_ms = 999}, POLICY_GRANT_REVOKED, "revoked"},
      {{.state = PERMIT_REQUESTED, .until_ms = 1001}, POLICY_GRANT_NONE, "requested"},
      {{.state = PERMIT_REQUESTED, .until_ms = 1000}, POLICY_GRANT_ENDED, "ended"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum policy_grant worth = permit_standing(&rows[i].p, 1000);
    if (worth != rows[i].worth) fail_msg("row %zu: %d", i, worth);
    assert_string_equal(permit_standing_word(worth), rows[i].word);
  }
  assert_string_equal(permit_standing_word((enum policy_grant)99), "?");
}

/* ---- a vault: its caller is practitioner and officer; there is a supervisor, a case of the caller's and one of another's */
struct scene {
  struct vault_sample *s;
  struct vault *v;
  struct id user, other, own_case, other_case;
  struct index_clip own, theirs; /* clips of these two cases */
};

static struct index_clip new_clip(struct vault *v, const struct id *kase) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_clip c = {.id = id_new(), .kase = *kase, .kind = "clip", .state = "live", .leaf = 1, .expires_ms = CLOCK_NEVER_MS};
  bytes_put_text(&sealed, "sealed");
  OK(index_begin(v->index));
  OK(index_clip_put(v->index, &c, NULL, &sealed));
  OK(index_commit(v->index));
  return c;
}

static struct scene scene(void **state) {
  struct scene s = {.s = *state};
  s.v = s.s->v;
  s.user = s.v->actor.id;
  s.other = vault_sample_user(s.v, "another", ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR);
  OK(index_begin(s.v->index));
  OK(casework_open(s.v, "own", &s.user, &s.own_case));
  OK(casework_open(s.v, "theirs", &s.other, &s.other_case));
  OK(index_commit(s.v->index));
  s.own = new_clip(s.v, &s.own_case);
  s.theirs = new_clip(s.v, &s.other_case);
  return s;
}

static struct id add(struct scene *s, struct permit p) {
  if (!p.state) p.state = PERMIT_LIVE;
  if (!p.until_ms) p.until_ms = vault_now_ms(s->v) + HOUR;
  if (id_is_zero(&p.account)) p.account = s->user;
  OK(index_begin(s->v->index));
  OK(permit_add(s->v, &p));
  OK(index_commit(s->v->index));
  return p.id;
}

static void what_was_written_is_read(void **state) {
  struct scene s = scene(state);
  struct permit read,
      p = {.kind = PERMIT_CASE, .target = s.other_case, .purpose = PURPOSE_RESEARCH, .views = 7, .used = 3, .reason = "why"};
  p.id = add(&s, p);
  OK(permit_load(s.v, &p.id, &read));
  assert_true(read.kind == PERMIT_CASE && read.state == PERMIT_LIVE && read.purpose == PURPOSE_RESEARCH);
  assert_true(read.views == 7 && read.used == 3 && read.ended_ms == CLOCK_NEVER_MS && read.made_ms == vault_now_ms(s.v));
  assert_true(id_equal(&read.by, &s.user) && id_equal(&read.account, &s.user) && id_equal(&read.target, &s.other_case));
  assert_string_equal(read.reason, "why");
  struct id none = id_new();
  assert_int_equal(permit_load(s.v, &none, &read), ERR_MISSING);
}

/* Out of the way of the next row: about something else, and over. */
static void take_away(struct scene *s, const struct id *id) {
  struct permit p;
  OK(permit_load(s->v, id, &p));
  p.state = PERMIT_REVOKED, p.until_ms = 1, p.target = id_new();
  OK(index_begin(s->v->index));
  OK(permit_write(s->v, &p));
  OK(index_commit(s->v->index));
}

/* One permit, and what is asked: which of them is for this clip, case, purpose, practitioner. */
static void what_each_is_for(void **state) {
  struct scene s = scene(state);
  enum { RES = PURPOSE_RESEARCH, SUP = PURPOSE_SUPERVISION, NONE = POLICY_GRANT_NONE, STANDS = POLICY_GRANT_STANDS };
#define A(kind_, target_, ...) \
  { .kind = PERMIT_##kind_, .target = target_ __VA_OPT__(, ) __VA_ARGS__ }
  const struct {
    const char *name;
    struct permit p;
    enum policy_action action;
    int purpose, grant;
    bool linked, glass;
  } rows[] = {
      {"a clip", A(CLIP, s.theirs.id, .purpose = PURPOSE_RESEARCH), POLICY_VIEW, RES, STANDS, 0, 0},
      {"for another purpose", A(CLIP, s.theirs.id, .purpose = PURPOSE_RESEARCH), POLICY_VIEW, SUP, NONE, 0, 0},
      {"to know of it any purpose does", A(CLIP, s.theirs.id, .purpose = PURPOSE_RESEARCH), POLICY_LOCATE, SUP, STANDS, 0, 0},
      {"to end it, too", A(CLIP, s.theirs.id, .purpose = PURPOSE_RESEARCH), POLICY_END, SUP, STANDS, 0, 0},
      {"another clip", A(CLIP, s.own.id, .purpose = PURPOSE_RESEARCH), POLICY_VIEW, RES, NONE, 0, 0},
      {"its case", A(CASE, s.other_case, .purpose = PURPOSE_RESEARCH), POLICY_VIEW, RES, STANDS, 0, 0},
      {"another case", A(CASE, s.own_case, .purpose = PURPOSE_RESEARCH), POLICY_VIEW, RES, NONE, 0, 0},
      {"revoked", A(CASE, s.other_case, .purpose = PURPOSE_RESEARCH, .state = PERMIT_REVOKED), POLICY_VIEW, RES,
       POLICY_GRANT_REVOKED, 0, 0},
      {"a link with its practitioner", A(LINK, s.other), POLICY_VIEW, SUP, NONE, 1, 0},
      {"a link with another", A(LINK, s.user), POLICY_VIEW, SUP, NONE, 0, 0},
      {"a link that was revoked", A(LINK, s.other, .state = PERMIT_REVOKED), POLICY_VIEW, SUP, NONE, 0, 0},
      {"glass", A(BREAK_GLASS, s.theirs.id), POLICY_VIEW, RES, NONE, 0, 1},
      {"glass, only asked for", A(BREAK_GLASS, s.theirs.id, .state = PERMIT_REQUESTED), POLICY_VIEW, RES, NONE, 0, 0},
      {"glass of another clip", A(BREAK_GLASS, s.own.id), POLICY_VIEW, RES, NONE, 0, 0},
      {"glass over a whole case is none", A(BREAK_GLASS, s.other_case), POLICY_VIEW, RES, NONE, 0, 0},
      {"of another account", A(CLIP, s.theirs.id, .purpose = PURPOSE_RESEARCH, .account = s.other), POLICY_VIEW, RES, NONE, 0, 0},
  };
#undef A
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct policy_question q = {.action = rows[i].action, .purpose = (enum purpose)rows[i].purpose, .roles = ACCOUNT_SUPERVISOR};
    struct id id = add(&s, rows[i].p);
    OK(permit_ask(s.v, &s.user, &s.theirs, &s.other, &q));
    if ((int)q.grant != rows[i].grant || q.linked != rows[i].linked || q.glass != rows[i].glass)
      fail_msg("%s: grant %d, linked %d, glass %d", rows[i].name, q.grant, q.linked, q.glass);
    take_away(&s, &id);
  }
}

/* The best of several, and until when; their own right does not end with it. */
static void the_best_of_several(void **state) {
  struct scene s = scene(state);
  int64_t now = vault_now_ms(s.v);
  struct policy_question q = {.action = POLICY_VIEW, .purpose = PURPOSE_RESEARCH, .roles = ACCOUNT_PRACTITIONER};
  const struct permit of_clip = {.kind = PERMIT_CLIP, .target = s.theirs.id, .purpose = PURPOSE_RESEARCH};
  struct permit p = of_clip;
  p.until_ms = now + 3 * HOUR;
  add(&s, p);
  p.until_ms = now + 5 * HOUR;
  add(&s, p);
  p.until_ms = now + HOUR;
  add(&s, p);
  p.state = PERMIT_REVOKED, p.until_ms = now + 9 * HOUR;
  add(&s, p);
  OK(permit_ask(s.v, &s.user, &s.theirs, &s.other, &q));
  assert_true(q.grant == POLICY_GRANT_STANDS && q.right_until_ms == now + 5 * HOUR);
  q.own_case = true;
  OK(permit_ask(s.v, &s.user, &s.theirs, &s.other, &q));
  assert_true(q.right_until_ms == CLOCK_NEVER_MS);
}

/* ---- a viewing */
static enum err use(struct scene *s, const struct id *clip, struct id *by) {
  enum err e = index_begin(s->v->index);
  if (e == ERR_OK) e = permit_use(s->v, clip, PURPOSE_RESEARCH, by);
  if (e == ERR_OK) e = index_commit(s->v->index);
  if (e != ERR_OK) index_rollback(s->v->index);
  return e;
}
static uint32_t used(struct scene *s, const struct id *id) {
  struct permit p;
  OK(permit_load(s->v, id, &p));
  return p.used;
}

static void a_viewing_uses_what_costs_least(void **state) {
  struct scene s = scene(state);
  int64_t now = vault_now_ms(s.v);
  struct id by, zero = {0};
  OK(use(&s, &s.own.id, &by)); /* their own */
  assert_true(id_equal(&by, &zero));
  assert_int_equal(use(&s, &s.theirs.id, &by), ERR_REFUSED);
  add(&s, (struct permit){.kind = PERMIT_LINK, .target = s.own_case});
  add(&s, (struct permit){.kind = PERMIT_CLIP, .target = s.theirs.id, .purpose = PURPOSE_SUPERVISION});
  add(&s, (struct permit){.kind = PERMIT_CLIP, .target = s.own.id, .purpose = PURPOSE_RESEARCH});
  assert_int_equal(use(&s, &s.theirs.id, NULL), ERR_REFUSED);
  struct permit p = {
      .kind = PERMIT_CLIP, .target = s.theirs.id, .purpose = PURPOSE_RESEARCH, .views = 1, .until_ms = now + 5 * HOUR};
  struct id late = add(&s, p);
  p.until_ms = now + 2 * HOUR;
  struct id soon = add(&s, p);
  p.until_ms = now + 3 * HOUR;
  struct id later = add(&s, p);
  OK(use(&s, &s.theirs.id, &by)); /* of those that are counted, the one that ends first */
  assert_true(id_equal(&by, &soon) && used(&s, &soon) == 1 && used(&s, &late) == 0);
  p = (struct permit){.kind = PERMIT_CASE, .target = s.other_case, .purpose = PURPOSE_RESEARCH};
  struct id free_one = add(&s, p);
  p = (struct permit){.kind = PERMIT_CLIP, .target = s.theirs.id, .purpose = PURPOSE_RESEARCH, .views = 1};
  struct id counted = add(&s, p);
  OK(use(&s, &s.theirs.id, NULL)); /* before all of them, one that is not */
  assert_true(used(&s, &free_one) == 1 && used(&s, &later) == 0 && used(&s, &counted) == 0);
  struct id glass = add(&s, (struct permit){.kind = PERMIT_BREAK_GLASS, .target = s.theirs.id, .until_ms = now + HOUR / 2});
  OK(use(&s, &s.theirs.id, &by));
  assert_true(id_equal(&by, &glass));
}

/* ---- where something is wrong below */
static void sql(struct scene *s, const char *statement) {
  char path[400];
  sqlite3 *db;
  snprintf(path, sizeof path, "%s/index.db", s->s->path);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, statement, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", statement, sqlite3_errmsg(db));
  sqlite3_close(db);
}

static void a_changed_row_opens_nothing(void **state) {
  static const char *const changes[] = {"UPDATE permit SET account = zeroblob(16)", "UPDATE permit SET target = zeroblob(16)",
                                        "UPDATE permit SET sealed = zeroblob(200)", "UPDATE permit SET sealed = x''"};
  struct scene s = scene(state);
  struct permit p = {.kind = PERMIT_CLIP, .target = s.theirs.id, .purpose = PURPOSE_RESEARCH};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    struct permit read;
    struct id id = add(&s, p);
    sql(&s, changes[i]);
    assert_int_equal(permit_load(s.v, &id, &read), ERR_DATA);
    sql(&s, "DELETE FROM permit");
  }
  p.kind = 0; /* sealed by us, and of no kind that there is */
  struct id id = add(&s, p);
  assert_int_equal(permit_load(s.v, &id, &p), ERR_DATA);
  p = (struct permit){.kind = PERMIT_BREAK_GLASS + 1, .target = s.theirs.id};
  id = add(&s, p);
  assert_int_equal(permit_load(s.v, &id, &p), ERR_DATA);
}

/* Sealed as ours are, and of no form that there is. */
static void put_sealed(struct scene *s, const struct id *id, uint8_t form, uint8_t kind, size_t words, bool longer) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  struct index_permit row = {.id = *id, .account = s->user, .target = s->theirs.id};
  SECRET_KEY(key);
  static const char letters[PERMIT_REASON + 2] = "research";
  bytes_put_u8(&plain, form);
  bytes_put_u8(&plain, kind);
  bytes_put_u8(&plain, PERMIT_LIVE);
  bytes_put(&plain, s->user.b, sizeof s->user.b);
  bytes_put(&plain, s->theirs.id.b, sizeof s->theirs.id.b);
  bytes_put_field(&plain, letters, words);
  IGNORE(bytes_extend(&plain, 8 + 4 + 4 + 2 * sizeof s->user.b + 8 + 8 + 4)); /* until … ended, and no reason */
  if (longer) bytes_put_u8(&plain, 0);
  OK(keystore_system_key(s->v->keys, KEYSTORE_USERS, key));
  OK(seal_put(key, "permit", id, &plain, &sealed));
  OK(index_begin(s->v->index));
  OK(index_permit_put(s->v->index, &row, &sealed));
  OK(index_commit(s->v->index));
}

static void forms_that_are_not_ours(void **state) {
  struct scene s = scene(state);
  static const struct {
    uint8_t form, kind;
    size_t words;
    bool longer;
    enum err e;
  } rows[] = {
      {1, 1, 8, false, ERR_OK},   {1, 4, 0, false, ERR_OK},   {2, 1, 8, false, ERR_DATA}, {0, 1, 8, false, ERR_DATA},
      {1, 0, 8, false, ERR_DATA}, {1, 5, 8, false, ERR_DATA}, {1, 1, 8, true, ERR_DATA},  {1, 1, PERMIT_REASON, false, ERR_DATA},
      {1, 1, 7, false, ERR_USAGE}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct permit p;
    struct id id = id_new();
    put_sealed(&s, &id, rows[i].form, rows[i].kind, rows[i].words, rows[i].longer);
    enum err e = permit_load(s.v, &id, &p);
    if (e != rows[i].e) fail_msg("row %zu: %d, %s", i, e, err_text());
  }
}

static enum err grant_anew(struct scene *s) {
  struct permit p = {.kind = PERMIT_CASE, .state = PERMIT_LIVE, .account = s->other, .target = s->own_case, .until_ms = 5};
  enum err e = index_begin(s->v->index);
  if (e == ERR_OK) e = permit_add(s->v, &p);
  if (e == ERR_OK) e = index_commit(s->v->index);
  if (e != ERR_OK) index_rollback(s->v->index);
  return e;
}

static void whatever_fails_nothing_is_opened(void **state) {
  struct scene s = scene(state);
  static const unsigned kinds[] = {FAULTS_SQLITE | FAULTS_DISK, FAULTS_MEMORY};
  struct permit p = {.kind = PERMIT_CLIP, .target = s.theirs.id, .purpose = PURPOSE_RESEARCH, .views = 1000};
  struct id id = add(&s, p);
  for (int k = 0; k < 2; k++) {
    for (long n = 1; faults_from(n, kinds[k]); n++) {
      struct policy_question q = {.action = POLICY_VIEW, .purpose = PURPOSE_RESEARCH, .roles = ACCOUNT_SUPERVISOR};
      enum err e = permit_ask(s.v, &s.user, &s.theirs, &s.other, &q);
      assert_int_equal(e != ERR_OK, faults_struck());
      if (e != ERR_OK) assert_false(policy_may_ask(&q));
    }
    for (long n = 1; faults_from(n, kinds[k]); n++) {
      enum err e = grant_anew(&s);
      if (!faults_struck()) assert_int_equal(e, ERR_OK);
    }
    for (long n = 1; faults_from(n, 0); n++) {
      uint32_t before = used(&s, &id);
      faults_at(n, kinds[k]);
      enum err e = use(&s, &s.theirs.id, NULL);
      if (!faults_struck()) assert_int_equal(e, ERR_OK);
      if (e == ERR_OK) assert_int_equal(used(&s, &id), before + 1);
    }
  }
}

#define IN_A_VAULT(test) cmocka_unit_test_setup_teardown(test, vault_sample_make, vault_sample_end)
int main(void) {
  faults.lazy = true;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(worth_at_a_moment), IN_A_VAULT(what_was_written_is_read),         IN_A_VAULT(what_each_is_for),
      IN_A_VAULT(the_best_of_several),     IN_A_VAULT(a_viewing_uses_what_costs_least),  IN_A_VAULT(a_changed_row_opens_nothing),
      IN_A_VAULT(forms_that_are_not_ours), IN_A_VAULT(whatever_fails_nothing_is_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
