/* What a user signs in with: the record of a password, and the secret of an authenticator app with the last step of time that was
 * used. One sealed row a user, under the system key users; lives in the arena while it is open. */
#ifndef CLIPVAULT_CREDENTIAL_H
#define CLIPVAULT_CREDENTIAL_H

#include "vault/password.h"
#include "vault/totp.h"
#include "vault/vault.h"

struct credential {
  struct password_record password;
  bool has_totp;
  uint8_t totp[TOTP_SECRET];
  uint64_t last_step;
};

/* In the arena; empty. */
struct credential *credential_new(void);
void credential_auto(struct credential **c);

/* As it is; empty where the user has none. ERR_DATA if it was changed. */
enum err credential_load(struct vault *v, const struct id *account, struct credential *out);
/* Inside a transaction. */
enum err credential_store(struct vault *v, const struct id *account, const struct credential *c);

#endif
