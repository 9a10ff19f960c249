/* The key store: leaves live, die and stay dead; slots; crashes at every step; an adversary with old copies and every secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/effaceable.h"
#include "keys/keystore.h"
#include "keys/tree.h"
#include "vault/base/bytes.h"
#include "vault/base/io.h"

enum { MANY = 5000 };

/* A folder with a key store in it, and the secret of its first slot. */
struct place {
  char path[256];
  int dir;
  uint8_t *secret_bytes;
  struct slot_secret secret;
  struct id vault;
};

static void run(const char *format, ...) {
  char command[1200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(command, sizeof command, format, arguments);
  va_end(arguments);
  assert_int_equal(system(command), 0);
}

static int make_place(void **state) {
  struct place *p = calloc(1, sizeof *p);
  const char *tmp = getenv("TMPDIR");
  snprintf(p->path, sizeof p->path, "%s/keys.XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(p->path)) return -1;
  p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  p->secret_bytes = secret_alloc(32);
  randombytes_buf(p->secret_bytes, 32);
  p->secret = (struct slot_secret){.kind = SLOT_SECRET_KEY_FILE, .bytes = p->secret_bytes, .length = 32};
  *state = p;
  return keystore_create(p->dir, &p->secret, NULL, &p->vault) == ERR_OK ? 0 : -1;
}

static int drop_place(void **state) {
  struct place *p = *state;
  unsetenv("CLIPVAULT_TEST_CRASH");
  unsetenv("CLIPVAULT_TEST_NO_REKEY");
  run("rm -rf '%s' '%s'.*", p->path, p->path);
  secret_free(p->secret_bytes);
  close(p->dir);
  free(p);
  return secret_in_use() == 0 ? 0 : -1;
}

static struct keystore *open_store(struct place *p) {
  struct keystore *ks = NULL;
  enum err e = keystore_open(p->dir, &p->secret, &ks);
  if (e != ERR_OK) fail_msg("the store does not open: %s", err_text());
  return ks;
}

static enum err try_open(const char *folder, const struct slot_secret *secret) {
  AUTO(keystore) struct keystore *ks = NULL;
  AUTO(io) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return keystore_open(dir, secret, &ks);
}

static void sql(const char *folder, const char *statement) {
  char path[400];
  sqlite3 *db;
  snprintf(path, sizeof path, "%s/keys.db", folder);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, statement, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", statement, sqlite3_errmsg(db));
  sqlite3_close(db);
}

/* ---- leaves */
static void leaves_live_and_die(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  static keystore_leaf leaves[MANY];
  struct keystore_proof proof;
  SECRET_KEY(before);
  SECRET_KEY(after);
  assert_int_equal(keystore_new_leaves(ks, 1, leaves), ERR_OK);
  assert_int_equal(keystore_new_leaves(ks, 80, leaves + 1), ERR_OK); /* past 64: the tree grows */
  assert_int_equal(keystore_get(ks, leaves[0], before), ERR_OK);
  assert_int_equal(keystore_new_leaves(ks, MANY - 81, leaves + 81), ERR_OK); /* past 4096: again */
  for (size_t i = 1; i < MANY; i++) assert_true(leaves[i] == leaves[i - 1] + 1);
  assert_int_equal(keystore_get(ks, leaves[0], after), ERR_OK);
  assert_memory_equal(before->b, after->b, 32);

  uint64_t epoch = keystore_epoch(ks);
  assert_int_equal(keystore_shred(ks, 1, &leaves[70], &proof), ERR_OK);
  assert_true(proof.epoch_before == epoch && proof.epoch_after == epoch + 1 && keystore_epoch(ks) == epoch + 1);
  assert_int_equal(keystore_get(ks, leaves[70], after), ERR_MISSING);
  assert_int_equal(keystore_shred(ks, 1, &leaves[70], &proof), ERR_OK); /* resuming is calling it again */
  assert_int_equal(keystore_shred(ks, 1000, leaves + 1000, &proof), ERR_OK);
  for (size_t i = 1000; i < 2000; i += 111) assert_int_equal(keystore_get(ks, leaves[i], after), ERR_MISSING);
  assert_int_equal(keystore_get(ks, leaves[999], after), ERR_OK);
  assert_int_equal(keystore_get(ks, leaves[2000], after), ERR_OK);
  keystore_leaf fresh;
  assert_int_equal(keystore_new_leaves(ks, 1, &fresh), ERR_OK);
  assert_true(fresh == leaves[MANY - 1] + 1); /* ids are never used twice */
  assert_int_equal(keystore_get(ks, 0, after), ERR_MISSING);
  assert_int_equal(keystore_get(ks, fresh + 1, after), ERR_MISSING);
  assert_int_equal(keystore_get(ks, UINT64_MAX, after), ERR_MISSING);
}

static enum err count_leaf(void *context, keystore_leaf leaf) {
  (void)leaf;
  ++*(size_t *)context;
  return ERR_OK;
}

static void what_was_written_is_there_after_reopening(void **state) {
  struct place *p = *state;
  keystore_leaf leaves[100];
  struct keystore_anchor anchor = {.high_water_ms = 123456, .audit_entries = 7}, found;
  SECRET_KEY(leaf);
  SECRET_KEY(system_key);
  SECRET_KEY(again);
  struct keystore_proof proof;
  memset(anchor.audit_root, 0xab, sizeof anchor.audit_root);
  struct keystore *ks = open_store(p);
  assert_int_equal(keystore_new_leaves(ks, 100, leaves), ERR_OK);
  assert_int_equal(keystore_get(ks, leaves[42], leaf), ERR_OK);
  assert_int_equal(keystore_system_key(ks, KEYSTORE_SIGNING, system_key), ERR_OK);
  assert_int_equal(keystore_set_anchor(ks, &anchor), ERR_OK);
  assert_int_equal(keystore_shred(ks, 3, leaves, &proof), ERR_OK);
  keystore_close(ks);

  ks = open_store(p);
  size_t count = 0;
  assert_true(id_equal(keystore_vault(ks), &p->vault));
  assert_string_equal(keystore_assurance(ks), "file");
  assert_int_equal(keystore_get(ks, leaves[42], again), ERR_OK);
  assert_memory_equal(leaf->b, again->b, 32);
  assert_int_equal(keystore_system_key(ks, KEYSTORE_SIGNING, again), ERR_OK);
  assert_memory_equal(system_key->b, again->b, 32);
  assert_int_equal(keystore_get_anchor(ks, &found), ERR_OK);
  assert_true(found.high_water_ms == anchor.high_water_ms && found.audit_entries == anchor.audit_entries);
  assert_memory_equal(found.audit_root, anchor.audit_root, 32);
  assert_int_equal(keystore_each(ks, count_leaf, &count), ERR_OK);
  assert_int_equal(count, 97);
  AUTO(bytes) struct bytes problems = {0};
  assert_int_equal(keystore_check(ks, &problems), ERR_OK);
  assert_int_equal(problems.length, 0);
  keystore_close(ks);
}

/* ---- slots */
static void a_removed_slot_opens_nothing_not_even_the_past(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  uint8_t *second = secret_alloc(32);
  randombytes_buf(second, 32);
  struct slot_secret other = {.kind = SLOT_SECRET_KEY_FILE, .bytes = second, .length = 32};
  struct slot_info slots[4];
  struct id added;
  size_t count;
  SECRET_KEY(mrk);
  assert_int_equal(try_open(p->path, &other), ERR_REFUSED);
  assert_int_equal(keystore_slot_add(ks, &other, &added), ERR_OK);
  assert_int_equal(keystore_mrk(ks, mrk), ERR_OK);
  keystore_close(ks);
  assert_int_equal(try_open(p->path, &other), ERR_OK);
  struct slot_secret kept = {.kind = SLOT_SECRET_MRK, .bytes = mrk->b, .length = 32};
  assert_int_equal(try_open(p->path, &kept), ERR_OK);
  run("cp -a '%s' '%s.old'", p->path, p->path);

  ks = open_store(p);
  assert_int_equal(keystore_slot_remove(ks, &added), ERR_OK);
  assert_int_equal(keystore_slot_remove(ks, &added), ERR_MISSING);
  assert_int_equal(keystore_slot_list(ks, slots, 4, &count), ERR_OK);
  assert_int_equal(count, 1);
  assert_int_equal(keystore_slot_remove(ks, &slots[0].id), ERR_REFUSED); /* the last one */
  keystore_close(ks);
  assert_int_equal(try_open(p->path, &other), ERR_REFUSED);
  assert_int_equal(try_open(p->path, &kept), ERR_REFUSED); /* the MRK was rotated */
  run("cp '%s/effaceable' '%s.old/'", p->path, p->path);
  char old[300];
  snprintf(old, sizeof old, "%s.old", p->path);
  assert_int_equal(try_open(old, &other), ERR_DATA); /* its old database, with the secret of today */
  assert_int_equal(try_open(p->path, &p->secret), ERR_OK);
  secret_free(second);
}

static void a_passphrase_opens(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  struct slot_secret right = {.kind = SLOT_SECRET_PASSPHRASE, .bytes = (const uint8_t *)"correct horse battery", .length = 21};
  struct slot_secret wrong = {.kind = SLOT_SECRET_PASSPHRASE, .bytes = (const uint8_t *)"correct horse batterY", .length = 21};
  struct id slot;
  assert_int_equal(keystore_slot_add(ks, &right, &slot), ERR_OK);
  keystore_close(ks);
  assert_int_equal(try_open(p->path, &right), ERR_OK);
  assert_int_equal(try_open(p->path, &wrong), ERR_REFUSED);
  /* parameters that protect nothing, or that would take the machine down, are not even tried */
  static const char *const weakened[] = {
      "UPDATE slot SET ops = 1 WHERE kind = 1", "UPDATE slot SET ops = 4000000000 WHERE kind = 1",
      "UPDATE slot SET ops = 3, kib = 8 WHERE kind = 1", "UPDATE slot SET kib = 4000000000 WHERE kind = 1"};
  for (size_t i = 0; i < sizeof weakened / sizeof *weakened; i++) {
    sql(p->path, weakened[i]);
    if (try_open(p->path, &right) != ERR_DATA) fail_msg("opened with: %s", weakened[i]);
  }
}

/* ---- tampering */
static void tampering_is_refused(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  static keystore_leaf leaves[200];
  SECRET_KEY(key);
  assert_int_equal(keystore_new_leaves(ks, 200, leaves), ERR_OK);
  keystore_close(ks);
  static const struct {
    const char *what, *sql;
    bool opens; /* then reading a leaf must fail */
  } rows[] = {
      {"two nodes swapped",
       "UPDATE node SET id = -1 WHERE id = 0; UPDATE node SET id = 0 WHERE id = 1; UPDATE node SET id = 1 WHERE id = -1", true},
      {"a node changed",
       "UPDATE node SET b = CAST(substr(b, 1, 99) || iif(substr(b, 100, 1) = x'00', x'01', x'00') || "
       "substr(b, 101) AS BLOB) WHERE id = 0",
       true},
      {"a node of another size", "UPDATE node SET b = substr(b, 2) WHERE id = 0", true},
      {"a node dropped", "DELETE FROM node WHERE id = 0", true},
      {"the root changed", "UPDATE node SET b = zeroblob(length(b)) WHERE id > 1000", false},
      {"a slot's public half swapped", "UPDATE slot SET public = randomblob(32)", false},
      {"a slot's private half changed", "UPDATE slot SET private = zeroblob(length(private))", false},
      {"a slot's MRK changed", "UPDATE slot SET mrk = zeroblob(length(mrk))", false},
      {"a slot of a wrong form", "UPDATE slot SET salt = x'00'", false},
      {"a slot added",
       "INSERT INTO slot SELECT randomblob(16), kind, created_ms, ops, kib, salt, public, nonce, private, mrk FROM slot", false},
      {"another vault's id", "UPDATE fact SET v = randomblob(16) WHERE k = 'vault'", false},
      {"the vault's id cut", "UPDATE fact SET v = x'00' WHERE k = 'vault'", false},
      {"a newer format", "PRAGMA user_version = 99", false},
      {"another program's file", "PRAGMA application_id = 1", false},
  };
  run("cp -a '%s' '%s.pristine'", p->path, p->path);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(keystore) struct keystore *again = NULL;
    run("cp '%s.pristine/keys.db' '%s/' && rm -f '%s'/keys.db-*", p->path, p->path, p->path);
    sql(p->path, rows[i].sql);
    enum err e = keystore_open(p->dir, &p->secret, &again);
    if (rows[i].opens && (e != ERR_OK || keystore_get(again, leaves[3], key) != ERR_DATA))
      fail_msg("%s: a leaf was read", rows[i].what);
    if (!rows[i].opens && e == ERR_OK) fail_msg("%s: it opened", rows[i].what);
    AUTO(bytes) struct bytes problems = {0};
    if (rows[i].opens) {
      assert_int_equal(keystore_check(again, &problems), ERR_OK);
      if (!problems.length) fail_msg("%s: check found nothing", rows[i].what);
    }
  }
}

static void a_torn_record_heals_and_a_lost_store_is_named(void **state) {
  struct place *p = *state;
  char path[300];
  uint8_t garbage[64];
  memset(garbage, 0x5a, sizeof garbage);
  snprintf(path, sizeof path, "%s/effaceable", p->path);
  for (int place = 0; place < 2; place++) {
    AUTO(io) int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(io_pwrite_all(fd, garbage, sizeof garbage, (uint64_t)place * 4096), ERR_OK);
    assert_int_equal(try_open(p->path, &p->secret), ERR_OK); /* the other record is enough, and this one is put right */
  }
  assert_int_equal(unlink(path), 0);
  assert_int_equal(try_open(p->path, &p->secret), ERR_UNAVAILABLE);
}

/* ---- the archivist: an old keys.db, and all that can be known now */
struct nodes {
  struct {
    int64_t id;
    uint8_t blob[TREE_BLOB];
  } row[64];
  size_t count;
};

static void read_nodes(const char *folder, struct nodes *out) {
  char path[400];
  sqlite3 *db;
  sqlite3_stmt *q;
  snprintf(path, sizeof path, "%s/keys.db", folder);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT id, b FROM node", -1, &q, NULL), SQLITE_OK);
  for (out->count = 0; sqlite3_step(q) == SQLITE_ROW && out->count < 64; out->count++) {
    out->row[out->count].id = sqlite3_column_int64(q, 0);
    memcpy(out->row[out->count].blob, sqlite3_column_blob(q, 1), TREE_BLOB);
  }
  sqlite3_finalize(q);
  sqlite3_close(db);
}

/* Every key is tried on every node of the old database; what opens gives more keys, until nothing new comes. */
struct ring {
  struct secret_key keys[40000];
  size_t count;
};

static void add_keys(struct ring *ring, const struct tree_node *node) {
  for (int i = 0; i < TREE_FAN; i++)
    if (!sodium_is_zero(node->keys[i].b, 32) && ring->count < sizeof ring->keys / sizeof *ring->keys)
      ring->keys[ring->count++] = node->keys[i];
}

static bool open_node(const struct id *vault, int64_t id, const uint8_t *blob, const struct secret_key *key,
                      struct tree_node *out) {
  AUTO(bytes) struct bytes ad = {0};
  bytes_put_text(&ad, "clipvault-node");
  bytes_put(&ad, vault->b, sizeof vault->b);
  bytes_put_u64(&ad, (uint64_t)id);
  return crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)out, NULL, NULL, blob + 24, TREE_BLOB - 24, ad.data, ad.length,
                                                    blob, key->b) == 0;
}

