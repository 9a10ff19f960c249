/* Proofs over the log's Merkle tree, those of RFC 6962 §2.1.1 and §2.1.2; checked by the procedures of RFC 9162 §2.1.3.2 and
 * §2.1.4.2, which never look at an entry. Pure. */
#ifndef CLIPVAULT_AUDIT_PROOF_H
#define CLIPVAULT_AUDIT_PROOF_H

#include "vault/audit_tree.h"

#include <stdbool.h>

enum { AUDIT_PROOF_MOST = 65 };
struct audit_proof {
  size_t count;
  uint8_t hashes[AUDIT_PROOF_MOST][32];
};

/* That a leaf appended to `before` is the last one of the tree that follows: the path is what the tree keeps anyway. */
void audit_proof_of_last(const struct audit_tree *before, struct audit_proof *out);
/* That a tree of the first `from` of `to` leaves, given by their hashes, was only added to; 0 < from <= to. */
void audit_proof_of_growth(const uint8_t (*leaves)[32], uint64_t from, uint64_t to, struct audit_proof *out);

/* Whether the leaf stands at `at` in the tree of `size` leaves that has this root. */
bool audit_proof_included(const uint8_t leaf[32], uint64_t at, uint64_t size, const uint8_t root[32],
                          const struct audit_proof *proof);
/* Whether the tree of `to` leaves with the root `new_root` begins with the tree of `from` leaves with the root `old_root`. A log
 * without entries is the beginning of any. */
bool audit_proof_grown(uint64_t from, const uint8_t old_root[32], uint64_t to, const uint8_t new_root[32],
                       const struct audit_proof *proof);

#endif
