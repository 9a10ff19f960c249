#include "vault/audit_proof.h"

#include <string.h>

void audit_proof_of_last(const struct audit_tree *before, struct audit_proof *out) {
  size_t peaks = (size_t)__builtin_popcountll(before->count);
  out->count = peaks;
  for (size_t i = 0; i < peaks; i++) memcpy(out->hashes[i], before->peaks[peaks - 1 - i], 32);
}

static void root_of(const uint8_t (*leaves)[32], uint64_t count, uint8_t root[32]) {
  struct audit_tree t = {0};
  for (uint64_t i = 0; i < count; i++) audit_tree_append(&t, leaves[i]);
  audit_tree_root(&t, root);
}

/* The largest power of two below n. */
static uint64_t split_of(uint64_t n) { return (uint64_t)1 << (63 - __builtin_clzll(n - 1)); }

/* SUBPROOF of §2.1.2, from the top down: each step hands on the half in which the old tree ends, and adds the other one. What was
 * added last comes first. `whole`: the old tree is exactly the half that is left, so its root is known. */
void audit_proof_of_growth(const uint8_t (*leaves)[32], uint64_t from, uint64_t to, struct audit_proof *out) {
  uint8_t upwards[AUDIT_PROOF_MOST][32];
  size_t count = 0;
  bool whole = true;
  while (from < to) {
    uint64_t k = split_of(to);
    if (from <= k) {
      root_of(leaves + k, to - k, upwards[count++]);
      to = k;
    } else {
      root_of(leaves, k, upwards[count++]);
      leaves += k, from -= k, to -= k;
      whole = false;
    }
  }
  if (!whole) root_of(leaves, to, upwards[count++]);
  out->count = count;
  for (size_t i = 0; i < count; i++) memcpy(out->hashes[i], upwards[count - 1 - i], 32);
}

bool audit_proof_included(const uint8_t leaf[32], uint64_t at, uint64_t size, const uint8_t root[32],
                          const struct audit_proof *proof) {
  uint8_t hash[32];
  if (at >= size) return false;
  uint64_t place = at, last = size - 1;
  memcpy(hash, leaf, 32);
  for (size_t i = 0; i < proof->count; i++) {
    if (last == 0) return false;
    if (place & 1 || place == last) {
      audit_tree_node(proof->hashes[i], hash, hash);
      while (!(place & 1) && place) place >>= 1, last >>= 1;
    } else {
      audit_tree_node(hash, proof->hashes[i], hash);
    }
    place >>= 1, last >>= 1;
  }
  return last == 0 && memcmp(hash, root, 32) == 0;
}

static bool grown_with_proof(uint64_t from, const uint8_t old_root[32], uint64_t to, const uint8_t new_root[32],
                             const struct audit_proof *proof) {
  uint8_t old_hash[32], new_hash[32];
  bool power = (from & (from - 1)) == 0;
  size_t next = power ? 0 : 1;
  uint64_t place = from - 1, last = to - 1;
  if (proof->count < next) return false;
  while (place & 1) place >>= 1, last >>= 1;
  memcpy(old_hash, power ? old_root : proof->hashes[0], 32);
  memcpy(new_hash, old_hash, 32);
  for (; next < proof->count; next++) {
    if (last == 0) return false;
    if (place & 1 || place == last) {
      audit_tree_node(proof->hashes[next], old_hash, old_hash);
      audit_tree_node(proof->hashes[next], new_hash, new_hash);
      while (!(place & 1) && place) place >>= 1, last >>= 1;
    } else {
      audit_tree_node(new_hash, proof->hashes[next], new_hash);
    }
    place >>= 1, last >>= 1;
  }
  return last == 0 && memcmp(old_hash, old_root, 32) == 0 && memcmp(new_hash, new_root, 32) == 0;
}

bool audit_proof_grown(uint64_t from, const uint8_t old_root[32], uint64_t to, const uint8_t new_root[32],
                       const struct audit_proof *proof) {
  uint8_t empty[32];
  audit_tree_root(&(struct audit_tree){0}, empty);
  if (from > to) return false;
  if (from == 0) return proof->count == 0 && memcmp(old_root, empty, 32) == 0;
  if (from == to) return proof->count == 0 && memcmp(old_root, new_root, 32) == 0;
  return grown_with_proof(from, old_root, to, new_root, proof);
}
