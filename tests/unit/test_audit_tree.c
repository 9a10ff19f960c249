/* The audit log's Merkle tree against the roots published for RFC 6962 and against the RFC's own recursive definition. */
#include "vault/audit_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

enum { MOST_LEAVES = 300 };
struct hash {
  uint8_t b[32];
};

/* The leaves of the reference tests of Certificate Transparency, and the root after each. */
static const struct {
  const char *leaf, *root; /* hex */
} vectors[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};
static const char empty_root[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; /* SHA-256("") */

/* RFC 6962 §2.1 as it is written: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])), k the largest power of two below n. */
static struct hash recursive_root(const struct hash leaves[], size_t n) {
  struct hash out;
  if (n == 1) return leaves[0];
  if (n == 0) {
    crypto_hash_sha256(out.b, (const uint8_t *)"", 0);
    return out;
  }
  size_t k = 1;
  while (2 * k < n) k *= 2;
  uint8_t node[65] = {1};
  struct hash left = recursive_root(leaves, k), right = recursive_root(leaves + k, n - k);
  memcpy(node + 1, left.b, 32);
  memcpy(node + 33, right.b, 32);
  crypto_hash_sha256(out.b, node, sizeof node);
  return out;
}

static struct hash numbered_leaf(size_t n) {
  struct hash h;
  audit_tree_leaf(&n, sizeof n, h.b);
  return h;
}

static void grow(struct audit_tree *t, size_t count) {
  while (t->count < count) audit_tree_append(t, numbered_leaf(t->count).b);
}

static void published_roots(void **state) {
  (void)state;
  struct audit_tree t = {0};
  uint8_t root[32];
  char hex[65];
  audit_tree_root(&t, root);
  assert_string_equal(sodium_bin2hex(hex, sizeof hex, root, 32), empty_root);
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    uint8_t data[16], leaf[32];
    size_t length;
    assert_int_equal(sodium_hex2bin(data, sizeof data, vectors[i].leaf, strlen(vectors[i].leaf), NULL, &length, NULL), 0);
    audit_tree_leaf(data, length, leaf);
    audit_tree_append(&t, leaf);
    audit_tree_root(&t, root);
    sodium_bin2hex(hex, sizeof hex, root, 32);
    if (t.count != i + 1 || strcmp(hex, vectors[i].root) != 0) fail_msg("root of %zu leaves: %s", i + 1, hex);
  }
}

static void every_size_follows_the_definition(void **state) {
  (void)state;
  static struct hash leaves[MOST_LEAVES];
  struct audit_tree t = {0};
  for (size_t n = 0; n <= MOST_LEAVES; n++) {
    struct hash expected = recursive_root(leaves, n);
    uint8_t root[32];
    audit_tree_root(&t, root);
    if (memcmp(root, expected.b, 32) != 0) fail_msg("the root of %zu leaves is wrong", n);
    if (n == MOST_LEAVES) break;
    leaves[n] = numbered_leaf(n);
    audit_tree_append(&t, leaves[n].b);
  }
}

/* A leaf is no node: else two entries could be passed off as one. And order and number count. */
static void another_log_has_another_root(void **state) {
  (void)state;
  struct audit_tree pair = {0}, swapped = {0}, one = {0}, twice = {0};
  uint8_t joined[64], leaf[32], root[4][32];
  struct hash a = numbered_leaf(0), b = numbered_leaf(1);
  audit_tree_append(&pair, a.b), audit_tree_append(&pair, b.b);
  audit_tree_append(&swapped, b.b), audit_tree_append(&swapped, a.b);
  audit_tree_append(&twice, a.b), audit_tree_append(&twice, a.b);
  memcpy(joined, a.b, 32), memcpy(joined + 32, b.b, 32);
  audit_tree_leaf(joined, sizeof joined, leaf);
  audit_tree_append(&one, leaf);
  audit_tree_root(&pair, root[0]), audit_tree_root(&swapped, root[1]);
  audit_tree_root(&one, root[2]), audit_tree_root(&twice, root[3]);
  static const char *const names[] = {"a pair", "the pair swapped", "a leaf made of two hashes", "a leaf twice"};
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < i; k++)
      if (memcmp(root[i], root[k], 32) == 0) fail_msg("%s and %s have the same root", names[i], names[k]);
}

/* ---- as it is kept */
static void is_kept_and_goes_on(void **state) {
  (void)state;
  for (size_t n = 0; n <= 70; n++) {
    AUTO(bytes) struct bytes kept = {0};
    struct audit_tree before = {0}, after;
    uint8_t roots[2][32];
    grow(&before, n);
    audit_tree_put(&kept, &before);
    if (kept.length != 8 + 32 * (size_t)__builtin_popcountll(n)) fail_msg("%zu leaves are kept in %zu bytes", n, kept.length);
    memset(&after, 0xff, sizeof after);
    if (audit_tree_get(kept.data, kept.length, &after) != ERR_OK) fail_msg("%zu leaves: %s", n, err_text());
    grow(&before, n + 5), grow(&after, n + 5);
    audit_tree_root(&before, roots[0]), audit_tree_root(&after, roots[1]);
    if (after.count != n + 5 || memcmp(roots[0], roots[1], 32) != 0) fail_msg("%zu leaves, put and got, go on differently", n);
  }
}

static void the_largest_tree_has_64_peaks(void **state) {
  (void)state;
  AUTO(bytes) struct bytes kept = {0};
  struct audit_tree full = {.count = UINT64_MAX}, got = {0};
  memset(full.peaks, 7, sizeof full.peaks);
  audit_tree_put(&kept, &full);
  assert_int_equal(kept.length, 8 + 64 * 32);
  assert_int_equal(audit_tree_get(kept.data, kept.length, &got), ERR_OK);
  assert_memory_equal(&got, &full, sizeof full);
}

static void refuses_another_form(void **state) {
  (void)state;
  AUTO(bytes) struct bytes kept = {0};
  struct audit_tree t = {0}, got = {.count = 77};
  grow(&t, 11); /* three peaks */
  audit_tree_put(&kept, &t);
  for (size_t length = 0; length < kept.length; length++)
    if (audit_tree_get(kept.data, length, &got) != ERR_DATA) fail_msg("cut to %zu bytes and accepted", length);
  bytes_put_u8(&kept, 0);
  if (audit_tree_get(kept.data, kept.length, &got) != ERR_DATA) fail_msg("a byte too many was accepted");
  kept.length--;
  kept.data[0] = 8; /* one peak */
  if (audit_tree_get(kept.data, kept.length, &got) != ERR_DATA) fail_msg("more peaks than the count has were accepted");
  kept.data[0] = 15; /* four */
  if (audit_tree_get(kept.data, kept.length, &got) != ERR_DATA) fail_msg("fewer peaks than the count has were accepted");
  assert_string_equal(err_text(), "the audit log's frontier is of a wrong form");
  assert_int_equal(got.count, 77);
}

int main(void) {
  if (sodium_init() < 0) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_roots),
      cmocka_unit_test(every_size_follows_the_definition),
      cmocka_unit_test(another_log_has_another_root),
      cmocka_unit_test(is_kept_and_goes_on),
      cmocka_unit_test(the_largest_tree_has_64_peaks),
      cmocka_unit_test(refuses_another_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
