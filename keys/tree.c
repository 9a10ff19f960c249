#include "keys/tree.h"

#include "vault/base/bytes.h"

#include <sodium.h>
#include <string.h>

enum { NONCE = 24 };
_Static_assert(sizeof(struct tree_node) == TREE_PLAIN, "a node's plaintext is its keys and its extra bytes");

static void put_u64(uint8_t at[8], uint64_t v) {
  for (int i = 0; i < 8; i++) at[i] = (uint8_t)(v >> (8 * i));
}

/* u64 next leaf, u8 height, i64 high water, u64 entries, 32 bytes root; at the end the system keys. Written where they stand:
 * what is sealed next must be whole, so nothing here may fail. */
void tree_root_put(struct tree_node *root, const struct tree_root *f) {
  uint8_t *at = root->extra;
  memset(at, 0, TREE_EXTRA);
  put_u64(at, f->next_leaf);
  at[8] = f->height;
  put_u64(at + 9, (uint64_t)f->anchor.high_water_ms);
  put_u64(at + 17, f->anchor.audit_entries);
  memcpy(at + 25, f->anchor.audit_root, sizeof f->anchor.audit_root);
  memcpy(at + TREE_EXTRA - sizeof f->system, f->system, sizeof f->system);
}

enum err tree_root_get(const struct tree_node *root, struct tree_root *f) {
  struct bytes_reader r = bytes_reader(root->extra, TREE_EXTRA);
  f->next_leaf = bytes_get_u64(&r);
  f->height = bytes_get_u8(&r);
  f->anchor.high_water_ms = (int64_t)bytes_get_u64(&r);
  f->anchor.audit_entries = bytes_get_u64(&r);
  bytes_get(&r, f->anchor.audit_root, sizeof f->anchor.audit_root);
  memcpy(f->system, root->extra + TREE_EXTRA - sizeof f->system, sizeof f->system);
  return f->height >= 1 && f->height <= TREE_MOST_HEIGHT
             ? ERR_OK
             : err_set(ERR_DATA, "the root of the key tree says something impossible");
}

/* ---- one node */
static void seal_blob(const struct secret_key *key, const struct bytes *ad, const struct tree_node *node,
                      uint8_t blob[TREE_BLOB]) {
  randombytes_buf(blob, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(blob + NONCE, NULL, (const uint8_t *)node, sizeof *node, ad->data, ad->length, NULL,
                                             blob, key->b);
}

static bool open_blob(const struct secret_key *key, const struct bytes *ad, const uint8_t blob[TREE_BLOB],
                      struct tree_node *node) {
  return crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)node, NULL, NULL, blob + NONCE, TREE_BLOB - NONCE, ad->data,
                                                    ad->length, blob, key->b) == 0;
}

static int64_t node_id(unsigned level, uint64_t index) { return (int64_t)(((uint64_t)1 << 56) * level + index); }

static void bind_node(struct bytes *ad, const struct id *vault, int64_t id) {
  bytes_put_text(ad, "clipvault-node");
  bytes_put(ad, vault->b, sizeof vault->b);
  bytes_put_u64(ad, (uint64_t)id);
}

static void bind_root(struct bytes *ad, const struct id *vault, uint64_t epoch, const uint8_t slots_hash[32]) {
  bytes_put_text(ad, "clipvault-root");
  bytes_put(ad, vault->b, sizeof vault->b);
  bytes_put_u64(ad, epoch);
  bytes_put(ad, slots_hash, 32);
}

static enum err save(struct tree *t, int64_t id, const struct secret_key *key, const struct bytes *ad,
                     const struct tree_node *node) {
  uint8_t blob[TREE_BLOB];
  TRY(bytes_check(ad));
  seal_blob(key, ad, node, blob);
  t->sealed_bytes += TREE_BLOB;
  if (t->saved) t->saved(t->saved_context, id);
  return store_put_node(t->store, id, t->epoch, blob, sizeof blob);
}

static enum err save_node(struct tree *t, unsigned level, uint64_t index, const struct secret_key *key,
                          const struct tree_node *node) {
  AUTO(bytes) struct bytes ad = {0};
  int64_t id = node_id(level, index);
  bind_node(&ad, &t->vault, id);
  return save(t, id, key, &ad, node);
}

