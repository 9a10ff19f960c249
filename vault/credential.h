/* What a user signs in with: the record of a password, the secret of an authenticator app with the last step of time that was
 * used, and who they are to a provider of single sign-on. One sealed row a user, under the system key users; lives in the arena
 * while it is open.
 *
 * Each change of it has a number, how many entries the log had before that of the change, and the newest stands in what is sealed
 * of the account as well: a row that was put back to an older one is no credential. Both rows put back together are found by
 * check, from the log. */
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
  uint64_t number;                                                        /* 0: from before there were any */
  char issuer[CREDENTIAL_IDENTITY + 1], subject[CREDENTIAL_IDENTITY + 1]; /* who they are to a sign-on provider; "": nobody */
};

/* In the arena; empty. */
struct credential *credential_new(void);
void credential_auto(struct credential **c);

/* As it is; empty where the user has none. ERR_DATA if it was changed or put back. */
enum err credential_load(struct vault *v, const struct id *account, struct credential *out);
/* Inside a transaction in which the change is logged as well: what they sign in with is now this, under a new number, which also
 * goes to the account. */
enum err credential_store(struct vault *v, const struct id *account, const struct credential *c);
/* Inside a transaction: only the last step is another. */
enum err credential_store_step(struct vault *v, const struct id *account, const struct credential *c);

#endif