/* What the adversary knows now: every key in every node that is reachable with today's secrets. */
static enum err gather(void *context, keystore_leaf leaf) {
  void **with = context;
  struct ring *ring = with[1];
  return keystore_get(with[0], leaf, &ring->keys[ring->count++]);
}

/* All node keys of today's tree, read from the database with the root's keys: the attacker has the process's rights. */
static void gather_nodes(struct place *p, struct keystore *ks, struct ring *ring) {
  struct nodes now;
  read_nodes(p->path, &now);
  SECRET_KEY(mrk);
  assert_int_equal(keystore_mrk(ks, mrk), ERR_OK);
  ring->keys[ring->count++] = *mrk;
  /* The root: RK from the MRK and the effaceable record, as design and keystore.c say. */
  SECRET_KEY(e);
  SECRET_KEY(rk);
  struct effaceable *store;
  assert_int_equal(effaceable_open(p->dir, "effaceable", e, &store), ERR_OK);
  for (int place = 0; place < 2; place++) {
    struct effaceable_record record = {.secret = e};
    uint8_t t[8];
    assert_int_equal(effaceable_read(store, place, &record), ERR_OK);
    for (int i = 0; i < 8; i++) t[i] = (uint8_t)(record.epoch >> (8 * i));
    crypto_generichash_state h;
    crypto_generichash_init(&h, mrk->b, 32, 32);
    crypto_generichash_update(&h, (const uint8_t *)"clipvault-root", 14);
    crypto_generichash_update(&h, p->vault.b, 16);
    crypto_generichash_update(&h, t, 8);
    crypto_generichash_update(&h, e->b, 32);
    crypto_generichash_final(&h, rk->b, 32);
    ring->keys[ring->count++] = *rk;
    ring->keys[ring->count++] = *e;
  }
  effaceable_close(store);
  struct slot_record slots[STORE_MOST_SLOTS];
  uint8_t slots_hash[32];
  size_t count;
  struct store *db;
  assert_int_equal(store_open(p->dir, &db), ERR_OK);
  assert_int_equal(store_get_slots(db, slots, &count), ERR_OK);
  crypto_generichash_state h;
  crypto_generichash_init(&h, NULL, 0, 32);
  for (size_t i = 0; i < count; i++) {
    uint8_t kind = (uint8_t)slots[i].kind;
    crypto_generichash_update(&h, slots[i].id.b, 16);
    crypto_generichash_update(&h, &kind, 1);
    crypto_generichash_update(&h, slots[i].public_half, 32);
  }
  crypto_generichash_final(&h, slots_hash, 32);
  struct tree_node *root = secret_alloc(sizeof *root);
  uint8_t hash[32];
  assert_int_equal(tree_open_root(db, &p->vault, keystore_epoch(ks), rk, slots_hash, root, hash),
                   ERR_OK); /* the attack's own arithmetic is right */
  add_keys(ring, root);
  store_close(db);
  for (size_t from = 0; from < ring->count; from++)
    for (size_t i = 0; i < now.count; i++)
      if (open_node(&p->vault, now.row[i].id, now.row[i].blob, &ring->keys[from], root)) add_keys(ring, root);
  secret_free(root);
}

