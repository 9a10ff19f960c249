/* backup, restore. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/backup.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/transact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whoever carries it out may stand in another folder: the full path goes along. */
static enum err add_path(struct request *rq, const char *option, const char *name, bool make) {
  const char *given = request_text(rq, option);
  if (!given) return ERR_OK;
  if (make && mkdir(given, 0700) && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make the folder %s", given);
  char *full = realpath(given, NULL);
  if (!full) return err_set_errno(io_failure(ERR_MISSING), "there is no folder %s", given);
  enum err e = request_add(rq, name, full, -1);
  free(full);
  return e;
}

/* ---- backup */

static enum err prepare_backup(const struct session *s, struct request *rq) {
  (void)s;
  return add_path(rq, "to", "folder", true);
}

static enum err note(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  return audit_append(v, *(const char **)context, ID_VAULT, &v->id, NULL);
}

static enum err note_last(struct vault *v, void *context, const struct request *rq) {
  (void)context;
  (void)rq;
  return backup_note(v);
}

static enum err backup_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct backup_result r;
  const char *folder = request_text(rq, "folder");
  TRY(account_require(s->vault, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "a backup"));
  TRY(transact(s->vault, note, (const char *[]){"backup.made"}, rq)); /* before: so that what is copied says so too */
  TRY(backup_make(s, folder, &r));
  TRY(transact(s->vault, note_last, NULL, rq));
  struct answer a = answer_begin(reply);
  answer_text(&a, "to", folder);
  answer_number(&a, "objects", (int64_t)r.objects);
  answer_number(&a, "bytes", (int64_t)r.bytes);
  answer_number(&a, "copied", (int64_t)r.copied);
  answer_number(&a, "removed", (int64_t)r.removed);
  answer_number(&a, "epoch", (int64_t)r.epoch);
  bytes_printf(&reply->text,
               "Backed up: %llu objects, %llu bytes, %llu of them copied this time. It opens nothing without a holder of the "
               "effaceable secret (clipvault replica list), and nothing that is destroyed later.\n",
               (unsigned long long)r.objects, (unsigned long long)r.bytes, (unsigned long long)r.copied);
  return answer_end(&a);
}

static const struct command_option backup_options[] = {
    {"--to", "DIR", OPTION_REQUIRED, "a folder of its own, new or with an earlier backup of this vault"},
    {"folder", NULL, OPTION_PREPARED, NULL},
    {0}};
const struct command cmd_backup = {
    .name = "backup",
    .group = "The vault",
    .synopsis = "--to DIR",
    .summary = "copy ciphertext, index and key nodes; keep it where you like",
    .help =
        "Copies the ciphertext, the index and the nodes of the key tree. None of it opens anything by itself, and whatever is "
        "destroyed later cannot be opened from it. The effaceable secret is not in it: a restore on another machine needs a "
        "holder (clipvault replica add --holder) and, for what happened since, a replica that follows (replica add --nodes). "
        "Given a folder with an earlier backup, it brings that up to date.\n\n"
        "  clipvault backup --to /mnt/backup/films",
    .options = backup_options,
    .flags = COMMAND_LASTS,
    .prepare = prepare_backup,
    .run = backup_run};

/* ---- restore */

static enum err prepare_restore(const struct session *s, struct request *rq) {
  (void)s;
  TRY(add_path(rq, "from", "folder", false));
  return add_path(rq, "keys", "keys-folder", false);
}

