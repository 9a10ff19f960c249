#include "vault/audit.h"

#include "vault/audit_tree.h"
#include "vault/base/clock.h"
#include "vault/commitment.h"
#include "vault/seal.h"

#include <sodium.h>
#include <string.h>

enum { FORM = 1, FORM_UNDER_CLIP = 2 };
static const char frontier[] = "audit", details_label[] = "audit-details";

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

/* ---- details that die with a clip */
static enum err clip_key(struct vault *v, keystore_leaf leaf, struct secret_key *out) {
  SECRET_KEY(xk);
  TRY(keystore_get(v->keys, leaf, xk));
  seal_derive(xk, "audit", out);
  return ERR_OK;
}

static enum err seal_details(struct vault *v, const struct audit_note *n, uint64_t seq, struct bytes *out) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  struct id row = place(seq);
  char cut[sizeof((struct audit_entry *)0)->details];
  snprintf(cut, sizeof cut, "%s", n->details ? n->details : "");
  bytes_put_text(&plain, cut);
  sodium_memzero(cut, sizeof cut);
  TRY(bytes_check(&plain));
  if (!n->under) {
    bytes_put(out, plain.data, plain.length);
    return bytes_check(out);
  }
  TRY(clip_key(v, n->under, key));
  return seal_put(key, details_label, &row, &plain, out);
}

/* Nobody's business once the clip is gone. */
static enum err open_details(struct vault *v, struct audit_entry *e, const struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  struct index_clip clip;
  struct id row = place(e->seq);
  TRY(index_clip_get(v->index, &e->subject, &clip, NULL));
  e->gone = !clip.leaf;
  if (e->gone) return ERR_OK;
  enum err failed = clip_key(v, clip.leaf, key);
  e->gone = failed == ERR_MISSING;
  if (e->gone) return ERR_OK;
  TRY(failed);
  TRY(seal_get(key, details_label, &row, sealed, &plain));
  snprintf(e->details, sizeof e->details, "%s", bytes_text(&plain));
  return ERR_OK;
}

/* ---- appending */
static enum err encode(struct vault *v, const struct audit_note *n, uint64_t seq, struct bytes *out) {
  AUTO(bytes) struct bytes details = {0};
  TRY(seal_details(v, n, seq, &details));
  bytes_put_u8(out, n->under ? FORM_UNDER_CLIP : FORM);
  bytes_put_u64(out, (uint64_t)vault_now_ms(v));
  bytes_put(out, v->actor.id.b, sizeof v->actor.id.b);
  bytes_put_field(out, n->verb, strlen(n->verb));
  bytes_put_u8(out, (uint8_t)n->kind);
  bytes_put(out, (n->subject ? n->subject : &(struct id){0})->b, sizeof(struct id));
  bytes_put_field(out, details.data, details.length);
  return bytes_check(out);
}

void audit_receipt_free(struct audit_receipt *r) { bytes_free(&r->leaf); }

static enum err append(struct vault *v, const struct audit_note *n, struct audit_receipt *receipt) {
  AUTO(bytes) struct bytes plain = {0}, entry = {0}, leaf = {0};
  SECRET_KEY(key);
  struct audit_tree tree;
  uint8_t hash[32];
  if (n->open.length > AUDIT_OPEN_MOST) return err_set(ERR_BUG, "the open part of an audit entry is too long");
  TRY(load_tree(v, &tree));
  struct id row = place(tree.count);
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  TRY(encode(v, n, tree.count, &plain));
  audit_open_put(&entry, &n->open);
  TRY(seal_put(key, "audit", &row, &plain, &entry));
  bytes_put_u64be(&leaf, tree.count);
  bytes_put(&leaf, entry.data, entry.length);
  TRY(bytes_check(&leaf));
  TRY(index_audit_append(v->index, tree.count, &entry));
  audit_tree_leaf(leaf.data, leaf.length, hash);
  if (receipt) *receipt = (struct audit_receipt){.entry = tree.count};
  if (receipt) audit_proof_of_last(&tree, &receipt->path);
  audit_tree_append(&tree, hash);
  if (receipt) {
    audit_tree_root(&tree, receipt->root);
    receipt->leaf = leaf;
    leaf = (struct bytes){0};
  }
  return store_tree(v, &tree);
}

