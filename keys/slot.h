/* Slots: the ways to unlock a vault. Each is an X25519 pair whose private half lies under the slot's secret; the MRK is
 * sealed to the public half, so it can be rotated without asking anyone for a secret. */
#ifndef CLIPVAULT_KEYS_SLOT_H
#define CLIPVAULT_KEYS_SLOT_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/base/secret.h"

#include <stddef.h>
#include <stdint.h>

enum slot_kind { SLOT_PASSPHRASE = 1, SLOT_KEY_FILE = 2, SLOT_SHARES = 3, SLOT_TPM = 4 };

/* What somebody brings to unlock. Borrowed for the call; lives in the arena. */
struct slot_secret {
  enum {
    SLOT_SECRET_PASSPHRASE = 1,
    SLOT_SECRET_KEY_FILE = 2,
    SLOT_SECRET_SHARES = 3,
    SLOT_SECRET_TPM = 4,
    SLOT_SECRET_MRK = 100
  } kind;
  const uint8_t *bytes; /* passphrase as typed (UTF-8), the 32 bytes of a key file, of joined shares or of a TPM, or the MRK */
  size_t length;
  const struct bytes *sealed; /* only when a TPM slot is made: what slot_tpm_make gave with its secret; else NULL */
};

struct slot_info {
  struct id id;
  enum slot_kind kind;
  int64_t created_ms;
};

/* A key file is one line of text: "CLIPVAULT-KEY-1 " + 64 hexadecimal digits. */
/* Makes one, 0600; ERR_CREATE if it exists. */
enum err slot_key_file_create(const char *path);
/* Reads one into `out`; ERR_DATA unless it is exactly that. Warns on the log if others may read it. */
enum err slot_key_file_read(const char *path, struct secret_key *out);

/* A new secret for a slot, and what this machine's TPM sealed it to: kept in keys.db, and given to the TPM to get the secret
 * back. `tcti` as in keys/tpm.h; kept with it. (slot_tpm.c) */
enum err slot_tpm_make(const char *tcti, struct secret_key *secret, struct bytes *sealed);
enum err slot_tpm_open(const struct bytes *sealed, struct secret_key *out);

const char *slot_kind_name(enum slot_kind kind); /* "passphrase", "key-file", … */

#endif
