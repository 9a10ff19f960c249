/* user add, map, list, disable: who may act in the vault, as what, under which uid. */
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

/* Only an officer makes officers: else an administrator could promote themselves. */
static enum err require_may_change(const struct vault *v, uint32_t roles) {
  uint32_t needed = ACCOUNT_OFFICER | (roles & ACCOUNT_OFFICER ? 0 : ACCOUNT_ADMINISTRATOR);
  return account_require(v, needed, roles & ACCOUNT_OFFICER ? "changing an officer's account" : "changing who may act");
}

struct addition {
  const char *name;
  uint32_t roles;
  struct id id;
};

static enum err add_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct addition *add = context;
  TRY(account_add(v, add->name, NOBODY, add->roles, &add->id));
  return audit_append(v, "user.added", ID_USER, &add->id, NULL);
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct addition add = {.name = request_text(rq, "name")};
  char id[ID_TEXT];
  TRY(account_roles_parse(request_text(rq, "role"), &add.roles));
  TRY(require_may_change(s->vault, add.roles));
  TRY(transact(s->vault, add_in, &add, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &add.id);
  id_format(ID_USER, &add.id, id);
  bytes_printf(&reply->text, "Added %s. Until a uid is mapped to them they cannot act: clipvault user map UID %s\n", id, id);
  return answer_end(&a);
}

/* The account a change is about, as it stands; only one that lives. */
static enum err find(struct vault *v, const struct request *rq, struct index_account *out) {
  struct id id;
  TRY(id_parse(ID_USER, request_text(rq, "USER"), &id));
  TRY(account_load(v, &id, out, NULL));
  TRY(require_may_change(v, out->roles));
  return strcmp(out->state, "live") == 0 ? ERR_OK : err_set(ERR_MISSING, "this user was disabled");
}

static enum err map_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct index_account *row = context;
  TRY(account_change(v, row));
  return audit_append(v, "user.mapped", ID_USER, &row->id, NULL);
}

static enum err map_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct index_account row, there;
  uint64_t uid;
  char id[ID_TEXT];
  if (!bytes_parse_u64(request_text(rq, "UID"), UINT32_MAX - 1, &uid))
    return err_set(ERR_USAGE, "a uid is a number (id -u NAME tells it), not \"%.40s\"", request_text(rq, "UID"));
  TRY(find(s->vault, rq, &row));
  if (index_account_by_uid(s->vault->index, (int64_t)uid, &there) == ERR_OK && !id_equal(&there.id, &row.id))
    return err_set(ERR_REFUSED, "uid %llu acts as %s already", (unsigned long long)uid, id_format(ID_USER, &there.id, id));
  row.uid = (int64_t)uid;
  TRY(transact(s->vault, map_in, &row, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &row.id);
  answer_number(&a, "uid", row.uid);
  bytes_printf(&reply->text, "uid %llu acts as %s from now on.\n", (unsigned long long)uid, id_format(ID_USER, &row.id, id));
  return answer_end(&a);
}

/* A vault without an officer could never again be put right. */
static enum err require_another_officer(struct vault *v, const struct index_account *leaving) {
  AUTO(bytes) struct bytes rows = {0};
  if (!(leaving->roles & ACCOUNT_OFFICER)) return ERR_OK;
  TRY(index_account_list(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    const struct index_account *r = &INDEX_ROWS(struct index_account, rows)[i];
    if ((r->roles & ACCOUNT_OFFICER) && r->uid != NOBODY && !id_equal(&r->id, &leaving->id)) return ERR_OK;
  }
  return err_set(ERR_REFUSED, "this is the last officer who can act; map a uid to another one first");
}

static enum err disable_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct index_account *row = context;
  TRY(account_change(v, row));
  return audit_append(v, "user.disabled", ID_USER, &row->id, NULL);
}

