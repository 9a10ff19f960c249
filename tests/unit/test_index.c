/* The index as a file and as tables: whose it is, what comes back, what is due, what is not there. */
#include "tests/unit/index_sample.h"

#include <sqlite3.h>
#include <sys/wait.h>

/* ---- the file */
static void sql(const struct sample *s, const char *text) {
  char path[300];
  sqlite3 *db;
  snprintf(path, sizeof path, "%s/index.db", s->folder);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", text, sqlite3_errmsg(db));
  sqlite3_close(db);
}

static int version_of(const struct sample *s) {
  char path[300];
  sqlite3 *db;
  sqlite3_stmt *ask;
  snprintf(path, sizeof path, "%s/index.db", s->folder);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &ask, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(ask), SQLITE_ROW);
  int version = sqlite3_column_int(ask, 0);
  sqlite3_finalize(ask);
  sqlite3_close(db);
  return version;
}

static void replace_file(const struct sample *s, const char *content, size_t length) {
  unlinkat(s->fd, "index.db-wal", 0);
  unlinkat(s->fd, "index.db-shm", 0);
  OK(io_write_file(s->fd, "index.db", content, length));
}

static void make_another_program_s(const struct sample *s) {
  replace_file(s, "", 0);
  sql(s, "CREATE TABLE notes (t TEXT); PRAGMA user_version = 1;");
}
static void make_newer(const struct sample *s) {
  char text[64];
  snprintf(text, sizeof text, "PRAGMA user_version = %d;", version_of(s) + 1);
  sql(s, text);
}
static void make_much_newer(const struct sample *s) { sql(s, "PRAGMA user_version = 2147483647;"); }
static void forget_the_vault(const struct sample *s) { sql(s, "DELETE FROM meta WHERE k = 'vault';"); }
static void lengthen_the_vault(const struct sample *s) { sql(s, "UPDATE meta SET v = v || x'00' WHERE k = 'vault';"); }
static void take_another_vault_s(const struct sample *s) { sql(s, "UPDATE meta SET v = zeroblob(16) WHERE k = 'vault';"); }
static void make_garbage(const struct sample *s) {
  char garbage[8192];
  memset(garbage, 'g', sizeof garbage);
  replace_file(s, garbage, sizeof garbage);
}
static void make_empty(const struct sample *s) { replace_file(s, "", 0); }
static void cut(const struct sample *s) {
  AUTO(bytes) struct bytes whole = {0};
  sql(s, "PRAGMA wal_checkpoint(TRUNCATE);");
  OK(io_read_file(s->fd, "index.db", 1 << 24, &whole));
  replace_file(s, bytes_text(&whole), 4096);
}
static void remove_it(const struct sample *s) { unlinkat(s->fd, "index.db", 0); }
static void leave_alone(const struct sample *s) { (void)s; }

static void opens_only_its_own(void **state) {
  static const struct {
    const char *name;
    void (*change)(const struct sample *s);
    enum err expected;
    const char *says;
  } rows[] = {
      {"nothing changed", leave_alone, ERR_OK, ""},
      {"another vault's", take_another_vault_s, ERR_DATA, "belongs to another vault than keys.db"},
      {"nobody's", forget_the_vault, ERR_DATA, "belongs to another vault than keys.db"},
      {"a longer vault's", lengthen_the_vault, ERR_DATA, "belongs to another vault than keys.db"},
      {"written by the next version", make_newer, ERR_DATA, "written by a newer clipvault (format "},
      {"written by a far version", make_much_newer, ERR_DATA, "written by a newer clipvault (format 2147483647)"},
      {"another program's", make_another_program_s, ERR_DATA, "is not a clipvault index"},
      {"garbage", make_garbage, ERR_DATA, "index.db"},
      {"an empty file", make_empty, ERR_DATA, "is not a clipvault index"},
      {"cut after a page", cut, ERR_DATA, "index.db"},
      {"gone", remove_it, ERR_IO, "cannot open index.db"},
  };
  struct sample *s = *state;
  index_close(s->ix), s->ix = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct index *untouched = (struct index *)s, *ix = untouched;
    remove_it(s);
    unlinkat(s->fd, "index.db-wal", 0), unlinkat(s->fd, "index.db-shm", 0);
    OK(index_create(s->fd, &s->vault));
    rows[i].change(s);
    enum err e = index_open(s->fd, &s->vault, &ix);
    if (e != rows[i].expected) fail_msg("%s: %d, %s", rows[i].name, e, err_text());
    if (e != ERR_OK && !strstr(err_text(), rows[i].says)) fail_msg("%s: %s", rows[i].name, err_text());
    if (e != ERR_OK && ix != untouched) fail_msg("%s: refused, and yet given", rows[i].name);
    if (e == ERR_OK) index_close(ix);
  }
  assert_int_equal(faccessat(s->fd, "index.db", F_OK, 0), -1); /* opening makes nothing */
}

