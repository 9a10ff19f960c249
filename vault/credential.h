/* What a user signs in with: the record of a password, the secret of an authenticator app with the last step of time that was
 * used, and who they are to a provider of single sign-on. One sealed row a user, under the system key users; lives in the arena
 * while it is open. */
#ifndef CLIPVAULT_CREDENTIAL_H
#define CLIPVAULT_CREDENTIAL_H

#include "vault/password.h"
#include "vault/totp.h"
#include "vault/vault.h"

enum { CREDENTIAL_IDENTITY = 255 };
struct credential {
  struct password_record password;
  bool has_totp;
  uint8_t totp[TOTP_SECRET];
  uint64_t last_step;
  char issuer[CREDENTIAL_IDENTITY + 1], subject[CREDENTIAL_IDENTITY + 1]; /* who they are to a sign-on provider; "": nobody */
};

/* In the arena; empty. */
struct credential *credential_new(void);
void credential_auto(struct credential **c);

/* As it is; empty where the user has none. ERR_DATA if it was changed. */
enum err credential_load(struct vault *v, const struct id *account, struct credential *out);
/* Inside a transaction. */
enum err credential_store(struct vault *v, const struct id *account, const struct credential *c);

#endif
