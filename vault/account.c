#include "vault/account.h"

#include "vault/seal.h"

#include <string.h>

enum { ACCOUNT_FORM = 1, ACCOUNT_MOST_NAME = 200 };

/* u8 form, i64 uid, u32 roles, u8 whether they act, name */
static enum err seal(struct vault *v, const struct index_account *row, const char *name, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, ACCOUNT_FORM);
  bytes_put_u64(&plain, (uint64_t)row->uid);
  bytes_put_u32(&plain, row->roles);
  bytes_put_u8(&plain, strcmp(row->state, "live") == 0);
  bytes_put_text(&plain, name);
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  return seal_put(key, "account", &row->id, &plain, sealed);
}

enum err account_add(struct vault *v, const char *name, int64_t uid, uint32_t roles, struct id *out) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_account row = {.id = id_new(), .uid = uid, .roles = roles, .state = "live"};
  if (!*name || strlen(name) > ACCOUNT_MOST_NAME)
    return err_set(ERR_USAGE, "a user's name must have 1 to %d characters", ACCOUNT_MOST_NAME);
  TRY(seal(v, &row, name, &sealed));
  TRY(index_account_put(v->index, &row, &sealed));
  *out = row.id;
  return ERR_OK;
}

enum err account_load(struct vault *v, const struct id *id, struct index_account *out, struct bytes *name) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  SECRET_KEY(key);
  struct index_account row;
  TRY(index_account_get(v->index, id, &row, &sealed));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_get(key, "account", id, &sealed, &plain));
  struct bytes_reader r = bytes_reader(plain.data, plain.length);
  uint8_t form = bytes_get_u8(&r);
  int64_t uid = (int64_t)bytes_get_u64(&r);
  uint32_t roles = bytes_get_u32(&r);
  bool acts = bytes_get_u8(&r);
  size_t length = bytes_left(&r);
  if (r.failed || form != ACCOUNT_FORM) return err_set(ERR_DATA, "a user's record is of an unknown form");
  if (uid != row.uid || roles != row.roles || acts != (strcmp(row.state, "live") == 0))
    return err_set(ERR_DATA, "what a user may do was changed in the index; run clipvault check");
  if (name) bytes_put(name, bytes_get_view(&r, length), length);
  if (name) TRY(bytes_check(name));
  *out = row;
  return ERR_OK;
}

enum err account_by_uid(struct vault *v, int64_t uid, struct index_account *out) {
  struct index_account row;
  TRY(index_account_by_uid(v->index, uid, &row));
  return account_load(v, &row.id, out, NULL);
}

enum err account_change(struct vault *v, const struct index_account *row) {
  AUTO(bytes) struct bytes name = {0}, sealed = {0};
  struct index_account before;
  TRY(account_load(v, &row->id, &before, &name));
  TRY(seal(v, row, bytes_text(&name), &sealed));
  return index_account_set(v->index, row, &sealed);
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
