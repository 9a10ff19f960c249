/* user add, map, list, show, disable, enable: who may act in the vault, as what, under which uid, until when. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/cmd_signin.h"
#include "vault/credential.h"
#include "vault/permit.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/signin.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

enum { NOBODY = -1 };

/* ---- add */

struct addition {
  struct account account;
  struct password_record record;
  bool with_password;
};
static void addition_auto(struct addition *add) { account_free(&add->account); }

static enum err add_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct addition *add = context;
  TRY(account_add(v, &add->account));
  if (add->with_password) TRY(signin_set_password(v, &add->account.row.id, &add->record, false));
  return audit_append(v, "user.added", ID_USER, &add->account.row.id, NULL);
}

/* From another service: for a while, and only to look on. */
static enum err read_external(struct vault *v, const struct request *rq, struct account *a) {
  const char *until = request_text(rq, "until"), *agreement = request_text(rq, "agreement");
  a->external = request_flag(rq, "external");
  a->until_ms = CLOCK_NEVER_MS;
  if (!a->external && (until || agreement)) return err_set(ERR_USAGE, "--until and --agreement go with --external");
  if (!a->external) return ERR_OK;
  if (a->row.roles != ACCOUNT_SUPERVISOR)
    return err_set(ERR_USAGE, "--external is for supervisors, and for no other role beside it");
  if (!until) return err_set(ERR_USAGE, "--external needs --until: on that day their access ends by itself");
  TRY(clock_parse(until, &a->until_ms));
  if (a->until_ms <= vault_now_ms(v)) return err_set(ERR_USAGE, "--until lies in the past");
  bytes_put_text(&a->agreement, agreement ? agreement : "");
  return bytes_check(&a->agreement);
}

static enum err read_addition(struct vault *v, const struct request *rq, struct addition *add) {
  struct account *a = &add->account;
  a->row.uid = NOBODY;
  bytes_put_text(&a->name, request_text(rq, "name"));
  TRY(bytes_check(&a->name));
  TRY(account_roles_parse(request_text(rq, "role"), &a->row.roles));
  TRY(account_require_may_change(v, a->row.roles));
  TRY(read_external(v, rq, a));
  TRY(cmd_signin_record(rq, &add->record, &add->with_password));
  return add->with_password ? account_require(v, ACCOUNT_OFFICER, "giving somebody a password") : ERR_OK;
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(addition) struct addition add = {0};
  char id[ID_TEXT];
  TRY(read_addition(s->vault, rq, &add));
  TRY(transact(s->vault, add_in, &add, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &add.account.row.id);
  id_format(ID_USER, &add.account.row.id, id);
  bytes_printf(&reply->text, "Added %s.", id);
  if (!add.with_password)
    bytes_printf(&reply->text,
                 " Until a uid is mapped to them (clipvault user map UID %s) or they have a password (clipvault user "
                 "password %s) they cannot act.",
                 id, id);
  bytes_put_text(&reply->text, "\n");
  return answer_end(&a);
}

/* ---- map */

/* The account a change is about, as it stands; only one that lives. */
static enum err find(struct vault *v, const struct request *rq, struct account *out) {
  struct id id;
  TRY(id_parse(ID_USER, request_text(rq, "USER"), &id));
  TRY(account_read(v, &id, out));
  TRY(account_require_may_change(v, out->row.roles));
  return strcmp(out->row.state, "live") == 0 ? ERR_OK : err_set(ERR_MISSING, "this user was disabled");
}

struct change {
  const struct account *account;
  const char *verb;
};

static enum err change_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct change *c = context;
  TRY(account_write(v, c->account));
  return audit_append(v, c->verb, ID_USER, &c->account->row.id, NULL);
}

