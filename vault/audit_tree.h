/* The Merkle tree of RFC 6962 §2.1, grown one leaf at a time: leaf hash = SHA-256(0x00 || data), inner node =
 * SHA-256(0x01 || left || right). Pure. What is kept is the frontier: the roots of the full subtrees that the binary
 * digits of `count` name, largest first; at most 64 hashes. */
#ifndef CLIPVAULT_AUDIT_TREE_H
#define CLIPVAULT_AUDIT_TREE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct audit_tree {
  uint64_t count;
  uint8_t peaks[64][32]; /* one per set bit of count, from the largest subtree to the smallest */
};

void audit_tree_leaf(const void *data, size_t length, uint8_t hash[32]);
void audit_tree_node(const uint8_t left[32], const uint8_t right[32], uint8_t hash[32]); /* which may be one of them */
/* Adds a leaf by its hash. */
void audit_tree_append(struct audit_tree *t, const uint8_t hash[32]);
/* The root; of the empty tree SHA-256(""). */
void audit_tree_root(const struct audit_tree *t, uint8_t root[32]);

/* u64 count, then the peaks. */
void audit_tree_put(struct bytes *out, const struct audit_tree *t);
enum err audit_tree_get(const void *data, size_t length, struct audit_tree *out);

#endif
