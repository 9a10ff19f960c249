#include "vault/account.h"

#include "vault/seal.h"

#include <string.h>

enum err account_add(struct vault *v, const char *name, int64_t uid, uint32_t roles, struct id *out) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  struct index_account row = {.id = id_new(), .uid = uid, .roles = roles, .state = "live"};
  bytes_put_text(&plain, name);
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_put(key, "account", &row.id, &plain, &sealed));
  TRY(index_account_put(v->index, &row, &sealed));
  *out = row.id;
  return ERR_OK;
}

enum err account_require(const struct vault *v, uint32_t roles, const char *what) {
  if (v->actor.roles & roles) return ERR_OK;
  return err_set(ERR_REFUSED, "%s is for a%s%s%s of this vault, which you are not", what,
                 roles & ACCOUNT_PRACTITIONER ? " practitioner" : "",
                 (roles & ACCOUNT_PRACTITIONER) && (roles & ACCOUNT_OFFICER) ? " or" : "",
                 roles & ACCOUNT_OFFICER ? " information-governance officer" : "");
}
