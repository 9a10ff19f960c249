/* Users of the vault: who acts. A command acts as the user mapped to the caller's uid. What they are called, and what they may be
 * (uid, roles, whether they still act), is sealed under a system key and compared with the row: who can write to the disk gives
 * nobody a role. */
#ifndef CLIPVAULT_ACCOUNT_H
#define CLIPVAULT_ACCOUNT_H

#include "vault/vault.h"

enum account_role { ACCOUNT_PRACTITIONER = 1, ACCOUNT_SUPERVISOR = 2, ACCOUNT_OFFICER = 4, ACCOUNT_ADMINISTRATOR = 8 };

/* Inside a transaction of the index. uid -1: not mapped to one. ERR_USAGE unless the name has 1 to 200 bytes. */
enum err account_add(struct vault *v, const char *name, int64_t uid, uint32_t roles, struct id *out);
/* As it stands; `name` (may be NULL) is appended to. ERR_MISSING; ERR_DATA if the row is not what was sealed. */
enum err account_load(struct vault *v, const struct id *id, struct index_account *out, struct bytes *name);
enum err account_by_uid(struct vault *v, int64_t uid, struct index_account *out);
/* Inside a transaction: uid, roles and state are now these; the name stays. */
enum err account_change(struct vault *v, const struct index_account *row);

/* "practitioner,officer" and back; ERR_USAGE lists the roles. */
enum err account_roles_parse(const char *text, uint32_t *out);
void account_roles_put(struct bytes *out, uint32_t roles);

/* ERR_REFUSED, naming the role that would do, unless the acting user has one of `roles`. */
enum err account_require(const struct vault *v, uint32_t roles, const char *what);

#endif