static enum err load_node(struct tree *t, unsigned level, uint64_t index, const struct secret_key *key, struct tree_node *node) {
  AUTO(bytes) struct bytes ad = {0};
  uint8_t blob[TREE_BLOB];
  int64_t id = node_id(level, index);
  bind_node(&ad, &t->vault, id);
  TRY(bytes_check(&ad));
  enum err e = store_get_node(t->store, id, blob, sizeof blob, NULL);
  if (e == ERR_MISSING) return err_set(ERR_DATA, "a node of the key tree is missing from keys.db");
  TRY(e);
  if (!open_blob(key, &ad, blob, node)) return err_set(ERR_DATA, "a node of the key tree was changed, moved or rolled back");
  return ERR_OK;
}

enum err tree_seal_root(struct tree *t, const struct secret_key *rk, const uint8_t slots_hash[32]) {
  AUTO(bytes) struct bytes ad = {0};
  bind_root(&ad, &t->vault, t->epoch, slots_hash);
  return save(t, TREE_ROOT_ID, rk, &ad, t->root);
}

enum err tree_open_root(struct store *s, const struct id *vault, uint64_t epoch, const struct secret_key *rk,
                        const uint8_t slots_hash[32], struct tree_node *root, uint8_t root_hash[32]) {
  AUTO(bytes) struct bytes ad = {0};
  uint8_t blob[TREE_BLOB];
  bind_root(&ad, vault, epoch, slots_hash);
  TRY(bytes_check(&ad));
  TRY(store_get_node(s, TREE_ROOT_ID, blob, sizeof blob, NULL));
  if (!open_blob(rk, &ad, blob, root)) return err_set(ERR_REFUSED, "the root of the key tree does not open");
  crypto_generichash(root_hash, 32, blob, sizeof blob, NULL, 0);
  return ERR_OK;
}

/* ---- paths */
static uint64_t span(unsigned level) { /* leaves under one child of a node at this level */
  return (uint64_t)1 << (6 * level);
}
static unsigned place_of(uint64_t number, unsigned level) { return (unsigned)(number / span(level) % TREE_FAN); }
static bool is_none(const struct secret_key *key) { return sodium_is_zero(key->b, sizeof key->b); }
static void new_key(struct secret_key *key) { randombytes_buf(key->b, sizeof key->b); }

/* What is done to the leaves, and whether the nodes on the way get fresh keys. */
struct edit {
  bool insert, rekey;
  const uint64_t *numbers; /* sorted; NULL for insert, which takes a run from `first` */
  uint64_t first;
};
static uint64_t number_at(const struct edit *e, size_t i) { return e->numbers ? e->numbers[i] : e->first + i; }

static enum err edit_node(struct tree *t, const struct edit *e, struct tree_node *node, unsigned level, size_t from, size_t to);

static enum err edit_child(struct tree *t, const struct edit *e, struct secret_key *key, unsigned level, uint64_t index,
                           size_t from, size_t to) {
  bool fresh = is_none(key);
  if (fresh && !e->insert) return ERR_OK; /* nothing lives there */
  struct tree_node *child = secret_alloc(sizeof *child);
  enum err failed = fresh ? ERR_OK : load_node(t, level, index, key, child);
  if (failed == ERR_OK) failed = edit_node(t, e, child, level, from, to);
  if (failed == ERR_OK) {
    if (fresh || e->rekey) new_key(key);
    failed = save_node(t, level, index, key, child);
  }
  secret_free(child);
  return failed;
}

/* Leaves [from, to) of the edit all lie under this node. */
static enum err edit_node(struct tree *t, const struct edit *e, struct tree_node *node, unsigned level, size_t from, size_t to) {
  for (size_t i = from, end; i < to; i = end) {
    uint64_t child = number_at(e, i) / span(level);
    struct secret_key *key = &node->keys[child % TREE_FAN];
    for (end = i; end < to && number_at(e, end) / span(level) == child;) end++;
    if (level > 0)
      TRY(edit_child(t, e, key, level - 1, child, i, end));
    else if (e->insert)
      new_key(key);
    else
      sodium_memzero(key->b, sizeof key->b);
  }
  return ERR_OK;
}

