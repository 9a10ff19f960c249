/* replica add, list, remove, adopt: what is kept of a vault elsewhere. Holders keep the effaceable secret, and every destruction
 * waits for them; replicas keep the nodes of keys.db, and nothing waits for them. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/cmd.h"
#include "vault/follow.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"
#include "vault/unlock.h"

#include <stdio.h>
#include <string.h>

struct entry {
  const char *verb, *name;
};

static enum err note(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct entry *e = context;
  return audit_append(v, e->verb, ID_VAULT, &v->id, e->name);
}

static const struct keystore_copy *find(const struct vault *v, const char *name) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(v->keys, &copies);
  for (size_t i = 0; i < count; i++)
    if (strcmp(copies[i].name, name) == 0) return &copies[i];
  return NULL;
}

/* ---- add */
static const char *name_for(const struct vault *v, const struct request *rq, bool holder, char room[KEYSTORE_NAME]) {
  const char *given = request_text(rq, "name");
  if (given) return given;
  for (int n = 1; n == 1 || find(v, room); n++) snprintf(room, KEYSTORE_NAME, "%s-%d", holder ? "holder" : "nodes", n);
  return room;
}

static enum err holder_place(const char *text, const char **out) {
  *out = text;
  if (unlock_is_tpm(text)) return ERR_OK;
  *out = text + strlen("file:");
  if (strncmp(text, "file:/", strlen("file:/")) == 0) return ERR_OK;
  if (strncmp(text, "ssh:", strlen("ssh:")) == 0)
    return err_set(ERR_UNAVAILABLE, "holders over ssh are not built yet; mount the other machine's folder, or use tpm:TCTI");
  return err_set(ERR_USAGE, "a holder is file:/absolute/path, tpm or tpm:TCTI, not \"%.60s\"", text);
}

static enum err nodes_place(const char *text) {
  if (text[0] == '/') return ERR_OK;
  if (strncmp(text, "ssh:", strlen("ssh:")) == 0)
    return err_set(ERR_UNAVAILABLE, "replicas over ssh are not built yet; mount the other machine's folder");
  return err_set(ERR_USAGE, "a replica of nodes is the absolute path of a folder, not \"%.60s\"", text);
}

static enum err add(struct vault *v, bool holder, const char *name, const char *where) {
  const char *place = where;
  if (!holder) {
    TRY(nodes_place(where));
    TRY(keystore_nodes_add(v->keys, name, where));
    return follow_begin(v); /* what this command changes is the first that it gets, with the whole before it */
  }
  TRY(holder_place(where, &place));
  return keystore_holder_add(v->keys, name, place);
}

static const char holder_words[] =
    "From now on no destruction ends before this holder has confirmed it. It can open the vault if the vault's own secret is "
    "lost.\n"
    "Never copy it: a copy of it would bring back what was destroyed.\n";
static const char nodes_words[] =
    "It gets what changes in keys.db and index.db, opens nothing by itself, and delays nothing: it lags while it is away.\n";

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  bool holder = request_flag(rq, "holder");
  char room[KEYSTORE_NAME];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "adding a holder or a replica"));
  if (holder == request_flag(rq, "nodes"))
    return err_set(ERR_USAGE, "say which: --holder (of the secret that every destruction replaces) or --nodes (of keys.db)");
  const char *name = name_for(s->vault, rq, holder, room);
  TRY(add(s->vault, holder, name, request_text(rq, "WHERE")));
  TRY(transact(s->vault, note, &(struct entry){holder ? "holder.added" : "replica.added", name}, rq));
  struct answer a = answer_begin(reply);
  answer_text(&a, "name", name);
  answer_text(&a, "kind", holder ? "holder" : "nodes");
  answer_text(&a, "assurance", keystore_assurance(s->vault->keys));
  bytes_printf(&reply->text, "Added the %s %s.\n%s", holder ? "holder" : "replica", name, holder ? holder_words : nodes_words);
  if (holder) bytes_printf(&reply->text, "The assurance of this vault is now: %s.\n", keystore_assurance(s->vault->keys));
  return answer_end(&a);
}

/* ---- list */
static const char *state_of(const struct keystore_copy *c) {
  if (c->kind == KEYSTORE_LOST) return "lost";
  if (!c->waiting) return "live";
  return c->kind == KEYSTORE_NODES ? "lagging" : "waiting";
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  const struct keystore_copy *copies;
  TRY(keystore_look(s->vault->keys));
  size_t count = keystore_copies(s->vault->keys, &copies);
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < count; i++) {
    const char *kind = copies[i].kind == KEYSTORE_NODES ? "nodes" : "holder";
    answer_object(&a, NULL);
    answer_text(&a, "name", copies[i].name);
    answer_text(&a, "kind", kind);
    answer_text(&a, "state", state_of(&copies[i]));
    answer_text(&a, "where", copies[i].where);
    answer_object_end(&a);
    bytes_printf(&reply->text, "%-16s %-7s %-8s %s\n", copies[i].name, kind, state_of(&copies[i]), copies[i].where);
  }
  if (!count)
    bytes_put_text(&reply->text, "Nothing of this vault is kept elsewhere: without a second holder it cannot be restored.\n");
  return answer_end(&a);
}

