/* Signing in with a name, a password and, where it is enrolled, the code of an authenticator app. In three steps, so that whoever
 * serves many never waits for the slow one:
 *
 *   signin_begin    with the vault: finds the account, or something like it, and says how long to wait
 *   signin_verify   pure, thread-safe, without the vault: 0.1 s and 64 MiB. The caller bounds how many run at once (2 to 4)
 *   signin_finish   with the vault: the code, the account as it is by now, the audit log
 *
 * Who is unknown, disabled, at the end of their time or without a password is treated like somebody whose password is wrong: the
 * same work, the same words. Failures make the next attempt wait (vault/throttle.h), on an account whether it exists or not. */
#ifndef CLIPVAULT_SIGNIN_H
#define CLIPVAULT_SIGNIN_H

#include "vault/password.h"
#include "vault/throttle.h"
#include "vault/vault.h"

struct signin_check;                            /* in the arena */
void signin_check_free(struct signin_check *c); /* takes NULL */
static inline void signin_check_auto(struct signin_check **c) { signin_check_free(*c); }

struct signin_user {
  struct index_account account;
  uint32_t generation; /* of the session: vault_begin_as says when it has ended */
  bool with_code;      /* they have an app enrolled, and its code was right */
};

/* After vault_begin(v, -1, VAULT_ANYBODY). *wait_ms > 0: not yet; nothing was counted, and *out is NULL. `name` is a user's name
 * or id, `address` what the attempt comes from. */
enum err signin_begin(struct vault *v, struct throttle *t, const char *name, const char *address, struct signin_check **out,
                      int64_t *wait_ms);
bool signin_verify(const struct signin_check *c, const uint8_t *password, size_t length);
/* In a transaction of its own, after vault_begin as above; vault_end follows. `code` may be NULL or empty. ERR_REFUSED with one
 * sentence, whatever was wrong. A code is used once. */
enum err signin_finish(struct vault *v, struct throttle *t, const struct signin_check *c, bool verified, const char *code,
                       struct signin_user *out);

/* Who a trusted provider says it is: the user to whom this identity was given, by issuer and subject together. In a transaction
 * of its own, after vault_begin as above. ERR_REFUSED: nobody's who may act. No password and no code is asked for, so
 * user.with_code is false. */
enum err signin_as_identity(struct vault *v, const char *issuer, const char *subject, const char *address,
                            struct signin_user *out);

/* Inside a transaction. The password is this from now on, and every session of theirs has ended; `without_app`: the app counts no
 * more. */
enum err signin_set_password(struct vault *v, const struct id *account, const struct password_record *record, bool without_app);
/* Inside a transaction. A new app is enrolled, instead of an earlier one; or (NULL) none counts any more. */
enum err signin_set_app(struct vault *v, const struct id *account, const uint8_t *secret);
/* In a transaction of its own. An app that was told `secret` (TOTP_SECRET bytes) is enrolled, instead of an earlier one, once a
 * code of it is shown, which is used up by that: who was told a secret that did not reach their app is not shut out. ERR_REFUSED
 * for any other code, and nothing has changed. */
enum err signin_enrol_app(struct vault *v, const struct id *account, const uint8_t *secret, const char *code);

/* Inside a transaction. To a provider they are this from now on, instead of what they were; NULL: nobody. Every session of theirs
 * has ended. ERR_USAGE for an empty or long text, ERR_REFUSED if it is another user's who was not disabled. */
enum err signin_set_identity(struct vault *v, const struct id *account, const char *issuer, const char *subject);

#endif
