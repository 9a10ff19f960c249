/* Users of the vault: who acts. A command acts as the user mapped to the caller's uid, a browser as the one who signed in
 * (vault/signin.h). What they are called, and what they may be (uid, roles, whether they still act, until when), is sealed under
 * a system key and compared with the row: who can write to the disk gives nobody a role. */
#ifndef CLIPVAULT_ACCOUNT_H
#define CLIPVAULT_ACCOUNT_H

#include "vault/vault.h"

enum account_role { ACCOUNT_PRACTITIONER = 1, ACCOUNT_SUPERVISOR = 2, ACCOUNT_OFFICER = 4, ACCOUNT_ADMINISTRATOR = 8 };
enum account_standing { ACCOUNT_ACTS, ACCOUNT_DISABLED, ACCOUNT_ENDED /* their agreed time is over */ };

struct account {
  struct index_account row;
  uint32_t generation; /* of their sessions: one that was begun under another has ended */
  uint64_t credential; /* the number of what they sign in with (vault/credential.h); 0: none, or from before there were numbers */
  bool external;       /* from another service: acts until a day, under an agreement */
  int64_t until_ms;    /* CLOCK_NEVER_MS unless external */
  struct bytes name;   /* owned, as the next */
  struct bytes agreement; /* its reference */
};
void account_free(struct account *a); /* wipes; takes any state */
#define account_auto account_free

/* Inside a transaction of the index: a new one, with a new id; its row's uid is -1 if it is not mapped to one. ERR_USAGE unless
 * the name has 1 to 200 bytes, ERR_REFUSED if somebody who acts is called that already, in whatever case. */
enum err account_add(struct vault *v, struct account *new_one);
/* As it stands. ERR_MISSING; ERR_DATA if the row is not what was sealed. */
enum err account_read(struct vault *v, const struct id *id, struct account *out);
/* Inside a transaction: all of it is now this. */
enum err account_write(struct vault *v, const struct account *a);

/* The row alone, and the name appended (NULL: not wanted). */
enum err account_load(struct vault *v, const struct id *id, struct index_account *out, struct bytes *name);
enum err account_by_uid(struct vault *v, int64_t uid, struct index_account *out);
/* Who acts and is called this, ASCII letters of either case, or has this id. Always looks at everybody, so that the time it takes
 * says nothing. ERR_MISSING; no such account must not be told from one that is there to whoever only claims to be it. */
enum err account_by_name(struct vault *v, const char *name, struct account *out);
/* Inside a transaction: uid, roles and state are now these; the rest stays. */
enum err account_change(struct vault *v, const struct index_account *row);

enum account_standing account_standing(const struct account *a, int64_t now_ms);
/* ERR_REFUSED in words unless they act. */
enum err account_require_acts(const struct account *a, int64_t now_ms);

/* "practitioner,officer" and back; ERR_USAGE lists the roles. */
enum err account_roles_parse(const char *text, uint32_t *out);
void account_roles_put(struct bytes *out, uint32_t roles);

/* Only an officer changes an officer's account, or makes one: else an administrator could promote themselves. ERR_REFUSED. */
enum err account_require_may_change(const struct vault *v, uint32_t roles);
/* ERR_REFUSED, naming the role that would do, unless the acting user has one of `roles`. */
enum err account_require(const struct vault *v, uint32_t roles, const char *what);

#endif
