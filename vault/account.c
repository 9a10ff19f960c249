#include "vault/account.h"

#include "vault/base/clock.h"
#include "vault/seal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
  ACCOUNT_FORM = 3,
  ACCOUNT_SECOND_FORM = 2, /* did not know which credential is the newest */
  ACCOUNT_FIRST_FORM = 1,  /* nor externals, nor sessions */
  ACCOUNT_MOST_NAME = 200
};

void account_free(struct account *a) {
  bytes_free(&a->name);
  bytes_free(&a->agreement);
  *a = (struct account){0};
}

/* u8 form, i64 uid, u32 roles, u8 whether they act, u32 generation, u64 credential, u8 external, i64 until, field agreement, name
 */
static enum err seal(struct vault *v, const struct account *a, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, ACCOUNT_FORM);
  bytes_put_u64(&plain, (uint64_t)a->row.uid);
  bytes_put_u32(&plain, a->row.roles);
  bytes_put_u8(&plain, strcmp(a->row.state, "live") == 0);
  bytes_put_u32(&plain, a->generation);
  bytes_put_u64(&plain, a->credential);
  bytes_put_u8(&plain, a->external);
  bytes_put_u64(&plain, (uint64_t)a->until_ms);
  bytes_put_field(&plain, a->agreement.data, a->agreement.length);
  bytes_put(&plain, a->name.data, a->name.length);
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  return seal_put(key, "account", &a->row.id, &plain, sealed);
}

/* What the row says must be what was sealed. */
static enum err decode(const struct index_account *row, const struct bytes *plain, struct account *out) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  size_t agreed = 0;
  uint8_t form = bytes_get_u8(&r);
  int64_t uid = (int64_t)bytes_get_u64(&r);
  uint32_t roles = bytes_get_u32(&r);
  bool acts = bytes_get_u8(&r);
  out->row = *row;
  out->until_ms = CLOCK_NEVER_MS;
  if (form == ACCOUNT_FORM || form == ACCOUNT_SECOND_FORM) {
    out->generation = bytes_get_u32(&r);
    if (form == ACCOUNT_FORM) out->credential = bytes_get_u64(&r);
    out->external = bytes_get_u8(&r);
    out->until_ms = (int64_t)bytes_get_u64(&r);
    const uint8_t *agreement = bytes_get_field(&r, ACCOUNT_MOST_NAME, &agreed);
    bytes_put(&out->agreement, agreement, agreed);
  }
  size_t length = bytes_left(&r);
  if (r.failed || form < ACCOUNT_FIRST_FORM || form > ACCOUNT_FORM)
    return err_set(ERR_DATA, "a user's record is of an unknown form");
  if (uid != row->uid || roles != row->roles || acts != (strcmp(row->state, "live") == 0))
    return err_set(ERR_DATA, "what a user may do was changed in the index; run clipvault check");
  bytes_put(&out->name, bytes_get_view(&r, length), length);
  TRY(bytes_check(&out->agreement));
  return bytes_check(&out->name);
}

enum err account_read(struct vault *v, const struct id *id, struct account *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(account) struct account a = {0};
  SECRET_KEY(key);
  struct index_account row;
  TRY(index_account_get(v->index, id, &row, &sealed));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_get(key, "account", id, &sealed, &plain));
  TRY(decode(&row, &plain, &a));
  *out = a;
  a = (struct account){0};
  return ERR_OK;
}

enum err account_load(struct vault *v, const struct id *id, struct index_account *out, struct bytes *name) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, id, &a));
  if (name) bytes_put(name, a.name.data, a.name.length);
  if (name) TRY(bytes_check(name));
  *out = a.row;
  return ERR_OK;
}

enum err account_by_uid(struct vault *v, int64_t uid, struct index_account *out) {
  struct index_account row;
  TRY(index_account_by_uid(v->index, uid, &row));
  return account_load(v, &row.id, out, NULL);
}

