/* Commitments: what a certificate can name a destroyed key by. When a key is made, a hash that only that key gives is kept beside
 * its number, and a hash of that goes, in the open, into the next entry of the audit log; so it can be shown later that a key
 * which a certificate says was destroyed is one that was there from the day the recording came in.
 *
 *   commitment = BLAKE2b-256(key = the leaf's key, "clipvault-leaf-commit" || vault || leaf u64)
 *   published  = SHA-256("clipvault-leaf-published" || 0 || vault || kind u8 || subject id || leaf u64 || commitment)
 *
 * Neither tells anything: keys are 256 random bits, so that nobody can try names, films or consents on a commitment, and the
 * published hash, without the commitment in it, does not even tell what it belongs to. A certificate reveals the commitment, of a
 * key that is gone. */
#ifndef CLIPVAULT_COMMITMENT_H
#define CLIPVAULT_COMMITMENT_H

#include "vault/vault.h"

enum { COMMITMENT_BYTES = 32 };

/* Inside the transaction in which the leaf gets its row: its key is committed to, as what `subject` is opened with. It is
 * published with the next entry of the audit log (vault/audit.c), in the same transaction or, at the latest, with the decision to
 * destroy it. */
enum err commitment_make(struct vault *v, keystore_leaf leaf, enum id_kind kind, const struct id *subject);

/* What the leaf's key gives; ERR_MISSING if it is destroyed. */
enum err commitment_compute(struct vault *v, keystore_leaf leaf, uint8_t out[COMMITMENT_BYTES]);
/* For `check`: of each living key whose row is not what its key gives, or not where the log has it. (commitment_check.c) */
enum err commitment_check(struct vault *v, void (*problem)(void *context, keystore_leaf leaf, const char *what), void *context);

/* For the log: appends the published hashes of at most `most` leaves that wait, which from now on stand in entry `entry`; *more
 * tells whether others still wait. */
enum err commitment_take(struct vault *v, size_t most, uint64_t entry, struct bytes *out, bool *more);

/* Of a leaf that has one (a vault that is older than commitments has keys without): *found. */
struct commitment {
  uint8_t hash[COMMITMENT_BYTES];
  uint64_t entry;
};
enum err commitment_of(struct vault *v, keystore_leaf leaf, struct commitment *out, bool *found);

#endif