static void is_made_once(void **state) {
  struct sample *s = *state;
  assert_int_equal(index_create(s->fd, &s->vault), ERR_CREATE);
  index_close(s->ix), s->ix = NULL;
  remove_it(s);
  assert_int_equal(symlinkat("elsewhere", s->fd, "index.db"), 0);
  assert_int_equal(index_create(s->fd, &s->vault), ERR_CREATE);
  assert_int_equal(faccessat(s->fd, "elsewhere", F_OK, 0), -1);
  index_close(NULL);
}

/* ---- transactions */
static bool knows(struct index *ix, const char *key) {
  AUTO(bytes) struct bytes v = {0};
  enum err e = index_meta_get(ix, key, &v);
  if (e != ERR_OK && e != ERR_MISSING) fail_msg("%s: %s", key, err_text());
  return e == ERR_OK;
}

static void all_of_a_transaction_or_nothing(void **state) {
  struct sample *s = *state;
  index_rollback(s->ix); /* outside: nothing happens */
  OK(index_begin(s->ix));
  OK(index_meta_put(s->ix, "a", "1", 1));
  assert_int_equal(index_begin(s->ix), ERR_BUG);
  assert_true(knows(s->ix, "a")); /* and the first one goes on */
  index_rollback(s->ix);
  assert_false(knows(s->ix, "a"));
  index_rollback(s->ix);
  OK(index_begin(s->ix));
  OK(index_meta_put(s->ix, "b", "1", 1));
  OK(index_commit(s->ix));
  index_rollback(s->ix);
  assert_true(knows(s->ix, "b"));
  assert_int_equal(index_commit(s->ix), ERR_IO); /* nothing was begun */
  OK(index_begin(s->ix));
  OK(index_meta_put(s->ix, "c", "1", 1));
  index_close(s->ix); /* what was not committed is gone */
  OK(index_open(s->fd, &s->vault, &s->ix));
  assert_true(knows(s->ix, "b"));
  assert_false(knows(s->ix, "c"));
}

/* A row that is refused leaves the transaction to whoever began it. */
static void a_refused_row_ends_nothing(void **state) {
  struct sample *s = *state;
  struct index_clip c = sample_clip(1, "live");
  AUTO(bytes) struct bytes sealed = sealed_text("x");
  uint8_t mac[32] = {9};
  OK(index_begin(s->ix));
  put_clip(s->ix, &c);
  assert_int_equal(index_clip_put(s->ix, &c, mac, &sealed), ERR_IO); /* the same id again */
  c.id = number(2);
  memset(mac, 1, sizeof mac);
  assert_int_equal(index_clip_put(s->ix, &c, mac, &sealed), ERR_IO); /* the same file again */
  OK(index_commit(s->ix));
  OK(index_clip_get(s->ix, &(struct id){{1, 0x42}}, &c, NULL));
  assert_int_equal(index_clip_get(s->ix, &(struct id){{2, 0x42}}, &c, NULL), ERR_MISSING);
}

