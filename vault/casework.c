#include "vault/casework.h"

#include "vault/seal.h"

#include <string.h>

enum { CASEWORK_MOST_TITLE = 1000 };

enum err casework_open(struct vault *v, const char *title, const struct id *practitioner, struct id *out) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  struct index_case row = {.id = id_new(), .practitioner = *practitioner, .opened_ms = vault_now_ms(v)};
  if (!*title || strlen(title) > CASEWORK_MOST_TITLE)
    return err_set(ERR_USAGE, "a case's title must have 1 to %d characters", CASEWORK_MOST_TITLE);
  bytes_put_text(&plain, title);
  TRY(bytes_check(&plain));
  TRY(keystore_new_leaves(v->keys, 1, &row.leaf));
  TRY(keystore_get(v->keys, row.leaf, key));
  TRY(seal_put(key, "case", &row.id, &plain, &sealed));
  TRY(index_case_put(v->index, &row, &sealed));
  *out = row.id;
  return ERR_OK;
}

enum err casework_title(struct vault *v, const struct id *id, struct bytes *out) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(key);
  struct index_case row;
  TRY(index_case_get(v->index, id, &row, &sealed));
  TRY(keystore_get(v->keys, row.leaf, key));
  return seal_get(key, "case", id, &sealed, out);
}
