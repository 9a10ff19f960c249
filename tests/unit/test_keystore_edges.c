/* What the key store refuses: rows of keys.db that no version of ours wrote, secrets and slots that are none; and what a disk, a
 * log, a tree at their ends are answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "keys/store.h"
#include "keys/tree.h"
#include "tests/unit/keystore_sample.h"

/* ---- rows */
static void rows_that_are_not_ours(void **state) {
  struct place *p = *state;
  static const char malformed[] = "malformed", strangers[] = "do not belong together";
  static const struct {
    const char *sql;
    enum err code;
    const char *says;
  } rows[] = {
      {"UPDATE fact SET v = x'00' WHERE k = 'vault'", ERR_DATA, malformed},
      {"DELETE FROM fact WHERE k = 'vault'", ERR_DATA, "lacks"},
      {"UPDATE fact SET v = zeroblob(4096) WHERE k = 'effaceable'", ERR_DATA, malformed},
      {"DELETE FROM fact WHERE k = 'effaceable'", ERR_DATA, "lacks"},
      {"UPDATE fact SET v = zeroblob(10) WHERE k = 'tpm_auth'", ERR_DATA, strangers},
      {"UPDATE fact SET v = zeroblob(72) WHERE k = 'tpm_auth'", ERR_DATA, strangers},
      {"DELETE FROM fact WHERE k = 'tpm_auth'", ERR_OK, ""}, /* a vault from before there was any */
      {"INSERT INTO fact VALUES ('copies', x'00')", ERR_DATA, malformed},
      {"INSERT INTO fact VALUES ('copies', x'0000000000')", ERR_DATA, malformed},
      {"INSERT INTO fact VALUES ('copies', x'030000000000000000')", ERR_DATA, malformed},
      {"INSERT INTO fact VALUES ('copies', x'000100000061010000002f')", ERR_DATA, strangers}, /* none that the root vouches for */
      {"INSERT INTO fact VALUES ('copies', x'')", ERR_OK, ""},
      {"UPDATE slot SET kind = 0", ERR_DATA, malformed},
      {"UPDATE slot SET kind = 5", ERR_DATA, malformed},
      {"UPDATE slot SET ops = -1", ERR_DATA, malformed},
      {"UPDATE slot SET ops = 4294967296", ERR_DATA, malformed},
      {"UPDATE slot SET kib = -1", ERR_DATA, malformed},
      {"UPDATE slot SET kib = 4294967296", ERR_DATA, malformed},
      {"UPDATE slot SET id = x'00'", ERR_DATA, malformed},
      {"UPDATE slot SET salt = x''", ERR_DATA, malformed},
      {"UPDATE slot SET public = x'00'", ERR_DATA, malformed},
      {"UPDATE slot SET nonce = x'00'", ERR_DATA, malformed},
      {"UPDATE slot SET private = x'00'", ERR_DATA, malformed},
      {"UPDATE slot SET mrk = zeroblob(81)", ERR_DATA, malformed},
      {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64) INSERT INTO slot "
       "SELECT randomblob(16), kind, 0, 0, 0, salt, public, nonce, private, mrk FROM slot, n",
       ERR_DATA, "too many"},
      {"UPDATE slot SET id = randomblob(16)", ERR_REFUSED, "does not open"},
      {"DELETE FROM slot", ERR_REFUSED, "does not open"},
      {"UPDATE node SET b = x'00'", ERR_DATA, "wrong size"},
      {"DELETE FROM node", ERR_MISSING, "missing"},
      {"PRAGMA application_id = 1", ERR_DATA, "not a clipvault key store"},
      {"PRAGMA user_version = 2", ERR_DATA, "newer clipvault"},
      {"DROP TABLE slot", ERR_IO, "keys.db"},
  };
  AUTO(bytes) struct bytes before = {0};
  assert_int_equal(io_read_file(p->dir, "keys.db", 1 << 20, &before), ERR_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    unlinkat(p->dir, "keys.db-wal", 0);
    unlinkat(p->dir, "keys.db-shm", 0);
    assert_int_equal(io_write_file(p->dir, "keys.db", before.data, before.length), ERR_OK);
    sql(p, "keys.db", rows[i].sql);
    enum err e = try_open(p, &p->secret);
    if (e != rows[i].code || (e != ERR_OK && !strstr(err_text(), rows[i].says)))
      fail_msg("%s: %d, %s", rows[i].sql, e, e == ERR_OK ? "" : err_text());
  }
}

