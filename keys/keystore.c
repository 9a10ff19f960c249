#include "keys/keystore_inside.h"
#include "vault/base/crash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- derivations */
void keystore_root_key(const struct secret_key *mrk, const struct id *vault, uint64_t epoch, const struct secret_key *e,
                       struct secret_key *rk) {
  static const char label[] = "clipvault-root";
  crypto_generichash_state *h = secret_alloc(sizeof *h);
  uint8_t t[8];
  for (int i = 0; i < 8; i++) t[i] = (uint8_t)(epoch >> (8 * i));
  crypto_generichash_init(h, mrk->b, sizeof mrk->b, sizeof rk->b);
  crypto_generichash_update(h, (const uint8_t *)label, sizeof label - 1);
  crypto_generichash_update(h, vault->b, sizeof vault->b);
  crypto_generichash_update(h, t, sizeof t);
  crypto_generichash_update(h, e->b, sizeof e->b);
  crypto_generichash_final(h, rk->b, sizeof rk->b);
  secret_free(h);
}

void keystore_hash_slots(const struct slot_record slots[], size_t count, uint8_t hash[32]) {
  crypto_generichash_state h;
  crypto_generichash_init(&h, NULL, 0, 32);
  for (size_t i = 0; i < count; i++) {
    uint8_t kind = (uint8_t)slots[i].kind;
    crypto_generichash_update(&h, slots[i].id.b, sizeof slots[i].id.b);
    crypto_generichash_update(&h, &kind, 1);
    crypto_generichash_update(&h, slots[i].public_half, sizeof slots[i].public_half);
  }
  crypto_generichash_final(&h, hash, 32);
}

/* ---- the root: facts in, sealed, out */
enum err keystore_seal_root(struct keystore *ks, const struct secret_key *mrk, const struct secret_key *e) {
  SECRET_KEY(rk);
  uint8_t bound[32];
  ks->facts.height = ks->tree.height;
  tree_root_put(ks->tree.root, &ks->facts);
  TRY(keystore_hash_bound(ks, bound));
  keystore_root_key(mrk, &ks->tree.vault, ks->tree.epoch, e, rk);
  return tree_seal_root(&ks->tree, rk, bound);
}

static bool stays(const struct id *slot, const struct keystore_change *c) {
  for (size_t i = 0; i < c->slot_count; i++)
    if (id_equal(&c->slots[i].id, slot)) return true;
  return false;
}

static enum err write_slots(struct keystore *ks, const struct keystore_change *c) {
  for (size_t i = 0; c->slots && i < ks->slot_count; i++) {
    TRY(store_drop_slot(ks->store, &ks->slots[i].id));
    if (!stays(&ks->slots[i].id, c)) TRY(keystore_drop_sealed(ks, &ks->slots[i].id));
  }
  for (size_t i = 0; c->slots && i < c->slot_count; i++) TRY(store_put_slot(ks->store, &c->slots[i]));
  if (c->slots) memcpy(ks->slots, c->slots, c->slot_count * sizeof *c->slots);
  if (c->slots) ks->slot_count = c->slot_count;
  return c->sealed ? keystore_put_sealed(ks, c->sealed_slot, c->sealed) : ERR_OK;
}

static enum err write_change(struct keystore *ks, const struct keystore_change *c) {
  ks->tree.epoch = c->epoch;
  if (c->make) TRY(c->make(ks, c));
  TRY(write_slots(ks, c));
  if (c->mrk != ks->mrk) TRY(keystore_put_auth(ks, c->mrk));
  if (c->copies) {
    ks->copies = c->copies;
    TRY(keystore_copies_store(ks));
  }
  if (c->shred) TRY(keystore_holders_note(ks));
  TRY(keystore_seal_root(ks, c->mrk, c->e));
  if (c->shred) crash_point("shred-3");
  return ERR_OK;
}

enum err keystore_transact(struct keystore *ks, const struct keystore_change *c) {
  if (ks->broken) return err_set(ERR_IO, "the key store failed before; run the command again");
  struct keystore *before = secret_alloc(sizeof *before); /* holds pointers to keys, and the facts with the system keys */
  struct tree_node *root = secret_alloc(sizeof *root);
  *before = *ks;
  *root = *ks->tree.root;
  enum err e = store_begin(ks->store);
  if (e == ERR_OK) e = write_change(ks, c);
  if (e != ERR_OK) {
    store_rollback(ks->store);
    before->saved = ks->saved; /* it may have moved; a node too many is no harm */
    *ks = *before;
    *ks->tree.root = *root;
  } else if ((e = store_commit(ks->store)) != ERR_OK) {
    ks->broken = true;
  }
  secret_free(root);
  secret_free(before);
  return e;
}

