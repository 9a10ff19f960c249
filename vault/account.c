#include "vault/account.h"

#include "vault/seal.h"

#include <string.h>

enum { ACCOUNT_MOST_NAME = 200 };

enum err account_add(struct vault *v, const char *name, int64_t uid, uint32_t roles, struct id *out) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  struct index_account row = {.id = id_new(), .uid = uid, .roles = roles, .state = "live"};
  if (!*name || strlen(name) > ACCOUNT_MOST_NAME)
    return err_set(ERR_USAGE, "a user's name must have 1 to %d characters", ACCOUNT_MOST_NAME);
  bytes_put_text(&plain, name);
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_put(key, "account", &row.id, &plain, &sealed));
  TRY(index_account_put(v->index, &row, &sealed));
  *out = row.id;
  return ERR_OK;
}

enum err account_name(struct vault *v, const struct id *id, struct bytes *out) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(key);
  struct index_account row;
  TRY(index_account_get(v->index, id, &row, &sealed));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  return seal_get(key, "account", id, &sealed, out);
}

static const struct {
  const char *name, *words;
  enum account_role role;
} roles_known[] = {{"practitioner", "practitioner", ACCOUNT_PRACTITIONER},
                   {"supervisor", "supervisor", ACCOUNT_SUPERVISOR},
                   {"officer", "information-governance officer", ACCOUNT_OFFICER},
                   {"administrator", "administrator", ACCOUNT_ADMINISTRATOR}};
enum { ROLES = sizeof roles_known / sizeof *roles_known };

enum err account_roles_parse(const char *text, uint32_t *out) {
  uint32_t roles = 0;
  for (const char *word = text;; word++) {
    size_t length = strcspn(word, ","), at = 0;
    while (at < ROLES && (strlen(roles_known[at].name) != length || strncmp(roles_known[at].name, word, length) != 0)) at++;
    if (at == ROLES)
      return err_set(ERR_USAGE, "a role is practitioner, supervisor, officer or administrator, not \"%.*s\"",
                     (int)(length < 40 ? length : 40), word);
    roles |= roles_known[at].role;
    word += length;
    if (!*word) break;
  }
  *out = roles;
  return ERR_OK;
}

void account_roles_put(struct bytes *out, uint32_t roles) {
  const char *comma = "";
  for (size_t i = 0; i < ROLES; i++) {
    if (!(roles & roles_known[i].role)) continue;
    bytes_printf(out, "%s%s", comma, roles_known[i].name);
    comma = ",";
  }
}

enum err account_require(const struct vault *v, uint32_t roles, const char *what) {
  AUTO(bytes) struct bytes words = {0};
  if (v->actor.roles & roles) return ERR_OK;
  for (size_t i = 0; i < ROLES; i++)
    if (roles & roles_known[i].role) bytes_printf(&words, "%s %s", words.length ? " or" : "", roles_known[i].words);
  return err_set(ERR_REFUSED, "%s is for a%s of this vault, which you are not", what, bytes_text(&words));
}