enum err tree_insert(struct tree *t, uint64_t first, size_t count) {
  struct edit e = {.insert = true, .first = first};
  return edit_node(t, &e, t->root, t->height - 1u, 0, count);
}

enum err tree_destroy(struct tree *t, const uint64_t numbers[], size_t count, bool rekey) {
  struct edit e = {.rekey = rekey, .numbers = numbers};
  return edit_node(t, &e, t->root, t->height - 1u, 0, count);
}

enum err tree_grow(struct tree *t) {
  if (t->height >= TREE_MOST_HEIGHT) return err_set(ERR_BUG, "the key tree is full");
  SECRET_KEY(key);
  struct tree_node *old = secret_alloc(sizeof *old);
  memcpy(old->keys, t->root->keys, sizeof old->keys); /* the extra bytes stay with the root */
  new_key(key);
  enum err e = save_node(t, t->height - 1u, 0, key, old);
  secret_free(old);
  TRY(e);
  memset(t->root->keys, 0, sizeof t->root->keys);
  t->root->keys[0] = *key;
  t->height++;
  return ERR_OK;
}

enum err tree_get(struct tree *t, uint64_t number, struct secret_key *out) {
  struct tree_node *node = secret_alloc(sizeof *node);
  const struct tree_node *at = t->root;
  enum err e = number / span(t->height) ? err_set(ERR_MISSING, "there is no such key") : ERR_OK;
  for (unsigned level = t->height - 1u; e == ERR_OK; level--) {
    SECRET_KEY(key);
    *key = at->keys[place_of(number, level)];
    if (is_none(key))
      e = err_set(ERR_MISSING, "this key was destroyed");
    else if (level == 0)
      *out = *key;
    else
      e = load_node(t, level - 1, number / span(level), key, node);
    if (level == 0) break;
    at = node;
  }
  secret_free(node);
  return e;
}

/* ---- walks over all */
static enum err walk_node(struct tree *t, const struct tree_walk *w, const struct tree_node *node, unsigned level,
                          uint64_t index) {
  for (unsigned i = 0; i < TREE_FAN; i++) {
    uint64_t child = index * TREE_FAN + i;
    if (is_none(&node->keys[i])) continue;
    if (level == 0) {
      TRY(w->leaf(w->context, child));
      continue;
    }
    struct tree_node *below = secret_alloc(sizeof *below);
    enum err e = load_node(t, level - 1, child, &node->keys[i], below);
    if (e == ERR_OK)
      e = walk_node(t, w, below, level - 1, child);
    else if (w->broken)
      e = w->broken(w->context, node_id(level - 1, child));
    secret_free(below);
    TRY(e);
  }
  return ERR_OK;
}

enum err tree_each(struct tree *t, const struct tree_walk *walk) { return walk_node(t, walk, t->root, t->height - 1u, 0); }

/* Nodes of the current epoch hang together from the root down: what was not written in it has nothing below that was. */
static enum err rewrite_node(struct tree *t, const struct tree_node *node, unsigned level, uint64_t index) {
  for (unsigned i = 0; level > 0 && i < TREE_FAN; i++) {
    uint64_t child = index * TREE_FAN + i, epoch = 0;
    uint8_t blob[TREE_BLOB];
    if (is_none(&node->keys[i])) continue;
    TRY(store_get_node(t->store, node_id(level - 1, child), blob, sizeof blob, &epoch));
    if (epoch != t->epoch) continue;
    struct tree_node *below = secret_alloc(sizeof *below);
    enum err e = load_node(t, level - 1, child, &node->keys[i], below);
    if (e == ERR_OK) e = rewrite_node(t, below, level - 1, child);
    if (e == ERR_OK) e = save_node(t, level - 1, child, &node->keys[i], below);
    secret_free(below);
    TRY(e);
  }
  return ERR_OK;
}

enum err tree_rewrite(struct tree *t) { return rewrite_node(t, t->root, t->height - 1u, 0); }
