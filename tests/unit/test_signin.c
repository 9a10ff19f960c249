/* Signing in: who may, with what, how often; and that nobody is told what was wrong. */
#include "vault/signin.h"

#include "tests/unit/vault_sample.h"
#include "vault/audit.h"
#include "vault/password.h"
#include "vault/seal.h"
#include "vault/totp.h"

static const char word[] = "correct horse battery", sentence[] = "the name, the password or the code is not right";
static const uint8_t app[TOTP_SECRET] = "12345678901234567890";

static void give_password(struct vault *v, const struct id *user, const char *password) {
  struct password_record record;
  OK(password_make((const uint8_t *)password, strlen(password), &record));
  OK(index_begin(v->index));
  OK(signin_set_password(v, user, &record, false));
  OK(index_commit(v->index));
}

static void give_app(struct vault *v, const struct id *user, const uint8_t *secret) {
  OK(index_begin(v->index));
  OK(signin_set_app(v, user, secret));
  OK(index_commit(v->index));
}

static enum err sign_in(struct vault *v, struct throttle *t, const char *name, const char *password, const char *code,
                        struct signin_user *out) {
  AUTO(signin_check) struct signin_check *c = NULL;
  int64_t wait_ms;
  OK(vault_begin(v, -1, VAULT_ANYBODY));
  OK(signin_begin(v, t, name, "192.0.2.1", &c, &wait_ms));
  if (!c) return ERR_BUSY;
  enum err e = signin_finish(v, t, c, signin_verify(c, (const uint8_t *)password, strlen(password)), code, out);
  OK(vault_end(v));
  return e;
}

static struct throttle *fresh(void) {
  struct throttle *t = NULL;
  OK(throttle_new(&t));
  return t;
}

static void who_may(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  struct signin_user in;
  char text[ID_TEXT];
  struct id ida = vault_sample_user(v, "Ida Example", ACCOUNT_PRACTITIONER);
  struct id sue = vault_sample_user(v, "Sue", ACCOUNT_SUPERVISOR);
  give_password(v, &ida, word);
  OK(sign_in(v, t, "Ida Example", word, NULL, &in));
  assert_true(id_equal(&in.account.id, &ida));
  assert_false(in.with_code);
  OK(sign_in(v, t, "ida example", word, "", &in));
  OK(sign_in(v, t, id_format(ID_USER, &ida, text), word, NULL, &in));
  OK(vault_begin_as(v, &ida, in.generation));
  assert_true(id_equal(&v->actor.id, &ida));
  static const char *const wrong[][2] = {
      {"Ida Example", "correct horse batterx"}, {"Ida Example", ""}, {"Sue", word}, {"Nobody", word}, {"", ""}, {"operator", ""}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    AUTO(throttle) struct throttle *another = fresh();
    if (sign_in(v, another, wrong[i][0], wrong[i][1], NULL, &in) != ERR_REFUSED) fail_msg("row %zu", i);
    assert_string_equal(err_text(), sentence);
  }
  IGNORE(sue);
}

static void who_may_no_more(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  struct signin_user in;
  struct id ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER);
  AUTO(account) struct account a = {0};
  give_password(v, &ida, word);
  OK(sign_in(v, t, "Ida", word, NULL, &in));
  give_password(v, &ida, "another horse battery"); /* ends sessions */
  assert_int_equal(vault_begin_as(v, &ida, in.generation), ERR_REFUSED);
  assert_int_equal(sign_in(v, t, "Ida", word, NULL, &in), ERR_REFUSED);
  OK(sign_in(v, t, "Ida", "another horse battery", NULL, &in));
  OK(account_read(v, &ida, &a));
  a.external = true, a.until_ms = vault_now_ms(v);
  OK(account_write(v, &a));
  assert_int_equal(sign_in(v, t, "Ida", "another horse battery", NULL, &in), ERR_REFUSED);
  assert_string_equal(err_text(), sentence);
  assert_int_equal(vault_begin_as(v, &ida, in.generation), ERR_REFUSED);
  a.until_ms = CLOCK_NEVER_MS;
  snprintf(a.row.state, sizeof a.row.state, "disabled");
  OK(account_write(v, &a));
  AUTO(throttle) struct throttle *another = fresh();
  assert_int_equal(sign_in(v, another, "Ida", "another horse battery", NULL, &in), ERR_REFUSED);
  assert_string_equal(err_text(), sentence);
  assert_int_equal(vault_begin_as(v, &ida, in.generation), ERR_REFUSED);
}