static bool attack(struct place *p, const char *old, const struct secret_key *wanted) {
  struct ring *ring = calloc(1, sizeof *ring); /* an attacker does not use our arena */
  struct nodes *nodes = calloc(1, sizeof *nodes);
  struct tree_node *node = secret_alloc(sizeof *node);
  AUTO(keystore) struct keystore *ks = open_store(p);
  void *with[2] = {ks, ring};
  assert_int_equal(keystore_each(ks, gather, with), ERR_OK);
  gather_nodes(p, ks, ring);
  read_nodes(old, nodes);
  bool found = false;
  for (size_t from = 0; from < ring->count && !found; from++) {
    found = memcmp(ring->keys[from].b, wanted->b, 32) == 0;
    for (size_t i = 0; i < nodes->count; i++)
      if (open_node(&p->vault, nodes->row[i].id, nodes->row[i].blob, &ring->keys[from], node)) add_keys(ring, node);
  }
  secret_free(node);
  free(nodes);
  free(ring);
  return found;
}

/* 300 leaves, a copy, one shred; what comes back. */
static bool shred_and_attack(struct place *p, bool rekey) {
  struct keystore *ks = open_store(p);
  static keystore_leaf leaves[300];
  struct keystore_proof proof;
  char old[300];
  SECRET_KEY(wanted);
  assert_int_equal(keystore_new_leaves(ks, 300, leaves), ERR_OK);
  assert_int_equal(keystore_get(ks, leaves[123], wanted), ERR_OK);
  keystore_close(ks);
  snprintf(old, sizeof old, "%s.old", p->path);
  run("cp -a '%s' '%s'", p->path, old);
  assert_true(attack(p, old, wanted)); /* before the shred it is of course found */
  if (!rekey) setenv("CLIPVAULT_TEST_NO_REKEY", "1", 1);
  ks = open_store(p);
  assert_int_equal(keystore_shred(ks, 1, &leaves[123], &proof), ERR_OK);
  keystore_close(ks);
  bool found = attack(p, old, wanted);
  run("cp '%s/effaceable' '%s/'", p->path, old);
  assert_int_equal(try_open(old, &p->secret), ERR_DATA); /* the old database as a whole, with today's secrets */
  return found;
}

