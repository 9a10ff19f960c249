/* The audit log for somebody outside: a checkpoint says how long it is and what its Merkle root is, signed by the vault; an
 * export is a checkpoint and the leaves it speaks of. Neither tells what an entry says: leaves are ciphertext. Checking needs the
 * vault's public key and nothing else, so that whoever keeps an old checkpoint notices a log that was rewritten since, by
 * whoever it was.
 *
 *   checkpoint = {"form":"clipvault audit 1","vault":…,"at":…,"entries":n,"root":"hex","signature":…}\n
 *                signed as a certificate is (keys/certificate.h), under the label "clipvault-audit-1"
 *   export     = checkpoint, then n lines: base64 of the data of leaf 0, 1, … (vault/audit.h) */
#ifndef CLIPVAULT_AUDIT_EXPORT_H
#define CLIPVAULT_AUDIT_EXPORT_H

#include "vault/audit.h"

/* Appends the checkpoint as it is now. ERR_DATA if the log does not verify: nothing is signed then. */
enum err audit_export_checkpoint(struct vault *v, struct bytes *out);
/* Writes an export; `entries` is how many leaves it has. */
enum err audit_export_write(struct vault *v, int fd, uint64_t *entries);

/* Needs no vault. Whether the export behind `fd` is what the vault with this key signed, and whether the earlier `checkpoint`
 * (NULL: none) speaks of its first entries. ERR_DATA only if a file does not have the form at all. */
enum err audit_export_verify(int fd, const uint8_t public_key[32], const struct bytes *checkpoint, struct audit_verdict *out);

#endif
