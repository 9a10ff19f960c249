/* A test tool, never shipped: begins a viewing as the player does, and says what that came to.
 *   look VAULT KEY-FILE USER CLIP PURPOSE [TIMES] */
#include "vault/account.h"
#include "vault/base/secret.h"
#include "vault/inquiry.h"
#include "vault/permit.h"
#include "vault/transact.h"
#include "vault/unlock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct viewing {
  struct id clip;
  enum purpose purpose;
};

static enum err use_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct viewing *w = context;
  return permit_use(v, &w->clip, w->purpose, NULL);
}

static enum err look(struct vault *v, const struct id *user, struct viewing *w) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, user, &a));
  TRY(vault_begin_as(v, user, a.generation));
  TRY(vault_age_check(v));
  TRY(inquiry_require(v, &(struct inquiry_about){&w->clip, POLICY_VIEW, w->purpose, NULL}, NULL));
  TRY(transact(v, use_in, w, NULL));
  return vault_end(v);
}

static enum err run(int argc, char **argv) {
  AUTO(unlock) struct unlock u = {0};
  AUTO(vault) struct vault *v = NULL;
  struct viewing w;
  struct id user;
  int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_IO, "cannot open %s", argv[1]);
  TRY(secret_init());
  TRY(unlock_read_key_file(argv[2], &u));
  TRY(vault_open(dir, &u.secret, &v));
  TRY(id_parse(ID_USER, argv[3], &user));
  TRY(id_parse(ID_CLIP, argv[4], &w.clip));
  TRY(purpose_parse(argv[5], &w.purpose));
  for (int times = argc > 6 ? atoi(argv[6]) : 1; times > 0; times--) TRY(look(v, &user, &w));
  return ERR_OK;
}

int main(int argc, char **argv) {
  enum err failure = argc == 6 || argc == 7 ? run(argc, argv) : ERR_USAGE;
  if (failure != ERR_OK) fprintf(stderr, "look: %s\n", argc >= 6 ? err_text() : "VAULT KEY-FILE USER CLIP PURPOSE [TIMES]");
  return (int)failure;
}
