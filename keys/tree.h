/* The key tree: nodes of 64 child keys, each sealed under its parent's key; leaves are 256-bit random keys.
 *
 *   node   = nonce(24, random) || XChaCha20-Poly1305(parent's key, plaintext(2240); AAD) || tag     2280 bytes
 *   plaintext = 64 × 32-byte keys (zero: none) || 192 bytes, used by the root alone (struct tree_root, below)
 *   AAD    = "clipvault-node" || vault || node id                            (below the root)
 *            "clipvault-root" || vault || t || hash of all slots             (the root)
 *   node id = level << 56 | index; level 0 holds leaves; the root is stored as id 127 << 56 whatever its level
 * Leaf number n (from 0) stands at level l in node n / 64^(l+1), place n / 64^l mod 64. When 64^height leaves are used up the
 * root becomes an ordinary node under a new one. Leaf ids are number + 1 and never used twice. */
#ifndef CLIPVAULT_KEYS_TREE_H
#define CLIPVAULT_KEYS_TREE_H

#include "keys/keystore.h"
#include "keys/store.h"

enum {
  TREE_FAN = 64,
  TREE_EXTRA = 192,
  TREE_PLAIN = TREE_FAN * 32 + TREE_EXTRA,
  TREE_BLOB = 24 + TREE_PLAIN + 16,
  TREE_MOST_HEIGHT = 8
};
#define TREE_ROOT_ID ((int64_t)127 << 56)

/* A node's plaintext; always in the arena. */
struct tree_node {
  struct secret_key keys[TREE_FAN];
  uint8_t extra[TREE_EXTRA];
};

/* What the root's extra bytes say. */
struct tree_root {
  uint64_t next_leaf; /* number of the next new leaf */
  uint8_t height;
  struct keystore_anchor anchor;
  uint8_t system[4][32];
};
void tree_root_put(struct tree_node *root, const struct tree_root *facts);
enum err tree_root_get(const struct tree_node *root, struct tree_root *facts);

struct tree {
  struct store *store;
  struct id vault;
  struct tree_node *root; /* the caller's, opened */
  uint8_t height;
  uint64_t epoch;                             /* written into the row of every node that is saved */
  uint64_t sealed_bytes;                      /* counted for the benchmark: how much was encrypted */
  void (*saved)(void *context, int64_t node); /* told of every row that was written; NULL for none */
  void *saved_context;
};

/* The root alone: sealed under RK_t, bound to t and the slots. */
enum err tree_seal_root(struct tree *t, const struct secret_key *rk, const uint8_t slots_hash[32]);
/* ERR_REFUSED if it does not open with this key, epoch and slots. */
enum err tree_open_root(struct store *s, const struct id *vault, uint64_t epoch, const struct secret_key *rk,
                        const uint8_t slots_hash[32], struct tree_node *root, uint8_t root_hash[32]);

/* All of these save changed nodes below the root, and change the root in memory; the caller seals it and commits. */
enum err tree_insert(struct tree *t, uint64_t first, size_t count);
/* `numbers` sorted. Zeroes them; with rekey every node on their paths gets a fresh key. */
enum err tree_destroy(struct tree *t, const uint64_t numbers[], size_t count, bool rekey);
/* Puts the old root below a new, empty one. */
enum err tree_grow(struct tree *t);
/* Saves every node of epoch t->epoch once more, same keys, fresh nonces. */
enum err tree_rewrite(struct tree *t);

enum err tree_get(struct tree *t, uint64_t number, struct secret_key *out); /* ERR_MISSING */
/* Calls back for each living leaf; a node that does not open is handed to `broken` (NULL: it ends the walk). */
struct tree_walk {
  enum err (*leaf)(void *context, uint64_t number);
  enum err (*broken)(void *context, int64_t node);
  void *context;
};
enum err tree_each(struct tree *t, const struct tree_walk *walk);

#endif
