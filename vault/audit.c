#include "vault/audit.h"

#include "vault/audit_tree.h"
#include "vault/base/clock.h"
#include "vault/seal.h"

#include <sodium.h>
#include <string.h>

enum { AUDIT_FORM = 1 };
static const char frontier[] = "audit";

static enum err load_tree(struct vault *v, struct audit_tree *out) {
  AUTO(bytes) struct bytes kept = {0};
  TRY(index_meta_get(v->index, frontier, &kept));
  return audit_tree_get(kept.data, kept.length, out);
}

static enum err store_tree(struct vault *v, const struct audit_tree *t) {
  AUTO(bytes) struct bytes kept = {0};
  audit_tree_put(&kept, t);
  TRY(bytes_check(&kept));
  return index_meta_put(v->index, frontier, kept.data, kept.length);
}

enum err audit_init(struct vault *v) { return store_tree(v, &(struct audit_tree){0}); }

/* The row a sealed entry is bound to: its place in the log. */
static struct id place(uint64_t seq) {
  struct id id = {0};
  for (unsigned i = 0; i < 8; i++) id.b[15 - i] = (uint8_t)(seq >> (8 * i));
  return id;
}

static void hash_entry(uint64_t seq, const uint8_t *entry, size_t length, uint8_t hash[32]) {
  AUTO(bytes) struct bytes leaf = {0};
  bytes_put_u64be(&leaf, seq);
  bytes_put(&leaf, entry, length);
  audit_tree_leaf(leaf.data, leaf.length, hash);
}

static enum err encode(const struct audit_entry *e, struct bytes *out) {
  bytes_put_u8(out, AUDIT_FORM);
  bytes_put_u64(out, (uint64_t)e->at_ms);
  bytes_put(out, e->account.b, sizeof e->account.b);
  bytes_put_field(out, e->verb, strlen(e->verb));
  bytes_put_u8(out, (uint8_t)e->kind);
  bytes_put(out, e->subject.b, sizeof e->subject.b);
  bytes_put_field(out, e->details, strlen(e->details));
  return bytes_check(out);
}

static void get_text(struct bytes_reader *r, char *out, size_t size) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, size - 1, &length);
  if (text) memcpy(out, text, length);
  out[text ? length : 0] = 0;
}

static enum err decode(const struct bytes *plain, struct audit_entry *out) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  uint8_t form = bytes_get_u8(&r);
  out->at_ms = (int64_t)bytes_get_u64(&r);
  bytes_get(&r, out->account.b, sizeof out->account.b);
  get_text(&r, out->verb, sizeof out->verb);
  out->kind = bytes_get_u8(&r);
  bytes_get(&r, out->subject.b, sizeof out->subject.b);
  get_text(&r, out->details, sizeof out->details);
  if (form != AUDIT_FORM || out->kind > ID_JOB || !bytes_done(&r))
    return err_set(ERR_DATA, "an audit entry is of an unknown form");
  return ERR_OK;
}

enum err audit_append(struct vault *v, const char *verb, enum id_kind kind, const struct id *subject, const char *details) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(key);
  struct audit_tree tree;
  uint8_t hash[32];
  struct audit_entry e = {.at_ms = vault_now_ms(v), .account = v->actor.id, .kind = kind};
  if (subject) e.subject = *subject;
  snprintf(e.verb, sizeof e.verb, "%s", verb);
  snprintf(e.details, sizeof e.details, "%s", details ? details : "");
  TRY(load_tree(v, &tree));
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  TRY(encode(&e, &plain));
  struct id row = place(tree.count);
  TRY(seal_put(key, "audit", &row, &plain, &sealed));
  hash_entry(tree.count, sealed.data, sealed.length, hash);
  TRY(index_audit_append(v->index, tree.count, &sealed));
  audit_tree_append(&tree, hash);
  return store_tree(v, &tree);
}

struct reading {
  struct secret_key *key;
  enum err (*each)(void *context, const struct audit_entry *entry);
  void *context;
};