static void facts_are_kept_and_replaced(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes v = sealed_text("before,");
  OK(index_meta_put(s->ix, "a", "one", 3));
  OK(index_meta_put(s->ix, "a", "two\0x", 5));
  OK(index_meta_get(s->ix, "a", &v));
  assert_int_equal(v.length, 12);
  assert_memory_equal(v.data, "before,two\0x", 12);
  assert_int_equal(index_meta_get(s->ix, "b", &v), ERR_MISSING);
  assert_string_equal(err_text(), "index.db lacks \"b\"");
  assert_int_equal(v.length, 12);
}

static void what_is_kept_beside_objects_is_replaced(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes one = sealed_text("one"), two = sealed_text("two"), rendition = {0}, marks = {0};
  const struct id clip = number(1), body = number(2), other = number(3);
  struct id bound = number(9);
  assert_int_equal(index_rendition_get(ix, &clip, "obscured", &bound, &rendition), ERR_MISSING);
  assert_int_equal(index_marks_get(ix, &clip, &marks), ERR_MISSING);
  assert_int_equal(bound.b[0], 9);
  OK(index_rendition_put(ix, &clip, "obscured", &body, &one));
  OK(index_rendition_put(ix, &clip, "obscured", &other, &two));
  OK(index_rendition_put(ix, &clip, "as-filmed", &body, &one));
  OK(index_rendition_get(ix, &clip, "obscured", &bound, &rendition));
  assert_true(id_equal(&bound, &other));
  assert_string_equal(bytes_text(&rendition), "two");
  OK(index_marks_put(ix, &clip, &one));
  OK(index_marks_put(ix, &clip, &two));
  OK(index_marks_get(ix, &clip, &marks));
  assert_string_equal(bytes_text(&marks), "two");
}

/* A clip that was cut from another has no file of its own; any number of them may exist. */
static void clips_without_a_file_are_no_duplicates(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes sealed = sealed_text("x");
  struct index_clip a = sample_clip(1, "live"), b = sample_clip(2, "live");
  static const uint8_t zeroes[32] = {0};
  struct id found;
  OK(index_clip_put(ix, &a, NULL, &sealed));
  OK(index_clip_put(ix, &b, NULL, &sealed));
  assert_int_equal(index_clip_by_source(ix, zeroes, &found), ERR_MISSING);
}

/* ---- what is not there */
static void missing(enum err got, const char *says) {
  if (got != ERR_MISSING || strcmp(err_text(), says) != 0) fail_msg("instead of \"%s\": %d, %s", says, got, err_text());
}

static void what_is_missing_is_said(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id none = number(99);
  AUTO(bytes) struct bytes b = {0};
  struct index_account account = {.uid = 77};
  struct index_person person;
  struct index_case kase;
  struct index_consent consent;
  struct index_clip clip;
  struct index_job job;
  struct id id = number(7);
  static const uint8_t mac[32] = {1};
  missing(index_account_get(ix, &none, &account, &b), "there is no such user; see clipvault user list");
  missing(index_account_by_uid(ix, 1000, &account), "nobody in this vault has the uid 1000");
  missing(index_person_get(ix, &none, &person, &b), "there is no such person; see clipvault person list");
  missing(index_case_get(ix, &none, &kase, &b), "there is no such case; see clipvault case list");
  missing(index_consent_get(ix, &none, &consent, &b), "there is no such consent; see clipvault consent list");
  missing(index_clip_get(ix, &none, &clip, &b), "there is no such clip; see clipvault ls");
  missing(index_clip_by_source(ix, mac, &id), "no clip was made of this file");
  missing(index_job_get(ix, &none, &job), "there is no such destruction");
  missing(index_certificate_get(ix, &none, &b), "there is no such certificate; see clipvault certificate list");
  assert_int_equal(b.length, 0);
  assert_int_equal(account.uid, 77);
  assert_int_equal(id.b[0], 7);
}