static void old_copies_give_nothing_back(void **state) { assert_false(shred_and_attack(*state, true)); }

/* Without fresh keys on the path the same attack succeeds: so it is an attack. */
static void without_rekeying_the_attack_succeeds(void **state) {
#ifdef CLIPVAULT_TEST_HOOKS
  assert_true(shred_and_attack(*state, false));
#else
  (void)state;
  skip(); /* needs a build with test hooks */
#endif
}

/* ---- crashes */
#ifdef CLIPVAULT_TEST_HOOKS
static void killed_shred(struct place *p, const char *point, keystore_leaf leaf) {
  uint8_t outside[32]; /* the arena is wiped in a forked child */
  memcpy(outside, p->secret_bytes, sizeof outside);
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    struct keystore *ks = NULL;
    struct keystore_proof proof;
    p->secret.bytes = outside;
    setenv("CLIPVAULT_TEST_CRASH", point, 1);
    if (keystore_open(p->dir, &p->secret, &ks) == ERR_OK) IGNORE(keystore_shred(ks, 1, &leaf, &proof));
    _exit(3);
  }
  int status;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) fail_msg("%s was not passed", point);
}

static void crash_at(struct place *p, const char *point, bool lose_wal) {
  keystore_leaf leaves[3];
  struct keystore_proof proof;
  char old[300];
  SECRET_KEY(live);
  SECRET_KEY(dead);
  SECRET_KEY(again);
  struct keystore *ks = open_store(p);
  assert_int_equal(keystore_new_leaves(ks, 3, leaves), ERR_OK);
  assert_int_equal(keystore_get(ks, leaves[0], live), ERR_OK);
  assert_int_equal(keystore_get(ks, leaves[1], dead), ERR_OK);
  keystore_close(ks);
  snprintf(old, sizeof old, "%s.old", p->path);
  run("rm -rf '%s' && cp -a '%s' '%s'", old, p->path, old);
  killed_shred(p, point, leaves[1]);
  if (lose_wal) run("rm -f '%s'/keys.db-wal '%s'/keys.db-shm", p->path, p->path); /* a power cut before the log was synced */
  ks = open_store(p);
  assert_int_equal(keystore_get(ks, leaves[0], again), ERR_OK);
  assert_memory_equal(again->b, live->b, 32);
  assert_int_equal(keystore_shred(ks, 1, &leaves[1], &proof), ERR_OK); /* what whoever finds the pending job does */
  assert_int_equal(keystore_get(ks, leaves[1], again), ERR_MISSING);
  assert_int_equal(keystore_get(ks, leaves[0], again), ERR_OK);
  assert_memory_equal(again->b, live->b, 32);
  keystore_close(ks);
  assert_false(attack(p, old, dead));
}
#endif

