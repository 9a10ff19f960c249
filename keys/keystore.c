#include "keys/keystore.h"

#include "keys/effaceable.h"
#include "keys/store.h"
#include "keys/tree.h"
#include "vault/base/clock.h"
#include "vault/base/crash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_PATH = 4096 };

struct keystore {
  struct store *store;
  struct effaceable *effaceable;
  struct tree tree; /* .epoch is t, .root is open */
  struct tree_root facts;
  struct slot_record slots[STORE_MOST_SLOTS]; /* as they were checked against the root */
  size_t slot_count;
  struct secret_key *mrk, *e; /* E_t */
  int place;                  /* of E_t in the effaceable store */
  uint8_t root_hash[32];
  bool broken; /* a commit may or may not be on disk: only opening anew tells */
};

/* ---- derivations */
static void root_key(const struct secret_key *mrk, const struct id *vault, uint64_t epoch, const struct secret_key *e,
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

/* Over ids, kinds and public halves, in the order of ids. */
static void hash_slots(const struct slot_record slots[], size_t count, uint8_t hash[32]) {
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
static enum err seal_root(struct keystore *ks, const struct secret_key *mrk, const struct secret_key *e) {
  SECRET_KEY(rk);
  uint8_t slots[32];
  ks->facts.height = ks->tree.height;
  tree_root_put(ks->tree.root, &ks->facts);
  hash_slots(ks->slots, ks->slot_count, slots);
  root_key(mrk, &ks->tree.vault, ks->tree.epoch, e, rk);
  return tree_seal_root(&ks->tree, rk, slots);
}

/* A change of the tree in one transaction. The root in memory is put back if it fails; a commit whose outcome is unknown makes
 * the store useless until it is opened anew. */
struct change {
  enum err (*make)(struct keystore *ks, const struct change *c);
  const uint64_t *numbers;
  size_t count;
  const struct slot_record *slots; /* the new list, or NULL */
  size_t slot_count;
  const struct keystore_anchor *anchor;
  const struct secret_key *mrk, *e; /* under which the root goes */
  uint64_t epoch;
  bool shred;
};

static enum err write_slots(struct keystore *ks, const struct change *c) {
  for (size_t i = 0; c->slots && i < ks->slot_count; i++) TRY(store_drop_slot(ks->store, &ks->slots[i].id));
  for (size_t i = 0; c->slots && i < c->slot_count; i++) TRY(store_put_slot(ks->store, &c->slots[i]));
  if (c->slots) memcpy(ks->slots, c->slots, c->slot_count * sizeof *c->slots);
  if (c->slots) ks->slot_count = c->slot_count;
  return ERR_OK;
}

static enum err write_change(struct keystore *ks, const struct change *c) {
  ks->tree.epoch = c->epoch;
  if (c->make) TRY(c->make(ks, c));
  TRY(write_slots(ks, c));
  TRY(seal_root(ks, c->mrk, c->e));
  if (c->shred) crash_point("shred-3");
  return ERR_OK;
}

static enum err transact(struct keystore *ks, const struct change *c) {
  if (ks->broken) return err_set(ERR_IO, "the key store failed before; run the command again");
  struct keystore *before = secret_alloc(sizeof *before); /* holds pointers to keys, and the facts with the system keys */
  struct tree_node *root = secret_alloc(sizeof *root);
  *before = *ks;
  *root = *ks->tree.root;
  enum err e = store_begin(ks->store);
  if (e == ERR_OK) e = write_change(ks, c);
  if (e != ERR_OK) {
    store_rollback(ks->store);
    *ks = *before;
    *ks->tree.root = *root;
  } else if ((e = store_commit(ks->store)) != ERR_OK) {
    ks->broken = true;
  }
  secret_free(root);
  secret_free(before);
  return e;
}

/* ---- creation and opening */
static void free_parts(struct keystore *ks) {
  store_close(ks->store);
  effaceable_close(ks->effaceable);
  secret_free(ks->tree.root);
  secret_free(ks->mrk);
  secret_free(ks->e);
}

void keystore_close(struct keystore *ks) {
  if (!ks) return;
  if (ks->store && ks->mrk && !ks->broken) IGNORE(store_checkpoint(ks->store));
  free_parts(ks);
  secret_free(ks);
}

static struct keystore *new_keystore(void) {
  struct keystore *ks = secret_alloc(sizeof *ks);
  ks->mrk = secret_key_new();
  ks->e = secret_key_new();
  ks->tree.root = secret_alloc(sizeof *ks->tree.root);
  return ks;
}

/* Which of its files a creation made, and may therefore take away again. */
struct creation {
  int dirfd;
  const char *path; /* of the effaceable store */
  bool effaceable, store;
};

static enum err make_files(struct keystore *ks, struct creation *c) {
  TRY(effaceable_create(c->dirfd, c->path));
  c->effaceable = true;
  TRY(effaceable_open(c->dirfd, c->path, &ks->effaceable));
  for (int place = 0; place < 2; place++) TRY(effaceable_write(ks->effaceable, place, 1, ks->e));
  enum err e = store_create(c->dirfd, &ks->store);
  c->store = e != ERR_CREATE; /* that one says it was there before */
  return e;
}

static void unmake(const struct creation *c) {
  static const char *const files[] = {"keys.db", "keys.db-wal", "keys.db-shm"};
  for (size_t i = 0; c->store && i < sizeof files / sizeof *files; i++) unlinkat(c->dirfd, files[i], 0);
  if (c->effaceable) unlinkat(c->dirfd, c->path, 0);
}

static const char *effaceable_at(const char *path) { return path ? path : "effaceable"; }

static enum err first_root(struct keystore *ks, const struct slot_secret *secret, const char *path) {
  struct slot_record slot;
  randombytes_buf(ks->facts.system, sizeof ks->facts.system);
  TRY(slot_record_make(secret, &ks->tree.vault, ks->mrk, clock_now_ms(), &slot));
  TRY(store_begin(ks->store));
  TRY(store_put_fact(ks->store, "vault", ks->tree.vault.b, sizeof ks->tree.vault.b));
  TRY(store_put_fact(ks->store, "effaceable", path, strlen(path)));
  TRY(store_put_slot(ks->store, &slot));
  ks->slots[0] = slot;
  ks->slot_count = 1;
  TRY(seal_root(ks, ks->mrk, ks->e));
  TRY(store_commit(ks->store));
  return store_checkpoint(ks->store);
}

enum err keystore_create(int dirfd, const struct slot_secret *first, const char *effaceable_path, struct id *vault) {
  struct keystore *ks = new_keystore();
  struct creation c = {.dirfd = dirfd, .path = effaceable_at(effaceable_path)};
  randombytes_buf(ks->mrk->b, sizeof ks->mrk->b);
  randombytes_buf(ks->e->b, sizeof ks->e->b);
  ks->tree.vault = id_new();
  ks->tree.height = 1;
  ks->tree.epoch = 1;
  enum err e = make_files(ks, &c);
  ks->tree.store = ks->store;
  if (e == ERR_OK) e = first_root(ks, first, c.path);
  if (e == ERR_OK) *vault = ks->tree.vault;
  keystore_close(ks);
  if (e != ERR_OK) unmake(&c);
  return e;
}

void keystore_unmake(int dirfd, const char *effaceable_path) {
  unmake(&(struct creation){dirfd, effaceable_at(effaceable_path), true, true});
}

static enum err find_mrk(struct keystore *ks, const struct slot_secret *secret) {
  if (secret->kind == SLOT_SECRET_MRK) {
    if (secret->length != sizeof ks->mrk->b) return err_set(ERR_BUG, "a master key of a wrong length");
    memcpy(ks->mrk->b, secret->bytes, sizeof ks->mrk->b);
    return ERR_OK;
  }
  for (size_t i = 0; i < ks->slot_count; i++) {
    enum err e = slot_record_open(&ks->slots[i], secret, &ks->tree.vault, ks->mrk);
    if (e != ERR_REFUSED) return e;
  }
  return err_set(ERR_REFUSED, secret->kind == SLOT_SECRET_PASSPHRASE ? "that passphrase does not open this vault"
                                                                     : "that key file does not open this vault");
}

static enum err try_root(struct keystore *ks, const struct effaceable_record *record) {
  SECRET_KEY(rk);
  uint8_t slots[32];
  if (!record->valid) return err_set(ERR_REFUSED, "an effaceable record is not valid");
  hash_slots(ks->slots, ks->slot_count, slots);
  root_key(ks->mrk, &ks->tree.vault, record->epoch, record->secret, rk);
  return tree_open_root(ks->store, &ks->tree.vault, record->epoch, rk, slots, ks->tree.root, ks->root_hash);
}

static enum err open_root(struct keystore *ks, struct effaceable_record records[2], enum err otherwise) {
  for (int place = 0; place < 2; place++) {
    enum err e = try_root(ks, &records[place]);
    if (e == ERR_REFUSED) continue;
    TRY(e);
    *ks->e = *records[place].secret;
    ks->place = place;
    ks->tree.epoch = records[place].epoch;
    TRY(tree_root_get(ks->tree.root, &ks->facts));
    ks->tree.height = ks->facts.height;
    return ERR_OK;
  }
  return err_set(otherwise,
                 otherwise == ERR_REFUSED
                     ? "what \"clipvault unlock\" kept opens this vault no more; unlock it again"
                     : "keys.db and the effaceable store do not belong together: an old copy, a swapped slot, or tampering; "
                       "put back the newest keys.db");
}

static enum err rewrite(struct keystore *ks, const struct change *c) {
  (void)c;
  return tree_rewrite(&ks->tree);
}

/* The root opened with the newer secret while the older one is still there (or torn): a crash after the commit. The commit
 * may have reached only the page cache, so everything it wrote is written and synced once more before the old secret goes. */
static enum err complete_rotation(struct keystore *ks, const struct effaceable_record *other) {
  if (other->valid && other->epoch >= ks->tree.epoch) return ERR_OK;
  struct change c = {.make = rewrite, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  TRY(transact(ks, &c));
  TRY(store_checkpoint(ks->store));
  return effaceable_write(ks->effaceable, 1 - ks->place, ks->tree.epoch, ks->e);
}

static enum err open_files(struct keystore *ks, int dirfd) {
  AUTO(bytes) struct bytes vault = {0}, path = {0};
  TRY(store_open(dirfd, &ks->store));
  ks->tree.store = ks->store;
  TRY(store_get_fact(ks->store, "vault", &vault));
  TRY(store_get_fact(ks->store, "effaceable", &path));
  if (vault.length != sizeof ks->tree.vault.b || path.length >= MOST_PATH) return err_set(ERR_DATA, "keys.db is malformed");
  memcpy(ks->tree.vault.b, vault.data, vault.length);
  TRY(store_get_slots(ks->store, ks->slots, &ks->slot_count));
  return effaceable_open(dirfd, bytes_text(&path), &ks->effaceable);
}

static enum err open_keys(struct keystore *ks, const struct slot_secret *secret) {
  SECRET_KEY(first);
  SECRET_KEY(second);
  struct effaceable_record records[2] = {{.secret = first}, {.secret = second}};
  TRY(find_mrk(ks, secret));
  for (int place = 0; place < 2; place++) TRY(effaceable_read(ks->effaceable, place, &records[place]));
  TRY(open_root(ks, records, secret->kind == SLOT_SECRET_MRK ? ERR_REFUSED : ERR_DATA));
  return complete_rotation(ks, &records[1 - ks->place]);
}

enum err keystore_open(int dirfd, const struct slot_secret *secret, struct keystore **out) {
  struct keystore *ks = new_keystore();
  enum err e = open_files(ks, dirfd);
  if (e == ERR_OK) e = open_keys(ks, secret);
  if (e == ERR_OK) {
    *out = ks;
    return ERR_OK;
  }
  free_parts(ks);
  secret_free(ks);
  return e;
}

/* ---- what is asked of an open store */
const struct id *keystore_vault(const struct keystore *ks) { return &ks->tree.vault; }
const char *keystore_assurance(const struct keystore *ks) { return effaceable_assurance(ks->effaceable); }
uint64_t keystore_epoch(const struct keystore *ks) { return ks->tree.epoch; }

enum err keystore_get(struct keystore *ks, keystore_leaf leaf, struct secret_key *out) {
  if (leaf == 0 || leaf > ks->facts.next_leaf) return err_set(ERR_MISSING, "there is no such key");
  return tree_get(&ks->tree, leaf - 1, out);
}

static enum err insert(struct keystore *ks, const struct change *c) {
  while (ks->facts.next_leaf + c->count > (uint64_t)1 << (6 * ks->tree.height)) TRY(tree_grow(&ks->tree));
  TRY(tree_insert(&ks->tree, ks->facts.next_leaf, c->count));
  ks->facts.next_leaf += c->count;
  return ERR_OK;
}

enum err keystore_new_leaves(struct keystore *ks, size_t count, keystore_leaf out[]) {
  uint64_t first = ks->facts.next_leaf;
  struct change c = {.make = insert, .count = count, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  TRY(transact(ks, &c));
  for (size_t i = 0; i < count; i++) out[i] = first + i + 1;
  return ERR_OK;
}

enum err keystore_get_anchor(struct keystore *ks, struct keystore_anchor *out) {
  *out = ks->facts.anchor;
  return ERR_OK;
}

static enum err set_anchor(struct keystore *ks, const struct change *c) {
  ks->facts.anchor = *c->anchor;
  return ERR_OK;
}

enum err keystore_set_anchor(struct keystore *ks, const struct keystore_anchor *anchor) {
  struct change c = {.make = set_anchor, .anchor = anchor, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  return transact(ks, &c);
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

/* ---- rotation: every destruction, and every change that must not be undone by an old copy */
static enum err destroy(struct keystore *ks, const struct change *c) {
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
  TRY(store_checkpoint(ks->store));
  crash_point("shred-5");
  TRY(effaceable_write(ks->effaceable, 1 - ks->place, ks->tree.epoch,
                       ks->e)); /* the point of no return: E is gone, E' is there twice */
  crash_point("shred-6");
  TRY(hash_root(ks));
  *proof = (struct keystore_proof){.epoch_before = ks->tree.epoch - 1, .epoch_after = ks->tree.epoch};
  memcpy(proof->root_hash, ks->root_hash, sizeof proof->root_hash);
  return ERR_OK;
}

static enum err rotate(struct keystore *ks, struct change *c, struct keystore_proof *proof) {
  SECRET_KEY(fresh);
  if (ks->broken) return err_set(ERR_IO, "the key store failed before; run the command again");
  randombytes_buf(fresh->b, sizeof fresh->b);
  c->e = fresh;
  c->epoch = ks->tree.epoch + 1;
  c->shred = true;
  crash_point("shred-1");
  TRY(effaceable_write(ks->effaceable, 1 - ks->place, c->epoch, fresh));
  crash_point("shred-2");
  TRY(transact(ks, c));
  *ks->e = *fresh;
  if (c->mrk != ks->mrk) *ks->mrk = *c->mrk;
  ks->place = 1 - ks->place;
  enum err e = make_durable(ks, proof);
  if (e != ERR_OK) ks->broken = true;
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
  struct change c = {.make = destroy, .numbers = numbers, .count = n, .mrk = ks->mrk};
  enum err e = rotate(ks, &c, proof);
  free(numbers);
  return e;
}

/* ---- slots */
static int by_id(const void *a, const void *b) {
  return id_compare(&((const struct slot_record *)a)->id, &((const struct slot_record *)b)->id);
}

enum err keystore_slot_add(struct keystore *ks, const struct slot_secret *secret, struct id *out) {
  struct slot_record slots[STORE_MOST_SLOTS];
  if (ks->slot_count == STORE_MOST_SLOTS)
    return err_set(ERR_REFUSED, "a vault has at most %d slots; remove one first", STORE_MOST_SLOTS);
  memcpy(slots, ks->slots, sizeof slots);
  struct slot_record *fresh = &slots[ks->slot_count];
  TRY(slot_record_make(secret, &ks->tree.vault, ks->mrk, clock_now_ms(), fresh));
  struct id id = fresh->id;
  qsort(slots, ks->slot_count + 1, sizeof *slots, by_id);
  struct change c = {.slots = slots, .slot_count = ks->slot_count + 1, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  TRY(transact(ks, &c));
  *out = id;
  return ERR_OK;
}

/* The public halves in the database must still be those the root vouched for when it was opened: otherwise somebody who can
 * write to the disk would be sent the next MRK. */
static enum err check_slots_unchanged(struct keystore *ks) {
  struct slot_record now[STORE_MOST_SLOTS];
  uint8_t expected[32], found[32];
  size_t count;
  TRY(store_get_slots(ks->store, now, &count));
  hash_slots(ks->slots, ks->slot_count, expected);
  hash_slots(now, count, found);
  if (sodium_memcmp(expected, found, 32) != 0)
    return err_set(ERR_DATA, "a slot in keys.db was changed while the vault was open: nothing was rotated");
  return ERR_OK;
}

enum err keystore_slot_remove(struct keystore *ks, const struct id *slot) {
  struct slot_record slots[STORE_MOST_SLOTS];
  struct keystore_proof proof;
  size_t count = 0;
  SECRET_KEY(mrk);
  TRY(check_slots_unchanged(ks));
  for (size_t i = 0; i < ks->slot_count; i++)
    if (!id_equal(&ks->slots[i].id, slot)) slots[count++] = ks->slots[i];
  if (count == ks->slot_count) return err_set(ERR_MISSING, "there is no such slot; see clipvault slot list");
  if (count == 0) return err_set(ERR_REFUSED, "this is the last slot: without it nobody could open the vault; add another first");
  randombytes_buf(mrk->b, sizeof mrk->b);
  for (size_t i = 0; i < count; i++) TRY(slot_record_reseal(&slots[i], mrk));
  struct change c = {.slots = slots, .slot_count = count, .mrk = mrk};
  return rotate(ks, &c, &proof);
}

enum err keystore_slot_list(struct keystore *ks, struct slot_info *out, size_t most, size_t *count) {
  size_t n = ks->slot_count < most ? ks->slot_count : most;
  for (size_t i = 0; i < n; i++) out[i] = (struct slot_info){ks->slots[i].id, ks->slots[i].kind, ks->slots[i].created_ms};
  *count = n;
  return ERR_OK;
}
