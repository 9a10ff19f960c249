/* A key store that somebody changed while it was shut: nodes, slots and facts of keys.db, and the effaceable store. The input is
 * a list of edits. Whatever then opens gives out the keys that were in it and no others, never one that was destroyed, and check
 * names what is wrong; nothing crashes. (The file format of SQLite itself is SQLite's to fuzz: rows are changed through it.) */
#include "keys/keystore.h"
#include "keys/slot_record.h"
#include "keys/store.h"
#include "vault/base/bytes.h"
#include "vault/base/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LEAVES = 70 /* more than one node has */, DEAD = 7, EDIT = 4, MOST_ROWS = 64, SMALL = 1 << 20 };
static char folder[64];
static int dir;
static struct slot_secret opens;
static keystore_leaf leaves[LEAVES];
static uint8_t *secret, known[LEAVES][32];
static struct secret_key *got;
static struct bytes database, effaceable; /* as they were before every edit */

static void remove_folder(void) {
  static const char *const names[] = {"keys.db", "keys.db-wal", "keys.db-shm", "effaceable"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlinkat(dir, names[i], 0);
  rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  struct keystore *ks;
  struct keystore_proof proof;
  struct id vault;
  snprintf(folder, sizeof folder, "%s", access("/dev/shm", W_OK) ? "/tmp/fuzz_keys.XXXXXX" : "/dev/shm/fuzz_keys.XXXXXX");
  if (secret_init() != ERR_OK || !mkdtemp(folder) || (dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) abort();
  atexit(remove_folder);
  secret = secret_alloc(32);
  memset(secret, 7, 32);
  opens = (struct slot_secret){.kind = SLOT_SECRET_KEY_FILE, .bytes = secret, .length = 32};
  if (keystore_create(dir, &opens, NULL, &vault) != ERR_OK || keystore_open(dir, &opens, &ks) != ERR_OK) abort();
  if (keystore_new_leaves(ks, LEAVES, leaves) != ERR_OK) abort();
  got = secret_key_new();
  for (int i = 0; i < LEAVES; i++) {
    if (keystore_get(ks, leaves[i], got) != ERR_OK) abort();
    memcpy(known[i], got->b, sizeof got->b);
  }
  if (keystore_shred(ks, 1, &leaves[DEAD], &proof) != ERR_OK) abort();
  keystore_close(ks);
  if (io_read_file(dir, "keys.db", SMALL, &database) != ERR_OK || io_read_file(dir, "effaceable", SMALL, &effaceable) != ERR_OK)
    abort();
  return 0;
}

static void put(const char *name, const struct bytes *content) {
  AUTO(io) int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || io_pwrite_all(fd, content->data, content->length, 0) != ERR_OK) abort();
}

/* ---- edits: what, which, where, how */
static void change(uint8_t *bytes, size_t length, const uint8_t e[EDIT]) {
  if (length) bytes[(size_t)e[2] * 31 % length] ^= e[3] ? e[3] : 1;
}

struct nodes {
  size_t count;
  struct {
    int64_t id;
    uint64_t epoch;
    struct bytes blob;
  } node[MOST_ROWS];
};
static void nodes_auto(struct nodes *n) {
  for (size_t i = 0; i < n->count; i++) bytes_free(&n->node[i].blob);
}
static enum err note_node(void *context, int64_t id, uint64_t epoch, const void *blob, size_t length) {
  struct nodes *n = context;
  if (n->count == MOST_ROWS) return ERR_OK;
  n->node[n->count].id = id;
  n->node[n->count].epoch = epoch;
  bytes_put(&n->node[n->count++].blob, blob, length);
  return ERR_OK;
}

static void edit_node(struct store *s, const uint8_t e[EDIT], bool whole) {
  AUTO(nodes) struct nodes n = {0};
  if (store_each_node(s, 0, note_node, &n) != ERR_OK || !n.count) return;
  size_t to = e[1] % n.count, from = whole ? e[2] % n.count : to;
  struct bytes *blob = &n.node[from].blob;
  if (!whole) change(blob->data, blob->length, e);
  if (e[3] == 255) blob->length /= 2;
  IGNORE(store_put_node(s, n.node[to].id, n.node[whole && e[3] & 1 ? from : to].epoch, blob->data, blob->length));
}

static void edit_slot(struct store *s, const uint8_t e[EDIT]) {
  static struct slot_record slots[STORE_MOST_SLOTS];
  size_t count = 0;
  if (store_get_slots(s, slots, &count) != ERR_OK || !count) return;
  struct slot_record *slot = &slots[e[1] % count];
  change((uint8_t *)slot, sizeof *slot, e);
  if (slot->kind == SLOT_PASSPHRASE) slot->kib %= SLOT_LEAST_KIB; /* more would take its time */
  IGNORE(store_put_slot(s, slot));
}

static void edit_fact(struct store *s, const uint8_t e[EDIT]) {
  static const char *const names[] = {"vault", "copies", "replica_of_root", "tpm_auth"};
  const char *name = names[e[1] % (sizeof names / sizeof *names)];
  AUTO(bytes) struct bytes fact = {0};
  bool found = false;
  IGNORE(store_find_fact(s, name, &fact, &found));
  if (!found && e[3] & 1) bytes_put_u8(&fact, e[2] & 1), bytes_put_field(&fact, e, e[2] % 4), bytes_put_field(&fact, e, 2);
  if (!fact.length) bytes_put(&fact, e, EDIT);
  if (found || e[3] & 2) change(fact.data, fact.length, e);
  IGNORE(e[3] == 0 ? store_drop_fact(s, name) : store_put_fact(s, name, fact.data, fact.length));
}

static void edit_rows(const uint8_t *data, size_t size) {
  struct store *s;
  if (store_open(dir, &s) != ERR_OK) abort();
  for (; size >= EDIT; data += EDIT, size -= EDIT) {
    switch (data[0] % 5) {
      case 0: edit_node(s, data, false); break;
      case 1: edit_node(s, data, true); break;
      case 2: edit_slot(s, data); break;
      case 3: edit_fact(s, data); break;
      default: break; /* of the other file */
    }
  }
  store_close(s);
}

static void edit_effaceable(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes file = {0};
  bytes_put(&file, effaceable.data, effaceable.length);
  if (file.failed) abort();
  for (; size >= EDIT; data += EDIT, size -= EDIT)
    if (data[0] % 5 == 4) file.data[((size_t)data[1] << 8 | data[2]) % file.length] ^= data[3];
  put("effaceable", &file);
}

/* ---- what must hold */
static enum err seen(void *context, keystore_leaf leaf) {
  bool *dead = context;
  if (leaf == leaves[DEAD]) *dead = true;
  return ERR_OK;
}

/* Whoever has none of the secrets stays outside. */
static void check_stranger(size_t kind) {
  static const int kinds[] = {SLOT_SECRET_PASSPHRASE, SLOT_SECRET_SHARES, SLOT_SECRET_TPM, SLOT_SECRET_MRK};
  uint8_t *nothing = secret_alloc(32);
  const struct slot_secret guess = {
      .kind = (unsigned)kinds[kind % (sizeof kinds / sizeof *kinds)], .bytes = nothing, .length = 32};
  struct keystore *ks;
  if (keystore_open(dir, &guess, &ks) == ERR_OK) abort();
  secret_free(nothing);
}

static void check_opened(struct keystore *ks) {
  AUTO(bytes) struct bytes problems = {0};
  bool dead = false, missing = false;
  for (int i = 0; i < LEAVES; i++) {
    enum err e = keystore_get(ks, leaves[i], got);
    if (e == ERR_OK && (i == DEAD || memcmp(got->b, known[i], sizeof got->b) != 0)) abort();
    missing |= e != ERR_OK && i != DEAD;
  }
  IGNORE(keystore_each(ks, seen, &dead));
  if (dead) abort();
  enum err checked = keystore_check(ks, &problems);
  if (missing && checked == ERR_OK && !problems.length) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  AUTO(keystore) struct keystore *ks = NULL;
  if (size > 64 * EDIT) return 0;
  memset(secret, 7, 32); /* a child's arena is empty */
  unlinkat(dir, "keys.db-wal", 0);
  unlinkat(dir, "keys.db-shm", 0);
  put("keys.db", &database);
  edit_rows(data, size);
  edit_effaceable(data, size);
  enum err e = keystore_open(dir, &opens, &ks);
  if (e == ERR_OK) check_opened(ks);
  keystore_close(ks);
  ks = NULL;
  check_stranger(size);
  if (e != ERR_OK && !size) abort(); /* unchanged, it opens */
  return 0;
}