/* Keys that wait to be published go first, so many at a time; the last of them with the entry itself. */
static enum err publish(struct vault *v, struct audit_note *n, struct bytes *keys) {
  for (bool more = true; more;) {
    struct audit_tree tree;
    bytes_clear(keys);
    TRY(load_tree(v, &tree));
    TRY(commitment_take(v, AUDIT_OPEN_MOST / COMMITMENT_BYTES, tree.count, keys, &more));
    struct audit_open open = {AUDIT_OPEN_KEYS, keys->data, keys->length};
    if (!keys->length) return ERR_OK;
    if (!more && n->open.kind == AUDIT_OPEN_NONE)
      n->open = open;
    else
      TRY(append(v, &(struct audit_note){.verb = "keys.published", .open = open}, NULL));
  }
  return ERR_OK;
}

enum err audit_put(struct vault *v, const struct audit_note *note, struct audit_receipt *receipt) {
  AUTO(bytes) struct bytes keys = {0};
  struct audit_note n = *note;
  TRY(publish(v, &n, &keys));
  return append(v, &n, receipt);
}

enum err audit_append(struct vault *v, const char *verb, enum id_kind kind, const struct id *subject, const char *details) {
  return audit_put(v, &(struct audit_note){.verb = verb, .kind = kind, .subject = subject, .details = details}, NULL);
}

/* ---- reading */
static void get_text(struct bytes_reader *r, char *out, size_t size) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, size - 1, &length);
  if (text) memcpy(out, text, length);
  out[text ? length : 0] = 0;
}

static enum err decode(struct vault *v, const struct bytes *plain, struct audit_entry *out) {
  AUTO(bytes) struct bytes sealed = {0};
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  uint8_t form = bytes_get_u8(&r);
  out->at_ms = (int64_t)bytes_get_u64(&r);
  bytes_get(&r, out->account.b, sizeof out->account.b);
  get_text(&r, out->verb, sizeof out->verb);
  out->kind = bytes_get_u8(&r);
  bytes_get(&r, out->subject.b, sizeof out->subject.b);
  if (form == FORM_UNDER_CLIP) {
    size_t length;
    const uint8_t *details = bytes_get_field(&r, sizeof out->details + 64, &length);
    if (details) bytes_put(&sealed, details, length);
  } else {
    get_text(&r, out->details, sizeof out->details);
  }
  if ((form != FORM && form != FORM_UNDER_CLIP) || out->kind > ID_LAST || !bytes_done(&r))
    return err_set(ERR_DATA, "an audit entry is of an unknown form");
  TRY(bytes_check(&sealed));
  return form == FORM_UNDER_CLIP ? open_details(v, out, &sealed) : ERR_OK;
}

enum err audit_entry_read(struct vault *v, uint64_t seq, const uint8_t *entry, size_t length, struct audit_entry *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  SECRET_KEY(key);
  struct audit_entry e = {.seq = seq};
  struct id row = place(seq);
  const uint8_t *rest;
  size_t rest_length;
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  audit_open_split(entry, length, &e.open, &rest, &rest_length);
  bytes_put(&sealed, rest, rest_length);
  TRY(bytes_check(&sealed));
  TRY(seal_get(key, "audit", &row, &sealed, &plain));
  TRY(decode(v, &plain, &e));
  *out = e;
  return ERR_OK;
}

struct reading {
  struct vault *vault;
  enum err (*each)(void *context, const struct audit_entry *entry);
  void *context;
};

static enum err read_entry(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  struct reading *r = context;
  struct audit_entry e;
  TRY(audit_entry_read(r->vault, seq, entry, length, &e));
  return r->each(r->context, &e);
}

enum err audit_each(struct vault *v, enum err (*each)(void *context, const struct audit_entry *entry), void *context) {
  struct reading r = {v, each, context};
  return index_audit_each(v->index, 0, read_entry, &r);
}

enum err audit_head(struct vault *v, uint64_t *entries, uint8_t root[32]) {
  struct audit_tree tree;
  TRY(load_tree(v, &tree));
  audit_tree_root(&tree, root);
  *entries = tree.count;
  return ERR_OK;
}
