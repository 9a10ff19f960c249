/* A test tool, never shipped: makes whoever runs it act as a user of the vault, as `clipvault user map` under another uid would,
 * for there is only one uid to test with. The user who had the uid acts no more.
 *   act_as VAULT KEY-FILE USER|-       -: the first there is */
#include "vault/account.h"
#include "vault/base/secret.h"
#include "vault/unlock.h"
#include "vault/vault.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err map_in(struct vault *v, const struct id *user, int64_t uid) {
  struct index_account row;
  if (account_by_uid(v, uid, &row) == ERR_OK && !id_equal(&row.id, user)) {
    row.uid = -1;
    TRY(account_change(v, &row));
  }
  TRY(account_load(v, user, &row, NULL));
  row.uid = uid;
  TRY(account_change(v, &row));
  return index_commit(v->index);
}

static enum err find(struct vault *v, const char *text, struct id *out) {
  AUTO(bytes) struct bytes rows = {0};
  if (strcmp(text, "-") != 0) return id_parse(ID_USER, text, out);
  TRY(index_account_list(v->index, &rows));
  *out = INDEX_ROWS(struct index_account, rows)[0].id;
  return ERR_OK;
}

static enum err run(char **argv) {
  AUTO(unlock) struct unlock u = {0};
  AUTO(vault) struct vault *v = NULL;
  struct id user;
  int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_IO, "cannot open %s", argv[1]);
  TRY(secret_init());
  TRY(unlock_read_key_file(argv[2], &u));
  TRY(vault_open(dir, &u.secret, &v));
  TRY(find(v, argv[3], &user));
  TRY(index_begin(v->index));
  return map_in(v, &user, geteuid());
}

int main(int argc, char **argv) {
  enum err failure = argc == 4 ? run(argv) : ERR_USAGE;
  if (failure != ERR_OK) fprintf(stderr, "act_as: %s\n", argc == 4 ? err_text() : "VAULT KEY-FILE USER");
  return (int)failure;
}
