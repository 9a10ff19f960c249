#include "vault/credential.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/base/secret.h"
#include "vault/seal.h"

#include <string.h>

enum {
  CREDENTIAL_FORM = 3,
  CREDENTIAL_SIGN_ON_FORM = 2, /* with an identity, without a number */
  CREDENTIAL_FIRST_FORM = 1,   /* with neither */
};

struct credential *credential_new(void) {
  return secret_alloc(sizeof(struct credential));
}
void credential_auto(struct credential **c) { secret_free(*c); }

/* u8 form, record of the password, u8 whether there is an app, its secret, u64 last step, u64 number, field issuer, field subject
 * (both empty: nobody); form 2 lacks the number, form 1 all from there on */
static enum err put_row(struct vault *v, const struct id *account, const struct credential *c, uint64_t number) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, CREDENTIAL_FORM);
  password_put(&plain, &c->password);
  bytes_put_u8(&plain, c->has_totp);
  bytes_put(&plain, c->totp, sizeof c->totp);
  bytes_put_u64(&plain, c->last_step);
  bytes_put_u64(&plain, number);
  bytes_put_field(&plain, c->issuer, strlen(c->issuer));
  bytes_put_field(&plain, c->subject, strlen(c->subject));
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_put(key, "credential", account, &plain, &sealed));
  return index_credential_put(v->index, account, &sealed);
}

enum err credential_store(struct vault *v, const struct id *account, const struct credential *c) {
  AUTO(account) struct account a = {0};
  uint8_t root[32];
  TRY(account_read(v, account, &a));
  TRY(audit_head(v, &a.credential, root));
  TRY(account_write(v, &a));
  return put_row(v, account, c, a.credential);
}

/* One from before there were numbers gets its first. */
enum err credential_store_step(struct vault *v, const struct id *account, const struct credential *c) {
  return c->number ? put_row(v, account, c, c->number) : credential_store(v, account, c);
}

/* A text of at most CREDENTIAL_IDENTITY bytes, without a NUL. */
static bool get_text(struct bytes_reader *r, char out[CREDENTIAL_IDENTITY + 1]) {
  size_t length = 0;
  const uint8_t *text = bytes_get_field(r, CREDENTIAL_IDENTITY, &length);
  if (r->failed || (length && memchr(text, 0, length))) return false;
  if (length) memcpy(out, text, length);
  return true;
}

static bool read_row(const struct bytes *plain, struct credential *out) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  uint8_t form = bytes_get_u8(&r);
  password_get(&r, &out->password);
  out->has_totp = bytes_get_u8(&r);
  bytes_get(&r, out->totp, sizeof out->totp);
  out->last_step = bytes_get_u64(&r);
  if (form == CREDENTIAL_FORM) out->number = bytes_get_u64(&r);
  bool known = form >= CREDENTIAL_FIRST_FORM && form <= CREDENTIAL_FORM;
  if (known && form != CREDENTIAL_FIRST_FORM) known = get_text(&r, out->issuer) && get_text(&r, out->subject);
  return known && bytes_done(&r) && !out->issuer[0] == !out->subject[0];
}

static enum err is_newest(struct vault *v, const struct id *account, const struct credential *c) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, account, &a));
  if (a.credential == c->number) return ERR_OK;
  return err_set(ERR_DATA,
                 "what this user signs in with was put back to what it once was; run clipvault check, and have an officer "
                 "reset it (clipvault user reset)");
}

enum err credential_load(struct vault *v, const struct id *account, struct credential *out) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  memset(out, 0, sizeof *out);
  enum err e = index_credential_get(v->index, account, &sealed);
  if (e == ERR_MISSING) return ERR_OK;
  TRY(e);
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_get(key, "credential", account, &sealed, &plain));
  e = read_row(&plain, out) ? is_newest(v, account, out) : err_set(ERR_DATA, "what a user signs in with is of an unknown form");
  if (e != ERR_OK) memset(out, 0, sizeof *out);
  return e;
}