/* ---- what is asked of an open store */
const struct id *keystore_vault(const struct keystore *ks) { return &ks->tree.vault; }
/* A chain is as strong as its weakest holder: one of those that are files, or else the store itself. */
static const struct keystore_copy *weakest(const struct keystore *ks) {
  for (size_t i = 0; i < ks->copies->count; i++) {
    const struct keystore_copy *c = &ks->copies->copy[i];
    if (c->kind == KEYSTORE_HOLDER && strcmp(effaceable_assurance_of(c->where), "file") == 0) return c;
  }
  return NULL;
}

const char *keystore_assurance(const struct keystore *ks) {
  const struct keystore_copy *weak = weakest(ks);
  return weak ? effaceable_assurance_of(weak->where) : effaceable_assurance(ks->effaceable);
}

const char *keystore_limits(const struct keystore *ks) {
  const struct keystore_copy *weak = weakest(ks);
  return weak ? effaceable_limits_of(weak->where) : effaceable_limits(ks->effaceable);
}

bool keystore_is_standing_in(const struct keystore *ks) { return ks->standing_in; }
uint64_t keystore_epoch(const struct keystore *ks) { return ks->tree.epoch; }

enum err keystore_get(struct keystore *ks, keystore_leaf leaf, struct secret_key *out) {
  if (leaf == 0 || leaf > ks->facts.next_leaf) return err_set(ERR_MISSING, "there is no such key");
  return tree_get(&ks->tree, leaf - 1, out);
}

static enum err insert(struct keystore *ks, const struct keystore_change *c) {
  while (ks->facts.next_leaf + c->count > (uint64_t)1 << (6 * ks->tree.height)) TRY(tree_grow(&ks->tree));
  TRY(tree_insert(&ks->tree, ks->facts.next_leaf, c->count));
  ks->facts.next_leaf += c->count;
  return ERR_OK;
}

