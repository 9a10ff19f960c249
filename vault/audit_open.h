/* What of an entry of the audit log anyone may read who gets the log: hashes that tie what is proven later to this place in it.
 * It stands before the sealed entry, and the tree's leaf covers both.
 *
 *   entry = sealed                                    or
 *           "CLIPVOP1" || kind u8 || length u16 || open, so many bytes || sealed
 *
 *   'K', keys were made: 32 bytes for each, the hash under which its commitment was published (vault/commitment.h)
 *   'C', a certificate was made: its id (16) || SHA-256 of its claims (vault/statement.h)
 *   'W', a checkpoint of this log came back from a witness: the note, with whatever they signed below it
 * A kind that is not known is passed over. Pure. */
#ifndef CLIPVAULT_AUDIT_OPEN_H
#define CLIPVAULT_AUDIT_OPEN_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

enum { AUDIT_OPEN_NONE, AUDIT_OPEN_KEYS = 'K', AUDIT_OPEN_CERTIFICATE = 'C', AUDIT_OPEN_WITNESS = 'W', AUDIT_OPEN_MOST = 4096 };

struct audit_open {
  uint8_t kind;
  const uint8_t *data; /* borrowed */
  size_t length;
};

/* Appends what stands before the sealed entry; nothing for AUDIT_OPEN_NONE. */
void audit_open_put(struct bytes *out, const struct audit_open *open);
/* Borrows both parts of an entry. What does not begin with an open part is sealed as a whole. */
void audit_open_split(const uint8_t *entry, size_t length, struct audit_open *open, const uint8_t **sealed,
                      size_t *sealed_length);

#endif
