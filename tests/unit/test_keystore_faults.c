/* The key store where something under it fails: each call of our own code to the disk, to SQLite and for memory, once, in every
 * act. What was acknowledged is so, what failed can be done again, nothing living is lost, and nothing destroyed comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "keys/keystore.h"
#include "tests/unit/copy_called.h"
#include "tests/unit/faults.h"
#include "vault/base/bytes.h"
#include "vault/base/io.h"

enum { LEAST_ROUNDS = 3 };

/* ---- a folder with a store, the store's holder in stick/, its replica in nodes/; and all of their bytes at some moment */
static const char *const files[] = {"keys.db", "keys.db-wal", "effaceable", "stick/e", "nodes/keys.db", "nodes/keys.db-wal"};
static const char *const others[] = {"keys.db-shm", "nodes/keys.db-shm", "copy/keys.db",       "copy/keys.db.new",  "stick/f",
                                     "new",         "second/keys.db",    "second/keys.db-wal", "second/keys.db-shm"};
static const char *const folders[] = {"stick", "nodes", "copy", "second"};
enum {
  FILES = sizeof files / sizeof *files,
  OTHERS = sizeof others / sizeof *others,
  FOLDERS = sizeof folders / sizeof *folders
};

struct moment {
  struct bytes content[FILES];
  bool there[FILES];
};
struct place {
  char path[256];
  int dir;
  uint8_t *secrets; /* 64 bytes: of the first slot, and of one that comes and goes */
  struct slot_secret first, second;
  keystore_leaf kept, doomed;
  struct secret_key *kept_key;
  struct moment plain, copied; /* alone; with holder, replica and the second slot */
  struct id second_slot;
};

static const char *path_of(const struct place *p, const char *name) {
  static char path[400];
  snprintf(path, sizeof path, "%s/%s", p->path, name);
  return path;
}

static void remember(const struct place *p, struct moment *m) {
  for (int i = 0; i < FILES; i++) {
    bytes_free(&m->content[i]);
    m->there[i] = io_read_file(p->dir, files[i], 1 << 20, &m->content[i]) == ERR_OK;
  }
}

static void go_back(const struct place *p, const struct moment *m) {
  for (int i = 0; i < OTHERS; i++) unlinkat(p->dir, others[i], 0);
  for (int i = 0; i < FILES; i++) {
    unlinkat(p->dir, files[i], 0);
    if (m->there[i]) assert_int_equal(io_create_file(p->dir, files[i], m->content[i].data, m->content[i].length), ERR_OK);
  }
}

static struct keystore *open_store(const struct place *p) {
  struct keystore *ks = NULL;
  if (keystore_open(p->dir, &p->first, &ks) != ERR_OK) fail_msg("after %s failed it does not open: %s", faults.name, err_text());
  return ks;
}

static void make_both(struct place *p) {
  keystore_leaf leaves[2];
  struct id vault;
  assert_int_equal(keystore_create(p->dir, &p->first, NULL, &vault), ERR_OK);
  struct keystore *ks = open_store(p);
  assert_int_equal(keystore_new_leaves(ks, 2, leaves), ERR_OK);
  p->kept = leaves[0], p->doomed = leaves[1];
  assert_int_equal(keystore_get(ks, p->kept, p->kept_key), ERR_OK);
  keystore_close(ks);
  remember(p, &p->plain);
  ks = open_store(p);
  assert_int_equal(keystore_holder_add(ks, "stick", path_of(p, "stick/e")), ERR_OK);
  assert_int_equal(keystore_nodes_add(ks, "nodes", path_of(p, "nodes")), ERR_OK);
  assert_int_equal(keystore_slot_add(ks, &p->second, &p->second_slot), ERR_OK);
  keystore_close(ks);
  remember(p, &p->copied);
}

