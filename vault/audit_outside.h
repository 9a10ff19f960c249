/* The audit log before somebody outside, who has a vault's public key and what it exported (vault/audit_export.h), and perhaps a
 * checkpoint from before. Needs no vault; takes any bytes. */
#ifndef CLIPVAULT_AUDIT_OUTSIDE_H
#define CLIPVAULT_AUDIT_OUTSIDE_H

#include "vault/audit.h"

/* Whether the export behind `fd` is what the vault with this key signed, and whether the `earlier` checkpoint (NULL: none) speaks
 * of its first entries. ERR_DATA only if a file does not have the form at all. */
enum err audit_outside_verify(int fd, const uint8_t public_key[32], const struct bytes *earlier, struct audit_verdict *out);

/* Whether a log has only been added to since the checkpoint: `leaves` are hashes, `root` is that of all of them. What does not
 * hold is noted in *out; if it holds, its proof goes to *growth (or NULL). */
void audit_outside_growth(const struct bytes *leaves, const struct audit_checkpoint *earlier, const uint8_t root[32],
                          struct audit_verdict *out, struct audit_proof *growth);

#endif