/* ---- remove, adopt */
static enum err remove_run(struct session *s, const struct request *rq, struct reply *reply) {
  const char *name = request_text(rq, "NAME");
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "removing a holder or a replica"));
  TRY(keystore_copy_remove(s->vault->keys, name, request_flag(rq, "lost")));
  bool lost = find(s->vault, name);
  TRY(transact(s->vault, note, &(struct entry){lost ? "holder.lost" : "replica.removed", name}, rq));
  struct answer a = answer_begin(reply);
  answer_text(&a, "name", name);
  answer_text(&a, "state", lost ? "lost" : "removed");
  bytes_printf(&reply->text,
               lost ? "%s is given up. What it keeps was not overwritten: certificates say so from now on. If it is "
                      "found, remove it once more.\n"
                    : "%s is removed.\n",
               name);
  return answer_end(&a);
}

static enum err adopt_run(struct session *s, const struct request *rq, struct reply *reply) {
  const char *wanted = request_text(rq, "effaceable");
  if (wanted && strcmp(wanted, "file") == 0) wanted = NULL;
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "making a new effaceable store"));
  if (wanted) TRY(holder_place(wanted, &wanted));
  TRY(keystore_adopt(s->vault->keys, wanted));
  TRY(transact(s->vault, note, &(struct entry){"effaceable.replaced", NULL}, rq));
  struct answer a = answer_begin(reply);
  answer_text(&a, "assurance", keystore_assurance(s->vault->keys));
  bytes_printf(
      &reply->text,
      "The vault has an effaceable store of its own again (assurance: %s). The one before counts as lost: if it is still "
      "somewhere, it keeps what opens old copies, and certificates say so.\n",
      keystore_assurance(s->vault->keys));
  return answer_end(&a);
}

static const struct command_option add_options[] = {
    {"WHERE", NULL, OPTION_REQUIRED, "of a holder file:/PATH, tpm or tpm:TCTI; of nodes the path of a folder"},
    {"--holder", NULL, OPTION_SWITCH, "a second place for the secret that every destruction replaces"},
    {"--nodes", NULL, OPTION_SWITCH, "a copy of keys.db that follows"},
    {"--name", "NAME", 0, "what it is called (holder-1, nodes-1, … otherwise)"},
    {0}};
const struct command cmd_replica_add = {
    .name = "replica add",
    .group = "The vault",
    .synopsis = "(--holder file:/PATH|tpm|tpm:TCTI | --nodes FOLDER) [--name NAME]",
    .summary = "what a restore on another machine needs, kept elsewhere",
    .help =
        "Without a second holder nothing can be restored once this machine or its secret is lost. A holder keeps the secret that "
        "every destruction replaces, so every destruction waits until it confirms; while it is away, viewing is denied at once, "
        "and the destruction stays pending (exit code 75) and names it. A replica of nodes follows keys.db and index.db, opens "
        "nothing by "
        "itself, and delays nothing.\n\n"
        "  clipvault replica add --holder file:/media/stick/holder --name stick\n"
        "  clipvault replica add --nodes /mnt/other/vault-keys\n\n"
        "A restore needs a holder, a replica (or the newest keys.db and index.db), and a backup (clipvault backup).",
    .options = add_options,
    .run = add_run};
const struct command cmd_replica_list = {
    .name = "replica list",
    .group = "The vault",
    .synopsis = "",
    .summary = "holders and replicas, and whether they answer",
    .help =
        "Lists what is kept of this vault elsewhere, and asks each holder whether it is up to "
        "date.",
    .run = list_run};
static const struct command_option remove_options[] = {
    {"NAME", NULL, OPTION_REQUIRED, "the holder or replica"},
    {"--lost", NULL, OPTION_SWITCH, "give up a holder that does not answer; certificates name it from now on"},
    {0}};
const struct command cmd_replica_remove = {
    .name = "replica remove",
    .group = "The vault",
    .synopsis = "NAME [--lost]",
    .summary = "a holder or replica less",
    .help =
        "Removes a holder, whose secret is overwritten and then replaced, or a replica, whose files stay where they are. A "
        "holder "
        "that does not answer can be given up with --lost; what it keeps may then still open old copies.",
    .options = remove_options,
    .run = remove_run};
static const struct command_option adopt_options[] = {
    {"--effaceable", "file[:PATH]|tpm", 0, "where the new secret lies; as init takes it"}, {0}};
const struct command cmd_replica_adopt = {
    .name = "replica adopt",
    .group = "The vault",
    .synopsis = "[--effaceable file[:PATH]|tpm]",
    .summary = "after a restore: the vault gets an effaceable store of its own again",
    .help =
        "Where the vault's own effaceable store is lost, a holder opens it (one that lies elsewhere by now is named in "
        "$CLIPVAULT_EFFACEABLE: its path, or tpm:… as replica list shows it). Nothing can be destroyed until this command has "
        "made "
        "a new store.",
    .options = adopt_options,
    .run = adopt_run};