/* ---- what comes back */
static void accounts_come_back(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes sealed = sealed_text("name"), name = {0}, list = {0};
  struct index_account a = {number(1), 1000, 5, "live"}, b = {number(2), -1, 8, "live"}, c = {number(3), -1, 2, "gone"}, got;
  OK(index_account_put(s->ix, &a, &sealed));
  OK(index_account_put(s->ix, &b, &sealed));
  OK(index_account_put(s->ix, &c, &sealed)); /* two without a uid */
  OK(index_account_by_uid(s->ix, 1000, &got));
  assert_true(id_equal(&got.id, &a.id) && got.roles == 5 && strcmp(got.state, "live") == 0);
  OK(index_account_get(s->ix, &c.id, &got, NULL));
  assert_true(got.uid == -1 && got.roles == 2 && strcmp(got.state, "gone") == 0);
  assert_int_equal(index_account_by_uid(s->ix, -1, &got), ERR_MISSING);
  a.id = number(4);
  assert_int_equal(index_account_put(s->ix, &a, &sealed), ERR_IO); /* a uid is one account's */
  c = (struct index_account){c.id, 1001, 1, "live"};
  OK(index_account_set(s->ix, &c, &sealed));
  OK(index_account_get(s->ix, &c.id, &got, &name)); /* and the name is as it was */
  assert_memory_equal(&got, &c, sizeof c);
  assert_string_equal(bytes_text(&name), "name");
  OK(index_account_set(s->ix, &b, &sealed)); /* it never had a uid */
  OK(index_account_set(s->ix, &(struct index_account){number(1), -1, 5, "live"}, &sealed));
  assert_int_equal(index_account_by_uid(s->ix, 1000, &got), ERR_MISSING);
  b.uid = 1001;
  assert_int_equal(index_account_set(s->ix, &b, &sealed), ERR_IO); /* nobody takes another one's uid */
  OK(index_account_list(s->ix, &list));
  assert_int_equal(INDEX_COUNT(struct index_account, list), 3);
  assert_memory_equal(INDEX_ROWS(struct index_account, list) + 2, &c, sizeof c);
}

static void people_and_cases_come_back(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes one = sealed_text("one"), two = sealed_text("two"), got = {0}, all = {0}, here = {0}, cases = {0};
  struct index_person ada = {number(1), 11, 100, "live"}, tom = {number(2), 12, 200, "live"}, p;
  struct index_case kase = {.id = number(9), .leaf = 19, .practitioner = number(5), .opened_ms = 300}, k;
  OK(index_person_put(s->ix, &ada, &one));
  OK(index_person_put(s->ix, &tom, &one));
  OK(index_person_reseal(s->ix, &tom.id, &two));
  OK(index_person_get(s->ix, &tom.id, &p, &got));
  assert_string_equal(bytes_text(&got), "two");
  assert_true(p.leaf == 12 && p.created_ms == 200 && strcmp(p.state, "live") == 0);
  OK(index_case_put(s->ix, &kase, &one));
  OK(index_case_add_person(s->ix, &kase.id, &tom.id));
  OK(index_case_add_person(s->ix, &kase.id, &tom.id)); /* twice is once */
  OK(index_person_list(s->ix, NULL, &all));
  OK(index_person_list(s->ix, &kase.id, &here));
  assert_int_equal(INDEX_COUNT(struct index_person, all), 2);
  assert_int_equal(INDEX_COUNT(struct index_person, here), 1);
  assert_true(id_equal(&INDEX_ROWS(struct index_person, here)[0].id, &tom.id));
  OK(index_case_get(s->ix, &kase.id, &k, NULL));
  assert_true(k.closed_ms == CLOCK_NEVER_MS && k.opened_ms == 300 && k.leaf == 19 && k.practitioner.b[0] == 5);
  k.closed_ms = 400, k.accredited_ms = 500;
  OK(index_case_set(s->ix, &k, &two));
  bytes_clear(&got);
  OK(index_case_get(s->ix, &kase.id, &k, &got));
  assert_string_equal(bytes_text(&got), "two");
  OK(index_case_list(s->ix, &cases));
  assert_int_equal(INDEX_ROWS(struct index_case, cases)[0].closed_ms, 400);
  assert_int_equal(INDEX_ROWS(struct index_case, cases)[0].accredited_ms, 500);
}