static void a_list_that_is_too_long(void **state) {
  struct place *p = *state;
  char statement[600] = "INSERT INTO fact VALUES ('copies', x'";
  for (int i = 0; i < KEYSTORE_MOST_COPIES + 1; i++) strcat(statement, "000100000061010000002f");
  strcat(statement, "')");
  sql(p, "keys.db", statement);
  refused(try_open(p, &p->secret), ERR_DATA, "malformed: its list");
}

static void what_sqlite_says(void **state) {
  struct place *p = *state;
  static const struct {
    int code;
    enum err e;
  } rows[] = {{SQLITE_CORRUPT, ERR_DATA},       {SQLITE_NOTADB, ERR_DATA}, {SQLITE_BUSY, ERR_BUSY},
              {SQLITE_BUSY_SNAPSHOT, ERR_BUSY}, {SQLITE_FULL, ERR_IO},     {SQLITE_IOERR_WRITE, ERR_IO}};
  struct store *s;
  assert_int_equal(store_open(p->dir, &s), ERR_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    faults.sqlite = rows[i].code;
    err_forget_full();
    faults_at(1, FAULTS_SQLITE);
    assert_int_equal(store_begin(s), rows[i].e);
    assert_true(faults_struck());
    assert_int_equal(err_saw_full(), rows[i].code == SQLITE_FULL);
  }
  faults.sqlite = SQLITE_BUSY; /* somebody reads the log once: it is tried again */
  faults.only = "sqlite3_wal_checkpoint_v2";
  faults_at(1, FAULTS_SQLITE);
  assert_int_equal(store_checkpoint(s), ERR_OK);
  assert_true(faults_struck());
  store_close(s);
}

/* A sync that fails in SQLite's own calls. */
static void a_log_that_is_not_durable_is_told(void **state) {
  struct place *p = *state;
  struct store *s;
  long n = 1;
  assert_int_equal(store_open(p->dir, &s), ERR_OK);
  faults.anybodys = true;
  for (; faults_from(n, 0); n++) {
    assert_int_equal(store_put_fact(s, "some", "more", 4), ERR_OK);
    faults_at(n, FAULTS_DISK);
    faults.only = "fdatasync";
    enum err e = store_checkpoint(s);
    bool struck = faults_struck();
    assert_int_equal(e, struck ? ERR_IO : ERR_OK);
  }
  assert_true(n > 2);
  store_close(s);
}

static void a_disk_that_keeps_something_else_is_found_out(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  struct keystore_proof proof;
  faults_at(2, FAULTS_LIE); /* 1: the other place, which is written once more as it was read; 2: what was written, read back */
  refused(keystore_shred(ks, 0, NULL, &proof), ERR_IO, "did not keep what was written");
  assert_true(faults_struck());
  assert_int_equal(keystore_shred(ks, 0, NULL, &proof), ERR_OK);
}

