#include "vault/unlock.h"

#include "keys/keystore.h"
#include "vault/base/log.h"
#include "vault/keyring.h"
#include "vault/shares.h"
#include "vault/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void unlock_free(struct unlock *u) {
  secret_free(u->held);
  bytes_free(&u->sealed);
  *u = (struct unlock){0};
}

static void hold_key(struct unlock *out, int kind, struct secret_key *key) {
  uint8_t *held = secret_alloc(sizeof key->b);
  memcpy(held, key->b, sizeof key->b);
  *out = (struct unlock){.held = held};
  out->secret.kind = kind;
  out->secret.bytes = held;
  out->secret.length = sizeof key->b;
}

enum err unlock_read_key_file(const char *path, struct unlock *out) {
  SECRET_KEY(key);
  TRY(slot_key_file_read(path, key));
  hold_key(out, SLOT_SECRET_KEY_FILE, key);
  return ERR_OK;
}

/* The name says which vault without opening it: the folder itself, wherever it is mounted or linked from. */
static enum err keyring_name(int dirfd, char out[64]) {
  struct stat st;
  if (fstat(dirfd, &st)) return err_set_errno(ERR_IO, "cannot look at the vault's folder");
  snprintf(out, 64, "clipvault:%llx:%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
  return ERR_OK;
}

static enum err from_keyring(int dirfd, struct unlock *out) {
  SECRET_KEY(key);
  char name[64];
  TRY(keyring_name(dirfd, name));
  TRY(keyring_get(name, key));
  hold_key(out, SLOT_SECRET_MRK, key);
  out->from_keyring = true;
  return ERR_OK;
}

static enum err from_question(const char *question, struct unlock *out) {
  AUTO(unlock) struct unlock u = {.held = secret_alloc(UNLOCK_MOST_PASSPHRASE)};
  TRY(terminal_ask_secret(question, u.held, UNLOCK_MOST_PASSPHRASE, &u.secret.length));
  u.secret.kind = SLOT_SECRET_PASSPHRASE;
  u.secret.bytes = u.held;
  *out = u;
  u = (struct unlock){0};
  return ERR_OK;
}

/* systemd hands a service its secrets as files in a folder of its own. */
static bool credential_path(char *out, size_t room) {
  const char *folder = getenv("CREDENTIALS_DIRECTORY");
  if (!folder || !*folder) return false;
  return snprintf(out, room, "%s/clipvault.key", folder) < (int)room && access(out, F_OK) == 0;
}

/* Without a prompt. That this machine's TPM is not the one, or does not answer, leaves the other ways. */
static enum err from_tpm(int dirfd, struct unlock *out) {
  SECRET_KEY(key);
  enum err e = keystore_tpm_secret(dirfd, key);
  if (e == ERR_OK)
    hold_key(out, SLOT_SECRET_TPM, key);
  else if (e != ERR_MISSING)
    log_warn("the TPM slot does not open this vault: %s", err_text());
  return e;
}

enum err unlock_make_tpm(const char *kind, struct unlock *out) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(key);
  TRY(slot_tpm_make(kind[3] ? kind + 4 : "", key, &sealed));
  hold_key(out, SLOT_SECRET_TPM, key);
  out->sealed = sealed;
  sealed = (struct bytes){0};
  out->secret.sealed = &out->sealed;
  return ERR_OK;
}

enum err unlock_obtain(const struct unlock_named *named, int dirfd, bool fresh, struct unlock *out) {
  char credential[4096];
  const char *usual = getenv("CLIPVAULT_KEY_FILE");
  if (named->key_file) return unlock_read_key_file(named->key_file, out);
  if (named->shares) return shares_read(named->shares, out);
  if (usual && *usual) return unlock_read_key_file(usual, out);
  if (credential_path(credential, sizeof credential)) return unlock_read_key_file(credential, out);
  if (from_tpm(dirfd, out) == ERR_OK) return ERR_OK;
  if (!fresh && from_keyring(dirfd, out) == ERR_OK) return ERR_OK;
  if (terminal_is_there()) return from_question("Passphrase: ", out);
  return err_set(
      ERR_REFUSED,
      "the vault is locked: use --key-file FILE, --shares FILE, $CLIPVAULT_KEY_FILE, the systemd credential clipvault.key, "
      "a TPM slot, `clipvault unlock` beforehand, or a terminal to type the passphrase on");
}

static bool is_same(const struct unlock *a, const struct unlock *b) {
  return a->secret.length == b->secret.length && !memcmp(a->held, b->held, a->secret.length);
}

enum err unlock_choose_passphrase(struct unlock *out) {
  AUTO(unlock) struct unlock first = {0}, second = {0};
  if (!terminal_is_there())
    return err_set(ERR_UNAVAILABLE, "there is no terminal to choose a passphrase on; use --key-file FILE instead");
  TRY(from_question("New passphrase: ", &first));
  if (first.secret.length < UNLOCK_LEAST_PASSPHRASE)
    return err_set(ERR_USAGE, "a passphrase needs at least %d characters; several words make a good one",
                   UNLOCK_LEAST_PASSPHRASE);
  TRY(from_question("The same again: ", &second));
  if (!is_same(&first, &second)) return err_set(ERR_USAGE, "the two passphrases differ; nothing was changed");
  *out = first;
  first = (struct unlock){0};
  return ERR_OK;
}

enum err unlock_remember(int dirfd, const struct secret_key *mrk, uint32_t seconds) {
  char name[64];
  if (!seconds || seconds > UNLOCK_MOST_SECONDS)
    return err_set(ERR_USAGE, "a vault stays unlocked for at least a second and at most %d hours", UNLOCK_MOST_SECONDS / 3600);
  TRY(keyring_name(dirfd, name));
  return keyring_put(name, mrk, seconds);
}

enum err unlock_forget(int dirfd) {
  char name[64];
  TRY(keyring_name(dirfd, name));
  enum err e = keyring_remove(name);
  return e == ERR_MISSING ? ERR_OK : e;
}
