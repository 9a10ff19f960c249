/* slot add, list, remove. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shares.h"
#include "vault/transact.h"
#include "vault/unlock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SLOT_MOST = 64 };

static enum err note(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const char *const *verb_and_slot = context;
  struct id slot;
  TRY(id_parse(ID_SLOT, verb_and_slot[1], &slot));
  return audit_append(v, verb_and_slot[0], ID_SLOT, &slot, NULL);
}

static enum err new_shares(const struct request *rq, struct unlock *out) {
  struct shares_wanted wanted;
  TRY(shares_wanted(rq, &wanted));
  return shares_make(&wanted, out);
}

static enum err new_secret(const struct request *rq, struct unlock *out) {
  const char *kind = request_text(rq, "KIND"), *path = request_text(rq, "new-key-file");
  if (strcmp(kind, "passphrase") == 0) return unlock_choose_passphrase(out);
  if (strcmp(kind, "shares") == 0) return new_shares(rq, out);
  if (unlock_is_tpm(kind)) return unlock_make_tpm(kind, out);
  if (strcmp(kind, "key-file") != 0)
    return err_set(ERR_USAGE, "a slot is passphrase, key-file, shares or tpm, not \"%.20s\"", kind);
  if (!path) return err_set(ERR_USAGE, "slot add key-file needs --new-key-file F: where the new key is or shall be");
  if (access(path, F_OK) != 0 && errno == ENOENT) TRY(slot_key_file_create(path));
  return unlock_read_key_file(path, out);
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(unlock) struct unlock secret = {0};
  struct id slot;
  char text[ID_TEXT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "adding a way to unlock"));
  TRY(new_secret(rq, &secret));
  enum err e = keystore_slot_add(s->vault->keys, &secret.secret, &slot);
  struct shares_wanted wanted;
  if (e != ERR_OK && secret.secret.kind == SLOT_SECRET_SHARES && shares_wanted(rq, &wanted) == ERR_OK) shares_unmake(&wanted);
  TRY(e);
  TRY(transact(s->vault, note, (const char *[]){"slot.added", id_format(ID_SLOT, &slot, text)}, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "slot", ID_SLOT, &slot);
  bytes_printf(&reply->text, "Added the slot %s.\n", text);
  if (secret.secret.kind == SLOT_SECRET_SHARES)
    bytes_printf(&reply->text, "Its sheets are in %s: print each, give it to one person, and delete the files.\n",
                 request_text(rq, "shares-to"));
  return answer_end(&a);
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  struct slot_info slots[SLOT_MOST];
  size_t count;
  char id[ID_TEXT], made[CLOCK_TEXT];
  TRY(keystore_slot_list(s->vault->keys, slots, SLOT_MOST, &count));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < count; i++) {
    answer_object(&a, NULL);
    answer_id(&a, "slot", ID_SLOT, &slots[i].id);
    answer_text(&a, "kind", slot_kind_name(slots[i].kind));
    answer_time(&a, "made_at", slots[i].created_ms);
    answer_object_end(&a);
    bytes_printf(&reply->text, "%s  %-10s  %s\n", id_format(ID_SLOT, &slots[i].id, id), slot_kind_name(slots[i].kind),
                 clock_format(slots[i].created_ms, made));
  }
  return answer_end(&a);
}

static enum err remove_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id slot;
  const char *text = request_text(rq, "SLOT");
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "removing a way to unlock"));
  TRY(id_parse(ID_SLOT, text, &slot));
  TRY(keystore_slot_remove(s->vault->keys, &slot));
  TRY(transact(s->vault, note, (const char *[]){"slot.removed", text}, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "slot", ID_SLOT, &slot);
  bytes_put_text(&reply->text, "Removed: that secret opens nothing any more, not even in an old copy of this vault.\n");
  return answer_end(&a);
}

static const struct command_option add_options[] = {
    {"KIND", NULL, OPTION_REQUIRED, "passphrase (asked for twice), key-file, shares or tpm"},
    {"--new-key-file", "F", 0, "the key file: made, readable by you alone, if it is not there"},
    SHARES_OPTIONS,
    {0}};
const struct command cmd_slot_add = {.name = "slot add",
                                     .group = "The vault",
                                     .synopsis = "passphrase | key-file --new-key-file F | shares --shares-to FOLDER | tpm",
                                     .summary = "one more way to unlock",
                                     .help =
                                         "Adds a way to unlock the vault. You are asked for one that opens it already: that "
                                         "\"clipvault unlock\" left it open does not "
                                         "count.\n\n"
                                         "  clipvault slot add key-file --new-key-file /media/stick/second.key\n"
                                         "  clipvault slot add shares --shares-to sheets --shares-needed 3 --shares-count 5\n\n"
                                         "Shares are for the day on which every other way is lost: words on paper, for several "
                                         "people, of whom so many must come together (clipvault --shares FILE unlock, or "
                                         "--shares - to type them). One alone says nothing at all.\n\n"
                                         "tpm (or tpm:TCTI) opens the vault on this machine without asking: for a server that "
                                         "starts by itself. Whoever may use its TPM and reads keys.db opens the vault, too.",
                                     .options = add_options,
                                     .flags = COMMAND_LOCAL | COMMAND_FRESH,
                                     .run = add_run};
const struct command cmd_slot_list = {.name = "slot list",
                                      .group = "The vault",
                                      .synopsis = "",
                                      .summary = "the ways to unlock",
                                      .help = "Lists the ways to unlock the vault.",
                                      .run = list_run};
static const struct command_option remove_options[] = {{"SLOT", NULL, OPTION_REQUIRED, "the slot"}, {0}};
const struct command cmd_slot_remove = {
    .name = "slot remove",
    .group = "The vault",
    .synopsis = "SLOT",
    .summary = "one way to unlock less",
    .help =
        "Removes a way to unlock and rotates the master key, so that its secret opens nothing any more, "
        "not even in an old copy. The last slot cannot be removed.",
    .options = remove_options,
    .run = remove_run};