static enum err put_back(struct session *s, const struct request *rq, struct reply *reply) {
  struct backup_restored r;
  TRY(backup_restore(request_text(rq, "folder"), request_text(rq, "keys-folder"), s->vault_path, &r));
  struct answer a = answer_begin(reply);
  answer_text(&a, "vault", s->vault_path);
  answer_number(&a, "objects", (int64_t)r.objects);
  answer_number(&a, "missing", (int64_t)r.missing);
  bytes_printf(&reply->text, "Restored %llu objects into %s.\n", (unsigned long long)r.objects, s->vault_path);
  if (r.missing)
    bytes_printf(&reply->text, "%llu objects that its index names are not in the backup: those clips are lost.\n",
                 (unsigned long long)r.missing);
  bytes_put_text(&reply->text,
                 "It opens with the effaceable secret that belongs to it: name a holder in $CLIPVAULT_EFFACEABLE, unlock it, and "
                 "make a secret of its own with clipvault replica adopt. If anything was withdrawn, held or restricted since, "
                 "it stays shut unless a replica that followed was given with --keys.\n");
  return answer_end(&a);
}

static enum err drill(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(backup_drill) struct backup_drill d = {0};
  TRY(account_require(s->vault, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "a drill"));
  TRY(backup_drill(s, request_text(rq, "folder"), &d));
  bool ok = !d.wrong.length;
  TRY(transact(s->vault, note, (const char *[]){ok ? "restore.drilled" : "restore.failed-drill"}, rq));
  struct answer a = answer_begin(reply);
  answer_bool(&a, "ok", ok);
  answer_number(&a, "survivors", (int64_t)d.survivors);
  answer_number(&a, "dead", (int64_t)d.dead);
  answer_number(&a, "newer", (int64_t)d.newer);
  answer_array(&a, "problems");
  for (const char *line = bytes_text(&d.wrong); *line; line += strcspn(line, "\n") + 1) {
    AUTO(bytes) struct bytes one = {0};
    bytes_put(&one, line, strcspn(line, "\n"));
    answer_bytes(&a, NULL, &one);
  }
  answer_array_end(&a);
  bytes_printf(&reply->text,
               "%sOf the clips in this backup %llu open to their last byte, and %llu have ended and open with nothing.\n",
               bytes_text(&d.wrong), (unsigned long long)d.survivors, (unsigned long long)d.dead);
  if (d.newer) bytes_printf(&reply->text, "%llu clips are newer than the backup.\n", (unsigned long long)d.newer);
  TRY(answer_end(&a));
  reply->report = !ok;
  return ok ? ERR_OK : err_set(ERR_DATA, "the drill failed: make a new backup, and look at clipvault check --deep");
}

static enum err restore_run(struct session *s, const struct request *rq, struct reply *reply) {
  return request_flag(rq, "drill") ? drill(s, rq, reply) : put_back(s, rq, reply);
}

static const struct command_option restore_options[] = {
    {"--from", "DIR", OPTION_REQUIRED, "the backup"},
    {"--keys", "FOLDER", 0, "a replica that followed (clipvault replica add --nodes): the newest keys and index"},
    {"--drill", NULL, OPTION_SWITCH | OPTION_VAULT,
     "put nothing back: try whether it would work, and whether what ended stays shut"},
    {"folder", NULL, OPTION_PREPARED, NULL},
    {"keys-folder", NULL, OPTION_PREPARED, NULL},
    {0}};
const struct command cmd_restore = {
    .name = "restore",
    .group = "The vault",
    .synopsis = "--from DIR [--keys FOLDER] | --from DIR --drill",
    .summary = "make a vault of a backup, or try whether it would work",
    .help =
        "Makes a vault of a backup in the folder that --vault names, which must not be one yet. It opens with a slot's secret "
        "and a holder of the effaceable secret. What was withdrawn, destroyed, held or restricted since the backup is so in the "
        "restored vault, because its keys are those of the replica; without one it stays shut if anything happened since.\n\n"
        "With --drill nothing is put back: with the keys of the vault as it is, every clip in the backup is opened to its last "
        "byte, and every one that has ended since must open with nothing. Do it every month.\n\n"
        "  clipvault restore --from /mnt/backup/films --drill\n"
        "  clipvault --vault /srv/new restore --from /mnt/backup/films --keys /mnt/other/vault-keys",
    .options = restore_options,
    .flags = COMMAND_LASTS | COMMAND_NO_VAULT,
    .prepare = prepare_restore,
    .run = restore_run};
