#include "vault/signin.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/secret.h"
#include "vault/credential.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAME = 200, MOST_ADDRESS = 64, FIRST_FAILURES = 8 };

struct signin_check {
  struct id account; /* zero: nobody who may sign in */
  struct password_record record;
  uint8_t who[MOST_NAME];
  size_t who_length;
  char address[MOST_ADDRESS];
};

void signin_check_free(struct signin_check *c) { secret_free(c); }

static struct throttle_who who_of(const struct signin_check *c) {
  return (struct throttle_who){.account = c->who, .account_length = c->who_length, .address = c->address};
}

static void claim(struct signin_check *c, const void *who, size_t length) {
  c->who_length = length < sizeof c->who ? length : sizeof c->who;
  memcpy(c->who, who, c->who_length);
}

/* A record is opened and one is made up whoever is asked for, so that neither shows. */
static enum err look_up(struct vault *v, const char *name, struct signin_check *c) {
  AUTO(account) struct account a = {0};
  AUTO(credential) struct credential *held = credential_new();
  claim(c, name, strlen(name));
  password_dummy(&c->record);
  enum err e = account_by_name(v, name, &a);
  if (e != ERR_OK && e != ERR_MISSING) return e;
  enum err loaded = credential_load(v, e == ERR_OK ? &a.row.id : &v->id, held);
  if (e == ERR_MISSING) return ERR_OK;
  claim(c, a.row.id.b, sizeof a.row.id.b);
  if (loaded != ERR_OK || account_standing(&a, vault_now_ms(v)) != ACCOUNT_ACTS || !held->password.kib) return ERR_OK;
  c->account = a.row.id;
  c->record = held->password;
  return ERR_OK;
}

enum err signin_begin(struct vault *v, struct throttle *t, const char *name, const char *address, struct signin_check **out,
                      int64_t *wait_ms) {
  AUTO(signin_check) struct signin_check *c = secret_alloc(sizeof *c);
  snprintf(c->address, sizeof c->address, "%s", address);
  TRY(look_up(v, name, c));
  struct throttle_who who = who_of(c);
  *wait_ms = throttle_try(t, &who, clock_steady_ms());
  *out = NULL;
  if (*wait_ms > 0) return ERR_OK;
  *out = c;
  c = NULL;
  return ERR_OK;
}

bool signin_verify(const struct signin_check *c, const uint8_t *password, size_t length) {
  return password_fits(&c->record, password, length);
}

/* ---- the end of it */

struct ending {
  const struct signin_check *check;
  const char *code;
  bool verified, passed;
  uint32_t failures;
  struct signin_user user;
};

/* Whether the code is right; then its step is used up. Without an app there is nothing to ask for. */
static enum err look_at_code(struct vault *v, const struct ending *e, bool *right, bool *with_code) {
  AUTO(credential) struct credential *held = credential_new();
  uint64_t step = 0;
  TRY(credential_load(v, &e->check->account, held));
  *with_code = held->has_totp;
  *right = !held->has_totp || totp_matches(held->totp, e->code, vault_now_ms(v), held->last_step, &step);
  if (!held->has_totp || !*right) return ERR_OK;
  held->last_step = step;
  return credential_store_step(v, &e->check->account, held);
}

/* The account may have been disabled, or its password changed, while the password was being looked at. */
static enum err decide(struct vault *v, struct ending *e) {
  AUTO(account) struct account a = {0};
  AUTO(credential) struct credential *held = credential_new();
  if (!e->verified || id_is_zero(&e->check->account)) return ERR_OK;
  TRY(account_read(v, &e->check->account, &a));
  TRY(credential_load(v, &e->check->account, held));
  if (account_standing(&a, vault_now_ms(v)) != ACCOUNT_ACTS) return ERR_OK;
  if (memcmp(&held->password, &e->check->record, sizeof held->password) != 0) return ERR_OK;
  e->user.account = a.row;
  e->user.generation = a.generation;
  return look_at_code(v, e, &e->passed, &e->user.with_code);
}

/* The first failures each, then fewer and fewer: strangers must not be able to fill the log. */
static bool is_worth_noting(uint32_t failures) { return failures <= FIRST_FAILURES || (failures & (failures - 1)) == 0; }

static enum err note(struct vault *v, const struct ending *e) {
  char details[128];
  bool known = !id_is_zero(&e->check->account);
  if (e->passed) {
    v->actor = e->user.account;
    snprintf(details, sizeof details, "from %.60s%s", e->check->address, e->user.with_code ? ", with a code" : "");
    return audit_append(v, "user.signed-in", ID_USER, &e->user.account.id, details);
  }
  if (!is_worth_noting(e->failures)) return ERR_OK;
  snprintf(details, sizeof details, "from %.60s, attempt %u without success%s", e->check->address, (unsigned)e->failures,
           known ? "" : ", as nobody who may sign in");
  return audit_append(v, "user.sign-in-failed", known ? ID_USER : ID_VAULT, known ? &e->check->account : NULL, details);
}

static enum err finish_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct ending *e = context;
  TRY(decide(v, e));
  return note(v, e);
}

enum err signin_finish(struct vault *v, struct throttle *t, const struct signin_check *c, bool verified, const char *code,
                       struct signin_user *out) {
  struct throttle_who who = who_of(c);
  struct ending e = {.check = c, .code = code ? code : "", .verified = verified, .failures = throttle_failures(t, &who)};
  TRY(transact(v, finish_in, &e, NULL));
  if (!e.passed) return err_set(ERR_REFUSED, "the name, the password or the code is not right");
  throttle_passed(t, &who, clock_steady_ms());
  *out = e.user;
  return ERR_OK;
}