enum err account_write(struct vault *v, const struct account *a) {
  AUTO(bytes) struct bytes sealed = {0};
  TRY(seal(v, a, &sealed));
  return index_account_set(v->index, &a->row, &sealed);
}

enum err account_change(struct vault *v, const struct index_account *row) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, &row->id, &a));
  a.row = *row;
  return account_write(v, &a);
}

/* ---- who is meant */

static bool is_called(const struct account *a, const char *name) {
  char id[ID_TEXT];
  return strcasecmp(bytes_text(&a->name), name) == 0 || strcmp(id_format(ID_USER, &a->row.id, id), name) == 0;
}

/* An account that was changed from outside is nobody's. */
enum err account_by_name(struct vault *v, const char *name, struct account *out) {
  AUTO(bytes) struct bytes rows = {0};
  AUTO(account) struct account found = {0};
  bool any = false;
  TRY(index_account_list(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    AUTO(account) struct account a = {0};
    enum err e = account_read(v, &INDEX_ROWS(struct index_account, rows)[i].id, &a);
    if (e == ERR_DATA) continue;
    TRY(e);
    if (strcmp(a.row.state, "live") != 0 || !is_called(&a, name)) continue;
    account_free(&found);
    found = a;
    a = (struct account){0};
    any = true;
  }
  if (!any) return err_set(ERR_MISSING, "there is no user of that name");
  *out = found;
  found = (struct account){0};
  return ERR_OK;
}

enum err account_add(struct vault *v, struct account *new_one) {
  AUTO(bytes) struct bytes sealed = {0};
  AUTO(account) struct account same = {0};
  if (!new_one->name.length || new_one->name.length > ACCOUNT_MOST_NAME || new_one->agreement.length > ACCOUNT_MOST_NAME)
    return err_set(ERR_USAGE, "a user's name must have 1 to %d characters, and so must a reference", ACCOUNT_MOST_NAME);
  enum err e = account_by_name(v, bytes_text(&new_one->name), &same);
  if (e == ERR_OK)
    return err_set(ERR_REFUSED, "there is a user of that name already; as people sign in by name, add what tells them apart");
  if (e != ERR_MISSING) return e;
  new_one->row.id = id_new();
  snprintf(new_one->row.state, sizeof new_one->row.state, "live");
  TRY(seal(v, new_one, &sealed));
  return index_account_put(v->index, &new_one->row, &sealed);
}

enum account_standing account_standing(const struct account *a, int64_t now_ms) {
  if (strcmp(a->row.state, "live") != 0) return ACCOUNT_DISABLED;
  return a->until_ms <= now_ms ? ACCOUNT_ENDED : ACCOUNT_ACTS;
}

enum err account_require_acts(const struct account *a, int64_t now_ms) {
  char until[CLOCK_TEXT];
  switch (account_standing(a, now_ms)) {
    case ACCOUNT_ACTS: return ERR_OK;
    case ACCOUNT_DISABLED: return err_set(ERR_REFUSED, "this user was disabled; an officer can enable them again");
    case ACCOUNT_ENDED:
      return err_set(ERR_REFUSED, "this user acted in the vault until %s, as agreed; an officer can agree on a later day",
                     clock_format(a->until_ms, until));
  }
  return err_set(ERR_BUG, "a user has no standing");
}

/* ---- roles */

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
  for (size_t i = 0; i < ROLES; i++) {
    const char *role = roles_known[i].words, *article = strchr("aeio", role[0]) ? "an" : "a";
    if (roles & roles_known[i].role) bytes_printf(&words, "%s%s %s", words.length ? " or " : "", article, role);
  }
  return err_set(ERR_REFUSED, "%s is for %s of this vault, which you are not", what, bytes_text(&words));
}

enum err account_require_may_change(const struct vault *v, uint32_t roles) {
  uint32_t needed = ACCOUNT_OFFICER | (roles & ACCOUNT_OFFICER ? 0 : ACCOUNT_ADMINISTRATOR);
  return account_require(v, needed, roles & ACCOUNT_OFFICER ? "changing an officer's account" : "changing who may act");
}