enum err keystore_new_leaves(struct keystore *ks, size_t count, keystore_leaf out[]) {
  uint64_t first = ks->facts.next_leaf;
  struct keystore_change c = {.make = insert, .count = count, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  TRY(keystore_transact(ks, &c));
  for (size_t i = 0; i < count; i++) out[i] = first + i + 1;
  return ERR_OK;
}

enum err keystore_get_anchor(struct keystore *ks, struct keystore_anchor *out) {
  *out = ks->facts.anchor;
  return ERR_OK;
}

static enum err set_anchor(struct keystore *ks, const struct keystore_change *c) {
  ks->facts.anchor = *c->anchor;
  return ERR_OK;
}

enum err keystore_set_anchor(struct keystore *ks, const struct keystore_anchor *anchor) {
  struct keystore_change c = {.make = set_anchor, .anchor = anchor, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  TRY(keystore_transact(ks, &c));
  keystore_nodes_send(ks); /* a command ends with this, and the process may go on for long */
  return ERR_OK;
}

enum err keystore_system_key(struct keystore *ks, enum keystore_system which, struct secret_key *out) {
  memcpy(out->b, ks->facts.system[which], sizeof out->b);
  return ERR_OK;
}

enum err keystore_mrk(struct keystore *ks, struct secret_key *out) {
  *out = *ks->mrk;
  return ERR_OK;
}

struct each {
  enum err (*call)(void *context, keystore_leaf leaf);
  void *context;
};
static enum err each_leaf(void *context, uint64_t number) {
  struct each *e = context;
  return e->call(e->context, number + 1);
}
enum err keystore_each(struct keystore *ks, enum err (*call)(void *context, keystore_leaf leaf), void *context) {
  struct each e = {call, context};
  return tree_each(&ks->tree, &(struct tree_walk){.leaf = each_leaf, .context = &e});
}

static enum err count_nothing(void *context, uint64_t number) {
  (void)context, (void)number;
  return ERR_OK;
}
static enum err note_broken(void *context, int64_t node) {
  bytes_printf(context, "node %llx of the key tree does not open: %s\n", (unsigned long long)node, err_text());
  return ERR_OK;
}
enum err keystore_check(struct keystore *ks, struct bytes *problems) {
  TRY(tree_each(&ks->tree, &(struct tree_walk){count_nothing, note_broken, problems}));
  return bytes_check(problems);
}

enum err keystore_empty_log(struct keystore *ks) {
  TRY(store_checkpoint(ks->store));
  crash_trace("emptied", ks->tree.epoch, ks->place);
  return ERR_OK;
}

/* ---- rotation: every destruction, and every change that must not be undone by an old copy */
static enum err destroy(struct keystore *ks, const struct keystore_change *c) {
  bool rekey = true;
#ifdef CLIPVAULT_TEST_HOOKS
  rekey = !getenv("CLIPVAULT_TEST_NO_REKEY"); /* the negative control of the old-copy attack */
#endif
  return tree_destroy(&ks->tree, c->numbers, c->count, rekey);
}

static enum err hash_root(struct keystore *ks) {
  uint8_t blob[TREE_BLOB];
  TRY(store_get_node(ks->store, TREE_ROOT_ID, blob, sizeof blob, NULL));
  crypto_generichash(ks->root_hash, sizeof ks->root_hash, blob, sizeof blob, NULL, 0);
  return ERR_OK;
}

/* From the commit on the new epoch is the truth on disk; if what follows fails, opening anew completes it. */
static enum err make_durable(struct keystore *ks, struct keystore_proof *proof) {
  crash_point("shred-4");
  TRY(keystore_empty_log(ks));
  keystore_nodes_send(ks);
  crash_point("shred-5");
  TRY(effaceable_write(ks->effaceable, 1 - ks->place, ks->tree.epoch, ks->e)); /* E is gone here, E' is there twice */
  TRY(effaceable_count(ks->effaceable));
  crash_point("holders-behind");
  TRY(keystore_holders_settle(ks)); /* and everywhere else: the point of no return */
  crash_point("shred-6");
  TRY(hash_root(ks));
  *proof = (struct keystore_proof){.epoch_before = ks->tree.epoch - 1, .epoch_after = ks->tree.epoch};
  memcpy(proof->root_hash, ks->root_hash, sizeof proof->root_hash);
  return ERR_OK;
}

static enum err turn(struct keystore *ks, struct keystore_change *c, const struct secret_key *fresh,
                     struct keystore_proof *proof) {
  crash_point("shred-1");
  /* A power cut could bring back a commit that was taken back because its sync failed; its secret must not go before. */
  if (ks->unfinished) TRY(keystore_empty_log(ks));
  ks->unfinished = false;
  TRY(effaceable_write(ks->effaceable, 1 - ks->place, c->epoch, fresh));
  TRY(keystore_holders_stage(ks, c->epoch, fresh));
  crash_point("shred-2");
  TRY(keystore_transact(ks, c));
  *ks->e = *fresh;
  if (c->mrk != ks->mrk) *ks->mrk = *c->mrk;
  ks->place = 1 - ks->place;
  crash_trace("sealed", ks->tree.epoch, ks->place);
  enum err e = make_durable(ks, proof);
  if (e != ERR_OK) ks->broken = true;
  return e;
}

enum err keystore_rotate(struct keystore *ks, struct keystore_change *c, struct keystore_proof *proof) {
  SECRET_KEY(fresh);
  if (ks->broken) return err_set(ERR_IO, "the key store failed before; run the command again");
  if (ks->standing_in)
    return err_set(ERR_BUSY,
                   "the effaceable store of this vault is gone, and a holder stands in: attach it again, or make a new one "
                   "with \"clipvault replica adopt\"");
  randombytes_buf(fresh->b, sizeof fresh->b);
  c->e = fresh;
  c->epoch = ks->tree.epoch + 1;
  c->shred = true;
  enum err e = turn(ks, c, fresh, proof);
  effaceable_rest(ks->effaceable);
  return e;
}

static int by_number(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

enum err keystore_shred(struct keystore *ks, size_t count, const keystore_leaf leaves[], struct keystore_proof *proof) {
  uint64_t *numbers = calloc(count + 1, sizeof *numbers);
  size_t n = 0;
  if (!numbers) return err_set(ERR_IO, "out of memory");
  for (size_t i = 0; i < count; i++)
    if (leaves[i] && leaves[i] <= ks->facts.next_leaf) numbers[n++] = leaves[i] - 1;
  qsort(numbers, n, sizeof *numbers, by_number);
  struct keystore_change c = {.make = destroy, .numbers = numbers, .count = n, .mrk = ks->mrk};
  enum err e = keystore_rotate(ks, &c, proof);
  free(numbers);
  return e;
}

enum err keystore_copy_to(struct keystore *ks, int dirfd) { return store_copy(ks->store, dirfd); }
