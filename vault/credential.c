#include "vault/credential.h"

#include "vault/base/secret.h"
#include "vault/seal.h"

#include <string.h>

enum { CREDENTIAL_FORM = 1, CREDENTIAL_SIGN_ON_FORM = 2 /* with an identity; written only where there is one */ };

struct credential *credential_new(void) {
  return secret_alloc(sizeof(struct credential));
}
void credential_auto(struct credential **c) { secret_free(*c); }

/* u8 form, record of the password, u8 whether there is an app, its secret, u64 last step; of form 2 also field issuer, field
 * subject */
enum err credential_store(struct vault *v, const struct id *account, const struct credential *c) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, c->issuer[0] ? CREDENTIAL_SIGN_ON_FORM : CREDENTIAL_FORM);
  password_put(&plain, &c->password);
  bytes_put_u8(&plain, c->has_totp);
  bytes_put(&plain, c->totp, sizeof c->totp);
  bytes_put_u64(&plain, c->last_step);
  if (c->issuer[0]) bytes_put_field(&plain, c->issuer, strlen(c->issuer));
  if (c->issuer[0]) bytes_put_field(&plain, c->subject, strlen(c->subject));
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_put(key, "credential", account, &plain, &sealed));
  return index_credential_put(v->index, account, &sealed);
}

/* A text that is not empty, at most CREDENTIAL_IDENTITY bytes, without a NUL. */
static bool get_text(struct bytes_reader *r, char out[CREDENTIAL_IDENTITY + 1]) {
  size_t length = 0;
  const uint8_t *text = bytes_get_field(r, CREDENTIAL_IDENTITY, &length);
  if (r->failed || !length || memchr(text, 0, length)) return false;
  memcpy(out, text, length);
  return true;
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
  struct bytes_reader r = bytes_reader(plain.data, plain.length);
  uint8_t form = bytes_get_u8(&r);
  password_get(&r, &out->password);
  out->has_totp = bytes_get_u8(&r);
  bytes_get(&r, out->totp, sizeof out->totp);
  out->last_step = bytes_get_u64(&r);
  bool known = form == CREDENTIAL_FORM;
  if (form == CREDENTIAL_SIGN_ON_FORM) known = get_text(&r, out->issuer) && get_text(&r, out->subject);
  if (known && bytes_done(&r)) return ERR_OK;
  memset(out, 0, sizeof *out);
  return err_set(ERR_DATA, "what a user signs in with is of an unknown form");
}