/* Disabled, or another password, while the old one was being looked at. */
static void what_changed_meanwhile(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  AUTO(signin_check) struct signin_check *c = NULL;
  struct signin_user in;
  int64_t wait_ms;
  struct id ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER);
  give_password(v, &ida, word);
  OK(vault_begin(v, -1, VAULT_ANYBODY));
  OK(signin_begin(v, t, "Ida", "192.0.2.1", &c, &wait_ms));
  assert_true(signin_verify(c, (const uint8_t *)word, strlen(word)));
  give_password(v, &ida, "another horse battery");
  assert_int_equal(signin_finish(v, t, c, true, NULL, &in), ERR_REFUSED);
}

/* What the app shows now, and what it shows next. */
struct codes {
  char now[16], next[16];
};
static struct codes codes_of_the_app(void) {
  struct codes c;
  uint32_t number;
  uint64_t step = (uint64_t)clock_now_ms() / TOTP_STEP_MS;
  OK(totp_code(app, step, &number));
  snprintf(c.now, sizeof c.now, "%06u", number);
  OK(totp_code(app, step + 1, &number));
  snprintf(c.next, sizeof c.next, "%06u", number);
  return c;
}

static void with_an_app(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  struct signin_user in;
  struct id ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER);
  give_password(v, &ida, word);
  give_app(v, &ida, app);
  struct codes code = codes_of_the_app();
  assert_int_equal(sign_in(v, t, "Ida", word, NULL, &in), ERR_REFUSED);
  assert_string_equal(err_text(), sentence);
  assert_int_equal(sign_in(v, t, "Ida", "wrong horse battery", code.now, &in), ERR_REFUSED); /* which uses up no code */
  OK(sign_in(v, t, "Ida", word, code.now, &in));
  assert_true(in.with_code);
  assert_int_equal(sign_in(v, t, "Ida", word, code.now, &in), ERR_REFUSED); /* somebody looked over a shoulder */
  OK(sign_in(v, t, "Ida", word, code.next, &in));
  assert_int_equal(sign_in(v, t, "Ida", word, code.now, &in), ERR_REFUSED); /* nor an earlier one */
  give_app(v, &ida, NULL);
  OK(sign_in(v, t, "Ida", word, NULL, &in));
}

/* An app of one's own counts once a code of it was shown; that code is used up, and a wrong one changes nothing. */
static void enrols_with_a_code(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  struct signin_user in;
  struct id ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER);
  give_password(v, &ida, word);
  struct codes code = codes_of_the_app();
  assert_int_equal(signin_enrol_app(v, &ida, app, strcmp(code.now, "000000") ? "000000" : "000001"), ERR_REFUSED);
  assert_int_equal(signin_enrol_app(v, &ida, app, ""), ERR_REFUSED);
  OK(sign_in(v, t, "Ida", word, NULL, &in));
  OK(vault_begin(v, -1, VAULT_ANYBODY));
  OK(signin_enrol_app(v, &ida, app, code.now));
  OK(vault_end(v));
  assert_int_equal(sign_in(v, t, "Ida", word, NULL, &in), ERR_REFUSED);
  assert_int_equal(sign_in(v, t, "Ida", word, code.now, &in), ERR_REFUSED);
  OK(sign_in(v, t, "Ida", word, code.next, &in));
}

enum { MOST_FAILURES = 10 };
static void waits_after_failures(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  static const char *const names[] = {"Ida", "Nobody"}; /* who is there and who is not: the same */
  struct id ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER);
  give_password(v, &ida, word);
  for (size_t i = 0; i < 2; i++) {
    AUTO(throttle) struct throttle *t = fresh();
    struct signin_user in;
    int failures = 0;
    /* Where a password takes seconds to compare, the first waits are over by then; each is twice as long as the one before. */
    while (failures < MOST_FAILURES && sign_in(v, t, names[i], "wrong", NULL, &in) == ERR_REFUSED) failures++;
    assert_in_range(failures, 3, MOST_FAILURES - 1);
    assert_int_equal(sign_in(v, t, names[i], word, NULL, &in), ERR_BUSY);
  }
}