static enum err read_entry(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  struct reading *r = context;
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  struct audit_entry e = {.seq = seq};
  struct id row = place(seq);
  bytes_put(&sealed, entry, length);
  TRY(bytes_check(&sealed));
  TRY(seal_get(r->key, "audit", &row, &sealed, &plain));
  TRY(decode(&plain, &e));
  return r->each(r->context, &e);
}

enum err audit_each(struct vault *v, enum err (*each)(void *context, const struct audit_entry *entry), void *context) {
  SECRET_KEY(key);
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  struct reading r = {key, each, context};
  return index_audit_each(v->index, 0, read_entry, &r);
}

struct recount {
  struct audit_tree tree;
  struct keystore_anchor anchor;
  uint8_t root_at_anchor[32];
  struct secret_key *key;
  struct audit_verdict *verdict;
};

static void blame(struct audit_verdict *out, const char *before, uint64_t number, const char *after) {
  if (out->valid) snprintf(out->problem, sizeof out->problem, "%s%llu%s", before, (unsigned long long)number, after);
  out->valid = false;
}

static enum err ignore_entry(void *context, const struct audit_entry *entry) {
  (void)context, (void)entry;
  return ERR_OK;
}

static enum err recount_entry(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  struct recount *r = context;
  struct reading check = {r->key, ignore_entry, NULL};
  uint8_t hash[32];
  if (seq != r->tree.count) blame(r->verdict, "entry ", r->tree.count, " is missing or out of order");
  if (read_entry(&check, seq, entry, length) != ERR_OK) blame(r->verdict, "entry ", seq, " was altered or moved");
  hash_entry(seq, entry, length, hash);
  audit_tree_append(&r->tree, hash);
  if (r->tree.count == r->anchor.audit_entries) audit_tree_root(&r->tree, r->root_at_anchor);
  return ERR_OK;
}

/* The frontier may be ahead of the anchor by what one killed command appended, never behind it and never beside it. */
static enum err compare_heads(struct vault *v, struct recount *r) {
  struct audit_tree kept;
  uint8_t root[32];
  TRY(load_tree(v, &kept));
  audit_tree_root(&kept, root);
  audit_tree_root(&r->tree, r->verdict->root);
  r->verdict->entries = r->tree.count;
  if (r->anchor.audit_entries == 0) audit_tree_root(&(struct audit_tree){0}, r->root_at_anchor);
  if (r->tree.count < r->anchor.audit_entries)
    blame(r->verdict, "the log was cut: it once had ", r->anchor.audit_entries, " entries");
  else if (sodium_memcmp(r->root_at_anchor, r->anchor.audit_root, 32) != 0)
    blame(r->verdict, "the first ", r->anchor.audit_entries, " entries are not those that were written");
  else if (kept.count != r->tree.count || sodium_memcmp(root, r->verdict->root, 32) != 0)
    blame(r->verdict, "the log's end does not fit its frontier of ", kept.count, " entries");
  return ERR_OK;
}

enum err audit_verify(struct vault *v, struct audit_verdict *out) {
  SECRET_KEY(key);
  struct audit_verdict verdict = {.valid = true};
  struct recount r = {.key = key, .verdict = &verdict};
  TRY(keystore_get_anchor(v->keys, &r.anchor));
  if (r.anchor.audit_entries == 0 && sodium_is_zero(r.anchor.audit_root, 32))
    audit_tree_root(&(struct audit_tree){0}, r.anchor.audit_root);
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  TRY(index_audit_each(v->index, 0, recount_entry, &r));
  TRY(compare_heads(v, &r));
  *out = verdict;
  return ERR_OK;
}

enum err audit_head(struct vault *v, uint64_t *entries, uint8_t root[32]) {
  struct audit_tree tree;
  TRY(load_tree(v, &tree));
  audit_tree_root(&tree, root);
  *entries = tree.count;
  return ERR_OK;
}