static void consents_come_back(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes sealed = sealed_text("signed"), again = sealed_text("again"), of = {0}, words = {0};
  struct index_consent c = {number(1), number(8), number(9), 5, 6, 31, 1, 6}, got;
  struct index_consent everywhere = {number(2), number(8), {{0}}, 7, CLOCK_NEVER_MS, 2, 2, 8};
  OK(index_consent_put(ix, &c, &sealed));
  OK(index_consent_put(ix, &everywhere, &sealed));
  OK(index_consent_of(ix, &c.person, &of));
  assert_int_equal(INDEX_COUNT(struct index_consent, of), 2);
  assert_memory_equal(INDEX_ROWS(struct index_consent, of), &c, sizeof c); /* in the order of recording */
  assert_memory_equal(INDEX_ROWS(struct index_consent, of) + 1, &everywhere, sizeof c);
  OK(index_consent_reseal(ix, &everywhere.id, &again));
  OK(index_consent_set_due(ix, &everywhere.id, 99));
  OK(index_consent_get(ix, &everywhere.id, &got, &words));
  assert_string_equal(bytes_text(&words), "again");
  everywhere.due_ms = 99;
  assert_memory_equal(&got, &everywhere, sizeof got);
  bytes_clear(&words);
  OK(index_consent_get(ix, &c.id, &got, &words)); /* the other one is as it was */
  assert_memory_equal(&got, &c, sizeof got);
  assert_string_equal(bytes_text(&words), "signed");
}

static void verdicts_and_grants_come_back(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes verdicts = {0}, grants = {0}, under = {0}, nothing = {0};
  struct index_verdict yes = {.consent = number(1), .purpose = "supervision", .leaf = 41, .state = "live"};
  struct index_verdict other = {.consent = number(1), .purpose = "research", .leaf = 43, .state = "live"};
  struct index_grant g = {{number(8), number(9), "supervision", 2, 1}, number(1), 41, {3}};
  OK(index_verdict_put(ix, &yes));
  OK(index_verdict_put(ix, &other));
  yes = (struct index_verdict){number(1), "supervision", 42, "withdrawn", 9, 3, number(70)};
  OK(index_verdict_set(ix, &yes));
  struct index_verdict none = {.consent = number(1), .purpose = "publication", .state = "live"};
  OK(index_verdict_set(ix, &none)); /* there is none: changes nothing */
  OK(index_verdict_of(ix, &yes.consent, &verdicts));
  assert_int_equal(INDEX_COUNT(struct index_verdict, verdicts), 2);
  assert_memory_equal(INDEX_ROWS(struct index_verdict, verdicts), &other, sizeof other);
  assert_memory_equal(INDEX_ROWS(struct index_verdict, verdicts) + 1, &yes, sizeof yes);
  OK(index_grant_put(ix, &g));
  g.leaf = 42, g.ct[0] = 4;
  OK(index_grant_put(ix, &g)); /* replaces */
  OK(index_grant_of(ix, &g.scope, &grants));
  OK(index_grant_under(ix, 42, &under));
  OK(index_grant_under(ix, 41, &nothing));
  assert_int_equal(grants.length, sizeof g);
  assert_memory_equal(grants.data, &g, sizeof g);
  assert_memory_equal(under.data, &g, sizeof g);
  assert_int_equal(nothing.length, 0);
}

