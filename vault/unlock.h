/* Where the secret comes from that unlocks a vault. First that applies: --key-file, --shares, $CLIPVAULT_KEY_FILE, the systemd
 * credential clipvault.key, a TPM slot, what `clipvault unlock` left in the kernel keyring, a passphrase typed on the terminal.
 */
#ifndef CLIPVAULT_UNLOCK_H
#define CLIPVAULT_UNLOCK_H

#include "keys/slot.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { UNLOCK_LEAST_PASSPHRASE = 8, UNLOCK_MOST_PASSPHRASE = 1024, UNLOCK_MOST_SECONDS = 24 * 60 * 60 };

struct unlock {
  struct slot_secret secret; /* its bytes are `held` */
  uint8_t *held;             /* owned, in the arena */
  bool from_keyring;
  struct bytes sealed; /* of a new TPM slot, what its secret is sealed to; secret.sealed points to it then */
};

void unlock_free(struct unlock *u); /* wipes; takes any state */
#define unlock_auto unlock_free

/* What the command line named; each may be NULL. */
struct unlock_named {
  const char *key_file, *shares;
};
/* dirfd is the vault's folder; `fresh` skips the keyring. A TPM slot that does not open is said on the log, and passed over.
 * ERR_REFUSED naming the ways, if none applies and there is no terminal. */
enum err unlock_obtain(const struct unlock_named *named, int dirfd, bool fresh, struct unlock *out);

/* For init and slot add: a new passphrase, typed twice, at least UNLOCK_LEAST_PASSPHRASE bytes. */
enum err unlock_choose_passphrase(struct unlock *out);
/* The 32 bytes of a key file. */
enum err unlock_read_key_file(const char *path, struct unlock *out);

/* A new secret that this machine's TPM keeps; `kind` is "tpm" or "tpm:TCTI". */
enum err unlock_make_tpm(const char *kind, struct unlock *out);
static inline bool unlock_is_tpm(const char *kind) { return strcmp(kind, "tpm") == 0 || strncmp(kind, "tpm:", 4) == 0; }

/* Leaves the MRK of the vault in `dirfd` in the kernel's keyring of this uid for so many seconds, replacing an earlier
 * one; forgets it again (fine if there is none). */
enum err unlock_remember(int dirfd, const struct secret_key *mrk, uint32_t seconds);
enum err unlock_forget(int dirfd);

#endif