static enum err map_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(account) struct account a = {0};
  struct index_account there;
  uint64_t uid;
  char id[ID_TEXT];
  if (!bytes_parse_u64(request_text(rq, "UID"), UINT32_MAX - 1, &uid))
    return err_set(ERR_USAGE, "a uid is a number (id -u NAME tells it), not \"%.40s\"", request_text(rq, "UID"));
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "saying who acts as whom"));
  TRY(find(s->vault, rq, &a));
  if (index_account_by_uid(s->vault->index, (int64_t)uid, &there) == ERR_OK && !id_equal(&there.id, &a.row.id))
    return err_set(ERR_REFUSED, "uid %llu acts as %s already", (unsigned long long)uid, id_format(ID_USER, &there.id, id));
  a.row.uid = (int64_t)uid;
  TRY(transact(s->vault, change_in, &(struct change){&a, "user.mapped"}, rq));
  struct answer answer = answer_begin(reply);
  answer_id(&answer, "user", ID_USER, &a.row.id);
  answer_number(&answer, "uid", a.row.uid);
  bytes_printf(&reply->text, "uid %llu acts as %s from now on.\n", (unsigned long long)uid, id_format(ID_USER, &a.row.id, id));
  return answer_end(&answer);
}

/* ---- disable, enable */

static enum err can_act(struct vault *v, const struct account *a, bool *can) {
  AUTO(credential) struct credential *held = credential_new();
  TRY(credential_load(v, &a->row.id, held));
  *can = account_standing(a, vault_now_ms(v)) == ACCOUNT_ACTS && (a->row.uid != NOBODY || held->password.kib);
  return ERR_OK;
}

/* A vault without an officer could never again be put right. */
static enum err require_another_officer(struct vault *v, const struct account *leaving) {
  AUTO(bytes) struct bytes rows = {0};
  bool can = false;
  if (!(leaving->row.roles & ACCOUNT_OFFICER)) return ERR_OK;
  TRY(index_account_list(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows) && !can; i++) {
    AUTO(account) struct account other = {0};
    const struct id *id = &INDEX_ROWS(struct index_account, rows)[i].id;
    if (id_equal(id, &leaving->row.id) || account_read(v, id, &other) != ERR_OK) continue;
    if (other.row.roles & ACCOUNT_OFFICER) TRY(can_act(v, &other, &can));
  }
  return can ? ERR_OK : err_set(ERR_REFUSED, "this is the last officer who can act; map a uid to another one first");
}

static enum err disable_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(account) struct account a = {0};
  TRY(find(s->vault, rq, &a));
  TRY(require_another_officer(s->vault, &a));
  a.row.uid = NOBODY;
  a.generation++; /* their sessions have ended */
  snprintf(a.row.state, sizeof a.row.state, "disabled");
  TRY(transact(s->vault, change_in, &(struct change){&a, "user.disabled"}, rq));
  struct answer answer = answer_begin(reply);
  answer_id(&answer, "user", ID_USER, &a.row.id);
  answer_text(&answer, "state", a.row.state);
  bytes_put_text(&reply->text,
                 "Disabled: they cannot act any more. What they did stays in the log under their id. A secret they know "
                 "still opens the vault: clipvault slot remove\n");
  return answer_end(&answer);
}

static enum err enable_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(account) struct account a = {0}, same = {0};
  struct id id;
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "enabling a user"));
  TRY(id_parse(ID_USER, request_text(rq, "USER"), &id));
  TRY(account_read(s->vault, &id, &a));
  if (strcmp(a.row.state, "live") == 0) return err_set(ERR_MISSING, "this user is not disabled");
  if (account_by_name(s->vault, bytes_text(&a.name), &same) == ERR_OK)
    return err_set(ERR_REFUSED, "another user is called the same by now; add one with a name that tells them apart");
  snprintf(a.row.state, sizeof a.row.state, "live");
  TRY(transact(s->vault, change_in, &(struct change){&a, "user.enabled"}, rq));
  struct answer answer = answer_begin(reply);
  answer_id(&answer, "user", ID_USER, &a.row.id);
  answer_text(&answer, "state", a.row.state);
  bytes_put_text(&reply->text, "Enabled. The uid they had is not theirs again (clipvault user map); the password is.\n");
  return answer_end(&answer);
}

/* ---- list, show */

