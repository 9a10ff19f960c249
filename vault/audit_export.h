/* The audit log for somebody outside. A checkpoint (vault/audit_checkpoint.h) says how long it is and what its Merkle root is,
 * signed by the vault; an export is a checkpoint and the leaves it speaks of. Neither tells what an entry says: leaves are
 * ciphertext, but for the hashes of their open part. Checking (vault/audit_outside.h) needs the vault's public key and nothing
 * else, so that whoever keeps an old checkpoint notices a log that was rewritten since, by whoever it was.
 *
 *   export  = checkpoint, an empty line, then n lines: base64 of the data of leaf 0, 1, … (vault/audit.h)
 *   growth  = "old " and the earlier size, a line for each hash of the consistency proof in base64, an empty line, the
 * checkpoint: what a witness of such logs takes (c2sp.org/tlog-witness, add-checkpoint) */
#ifndef CLIPVAULT_AUDIT_EXPORT_H
#define CLIPVAULT_AUDIT_EXPORT_H

#include "vault/audit.h"

/* Appends the checkpoint as it is now. ERR_DATA if the log does not verify: nothing is signed then. */
enum err audit_export_checkpoint(struct vault *v, struct bytes *out, struct audit_checkpoint *what);
/* The same, with the proof that it only grew since `earlier`; ERR_DATA if it did not. */
enum err audit_export_growth(struct vault *v, const struct audit_checkpoint *earlier, struct bytes *out,
                             struct audit_checkpoint *what);
/* Writes an export; `entries` is how many leaves it has. */
enum err audit_export_write(struct vault *v, int fd, uint64_t *entries);
/* A checkpoint that this vault signed, as it came back. ERR_DATA if it did not. */
enum err audit_export_recognise(struct vault *v, const struct bytes *note, struct audit_checkpoint *out);

#endif