struct counted {
  struct id ida;
  int failed, as_nobody, signed_in;
};
static enum err count(void *context, const struct audit_entry *e) {
  struct counted *c = context;
  bool failed = strcmp(e->verb, "user.sign-in-failed") == 0;
  c->failed += failed && id_equal(&e->subject, &c->ida);
  c->as_nobody += failed && id_is_zero(&e->subject);
  c->signed_in += strcmp(e->verb, "user.signed-in") == 0 && id_equal(&e->account, &c->ida);
  return ERR_OK;
}

static void is_in_the_log(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  struct signin_user in;
  struct counted c = {.ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER)};
  give_password(v, &c.ida, word);
  assert_int_equal(sign_in(v, t, "Ida", "wrong", NULL, &in), ERR_REFUSED);
  assert_int_equal(sign_in(v, t, "Nobody", "wrong", NULL, &in), ERR_REFUSED);
  OK(sign_in(v, t, "Ida", word, NULL, &in));
  OK(audit_each(v, count, &c));
  assert_int_equal(c.failed, 1);
  assert_int_equal(c.as_nobody, 1);
  assert_int_equal(c.signed_in, 1);
}

static void change_password(struct vault *v, const struct id *user, const char *password) {
  give_password(v, user, password);
  OK(index_begin(v->index));
  OK(audit_append(v, "user.password-changed", ID_USER, user, NULL));
  OK(index_commit(v->index));
}

static void put_back(struct vault *v, const struct id *user, const struct bytes *sealed) {
  OK(index_begin(v->index));
  OK(index_credential_put(v->index, user, sealed));
  OK(index_commit(v->index));
}

/* As the version before wrote it: without a number. */
static void seal_first_form(struct vault *v, const struct id *user, const char *password, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  struct password_record record;
  static const uint8_t rest[1 + TOTP_SECRET + 8];
  OK(password_make((const uint8_t *)password, strlen(password), &record));
  bytes_put_u8(&plain, 1);
  password_put(&plain, &record);
  bytes_put(&plain, rest, sizeof rest);
  OK(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  OK(seal_put(key, "credential", user, &plain, sealed));
}

/* Somebody who may write to the index knows an old password. */
static void an_old_password_that_is_put_back(void **state) {
  struct vault *v = ((struct vault_sample *)*state)->v;
  AUTO(throttle) struct throttle *t = fresh();
  AUTO(bytes) struct bytes first = {0}, old = {0};
  struct signin_user in;
  struct id ida = vault_sample_user(v, "Ida", ACCOUNT_PRACTITIONER);
  seal_first_form(v, &ida, "a heron over wet fields", &first);
  put_back(v, &ida, &first);
  OK(sign_in(v, t, "Ida", "a heron over wet fields", NULL, &in)); /* nothing was changed since the version before */
  change_password(v, &ida, word);
  OK(sign_in(v, t, "Ida", word, NULL, &in));
  OK(index_credential_get(v->index, &ida, &old));
  change_password(v, &ida, "another horse battery");
  const struct {
    const struct bytes *row;
    const char *password;
  } rows[] = {{&old, word}, {&first, "a heron over wet fields"}};
  for (size_t i = 0; i < 2; i++) {
    AUTO(throttle) struct throttle *another = fresh();
    put_back(v, &ida, rows[i].row);
    assert_int_equal(sign_in(v, another, "Ida", rows[i].password, NULL, &in), ERR_REFUSED);
    assert_string_equal(err_text(), sentence);
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, vault_sample_make, vault_sample_end)
  const struct CMUnitTest tests[] = {TEST(who_may),
                                     TEST(who_may_no_more),
                                     TEST(what_changed_meanwhile),
                                     TEST(with_an_app),
                                     TEST(enrols_with_a_code),
                                     TEST(waits_after_failures),
                                     TEST(is_in_the_log),
                                     TEST(an_old_password_that_is_put_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
