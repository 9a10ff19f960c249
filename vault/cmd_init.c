/* init: makes a vault. */
#include "keys/keystore.h"
#include "vault/answer.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shares.h"
#include "vault/unlock.h"
#include "vault/vault.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct command_option options[] = {
    {"--slot", "KIND", 0, "how it will be unlocked: passphrase (asked for twice), key-file, shares or tpm"},
    {"--key-file", "F", 0, "the key file: made, readable by you alone, if it is not there"},
    SHARES_OPTIONS,
    {"--effaceable", "file[:PATH]|tpm", 0,
     "where the secret lies that every destruction replaces: in the machine's TPM if it has one, else on a device of its own if "
     "you can"},
    {0},
};

/* A key file that this call made is taken away again when the vault could not be made. */
static enum err key_file_secret(const char *path, bool *made, struct unlock *out) {
  if (!path) return err_set(ERR_USAGE, "--slot key-file needs --key-file F: where the key is or shall be");
  *made = access(path, F_OK) != 0 && errno == ENOENT;
  if (*made) TRY(slot_key_file_create(path));
  return unlock_read_key_file(path, out);
}

static enum err new_shares(const struct request *rq, struct shares_wanted *wanted, struct unlock *out) {
  enum err e = shares_wanted(rq, wanted);
  if (e == ERR_OK) e = shares_make(wanted, out);
  if (e != ERR_OK) wanted->folder = NULL; /* nothing to take back */
  return e;
}

static enum err effaceable_path(const char *text, const char **path) {
  *path = NULL;
  if (!text || strcmp(text, "file") == 0) return ERR_OK;
  if (strncmp(text, "file:", 5) == 0 && text[5] == '/') {
    *path = text + 5;
    return ERR_OK;
  }
  if (strncmp(text, "file:", 5) == 0)
    return err_set(ERR_USAGE, "--effaceable file:PATH needs an absolute path, as in file:/media/stick/effaceable");
  *path = text;
  if (unlock_is_tpm(text)) return ERR_OK;
  return err_set(ERR_USAGE, "--effaceable takes file, file:PATH or tpm, not \"%.40s\"", text);
}

static const char file_words[] =
    "Assurance: file, the weaker one. What is destroyed here stays destroyed against everyone who has old copies of this folder\n"
    "without its file \"effaceable\". Never copy that file: a copy of it would bring back what was destroyed.\n"
    "If it is lost, everything is lost: without a second holder (clipvault replica add --holder) no restore is possible.\n";
static const char tpm_words[] =
    "Assurance: tpm. What is destroyed here stays destroyed against everyone who has old copies of this folder.\n"
    "If this machine or its TPM is lost or cleared, everything is lost: without a second holder (clipvault replica add\n"
    "--holder) no restore is possible.\n";

static enum err make(const struct session *s, const struct unlock *unlock, const char *effaceable, struct reply *reply) {
  struct id vault;
  char text[ID_TEXT];
  TRY(vault_create(s->vault_path, &unlock->secret, effaceable, &vault));
  struct answer a = answer_begin(reply);
  answer_id(&a, "vault", ID_VAULT, &vault);
  const char *assurance = keystore_assurance_of(effaceable);
  answer_text(&a, "assurance", assurance);
  bytes_printf(&reply->text, "Made the vault %s in %s.\n%s", id_format(ID_VAULT, &vault, text), s->vault_path,
               strcmp(assurance, "tpm") == 0 ? tpm_words : file_words);
  return answer_end(&a);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(unlock) struct unlock unlock = {0};
  const char *key_file = request_text(rq, "key-file"), *path;
  const char *slot = request_text_or(rq, "slot", key_file ? "key-file" : "passphrase");
  struct shares_wanted wanted = {0};
  bool made = false;
  TRY(effaceable_path(request_text(rq, "effaceable"), &path));
  if (strcmp(slot, "key-file") == 0)
    TRY(key_file_secret(key_file, &made, &unlock));
  else if (strcmp(slot, "passphrase") == 0)
    TRY(unlock_choose_passphrase(&unlock));
  else if (strcmp(slot, "shares") == 0)
    TRY(new_shares(rq, &wanted, &unlock));
  else if (unlock_is_tpm(slot))
    TRY(unlock_make_tpm(slot, &unlock));
  else
    return err_set(ERR_USAGE, "--slot takes passphrase, key-file, shares or tpm, not \"%.40s\"", slot);
  enum err e = make(s, &unlock, path, reply);
  if (e != ERR_OK && made) unlink(key_file);
  if (e != ERR_OK && wanted.folder) shares_unmake(&wanted);
  return e;
}

const struct command cmd_init = {
    .name = "init",
    .group = "The vault",
    .synopsis = "[--slot passphrase|key-file|shares|tpm] [--key-file F] [--effaceable file[:PATH]|tpm]",
    .summary = "make a vault",
    .help =
        "Makes a vault in the folder that --vault or $CLIPVAULT_DIR names (./vault otherwise). You become its practitioner and "
        "its "
        "information-governance officer.\n\n"
        "  clipvault --vault /srv/films init --slot key-file --key-file /root/films.key\n"
        "  clipvault --vault /srv/films init --effaceable tpm\n\n"
        "With --effaceable tpm the secret lies in the machine's TPM and what was destroyed cannot come back with a copied disk; "
        "with a file it lies in one, which is weaker, and every certificate says which. A TPM slot opens the vault on this "
        "machine "
        "without asking anything. tpm alone takes the TPM that is there, tpm:TCTI (as in tpm:device:/dev/tpmrm0) a certain one; "
        "$CLIPVAULT_TPM2_TCTI goes before both.",
    .options = options,
    .flags = COMMAND_NO_VAULT | COMMAND_LOCAL,
    .run = run,
};