static void write_external(struct answer *a, const struct account *who, struct bytes *text) {
  char until[CLOCK_TEXT];
  answer_bool(a, "external", who->external);
  if (!who->external) return;
  answer_time(a, "until", who->until_ms);
  answer_bytes(a, "agreement", &who->agreement);
  bytes_printf(text, " (external, until %s)", clock_format(who->until_ms, until));
}

static enum err write_user(struct vault *v, struct answer *a, const struct id *user, struct bytes *text) {
  AUTO(account) struct account who = {0};
  AUTO(credential) struct credential *held = credential_new();
  AUTO(bytes) struct bytes roles = {0};
  char id[ID_TEXT];
  TRY(account_read(v, user, &who));
  TRY(credential_load(v, user, held));
  const char *state = account_standing(&who, vault_now_ms(v)) == ACCOUNT_ENDED ? "ended" : who.row.state;
  account_roles_put(&roles, who.row.roles);
  TRY(bytes_check(&roles));
  answer_id(a, "user", ID_USER, user);
  answer_bytes(a, "name", &who.name);
  answer_bytes(a, "roles", &roles);
  answer_text(a, "state", state);
  if (who.row.uid == NOBODY)
    answer_null(a, "uid");
  else
    answer_number(a, "uid", who.row.uid);
  answer_bool(a, "password", held->password.kib != 0);
  answer_bool(a, "totp", held->has_totp);
  bytes_printf(text, "%s  %-8s  %-28s  ", id_format(ID_USER, user, id), state, bytes_text(&roles));
  bytes_put_plain(text, bytes_text(&who.name), who.name.length);
  if (who.row.uid != NOBODY) bytes_printf(text, " (uid %lld)", (long long)who.row.uid);
  if (held->password.kib) bytes_put_text(text, held->has_totp ? " (signs in, with a code)" : " (signs in)");
  write_external(a, &who, text);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

/* Who supervises whom: of the links that stand, theirs on one side, the others on the other. `text` may be NULL. */
static enum err write_links(struct vault *v, struct answer *a, const struct id *user, bool as_supervisor, struct bytes *text) {
  AUTO(bytes) struct bytes permits = {0};
  char id[ID_TEXT];
  TRY(permit_list(v, as_supervisor ? user : NULL, as_supervisor ? NULL : user, &permits));
  answer_array(a, as_supervisor ? "supervises" : "supervised_by");
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    const struct id *whom = as_supervisor ? &p->target : &p->account;
    if (p->kind != PERMIT_LINK || permit_standing(p, vault_now_ms(v)) != POLICY_GRANT_STANDS) continue;
    answer_id(a, NULL, ID_USER, whom);
    if (text) bytes_printf(text, "  %s %s\n", as_supervisor ? "supervises" : "supervised by", id_format(ID_USER, whom, id));
  }
  answer_array_end(a);
  return ERR_OK;
}

/* To a practitioner: those with whom a clip can be shared, by name and role, and no more of them. */
static enum err write_colleague(struct vault *v, struct answer *a, const struct id *user, struct bytes *text) {
  AUTO(account) struct account who = {0};
  AUTO(bytes) struct bytes roles = {0};
  char id[ID_TEXT];
  TRY(account_read(v, user, &who));
  if (account_standing(&who, vault_now_ms(v)) != ACCOUNT_ACTS) return ERR_OK;
  if (!(who.row.roles & (ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR))) return ERR_OK;
  account_roles_put(&roles, who.row.roles);
  TRY(bytes_check(&roles));
  answer_object(a, NULL);
  answer_id(a, "user", ID_USER, user);
  answer_bytes(a, "name", &who.name);
  answer_bytes(a, "roles", &roles);
  answer_object_end(a);
  bytes_printf(text, "%s  %-28s  ", id_format(ID_USER, user, id), bytes_text(&roles));
  bytes_put_plain(text, bytes_text(&who.name), who.name.length);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

static enum err write_account(struct vault *v, struct answer *a, const struct id *user, struct bytes *text) {
  answer_object(a, NULL);
  TRY(write_user(v, a, user, text));
  TRY(write_links(v, a, user, true, NULL));
  answer_object_end(a);
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  AUTO(bytes) struct bytes rows = {0};
  bool whole = (s->vault->actor.roles & (ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR)) != 0;
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "listing users"));
  TRY(index_account_list(s->vault->index, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    const struct id *id = &INDEX_ROWS(struct index_account, rows)[i].id;
    TRY(whole ? write_account(s->vault, &a, id, &reply->text) : write_colleague(s->vault, &a, id, &reply->text));
  }
  return answer_end(&a);
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id id;
  TRY(id_parse(ID_USER, request_text(rq, "USER"), &id));
  if (!id_equal(&id, &s->vault->actor.id))
    TRY(account_require(s->vault, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "looking at others' accounts"));
  struct answer a = answer_begin(reply);
  TRY(write_user(s->vault, &a, &id, &reply->text));
  TRY(write_links(s->vault, &a, &id, true, &reply->text));
  TRY(write_links(s->vault, &a, &id, false, &reply->text));
  return answer_end(&a);
}

