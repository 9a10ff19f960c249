/* Checkpoints of the audit log, in the form of c2sp.org/tlog-checkpoint: a signed note (vault/note.h) whose text is three lines.
 *
 *   clipvault/vlt_…        the origin, also the name of the key that signs
 *   <entries>              decimal
 *   <base64 of the root>   of the Merkle tree (vault/audit_tree.h) over the first so many entries
 *
 * It tells nothing of what the entries say. Others may have signed below (a witness). Pure. */
#ifndef CLIPVAULT_AUDIT_CHECKPOINT_H
#define CLIPVAULT_AUDIT_CHECKPOINT_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/base/secret.h"

#include <stdbool.h>

struct audit_checkpoint {
  struct id vault;
  uint64_t entries;
  uint8_t root[32];
};

/* Appends the note, signed with the vault's signing key. */
enum err audit_checkpoint_write(const struct secret_key *seed, const struct audit_checkpoint *c, struct bytes *out);
/* ERR_DATA if it does not have the form; *valid: the vault that it names signed it with this key. */
enum err audit_checkpoint_read(const void *data, size_t length, const uint8_t public_key[32], struct audit_checkpoint *out,
                               bool *valid);

/* What a person compares, on paper or by phone: the first 16 bytes of SHA-256 over the three lines, in groups of four digits. The
 * same whoever signed below. */
enum { AUDIT_CHECKPOINT_FINGERPRINT = 40 };
const char *audit_checkpoint_fingerprint(const struct audit_checkpoint *c, char out[AUDIT_CHECKPOINT_FINGERPRINT]);

#endif