/* ---- leaves and the tree */
static void leaves_in_any_order(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  keystore_leaf leaves[70];
  struct keystore_proof proof;
  SECRET_KEY(key);
  assert_int_equal(keystore_new_leaves(ks, 70, leaves), ERR_OK);
  const keystore_leaf doomed[] = {leaves[65], leaves[3], leaves[3], 0, UINT64_MAX, leaves[69] + 1, leaves[0], leaves[65]};
  assert_int_equal(keystore_shred(ks, sizeof doomed / sizeof *doomed, doomed, &proof), ERR_OK);
  for (int i = 0; i < 70; i++)
    assert_int_equal(keystore_get(ks, leaves[i], key), i == 0 || i == 3 || i == 65 ? ERR_MISSING : ERR_OK);
  assert_int_equal(keystore_get(ks, 0, key), ERR_MISSING);
  assert_int_equal(keystore_get(ks, leaves[69] + 1, key), ERR_MISSING);
}

static enum err count_leaf(void *context, keystore_leaf leaf) {
  (void)leaf;
  return ++*(size_t *)context == 3 ? ERR_BUSY : ERR_OK;
}

/* A walk ends where whoever walks says so, or at a node that does not open; a check tells of it and goes on. */
static void walks_end_where_they_must(void **state) {
  struct place *p = *state;
  keystore_leaf leaves[130];
  SECRET_KEY(key);
  static const char *const damages[] = {"UPDATE node SET b = zeroblob(2280) WHERE id = 1", "DELETE FROM node WHERE id = 1"};
  struct keystore *ks = open_store(p);
  size_t count = 0;
  assert_int_equal(keystore_new_leaves(ks, 130, leaves), ERR_OK);
  assert_int_equal(keystore_each(ks, count_leaf, &count), ERR_BUSY);
  assert_int_equal(count, 3);
  for (int i = 0; i < 2; i++) {
    AUTO(bytes) struct bytes problems = {0};
    sql(p, "keys.db", damages[i]);
    assert_int_equal(keystore_each(ks, count_leaf, &count), ERR_DATA);
    assert_int_equal(keystore_check(ks, &problems), ERR_OK);
    assert_non_null(strstr(bytes_text(&problems), "node 1 of the key tree does not open"));
    assert_int_equal(keystore_get(ks, leaves[100], key), ERR_DATA);
    assert_int_equal(keystore_get(ks, leaves[129], key), ERR_OK);
  }
  keystore_close(ks);
}

static void a_tree_says_what_is_possible(void **state) {
  (void)state;
  struct tree_node *root = secret_alloc(sizeof *root);
  for (unsigned height = 0; height <= TREE_MOST_HEIGHT + 1; height++) {
    struct tree_root facts = {.next_leaf = 0x1122334455667788, .height = (uint8_t)height, .anchor.high_water_ms = -5}, read;
    tree_root_put(root, &facts);
    enum err e = tree_root_get(root, &read);
    assert_int_equal(e, height >= 1 && height <= TREE_MOST_HEIGHT ? ERR_OK : ERR_DATA);
    if (e == ERR_OK) assert_memory_equal(&read.anchor, &facts.anchor, sizeof read.anchor);
    if (e == ERR_OK) assert_true(read.next_leaf == facts.next_leaf && read.height == height);
  }
  secret_free(root);
}

/* Alone: nobody is told of what is saved, and there is a height beyond which it does not grow. */
static void a_tree_of_its_own(void **state) {
  struct place *p = *state;
  struct tree t = {.vault = p->vault, .height = 1, .epoch = 1, .root = secret_alloc(sizeof(struct tree_node))};
  SECRET_KEY(key);
  assert_int_equal(store_open(p->dir, &t.store), ERR_OK);
  assert_int_equal(tree_insert(&t, 0, 3), ERR_OK);
  assert_int_equal(tree_get(&t, 64, key), ERR_MISSING);
  for (int i = 1; i < TREE_MOST_HEIGHT; i++) assert_int_equal(tree_grow(&t), ERR_OK);
  refused(tree_grow(&t), ERR_BUG, "full");
  assert_int_equal(tree_get(&t, 2, key), ERR_OK);
  const uint64_t gone[] = {2, 5000, 1 << 20}; /* where nothing ever lived, too */
  assert_int_equal(tree_destroy(&t, gone, 3, false), ERR_OK);
  assert_int_equal(tree_get(&t, 2, key), ERR_MISSING);
  assert_int_equal(tree_get(&t, 1, key), ERR_OK);
  store_close(t.store);
  secret_free(t.root);
}