/* One scope a row: only exactly that scope finds the grant. */
static void a_grant_is_of_one_scope(void **state) {
  struct sample *s = *state;
  const struct index_grant g = {{number(8), number(9), "supervision", 2, 1}, number(1), 41, {0}};
  const struct {
    const char *name;
    struct index_scope scope;
    size_t found;
  } rows[] = {
      {"the scope itself", {number(8), number(9), "supervision", 2, 1}, 1},
      {"another person", {number(7), number(9), "supervision", 2, 1}, 0},
      {"another case", {number(8), number(7), "supervision", 2, 1}, 0},
      {"all cases", {number(8), {{0}}, "supervision", 2, 1}, 0},
      {"another purpose", {number(8), number(9), "research", 2, 1}, 0},
      {"more media", {number(8), number(9), "supervision", 3, 1}, 0},
      {"another identifiability", {number(8), number(9), "supervision", 2, 2}, 0},
  };
  OK(index_grant_put(s->ix, &g));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes found = {0};
    OK(index_grant_of(s->ix, &rows[i].scope, &found));
    if (INDEX_COUNT(struct index_grant, found) != rows[i].found) fail_msg("%s: %zu", rows[i].name, found.length);
  }
}

static void clips_objects_and_wraps_come_back(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes title = {0}, people = {0}, objects = {0}, wraps = {0};
  struct index_clip c = {number(1), number(200), "recording", "live", 11, 1, 2, 3, 4, {{0}}}, got;
  struct index_object body = {number(3), c.id, "as-filmed", "body", UINT64_MAX >> 1, 1ull << 40, {5}, {6}},
                      head = {.id = number(4), .clip = c.id, .rendition = "as-filmed", .role = "head"};
  struct index_wrap w = sample_wrap(1, "supervision", 21, "live");
  uint8_t mac[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  struct id found;
  bool known;
  put_clip(s->ix, &c);
  OK(index_clip_get(s->ix, &c.id, &got, &title));
  assert_memory_equal(&got, &c, sizeof c);
  assert_string_equal(bytes_text(&title), "title");
  OK(index_clip_by_source(s->ix, mac, &found));
  assert_true(id_equal(&found, &c.id));
  for (uint8_t n = 3; n > 0; n--) OK(index_clip_add_person(s->ix, &c.id, &(struct id){{n}}));
  OK(index_clip_add_person(s->ix, &c.id, &(struct id){{2}}));
  OK(index_clip_drop_person(s->ix, &c.id, &(struct id){{1}}));
  OK(index_clip_people(s->ix, &c.id, &people));
  assert_int_equal(INDEX_COUNT(struct id, people), 2);
  assert_int_equal(INDEX_ROWS(struct id, people)[0].b[0], 2); /* sorted */
  OK(index_object_put(s->ix, &head));
  OK(index_object_put(s->ix, &body));
  OK(index_object_of(s->ix, &c.id, &objects));
  assert_int_equal(objects.length, 2 * sizeof body);
  assert_memory_equal(objects.data, &body, sizeof body); /* by role */
  OK(index_object_known(s->ix, &head.id, &known));
  assert_true(known);
  OK(index_object_known(s->ix, &c.id, &known));
  assert_false(known);
  OK(index_wrap_put(s->ix, &w));
  OK(index_wrap_set_expiry(s->ix, &w, 55));
  OK(index_wrap_of(s->ix, &c.id, &wraps));
  w.expires_ms = 55;
  assert_int_equal(wraps.length, sizeof w);
  assert_memory_equal(wraps.data, &w, sizeof w);
}

static void lists_clips_as_asked(void **state) {
  struct sample *s = *state;
  const struct {
    const char *name;
    struct index_clip_filter filter;
    const char *found; /* numbers of clips, in order */
  } rows[] = {
      {"all", {.state = NULL}, "1234"},
      {"live ones", {.state = "live"}, "134"},
      {"quarantined ones", {.state = "quarantined"}, "2"},
      {"shredded ones", {.state = "shredded"}, ""},
      {"of a case", {.kase = number(201)}, "4"},
      {"of another case", {.kase = number(202)}, ""},
      {"of a person", {.person = number(50)}, "24"},
      {"of a person, live", {.person = number(50), .state = "live"}, "4"},
      {"of a person in a case", {.person = number(50), .kase = number(200)}, "2"},
      {"of a person who is in none", {.person = number(51)}, ""},
  };
  for (uint8_t n = 1; n <= 4; n++) {
    struct index_clip c = sample_clip(n, n == 2 ? "quarantined" : "live");
    if (n == 4) c.kase = number(201);
    put_clip(s->ix, &c);
    if (n % 2 == 0) OK(index_clip_add_person(s->ix, &c.id, &(struct id){{50, 0x42}}));
  }
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes found = {0}, text = {0};
    OK(index_clip_list(s->ix, &rows[i].filter, &found));
    for (size_t k = 0; k < INDEX_COUNT(struct index_clip, found); k++)
      bytes_printf(&text, "%d", INDEX_ROWS(struct index_clip, found)[k].id.b[0]);
    if (strcmp(bytes_text(&text), rows[i].found) != 0) fail_msg("%s: %s", rows[i].name, bytes_text(&text));
  }
}

