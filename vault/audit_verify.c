/* Recomputing the log. */
#include "vault/audit.h"
#include "vault/audit_outside.h"
#include "vault/audit_tree.h"
#include "vault/base/bytes.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

struct recount {
  struct vault *vault;
  struct audit_tree tree;
  struct keystore_anchor anchor;
  uint8_t root_at_anchor[32];
  struct bytes *leaves; /* their hashes, where a proof is wanted */
  struct audit_verdict *verdict;
};

static void blame(struct audit_verdict *out, const char *before, uint64_t number, const char *after) {
  if (out->valid) snprintf(out->problem, sizeof out->problem, "%s%llu%s", before, (unsigned long long)number, after);
  out->valid = false;
}

static enum err recount_entry(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  struct recount *r = context;
  AUTO(bytes) struct bytes leaf = {0};
  struct audit_entry ignored;
  uint8_t hash[32];
  if (seq != r->tree.count) blame(r->verdict, "entry ", r->tree.count, " is missing or out of order");
  if (audit_entry_read(r->vault, seq, entry, length, &ignored) != ERR_OK)
    blame(r->verdict, "entry ", seq, " was altered or moved");
  bytes_put_u64be(&leaf, seq);
  bytes_put(&leaf, entry, length);
  TRY(bytes_check(&leaf));
  audit_tree_leaf(leaf.data, leaf.length, hash);
  audit_tree_append(&r->tree, hash);
  if (r->leaves) bytes_put(r->leaves, hash, sizeof hash);
  if (r->tree.count == r->anchor.audit_entries) audit_tree_root(&r->tree, r->root_at_anchor);
  return ERR_OK;
}

/* The frontier may be ahead of the anchor by what one killed command appended, never behind it and never beside it. */
static enum err compare_heads(struct recount *r) {
  uint64_t kept;
  uint8_t root[32];
  TRY(audit_head(r->vault, &kept, root));
  audit_tree_root(&r->tree, r->verdict->root);
  r->verdict->entries = r->tree.count;
  if (r->anchor.audit_entries == 0) audit_tree_root(&(struct audit_tree){0}, r->root_at_anchor);
  if (r->tree.count < r->anchor.audit_entries)
    blame(r->verdict, "the log was cut: it once had ", r->anchor.audit_entries, " entries");
  else if (sodium_memcmp(r->root_at_anchor, r->anchor.audit_root, 32) != 0)
    blame(r->verdict, "the first ", r->anchor.audit_entries, " entries are not those that were written");
  else if (kept != r->tree.count || sodium_memcmp(root, r->verdict->root, 32) != 0)
    blame(r->verdict, "the log's end does not fit its frontier of ", kept, " entries");
  return ERR_OK;
}

static enum err recount_all(struct vault *v, struct bytes *leaves, struct audit_verdict *out) {
  struct audit_verdict verdict = {.valid = true};
  struct recount r = {.vault = v, .leaves = leaves, .verdict = &verdict};
  TRY(keystore_get_anchor(v->keys, &r.anchor));
  if (r.anchor.audit_entries == 0 && sodium_is_zero(r.anchor.audit_root, 32))
    audit_tree_root(&(struct audit_tree){0}, r.anchor.audit_root);
  TRY(index_audit_each(v->index, 0, recount_entry, &r));
  TRY(compare_heads(&r));
  *out = verdict;
  return leaves ? bytes_check(leaves) : ERR_OK;
}

enum err audit_verify(struct vault *v, struct audit_verdict *out) { return recount_all(v, NULL, out); }

enum err audit_verify_since(struct vault *v, const struct audit_checkpoint *earlier, struct audit_verdict *out,
                            struct audit_proof *growth) {
  AUTO(bytes) struct bytes leaves = {0};
  struct audit_verdict verdict;
  TRY(recount_all(v, &leaves, &verdict));
  if (!id_equal(&earlier->vault, &v->id)) return err_set(ERR_DATA, "this checkpoint is another vault's");
  audit_outside_growth(&leaves, earlier, verdict.root, &verdict, growth);
  *out = verdict;
  return ERR_OK;
}