/* ---- slots and secrets */
static void secrets_that_open_nothing(void **state) {
  struct place *p = *state;
  static const struct {
    int kind;
    const char *says;
  } rows[] = {
      {SLOT_SECRET_PASSPHRASE, "that passphrase"}, {SLOT_SECRET_SHARES, "those shares"}, {SLOT_SECRET_TPM, "what the TPM keeps"}};
  struct slot_secret secret = p->secret;
  for (int i = 0; i < 3; i++) {
    secret.kind = rows[i].kind;
    refused(try_open(p, &secret), ERR_REFUSED, rows[i].says);
  }
  secret = p->secret;
  secret.kind = SLOT_SECRET_MRK, secret.length = 31;
  refused(try_open(p, &secret), ERR_BUG, "wrong length");
}

static void a_kept_master_key_opens_until_it_is_replaced(void **state) {
  struct place *p = *state;
  SECRET_KEY(mrk);
  uint8_t *other = secret_alloc(32);
  struct slot_secret kept = {.kind = SLOT_SECRET_MRK, .bytes = mrk->b, .length = 32};
  struct slot_secret second = {.kind = SLOT_SECRET_KEY_FILE, .bytes = other, .length = 32};
  struct id slot;
  struct keystore *ks = open_store(p);
  assert_int_equal(keystore_mrk(ks, mrk), ERR_OK);
  assert_int_equal(keystore_slot_add(ks, &second, &slot), ERR_OK);
  keystore_close(ks);
  assert_int_equal(try_open(p, &kept), ERR_OK);
  ks = open_store(p);
  assert_int_equal(keystore_slot_remove(ks, &slot), ERR_OK);
  keystore_close(ks);
  refused(try_open(p, &kept), ERR_REFUSED, "unlock it again");
  sql(p, "keys.db", "DELETE FROM fact WHERE k = 'tpm_auth'"); /* refused by the root, if not by that */
  refused(try_open(p, &kept), ERR_REFUSED, "unlock it again");
  secret_free(other);
}

static void slots_have_an_end(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  struct slot_info slots[STORE_MOST_SLOTS];
  struct id id, stranger = id_new();
  size_t count;
  assert_int_equal(keystore_slot_list(ks, slots, STORE_MOST_SLOTS, &count), ERR_OK);
  refused(keystore_slot_remove(ks, &slots[0].id), ERR_REFUSED, "the last slot");
  refused(keystore_slot_remove(ks, &stranger), ERR_MISSING, "no such slot");
  for (int i = 1; i < STORE_MOST_SLOTS; i++) assert_int_equal(keystore_slot_add(ks, &p->secret, &id), ERR_OK);
  refused(keystore_slot_add(ks, &p->secret, &id), ERR_REFUSED, "at most");
  assert_int_equal(keystore_slot_list(ks, slots, 2, &count), ERR_OK);
  assert_int_equal(count, 2);
  sql(p, "keys.db", "UPDATE slot SET public = zeroblob(32) WHERE id = (SELECT max(id) FROM slot)");
  refused(keystore_slot_remove(ks, &slots[0].id), ERR_DATA, "changed while the vault was open");
}

static void what_failed_is_not_written_on(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  struct keystore_proof proof;
  keystore_leaf leaf;
  faults.only = "sqlite3_exec";
  faults_at(2, FAULTS_SQLITE); /* 1: BEGIN, 2: COMMIT, of which nobody knows what became */
  assert_int_equal(keystore_new_leaves(ks, 1, &leaf), ERR_IO);
  assert_true(faults_struck());
  faults.only = NULL;
  refused(keystore_new_leaves(ks, 1, &leaf), ERR_IO, "failed before");
  refused(keystore_shred(ks, 0, NULL, &proof), ERR_IO, "failed before");
  keystore_close(ks);
  ks = open_store(p);
  assert_int_equal(keystore_new_leaves(ks, 1, &leaf), ERR_OK);
  keystore_close(ks);
}