/* ---- what is due at 1000 ms */
static void clips_fall_due(void **state) {
  struct sample *s = *state;
  static const struct {
    const char *name, *state;
    int64_t expires_ms, quarantine_ms;
    bool dying, due;
  } rows[] = {
      {"never ends", "live", CLOCK_NEVER_MS, 0, false, false},
      {"ends later", "live", 1001, 0, false, false},
      {"ends now", "live", 1000, 0, false, true},
      {"ended", "live", 1, 0, false, true},
      {"ended, and is dying", "live", 1, 0, true, false},
      {"ended and was shredded", "shredded", 1, 0, false, false},
      {"quarantine goes on", "quarantined", CLOCK_NEVER_MS, 1001, false, false},
      {"quarantine is over", "quarantined", CLOCK_NEVER_MS, 1000, false, true},
      {"quarantine is over, and it is dying", "quarantined", CLOCK_NEVER_MS, 1000, true, false},
      {"its own time is over in quarantine", "quarantined", 999, 5000, false, true},
      {"a quarantine of long ago that it left", "live", CLOCK_NEVER_MS, 1, false, false},
  };
  AUTO(bytes) struct bytes due = {0};
  size_t count = sizeof rows / sizeof *rows;
  bool found[sizeof rows / sizeof *rows] = {0};
  struct id job = number(70);
  for (size_t i = 0; i < count; i++) {
    struct index_clip c = sample_clip((uint8_t)(i + 1), rows[i].state);
    c.expires_ms = rows[i].expires_ms, c.quarantine_ms = rows[i].quarantine_ms;
    put_clip(s->ix, &c);
    if (rows[i].dying) OK(index_clip_end(s->ix, &c.id, &job));
  }
  OK(index_clip_due(s->ix, 1000, &due));
  for (size_t k = 0; k < INDEX_COUNT(struct index_clip, due); k++)
    found[INDEX_ROWS(struct index_clip, due)[k].id.b[0] - 1] = true;
  for (size_t i = 0; i < count; i++)
    if (found[i] != rows[i].due) fail_msg("%s: due %d", rows[i].name, found[i]);
}

