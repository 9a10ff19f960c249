/* user reclaim: a vault came to a machine where uids are others. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NOBODY = -1 };

/* Accounts that were changed from outside are nobody's. */
static enum err find_officer(struct vault *v, bool *acts_here, struct index_account *out) {
  AUTO(bytes) struct bytes rows = {0};
  bool found = false;
  *acts_here = false;
  TRY(index_account_list(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    struct index_account row;
    if (account_load(v, &INDEX_ROWS(struct index_account, rows)[i].id, &row, NULL) != ERR_OK) continue;
    if (!(row.roles & ACCOUNT_OFFICER) || strcmp(row.state, "live") != 0) continue;
    *acts_here |= row.uid != NOBODY && getpwuid((uid_t)row.uid) != NULL;
    if (!found) *out = row;
    found = true;
  }
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no officer in this vault whose account is as it was sealed");
}

struct reclaiming {
  struct index_account row;
  int64_t before;
};

static enum err reclaim_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct reclaiming *r = context;
  struct index_account other;
  char details[64];
  if (account_by_uid(v, r->row.uid, &other) == ERR_OK) { /* somebody whose uid on the other machine is ours here */
    other.uid = NOBODY;
    TRY(account_change(v, &other));
  }
  TRY(account_change(v, &r->row));
  v->actor = r->row;
  snprintf(details, sizeof details, "uid %lld instead of %lld", (long long)r->row.uid, (long long)r->before);
  return audit_append(v, "user.reclaimed", ID_USER, &r->row.id, details);
}

/* Whoever has a secret of the vault and owns its folder can do with it what they like, with or without this program; but where an
 * officer acts on this machine, they are to be asked. */
static enum err check_reclaim(const struct session *s, bool acts_here) {
  struct stat folder;
  if (fstat(s->vault->dir, &folder) != 0) return err_set_errno(ERR_IO, "cannot look at the vault's folder");
  if (s->vault->actor.roles & ACCOUNT_OFFICER) return err_set(ERR_REFUSED, "you act as an officer of this vault already");
  if (folder.st_uid != s->uid)
    return err_set(ERR_REFUSED, "the vault's folder is not yours; ask its officer to add you (clipvault user map)");
  if (acts_here) return err_set(ERR_REFUSED, "an officer of this vault has a uid on this machine; ask them (clipvault user map)");
  return ERR_OK;
}

static enum err reclaim_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct reclaiming r = {0};
  bool acts_here;
  char id[ID_TEXT];
  TRY(find_officer(s->vault, &acts_here, &r.row));
  TRY(check_reclaim(s, acts_here));
  r.before = r.row.uid;
  r.row.uid = (int64_t)s->uid;
  TRY(transact(s->vault, reclaim_in, &r, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &r.row.id);
  answer_number(&a, "uid", r.row.uid);
  bytes_printf(&reply->text, "You act as %s from now on, an officer of this vault. That is entered in its log.\n",
               id_format(ID_USER, &r.row.id, id));
  return answer_end(&a);
}

const struct command cmd_user_reclaim = {
    .name = "user reclaim",
    .group = "Users",
    .synopsis = "",
    .summary = "act in a vault of yours that came from another machine",
    .help =
        "On another machine your uid may be another, and then you are nobody in your own vault. Whoever has a secret that "
        "unlocks "
        "it and owns its folder becomes its first officer again, unless an officer of it has a uid here; the uid that was mapped "
        "before acts no more. It is entered in the audit log. The others are mapped anew with clipvault user map.",
    .flags = COMMAND_LOCAL | COMMAND_STRANGER,
    .run = reclaim_run};