static const struct command_option add_options[] = {
    {"--name", "N", OPTION_REQUIRED, "their name; sealed"},
    {"--role", "R1,R2", OPTION_REQUIRED, "of practitioner, supervisor, officer, administrator"},
    {"--external", NULL, OPTION_SWITCH, "a supervisor of another service"},
    {"--until", "DATE", 0, "with --external: the day on which their access ends"},
    {"--agreement", "REF", 0, "with --external: the agreement's reference; sealed"},
    CMD_SIGNIN_PASSWORD,
    {0}};
const struct command cmd_user_add = {
    .name = "user add",
    .group = "Users",
    .synopsis = "--name N --role R1,R2 [--external --until DATE [--agreement REF]] [--password-file F]",
    .summary = "someone who may act in the vault",
    .help =
        "Adds a user. A command acts as the user that is mapped to the uid of whoever calls it; who "
        "signs in in a browser needs a password. Only an officer adds officers and gives passwords. "
        "An external supervisor's access ends by itself, at the end of a day.\n\n"
        "  clipvault user add --name \"Ida Example\" --role practitioner\n"
        "  clipvault user map 1002 usr_…\n"
        "  clipvault user add --name \"Sue Sample\" --role supervisor --external --until 2027-03-31 "
        "--agreement DSA-17 --password-file sue.txt",
    .options = add_options,
    .prepare = cmd_signin_prepare,
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

const struct command cmd_user_list = {
    .name = "user list",
    .group = "Users",
    .synopsis = "",
    .summary = "who may act in the vault",
    .help =
        "Lists all users, those who were disabled too. To a practitioner: with whom a clip can be "
        "shared, by name and role.",
    .run = list_run};

static const struct command_option disable_options[] = {{"USER", NULL, OPTION_REQUIRED, "the user"}, {0}};
const struct command cmd_user_disable = {.name = "user disable",
                                         .group = "Users",
                                         .synopsis = "USER",
                                         .summary = "they cannot act any more",
                                         .help =
                                             "Takes a user's uid away and ends their sessions. Cases that are theirs stay theirs "
                                             "in the books. The last officer cannot be disabled.",
                                         .options = disable_options,
                                         .run = disable_run};

static const struct command_option enable_options[] = {{"USER", NULL, OPTION_REQUIRED, "the user"}, {0}};
const struct command cmd_user_enable = {.name = "user enable",
                                        .group = "Users",
                                        .synopsis = "USER",
                                        .summary = "a disabled user may act again",
                                        .help =
                                            "Takes a user's disabling back. They have no uid afterwards, and every session of "
                                            "theirs stays ended; what they sign in with is what it was. For an officer.",
                                        .options = enable_options,
                                        .run = enable_run};

static const struct command_option show_options[] = {{"USER", NULL, OPTION_REQUIRED, "the user"}, {0}};
const struct command cmd_user_show = {.name = "user show",
                                      .group = "Users",
                                      .synopsis = "USER",
                                      .summary = "one user",
                                      .help = "Shows one user: what they may be, how they sign in, until when.",
                                      .options = show_options,
                                      .run = show_run};