static void killed_anywhere_nothing_is_lost(void **state) {
#ifdef CLIPVAULT_TEST_HOOKS
  static const char *const points[] = {"shred-1", "shred-2", "shred-3", "shred-4", "shred-5", "shred-6"};
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) crash_at(*state, points[i], false);
  crash_at(*state, "shred-3", true);
  crash_at(*state, "shred-4", true);
#else
  (void)state;
  skip(); /* needs a build with test hooks */
#endif
}

/* A reader of keys.db keeps its log from being emptied: the shred does not claim to be done, and is completed afterwards. */
static void a_reader_in_the_way_is_noticed(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  keystore_leaf leaf;
  struct keystore_proof proof;
  SECRET_KEY(key);
  char path[300];
  sqlite3 *db;
  assert_int_equal(keystore_new_leaves(ks, 1, &leaf), ERR_OK);
  snprintf(path, sizeof path, "%s/keys.db", p->path);
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM node", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(keystore_shred(ks, 1, &leaf, &proof), ERR_BUSY);
  assert_int_equal(keystore_shred(ks, 1, &leaf, &proof), ERR_IO); /* only opening anew tells what is on disk */
  sqlite3_close(db);
  keystore_close(ks);
  ks = open_store(p);
  assert_int_equal(keystore_shred(ks, 1, &leaf, &proof), ERR_OK);
  assert_int_equal(keystore_get(ks, leaf, key), ERR_MISSING);
}