/* ---- making and taking away */
static void a_vault_has_the_assurance_of_its_store(void **state) {
  struct place *p = *state;
  struct id vault;
  assert_string_equal(keystore_assurance_of(NULL), "file");
  assert_string_equal(keystore_assurance_of("/elsewhere/e"), "file");
  assert_string_equal(keystore_assurance_of("tpm"), "tpm");
  assert_int_equal(unlinkat(p->dir, "effaceable", 0), 0);
  assert_int_equal(keystore_create(p->dir, &p->secret, NULL, &vault), ERR_CREATE); /* keys.db is there, and stays */
  assert_int_equal(access(path_of(p, "keys.db"), F_OK), 0);
  assert_int_equal(access(path_of(p, "effaceable"), F_OK), -1);
  keystore_unmake(p->dir);
  keystore_unmake(p->dir); /* nothing is there any more */
  assert_int_equal(keystore_create(p->dir, &p->secret, path_of(p, "elsewhere"), &vault), ERR_OK);
  assert_int_equal(access(path_of(p, "elsewhere"), F_OK), 0);
  struct keystore *ks = open_store(p);
  assert_string_equal(keystore_assurance(ks), "file");
  assert_non_null(strstr(keystore_limits(ks), "overwriting a file"));
  keystore_close(ks);
  keystore_close(NULL);
  keystore_unmake(p->dir);
  assert_int_equal(access(path_of(p, "elsewhere"), F_OK), -1);
}

/* Of two records the one that opens counts, whatever became of the other. */
static void one_good_record_is_enough(void **state) {
  struct place *p = *state;
  for (int place = 0; place < 2; place++)
    for (size_t i = 0; i < 4; i++) {
      static const uint64_t offsets[] = {0, 4, 12, 44}; /* magic, number, secret, check */
      uint64_t at = (uint64_t)place * 4096 + offsets[i];
      AUTO(io) int fd = openat(p->dir, "effaceable", O_RDWR | O_CLOEXEC);
      uint8_t byte;
      assert_int_equal(io_pread_all(fd, &byte, 1, at), ERR_OK);
      byte ^= 1;
      assert_int_equal(io_pwrite_all(fd, &byte, 1, at), ERR_OK);
      keystore_close(open_store(p)); /* and mends the torn one */
    }
  AUTO(io) int fd = openat(p->dir, "effaceable", O_RDWR | O_CLOEXEC);
  static const uint8_t nothing[64];
  for (int place = 0; place < 2; place++) assert_int_equal(io_pwrite_all(fd, nothing, 64, (uint64_t)place * 4096), ERR_OK);
  refused(try_open(p, &p->secret), ERR_DATA, "do not belong together");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_A_PLACE(rows_that_are_not_ours),
      IN_A_PLACE(a_list_that_is_too_long),
      IN_A_PLACE(what_sqlite_says),
      IN_A_PLACE(a_log_that_is_not_durable_is_told),
      IN_A_PLACE(a_disk_that_keeps_something_else_is_found_out),
      IN_A_PLACE(leaves_in_any_order),
      IN_A_PLACE(walks_end_where_they_must),
      IN_A_PLACE(a_tree_says_what_is_possible),
      IN_A_PLACE(a_tree_of_its_own),
      IN_A_PLACE(secrets_that_open_nothing),
      IN_A_PLACE(a_kept_master_key_opens_until_it_is_replaced),
      IN_A_PLACE(slots_have_an_end),
      IN_A_PLACE(what_failed_is_not_written_on),
      IN_A_PLACE(a_vault_has_the_assurance_of_its_store),
      IN_A_PLACE(one_good_record_is_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
