/* Users of the vault: who acts. A command acts as the user mapped to the caller's uid. Names are sealed under a system key. */
#ifndef CLIPVAULT_ACCOUNT_H
#define CLIPVAULT_ACCOUNT_H

#include "vault/vault.h"

enum account_role { ACCOUNT_PRACTITIONER = 1, ACCOUNT_SUPERVISOR = 2, ACCOUNT_OFFICER = 4, ACCOUNT_ADMINISTRATOR = 8 };

/* Inside a transaction of the index. uid -1: not mapped to one. ERR_USAGE unless the name has 1 to 200 bytes. */
enum err account_add(struct vault *v, const char *name, int64_t uid, uint32_t roles, struct id *out);
/* Appends the name. */
enum err account_name(struct vault *v, const struct id *id, struct bytes *out);

/* "practitioner,officer" and back; ERR_USAGE lists the roles. */
enum err account_roles_parse(const char *text, uint32_t *out);
void account_roles_put(struct bytes *out, uint32_t roles);

/* ERR_REFUSED, naming the role that would do, unless the acting user has one of `roles`. */
enum err account_require(const struct vault *v, uint32_t roles, const char *what);

#endif