static enum err disable_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct index_account row;
  TRY(find(s->vault, rq, &row));
  TRY(require_another_officer(s->vault, &row));
  row.uid = NOBODY;
  snprintf(row.state, sizeof row.state, "disabled");
  TRY(transact(s->vault, disable_in, &row, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &row.id);
  answer_text(&a, "state", row.state);
  bytes_put_text(&reply->text,
                 "Disabled: they cannot act any more. What they did stays in the log under their id. A secret they know "
                 "still opens the vault: clipvault slot remove\n");
  return answer_end(&a);
}

static enum err write_user(struct vault *v, struct answer *a, const struct id *user, struct bytes *text) {
  AUTO(bytes) struct bytes name = {0}, roles = {0};
  struct index_account loaded, *row = &loaded;
  char id[ID_TEXT];
  TRY(account_load(v, user, row, &name));
  account_roles_put(&roles, row->roles);
  TRY(bytes_check(&roles));
  answer_id(a, "user", ID_USER, &row->id);
  answer_bytes(a, "name", &name);
  answer_bytes(a, "roles", &roles);
  answer_text(a, "state", row->state);
  if (row->uid == NOBODY)
    answer_null(a, "uid");
  else
    answer_number(a, "uid", row->uid);
  bytes_printf(text, "%s  %-8s  %-28s  ", id_format(ID_USER, &row->id, id), row->state, bytes_text(&roles));
  bytes_put_plain(text, bytes_text(&name), name.length);
  if (row->uid != NOBODY) bytes_printf(text, " (uid %lld)", (long long)row->uid);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  AUTO(bytes) struct bytes rows = {0};
  TRY(account_require(s->vault, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "listing users"));
  TRY(index_account_list(s->vault->index, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    answer_object(&a, NULL);
    TRY(write_user(s->vault, &a, &INDEX_ROWS(struct index_account, rows)[i].id, &reply->text));
    answer_object_end(&a);
  }
  return answer_end(&a);
}

/* ---- reclaim: a vault came to a machine where uids are others */

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

static const struct command_option add_options[] = {
    {"--name", "N", OPTION_REQUIRED, "their name; sealed"},
    {"--role", "R1,R2", OPTION_REQUIRED, "of practitioner, supervisor, officer, administrator"},
    {0}};
const struct command cmd_user_add = {.name = "user add",
                                     .group = "Users",
                                     .synopsis = "--name N --role R1,R2",
                                     .summary = "someone who may act in the vault",
                                     .help =
                                         "Adds a user. A command acts as the user that is mapped to the uid of whoever calls it. "
                                         "Only an officer adds officers.\n\n"
                                         "  clipvault user add --name \"Ida Example\" --role practitioner\n"
                                         "  clipvault user map 1002 usr_…",
                                     .options = add_options,
                                     .run = add_run};

static const struct command_option map_options[] = {
    {"UID", NULL, OPTION_REQUIRED, "a number, as id -u tells it"}, {"USER", NULL, OPTION_REQUIRED, "the user"}, {0}};
const struct command cmd_user_map = {
    .name = "user map",
    .group = "Users",
    .synopsis = "UID USER",
    .summary = "whoever has this uid acts as this user",
    .help = "Maps a uid of this machine to a user of the vault, instead of the one they had. They still need a way to unlock it.",
    .options = map_options,
    .run = map_run};

const struct command cmd_user_list = {.name = "user list",
                                      .group = "Users",
                                      .synopsis = "",
                                      .summary = "who may act in the vault",
                                      .help = "Lists all users, those who were disabled too.",
                                      .run = list_run};

static const struct command_option disable_options[] = {{"USER", NULL, OPTION_REQUIRED, "the user"}, {0}};
const struct command cmd_user_disable = {
    .name = "user disable",
    .group = "Users",
    .synopsis = "USER",
    .summary = "they cannot act any more",
    .help =
        "Takes a user's uid away, for good. Cases that are theirs stay theirs in the books. The last officer cannot be disabled.",
    .options = disable_options,
    .run = disable_run};

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