static int start(void **state) {
  static struct place p;
  const char *tmp = getenv("TMPDIR");
  if (secret_init() != ERR_OK) return 1;
  faults.lazy = true;
  p.secrets = secret_alloc(64);
  p.kept_key = secret_key_new();
  randombytes_buf(p.secrets, 64);
  p.first = (struct slot_secret){.kind = SLOT_SECRET_KEY_FILE, .bytes = p.secrets, .length = 32};
  p.second = (struct slot_secret){.kind = SLOT_SECRET_SHARES, .bytes = p.secrets + 32, .length = 32};
  snprintf(p.path, sizeof p.path, "%s/keys.XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(p.path)) return 1;
  p.dir = open(p.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < FOLDERS; i++)
    if (mkdirat(p.dir, folders[i], 0700)) return 1;
  make_both(&p);
  *state = &p;
  return 0;
}

static int end(void **state) {
  struct place *p = *state;
  char command[300];
  for (int i = 0; i < FILES; i++) {
    bytes_free(&p->plain.content[i]);
    bytes_free(&p->copied.content[i]);
  }
  secret_free(p->secrets);
  secret_free(p->kept_key);
  close(p->dir);
  snprintf(command, sizeof command, "rm -rf '%s'", p->path);
  return system(command) || secret_in_use();
}

/* ---- an act, at every call */
struct act {
  enum err (*act)(struct place *p, struct keystore *ks);
  /* Of a store that was opened anew; `e` is what the act gave. Does again what failed. */
  void (*then)(struct place *p, struct keystore *ks, enum err e);
};

static void assert_living(struct place *p, struct keystore *ks) {
  AUTO(bytes) struct bytes problems = {0};
  SECRET_KEY(key);
  assert_int_equal(keystore_get(ks, p->kept, key), ERR_OK);
  assert_memory_equal(key->b, p->kept_key->b, 32);
  assert_int_equal(keystore_check(ks, &problems), ERR_OK);
  assert_string_equal(bytes_text(&problems), "");
}

static void at_every_call(struct place *p, const struct moment *from, const struct act *a, unsigned kinds, long least) {
  long n = 1;
  for (; faults_from(n, 0); n++) {
    go_back(p, from);
    struct keystore *ks = open_store(p);
    faults_at(n, kinds);
    enum err e = a->act(p, ks);
    bool struck = faults_struck();
    if (!struck && e != ERR_OK) fail_msg("nothing failed, and yet: %s", err_text());
    keystore_close(ks);
    ks = open_store(p);
    assert_living(p, ks);
    a->then(p, ks, e);
    keystore_close(ks);
  }
  if (n < least) fail_msg("only %ld calls", n);
}

static void whatever_fails(struct place *p, const struct moment *from, const struct act *a) {
  at_every_call(p, from, a, FAULTS_DISK | FAULTS_SQLITE, LEAST_ROUNDS);
  at_every_call(p, from, a, FAULTS_MEMORY, 1);
}

/* ---- making */
static void making_fails_at_every_call(void **state) {
  struct place *p = *state;
  struct moment nothing = {0};
  static const unsigned kinds[] = {FAULTS_DISK | FAULTS_SQLITE, FAULTS_MEMORY};
  for (int k = 0; k < 2; k++)
    for (long n = 1 + k; n == 1 + k || faults_from(n, 0);
         n++) { /* the first memory is the store's own list: without it, it ends */
      struct id vault;
      go_back(p, &nothing);
      faults_at(n, kinds[k]);
      enum err e = keystore_create(p->dir, &p->first, NULL, &vault);
      if (!faults_struck()) assert_int_equal(e, ERR_OK);
      for (int i = 0; e != ERR_OK && i < FILES; i++)
        if (faccessat(p->dir, files[i], F_OK, 0) == 0) fail_msg("after %s failed, %s is left", faults.name, files[i]);
      if (e != ERR_OK) assert_int_equal(keystore_create(p->dir, &p->first, NULL, &vault), ERR_OK);
      keystore_close(open_store(p));
      keystore_unmake(p->dir);
      for (int i = 0; i < FILES; i++) assert_int_equal(faccessat(p->dir, files[i], F_OK, 0), -1);
    }
}

static enum err make_leaves(struct place *p, struct keystore *ks) {
  keystore_leaf leaves[80];
  SECRET_KEY(key);
  TRY(keystore_new_leaves(ks, 80, leaves)); /* past 64: the tree grows */
  (void)p;
  return keystore_get(ks, leaves[79], key);
}

/* ---- opening: as it is, after a rotation that stopped before its end, and with a holder in the store's place */
static void open_from(struct place *p, const struct moment *from) {
  static const unsigned kinds[] = {FAULTS_DISK | FAULTS_SQLITE, FAULTS_MEMORY};
  for (int k = 0; k < 2; k++)
    for (long n = 1 + k; n == 1 + k || faults_from(n, 0); n++) {
      struct keystore *ks = NULL;
      go_back(p, from);
      faults_at(n, kinds[k]);
      enum err e = keystore_open(p->dir, &p->first, &ks);
      if (!faults_struck()) assert_int_equal(e, ERR_OK);
      assert_int_equal(e == ERR_OK, ks != NULL);
      keystore_close(ks);
      ks = open_store(p);
      assert_living(p, ks);
      keystore_close(ks);
    }
}

static enum err shred(struct place *p, struct keystore *ks) {
  struct keystore_proof proof;
  return keystore_shred(ks, 1, &p->doomed, &proof);
}

static void destroyed(struct place *p, struct keystore *ks, enum err e) {
  SECRET_KEY(key);
  if (e == ERR_OK) assert_int_equal(keystore_get(ks, p->doomed, key), ERR_MISSING);
  assert_int_equal(shred(p, ks), ERR_OK);
  assert_int_equal(keystore_get(ks, p->doomed, key), ERR_MISSING);
}

/* A destruction in which the nth call of that name fails, and what is on the disk then; false if there is none. */
static bool stopped(struct place *p, const struct moment *from, const char *name, long n, struct moment *m) {
  go_back(p, from);
  struct keystore *ks = open_store(p);
  faults.only = name;
  faults_at(n, FAULTS_DISK | FAULTS_SQLITE);
  enum err e = shred(p, ks);
  bool struck = faults_struck();
  faults.only = NULL;
  if (!struck) assert_int_equal(e, ERR_OK);
  keystore_close(ks);
  remember(p, m);
  return struck;
}
static void moment_auto(struct moment *m) {
  for (int i = 0; i < FILES; i++) bytes_free(&m->content[i]);
}

static void opening_fails_at_every_call(void **state) {
  struct place *p = *state;
  open_from(p, &p->plain);
  open_from(p, &p->copied);
  AUTO(moment) struct moment torn = {0};
  long n = 1;
  for (; stopped(p, &p->copied, "fdatasync", n, &torn);
       n++) { /* before the commit, between it and the end, and among the holders */
    open_from(p, &torn);
    go_back(p, &torn);
    struct keystore *ks = open_store(p);
    destroyed(p, ks, ERR_BUSY);
    assert_living(p, ks);
    keystore_close(ks);
  }
  assert_true(n > 5);
}

/* Stopped in a write, so that the other record is the older one: opening finishes what was begun, in a tree of two levels. */
static void finishing_fails_at_every_call(void **state) {
  struct place *p = *state;
  AUTO(moment) struct moment grown = {0}, torn = {0}, logged = {0};
  go_back(p, &p->plain);
  struct keystore *ks = open_store(p);
  assert_int_equal(make_leaves(p, ks), ERR_OK);
  remember(p, &logged); /* with a log that is not empty */
  keystore_close(ks);
  remember(p, &grown);
  open_from(p, &logged);
  for (long n = 1; stopped(p, &grown, "pwrite", n, &torn); n++) {
    open_from(p, &torn);
    go_back(p, &torn);
    ks = open_store(p);
    destroyed(p, ks, ERR_BUSY);
    assert_living(p, ks);
    keystore_close(ks);
  }
}

/* ---- leaves */
static void make_leaves_again(struct place *p, struct keystore *ks, enum err e) {
  SECRET_KEY(key);
  enum err found = keystore_get(ks, p->doomed + 80, key);
  if (e == ERR_OK) assert_int_equal(found, ERR_OK);
  assert_int_equal(make_leaves(p, ks), ERR_OK);
}

static void leaves_fail_at_every_call(void **state) {
  struct place *p = *state;
  whatever_fails(p, &p->plain, &(struct act){make_leaves, make_leaves_again});
  whatever_fails(p, &p->plain, &(struct act){shred, destroyed});
  whatever_fails(p, &p->copied, &(struct act){shred, destroyed});
}

/* After one that was not committed, or whose commit was taken back: the log goes first. */
static void a_destruction_after_one_that_failed(void **state) {
  struct place *p = *state;
  AUTO(moment) struct moment torn = {0};
  assert_true(stopped(p, &p->plain, "sqlite3_exec", 1, &torn));
  whatever_fails(p, &torn, &(struct act){shred, destroyed});
}

static enum err anchor(struct place *p, struct keystore *ks) {
  struct keystore_anchor a = {.high_water_ms = 4711};
  (void)p;
  return keystore_set_anchor(ks, &a);
}
static void anchored(struct place *p, struct keystore *ks, enum err e) {
  struct keystore_anchor a;
  assert_int_equal(keystore_get_anchor(ks, &a), ERR_OK);
  assert_true(a.high_water_ms == 4711 || (e != ERR_OK && a.high_water_ms == 0));
  assert_int_equal(anchor(p, ks), ERR_OK);
}

/* ---- slots */
static enum err add_slot(struct place *p, struct keystore *ks) {
  struct id id;
  return keystore_slot_add(ks, &p->second, &id);
}
static enum err opens_with_second(struct place *p) {
  AUTO(keystore) struct keystore *ks = NULL;
  return keystore_open(p->dir, &p->second, &ks);
}
static void slot_is_added(struct place *p, struct keystore *ks, enum err e) {
  struct slot_info slots[4];
  size_t count;
  assert_int_equal(keystore_slot_list(ks, slots, 4, &count), ERR_OK);
  assert_true(count == 2 || (e != ERR_OK && count == 1));
  if (count == 1) assert_int_equal(add_slot(p, ks), ERR_OK);
  assert_int_equal(opens_with_second(p), ERR_OK);
}
static enum err remove_slot(struct place *p, struct keystore *ks) { return keystore_slot_remove(ks, &p->second_slot); }
static void slot_is_removed(struct place *p, struct keystore *ks, enum err e) {
  enum err again = remove_slot(p, ks);
  if (e == ERR_OK) assert_int_equal(again, ERR_MISSING);
  if (again != ERR_MISSING) assert_int_equal(again, ERR_OK);
  assert_int_equal(opens_with_second(p), ERR_REFUSED);
}

static void slots_fail_at_every_call(void **state) {
  struct place *p = *state;
  whatever_fails(p, &p->plain, &(struct act){anchor, anchored});
  whatever_fails(p, &p->copied, &(struct act){anchor, anchored});
  whatever_fails(p, &p->plain, &(struct act){add_slot, slot_is_added});
  whatever_fails(p, &p->copied, &(struct act){remove_slot, slot_is_removed});
}

/* ---- copies */
static enum err add_holder(struct place *p, struct keystore *ks) { return keystore_holder_add(ks, "f", path_of(p, "stick/f")); }
static void holder_is_added(struct place *p, struct keystore *ks, enum err e) {
  const struct keystore_copy *c = copy_called(ks, "f");
  if (e == ERR_OK) assert_non_null(c);
  if (!c) { /* nothing of it is left in the way */
    unlinkat(p->dir, "stick/f", 0);
    assert_int_equal(add_holder(p, ks), ERR_OK);
  }
  destroyed(p, ks, ERR_BUSY);
  assert_int_equal(keystore_look(ks), ERR_OK);
  assert_false(copy_called(ks, "f")->waiting);
}

static enum err add_nodes(struct place *p, struct keystore *ks) { return keystore_nodes_add(ks, "second", path_of(p, "second")); }
static void nodes_are_added(struct place *p, struct keystore *ks, enum err e) {
  const struct keystore_copy *c = copy_called(ks, "second");
  if (e == ERR_OK) assert_non_null(c);
  if (!c) {
    for (int i = 6; i < OTHERS; i++) unlinkat(p->dir, others[i], 0);
    assert_int_equal(add_nodes(p, ks), ERR_OK);
  }
  assert_int_equal(keystore_look(ks), ERR_OK);
  assert_false(copy_called(ks, "second")->waiting);
}

static enum err look(struct place *p, struct keystore *ks) {
  (void)p;
  return keystore_look(ks);
}
static void looked(struct place *p, struct keystore *ks, enum err e) {
  (void)p, (void)e;
  assert_int_equal(keystore_look(ks), ERR_OK);
  assert_false(copy_called(ks, "stick")->waiting || copy_called(ks, "nodes")->waiting);
}

static enum err remove_holder(struct place *p, struct keystore *ks) {
  (void)p;
  return keystore_copy_remove(ks, "stick", false);
}
static void holder_is_removed(struct place *p, struct keystore *ks, enum err e) {
  enum err again = remove_holder(p, ks);
  if (e == ERR_OK || again != ERR_OK) assert_int_equal(again, ERR_MISSING);
  assert_null(copy_called(ks, "stick"));
  destroyed(p, ks, ERR_BUSY);
}
static enum err remove_nodes(struct place *p, struct keystore *ks) {
  (void)p;
  return keystore_copy_remove(ks, "nodes", false);
}
static void nodes_are_removed(struct place *p, struct keystore *ks, enum err e) {
  (void)p;
  enum err again = remove_nodes(p, ks);
  if (e == ERR_OK || again != ERR_OK) assert_int_equal(again, ERR_MISSING);
  assert_null(copy_called(ks, "nodes"));
}

static void copies_fail_at_every_call(void **state) {
  struct place *p = *state;
  whatever_fails(p, &p->plain, &(struct act){add_holder, holder_is_added});
  whatever_fails(p, &p->copied, &(struct act){add_nodes, nodes_are_added});
  whatever_fails(p, &p->copied, &(struct act){look, looked});
  whatever_fails(p, &p->copied, &(struct act){remove_holder, holder_is_removed});
  whatever_fails(p, &p->copied, &(struct act){remove_nodes, nodes_are_removed});
}

/* A replica that was away gets whatever is newer than it is. */
static enum err catch_up(struct place *p, struct keystore *ks) { return look(p, ks); }
static void a_replica_that_was_away_fails_at_every_call(void **state) {
  struct place *p = *state;
  struct moment late = {0};
  go_back(p, &p->copied);
  assert_int_equal(renameat(p->dir, "nodes", p->dir, "away"), 0);
  struct keystore *ks = open_store(p);
  assert_int_equal(make_leaves(p, ks), ERR_OK);
  keystore_close(ks);
  assert_int_equal(renameat(p->dir, "away", p->dir, "nodes"), 0);
  remember(p, &late);
  whatever_fails(p, &late, &(struct act){catch_up, looked});
  moment_auto(&late);
}

/* ---- when the store itself is gone */
static enum err adopt(struct place *p, struct keystore *ks) {
  (void)p;
  return keystore_adopt(ks, "new");
}
static void adopted(struct place *p, struct keystore *ks, enum err e) {
  if (e == ERR_OK) assert_false(keystore_is_standing_in(ks));
  if (keystore_is_standing_in(ks)) {
    unlinkat(p->dir, "new", 0);
    assert_int_equal(adopt(p, ks), ERR_OK);
  }
  destroyed(p, ks, ERR_BUSY);
}
static void standing_in_fails_at_every_call(void **state) {
  struct place *p = *state;
  struct moment lost = {0};
  go_back(p, &p->copied);
  assert_int_equal(unlinkat(p->dir, "effaceable", 0), 0);
  remember(p, &lost);
  open_from(p, &lost);
  whatever_fails(p, &lost, &(struct act){adopt, adopted});
  moment_auto(&lost);
}

/* ---- reading all of it */
static enum err copy_to(struct place *p, struct keystore *ks) {
  AUTO(io) int dir = openat(p->dir, "copy", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return keystore_copy_to(ks, dir);
}
static void copied(struct place *p, struct keystore *ks, enum err e) {
  if (e == ERR_OK) assert_int_equal(faccessat(p->dir, "copy/keys.db", F_OK, 0), 0);
  assert_int_equal(copy_to(p, ks), ERR_OK);
  assert_int_equal(faccessat(p->dir, "copy/keys.db.new", F_OK, 0), -1);
}
static enum err count_leaf(void *context, keystore_leaf leaf) {
  (void)leaf;
  ++*(size_t *)context;
  return ERR_OK;
}
static enum err count_all(struct place *p, struct keystore *ks) {
  size_t count = 0;
  (void)p;
  TRY(make_leaves(p, ks));
  TRY(keystore_each(ks, count_leaf, &count));
  assert_int_equal(count, 82);
  return ERR_OK;
}
static void counted(struct place *p, struct keystore *ks, enum err e) { (void)p, (void)ks, (void)e; }
static void reading_fails_at_every_call(void **state) {
  struct place *p = *state;
  whatever_fails(p, &p->plain, &(struct act){copy_to, copied});
  at_every_call(p, &p->plain, &(struct act){count_all, counted}, FAULTS_DISK | FAULTS_SQLITE, LEAST_ROUNDS);
}

static int disarm(void **state) {
  (void)state;
  faults.only = NULL;
  faults.kinds = 0;
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(making_fails_at_every_call, disarm),
      cmocka_unit_test_teardown(opening_fails_at_every_call, disarm),
      cmocka_unit_test_teardown(finishing_fails_at_every_call, disarm),
      cmocka_unit_test_teardown(leaves_fail_at_every_call, disarm),
      cmocka_unit_test_teardown(a_destruction_after_one_that_failed, disarm),
      cmocka_unit_test_teardown(slots_fail_at_every_call, disarm),
      cmocka_unit_test_teardown(copies_fail_at_every_call, disarm),
      cmocka_unit_test_teardown(a_replica_that_was_away_fails_at_every_call, disarm),
      cmocka_unit_test_teardown(standing_in_fails_at_every_call, disarm),
      cmocka_unit_test_teardown(reading_fails_at_every_call, disarm),
  };
  return cmocka_run_group_tests(tests, start, end);
}
