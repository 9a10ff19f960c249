#include "vault/audit_tree.h"

#include <sodium.h>
#include <string.h>

static unsigned peak_count(uint64_t count) { return (unsigned)__builtin_popcountll(count); }

void audit_tree_leaf(const void *data, size_t length, uint8_t hash[32]) {
  crypto_hash_sha256_state h;
  crypto_hash_sha256_init(&h);
  crypto_hash_sha256_update(&h, (const uint8_t *)"\x00", 1);
  crypto_hash_sha256_update(&h, data, length);
  crypto_hash_sha256_final(&h, hash);
}

void audit_tree_node(const uint8_t left[32], const uint8_t right[32], uint8_t hash[32]) {
  crypto_hash_sha256_state h;
  crypto_hash_sha256_init(&h);
  crypto_hash_sha256_update(&h, (const uint8_t *)"\x01", 1);
  crypto_hash_sha256_update(&h, left, 32);
  crypto_hash_sha256_update(&h, right, 32);
  crypto_hash_sha256_final(&h, hash);
}

/* Like counting up in binary: each trailing one of the old count is a full subtree that merges with the new one. */
void audit_tree_append(struct audit_tree *t, const uint8_t hash[32]) {
  unsigned peaks = peak_count(t->count);
  uint8_t merged[32];
  memcpy(merged, hash, 32);
  for (uint64_t carry = t->count; carry & 1; carry >>= 1) audit_tree_node(t->peaks[--peaks], merged, merged);
  memcpy(t->peaks[peaks], merged, 32);
  t->count++;
}

void audit_tree_root(const struct audit_tree *t, uint8_t root[32]) {
  unsigned peaks = peak_count(t->count);
  if (!peaks) {
    crypto_hash_sha256(root, (const uint8_t *)"", 0);
    return;
  }
  uint8_t folded[32];
  memcpy(folded, t->peaks[peaks - 1], 32);
  for (unsigned i = peaks - 1; i-- > 0;) audit_tree_node(t->peaks[i], folded, folded);
  memcpy(root, folded, 32);
}

void audit_tree_put(struct bytes *out, const struct audit_tree *t) {
  bytes_put_u64(out, t->count);
  bytes_put(out, t->peaks, (size_t)peak_count(t->count) * 32);
}

enum err audit_tree_get(const void *data, size_t length, struct audit_tree *out) {
  struct bytes_reader r = bytes_reader(data, length);
  struct audit_tree t = {.count = bytes_get_u64(&r)};
  bytes_get(&r, t.peaks, (size_t)peak_count(t.count) * 32);
  if (!bytes_done(&r)) return err_set(ERR_DATA, "the audit log's frontier is of a wrong form");
  *out = t;
  return ERR_OK;
}