/* ---- what they sign in with */

static enum err end_sessions(struct vault *v, const struct id *account) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, account, &a));
  a.generation++;
  return account_write(v, &a);
}

enum err signin_set_password(struct vault *v, const struct id *account, const struct password_record *record, bool without_app) {
  AUTO(credential) struct credential *held = credential_new();
  enum err e = credential_load(v, account, held);
  if (e != ERR_DATA || !without_app) TRY(e); /* else all of it is new: the way out where somebody changed it */
  held->password = *record;
  if (without_app) held->has_totp = false, memset(held->totp, 0, sizeof held->totp);
  TRY(credential_store(v, account, held));
  return end_sessions(v, account);
}

enum err signin_set_app(struct vault *v, const struct id *account, const uint8_t *secret) {
  AUTO(credential) struct credential *held = credential_new();
  TRY(credential_load(v, account, held));
  held->has_totp = secret != NULL;
  memset(held->totp, 0, sizeof held->totp);
  if (secret) memcpy(held->totp, secret, sizeof held->totp);
  held->last_step = 0;
  return credential_store(v, account, held);
}

struct enrolling {
  const struct id *account;
  const uint8_t *secret;
  uint64_t step; /* of the code that was shown */
};

static enum err enrol_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct enrolling *e = context;
  AUTO(credential) struct credential *held = credential_new();
  TRY(signin_set_app(v, e->account, e->secret));
  TRY(credential_load(v, e->account, held));
  held->last_step = e->step;
  TRY(credential_store_step(v, e->account, held));
  return audit_append(v, "user.app-enrolled", ID_USER, e->account, "with a code of it");
}

enum err signin_enrol_app(struct vault *v, const struct id *account, const uint8_t *secret, const char *code) {
  struct enrolling e = {.account = account, .secret = secret};
  if (!totp_matches(secret, code, vault_now_ms(v), 0, &e.step))
    return err_set(ERR_REFUSED,
                   "this is no code of that app; enter the one it shows now, and see that the phone's clock is right");
  return transact(v, enrol_in, &e, NULL);
}

/* ---- single sign-on */

/* An account that was changed from outside is nobody's. */
static enum err find_identity(struct vault *v, const char *issuer, const char *subject, struct account *out) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_account_list(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    AUTO(account) struct account a = {0};
    AUTO(credential) struct credential *held = credential_new();
    const struct id *id = &INDEX_ROWS(struct index_account, rows)[i].id;
    enum err e = credential_load(v, id, held);
    if (e == ERR_OK && (strcmp(held->issuer, issuer) != 0 || strcmp(held->subject, subject) != 0)) continue;
    if (e == ERR_OK) e = account_read(v, id, &a);
    if (e == ERR_DATA || (e == ERR_OK && strcmp(a.row.state, "live") != 0)) continue;
    TRY(e);
    *out = a;
    a = (struct account){0};
    return ERR_OK;
  }
  return err_set(ERR_MISSING, "nobody here is called this by that provider");
}

struct signing_on {
  const char *issuer, *subject, *address;
  struct signin_user user;
};

static enum err sign_on_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct signing_on *s = context;
  AUTO(account) struct account a = {0};
  char details[128];
  enum err e = find_identity(v, s->issuer, s->subject, &a);
  if (e == ERR_MISSING)
    return err_set(ERR_REFUSED, "you are signed on, but nobody of this vault; an officer can say who you are (user identity)");
  TRY(e);
  TRY(account_require_acts(&a, vault_now_ms(v)));
  s->user.account = a.row;
  s->user.generation = a.generation;
  v->actor = a.row;
  snprintf(details, sizeof details, "from %.60s, by single sign-on", s->address);
  return audit_append(v, "user.signed-in", ID_USER, &a.row.id, details);
}

enum err signin_as_identity(struct vault *v, const char *issuer, const char *subject, const char *address,
                            struct signin_user *out) {
  struct signing_on s = {.issuer = issuer, .subject = subject, .address = address};
  if (!*issuer || !*subject) return err_set(ERR_REFUSED, "nobody is signed on");
  TRY(transact(v, sign_on_in, &s, NULL));
  *out = s.user;
  return ERR_OK;
}

enum err signin_set_identity(struct vault *v, const struct id *account, const char *issuer, const char *subject) {
  AUTO(account) struct account same = {0};
  AUTO(credential) struct credential *held = credential_new();
  TRY(credential_load(v, account, held));
  memset(held->issuer, 0, sizeof held->issuer);
  memset(held->subject, 0, sizeof held->subject);
  if (issuer) {
    if (!*issuer || !*subject || strlen(issuer) > CREDENTIAL_IDENTITY || strlen(subject) > CREDENTIAL_IDENTITY)
      return err_set(ERR_USAGE, "issuer and subject have 1 to %d characters, as the provider gives them", CREDENTIAL_IDENTITY);
    enum err e = find_identity(v, issuer, subject, &same);
    if (e == ERR_OK && !id_equal(&same.row.id, account))
      return err_set(ERR_REFUSED, "another user is this to that provider; take it from them first (user identity USER --none)");
    if (e != ERR_OK && e != ERR_MISSING) return e;
    memcpy(held->issuer, issuer, strlen(issuer));
    memcpy(held->subject, subject, strlen(subject));
  }
  TRY(credential_store(v, account, held));
  return end_sessions(v, account);
}
