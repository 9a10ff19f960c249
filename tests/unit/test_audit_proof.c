/* Proofs over the log's tree: those published with the reference tests of Certificate Transparency, every size up to 80, and no
 * proof with anything wrong in it. */
#include "vault/audit_proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

enum { MOST = 80 };
static uint8_t published[8][32], numbered[MOST][32];

static void unhex(const char *hex, uint8_t out[32]) {
  size_t got;
  assert_int_equal(sodium_hex2bin(out, 32, hex, strlen(hex), NULL, &got, NULL), 0);
  assert_int_equal(got, 32);
}

static int make_leaves(void **state) {
  (void)state;
  static const char *const data[] = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  for (size_t i = 0; i < 8; i++) {
    uint8_t leaf[16];
    size_t length;
    if (sodium_hex2bin(leaf, sizeof leaf, data[i], strlen(data[i]), NULL, &length, NULL)) return 1;
    audit_tree_leaf(leaf, length, published[i]);
  }
  for (size_t i = 0; i < MOST; i++) audit_tree_leaf(&i, sizeof i, numbered[i]);
  return 0;
}

static struct audit_tree tree_of(uint8_t (*leaves)[32], size_t count) {
  struct audit_tree t = {0};
  for (size_t i = 0; i < count; i++) audit_tree_append(&t, leaves[i]);
  return t;
}

static void root_of(uint8_t (*leaves)[32], size_t count, uint8_t root[32]) {
  struct audit_tree t = tree_of(leaves, count);
  audit_tree_root(&t, root);
}

#define H0 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H1 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H23 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H4 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define H45 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define H67 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define H4567 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define H0123 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define H01 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"

static struct audit_proof proof_of(const char *const hashes[]) {
  struct audit_proof p = {0};
  for (; hashes[p.count]; p.count++) unhex(hashes[p.count], p.hashes[p.count]);
  return p;
}

static void published_paths(void **state) {
  (void)state;
  static const struct {
    uint64_t at, size;
    const char *path[5];
  } rows[] = {{0, 1, {NULL}}, {0, 8, {H1, H23, H4567}}, {5, 8, {H4, H67, H0123}}, {2, 3, {H01}}, {1, 5, {H0, H23, H4}}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct audit_proof p = proof_of(rows[i].path);
    uint8_t root[32];
    root_of(published, rows[i].size, root);
    if (!audit_proof_included(published[rows[i].at], rows[i].at, rows[i].size, root, &p)) fail_msg("path %zu", i);
  }
}

static void published_growths(void **state) {
  (void)state;
  static const struct {
    uint64_t from, to;
    const char *proof[5];
  } rows[] = {{1, 1, {NULL}}, {1, 8, {H1, H23, H4567}}, {6, 8, {H45, H67, H0123}}, {2, 5, {H23, H4}}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct audit_proof expected = proof_of(rows[i].proof), made;
    uint8_t old_root[32], new_root[32];
    root_of(published, rows[i].from, old_root), root_of(published, rows[i].to, new_root);
    audit_proof_of_growth((const uint8_t(*)[32])published, rows[i].from, rows[i].to, &made);
    if (made.count != expected.count || memcmp(made.hashes, expected.hashes, made.count * 32) != 0) fail_msg("proof %zu", i);
    assert_true(audit_proof_grown(rows[i].from, old_root, rows[i].to, new_root, &made));
  }
}

/* One bit of any hash, one hash less, one more: none of them holds. */
static void spoil_path(const uint8_t leaf[32], uint64_t at, uint64_t size, const uint8_t root[32], const struct audit_proof *p) {
  struct audit_proof q;
  for (size_t i = 0; i < p->count; i++) {
    q = *p, q.hashes[i][size % 32] ^= 1;
    if (audit_proof_included(leaf, at, size, root, &q)) fail_msg("hash %zu of %zu in %zu", i, (size_t)at, (size_t)size);
  }
  q = *p, q.count++;
  assert_false(audit_proof_included(leaf, at, size, root, &q));
  if (p->count) q.count -= 2, assert_false(audit_proof_included(leaf, at, size, root, &q));
  assert_false(audit_proof_included(leaf, size, size, root, p));
  if (at) assert_false(audit_proof_included(leaf, at - 1, size, root, p));
}

static void the_last_leaf_is_proven_at_every_size(void **state) {
  (void)state;
  for (size_t n = 0; n < MOST; n++) {
    struct audit_tree before = tree_of(numbered, n);
    struct audit_proof p = {0};
    uint8_t root[32];
    root_of(numbered, n + 1, root);
    audit_proof_of_last(&before, &p);
    if (!audit_proof_included(numbered[n], n, n + 1, root, &p)) fail_msg("the last of %zu leaves", n + 1);
    assert_false(audit_proof_included(numbered[(n + 1) % MOST], n, n + 1, root, &p));
    spoil_path(numbered[n], n, n + 1, root, &p);
  }
}

static void spoil_growth(uint64_t from, const uint8_t old_root[32], uint64_t to, const uint8_t new_root[32],
                         const struct audit_proof *p) {
  struct audit_proof q;
  uint8_t other[32];
  for (size_t i = 0; i < p->count; i++) {
    q = *p, q.hashes[i][to % 32] ^= 1;
    if (audit_proof_grown(from, old_root, to, new_root, &q)) fail_msg("hash %zu from %zu to %zu", i, (size_t)from, (size_t)to);
  }
  q = *p, q.count++;
  assert_false(audit_proof_grown(from, old_root, to, new_root, &q));
  memcpy(other, old_root, 32), other[0] ^= 1;
  assert_false(audit_proof_grown(from, other, to, new_root, p));
  memcpy(other, new_root, 32), other[0] ^= 1;
  assert_false(from && audit_proof_grown(from, old_root, to, other, p));
  assert_false(audit_proof_grown(to + 1, old_root, to, new_root, p));
}

static void every_growth_is_proven(void **state) {
  (void)state;
  for (size_t to = 1; to <= MOST; to++)
    for (size_t from = 0; from <= to; from++) {
      struct audit_proof p = {0};
      uint8_t old_root[32], new_root[32];
      root_of(numbered, from, old_root), root_of(numbered, to, new_root);
      if (from) audit_proof_of_growth((const uint8_t(*)[32])numbered, from, to, &p);
      if (!audit_proof_grown(from, old_root, to, new_root, &p)) fail_msg("from %zu to %zu", from, to);
      spoil_growth(from, old_root, to, new_root, &p);
    }
}

/* A log whose old entry was replaced has no proof that would hold, not even its own. */
static void a_rewritten_log_has_no_proof(void **state) {
  (void)state;
  uint8_t changed[MOST][32], old_root[32], new_root[32];
  memcpy(changed, numbered, sizeof changed);
  changed[3][0] ^= 1;
  root_of(numbered, 37, old_root), root_of(changed, MOST, new_root);
  struct audit_proof p;
  audit_proof_of_growth((const uint8_t(*)[32])changed, 37, MOST, &p);
  assert_false(audit_proof_grown(37, old_root, MOST, new_root, &p));
  audit_proof_of_growth((const uint8_t(*)[32])numbered, 37, MOST, &p);
  assert_false(audit_proof_grown(37, old_root, MOST, new_root, &p));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_paths),
      cmocka_unit_test(published_growths),
      cmocka_unit_test(the_last_leaf_is_proven_at_every_size),
      cmocka_unit_test(every_growth_is_proven),
      cmocka_unit_test(a_rewritten_log_has_no_proof),
  };
  return cmocka_run_group_tests(tests, make_leaves, NULL);
}