static void consents_and_wraps_fall_due(void **state) {
  struct sample *s = *state;
  static const struct {
    const char *name, *state;
    int64_t expires_ms;
    bool due; /* as a consent with such a verdict, and as such a wrap */
  } rows[] = {
      {"never ends", "live", CLOCK_NEVER_MS, false},
      {"ends later", "live", 1001, false},
      {"ends now", "live", 1000, true},
      {"ended", "live", -5, true},
      {"has ended and died", "dying", 1, false},
      {"not yet born", "new", 1, false},
  };
  AUTO(bytes) struct bytes sealed = sealed_text("x"), consents = {0}, wraps = {0};
  bool consent_due[8] = {0}, wrap_due[8] = {0};
  for (uint8_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct index_consent c = {.id = number(i), .person = number(90), .expires_ms = CLOCK_NEVER_MS, .due_ms = rows[i].expires_ms};
    struct index_verdict a = {.consent = c.id, .purpose = "research"}, b = {.consent = c.id, .purpose = "supervision"};
    struct index_wrap w = sample_wrap(i, "research", 33, rows[i].state);
    memcpy(a.state, w.state, sizeof a.state), memcpy(b.state, w.state, sizeof b.state);
    w.expires_ms = rows[i].expires_ms;
    OK(index_consent_put(s->ix, &c, &sealed));
    OK(index_verdict_put(s->ix, &a));
    OK(index_verdict_put(s->ix, &b)); /* two purposes: still one consent */
    OK(index_wrap_put(s->ix, &w));
  }
  OK(index_consent_due(s->ix, 1000, &consents));
  OK(index_wrap_due(s->ix, 1000, &wraps));
  for (size_t k = 0; k < INDEX_COUNT(struct index_consent, consents); k++)
    consent_due[INDEX_ROWS(struct index_consent, consents)[k].id.b[0]] = true;
  for (size_t k = 0; k < INDEX_COUNT(struct index_wrap, wraps); k++)
    wrap_due[INDEX_ROWS(struct index_wrap, wraps)[k].clip.b[0]] = true;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (consent_due[i] != rows[i].due || wrap_due[i] != rows[i].due)
      fail_msg("%s: consent due %d, wrap due %d", rows[i].name, consent_due[i], wrap_due[i]);
  assert_int_equal(INDEX_COUNT(struct index_consent, consents), 2);
  assert_int_equal(INDEX_ROWS(struct index_wrap, wraps)[0].clip.b[0], 3); /* what ended first comes first */
}

/* Somebody else's program has it for a moment. */
static void waits_for_who_looks_at_it(void **state) {
  const struct sample *s = *state;
  char path[300];
  sqlite3 *other;
  snprintf(path, sizeof path, "%s/index.db", s->folder);
  index_close(s->ix);
  int ready[2];
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (!child) {
    bool locked = sqlite3_open(path, &other) == SQLITE_OK &&
                  sqlite3_exec(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;", NULL, NULL, NULL) == SQLITE_OK;
    IGNORE(io_write_all(ready[1], locked ? "y" : "n", 1));
    usleep(300 * 1000);
    _exit(0);
  }
  char word = 0;
  assert_int_equal(read(ready[0], &word, 1), 1);
  assert_int_equal(word, 'y');
  ((struct sample *)*state)->ix = NULL;
  OK(index_open(s->fd, &s->vault, &((struct sample *)*state)->ix));
  assert_int_equal(waitpid(child, NULL, 0), child);
  close(ready[0]), close(ready[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_make, sample_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(waits_for_who_looks_at_it),
      TEST(opens_only_its_own),
      TEST(is_made_once),
      TEST(all_of_a_transaction_or_nothing),
      TEST(a_refused_row_ends_nothing),
      TEST(facts_are_kept_and_replaced),
      TEST(what_is_kept_beside_objects_is_replaced),
      TEST(clips_without_a_file_are_no_duplicates),
      TEST(what_is_missing_is_said),
      TEST(accounts_come_back),
      TEST(people_and_cases_come_back),
      TEST(consents_come_back),
      TEST(verdicts_and_grants_come_back),
      TEST(a_grant_is_of_one_scope),
      TEST(clips_objects_and_wraps_come_back),
      TEST(lists_clips_as_asked),
      TEST(clips_fall_due),
      TEST(consents_and_wraps_fall_due),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