/* Somebody who reads keys.db and leaves, while it is open here: SQLite's last user takes the log away, and that must not be them.
 */
static void a_reader_who_leaves_takes_nothing_away(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  struct keystore_proof proof;
  keystore_leaf leaf;
  assert_int_equal(keystore_shred(ks, 0, NULL, &proof), ERR_OK);
  assert_int_equal(keystore_new_leaves(ks, 1, &leaf), ERR_OK);
  run("sqlite3 '%s/keys.db' 'SELECT count(*) FROM node' >/dev/null", p->path);
  run("test -s '%s/keys.db-wal'", p->path); /* where the new leaf is */
}

static void creation_overwrites_nothing(void **state) {
  struct place *p = *state;
  struct id vault;
  assert_int_equal(keystore_create(p->dir, &p->secret, NULL, &vault), ERR_CREATE);
  assert_int_equal(try_open(p->path, &p->secret), ERR_OK);
  uint8_t *other = secret_alloc(32);
  struct slot_secret wrong = {.kind = SLOT_SECRET_KEY_FILE, .bytes = other, .length = 32};
  assert_int_equal(try_open(p->path, &wrong), ERR_REFUSED);
  secret_free(other);
  assert_int_equal(try_open("/", &p->secret), ERR_MISSING);
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      IN_A_PLACE(leaves_live_and_die),
      IN_A_PLACE(what_was_written_is_there_after_reopening),
      IN_A_PLACE(a_removed_slot_opens_nothing_not_even_the_past),
      IN_A_PLACE(a_passphrase_opens),
      IN_A_PLACE(tampering_is_refused),
      IN_A_PLACE(a_torn_record_heals_and_a_lost_store_is_named),
      IN_A_PLACE(old_copies_give_nothing_back),
      IN_A_PLACE(without_rekeying_the_attack_succeeds),
      IN_A_PLACE(killed_anywhere_nothing_is_lost),
      IN_A_PLACE(a_reader_in_the_way_is_noticed),
      IN_A_PLACE(a_reader_who_leaves_takes_nothing_away),
      IN_A_PLACE(creation_overwrites_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
