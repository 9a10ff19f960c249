/* Holders and replicas that may not be, are away, or hold something else; and a holder in the place of a store that is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "keys/effaceable.h"
#include "tests/unit/copy_called.h"
#include "tests/unit/keystore_sample.h"

static void copies_that_may_not_be(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  char name[KEYSTORE_NAME + 1], where[KEYSTORE_WHERE + 10];
  memset(name, 'a', KEYSTORE_NAME), name[KEYSTORE_NAME] = 0;
  memset(where, 'b', sizeof where), where[0] = '/', where[sizeof where - 1] = 0;
  refused(keystore_holder_add(ks, "", path_of(p, "h")), ERR_USAGE, "letters");
  refused(keystore_holder_add(ks, "a b", path_of(p, "h")), ERR_USAGE, "letters");
  refused(keystore_nodes_add(ks, name, path_of(p, "n")), ERR_USAGE, "letters");
  refused(keystore_nodes_add(ks, "n", where), ERR_USAGE, "too long");
  refused(keystore_nodes_add(ks, "n", path_of(p, "no/n")), ERR_CREATE, "cannot make the folder");
  refused(keystore_copy_remove(ks, "n", false), ERR_MISSING, "no holder or replica");
  refused(keystore_adopt(ks, NULL), ERR_REFUSED, "nothing to put in its place");
  assert_int_equal(keystore_nodes_add(ks, "n", path_of(p, "n")), ERR_OK); /* the folder is made */
  refused(keystore_nodes_add(ks, "n", path_of(p, "m")), ERR_CREATE, "already");
  refused(keystore_holder_add(ks, "n", path_of(p, "h")), ERR_CREATE, "already");
  for (int i = 1; i < KEYSTORE_MOST_COPIES; i++) {
    snprintf(name, sizeof name, "n%d", i);
    assert_int_equal(keystore_nodes_add(ks, name, path_of(p, name)), ERR_OK);
  }
  refused(keystore_nodes_add(ks, "more", path_of(p, "more")), ERR_REFUSED, "at most");
  assert_string_equal(keystore_assurance(ks), "file"); /* replicas neither add to it nor take from it */
  const struct keystore_copy *copies;
  while (keystore_copies(ks, &copies)) assert_int_equal(keystore_copy_remove(ks, copies[0].name, false), ERR_OK);
}

static void a_holder_that_is_away_is_waited_for(void **state) {
  struct place *p = *state;
  AUTO(keystore) struct keystore *ks = open_store(p);
  struct keystore_proof proof;
  assert_int_equal(keystore_holder_add(ks, "stick", path_of(p, "stick")), ERR_OK);
  assert_int_equal(renameat(p->dir, "stick", p->dir, "away"), 0);
  refused(keystore_shred(ks, 0, NULL, &proof), ERR_BUSY, "the holder stick");
  assert_int_equal(keystore_look(ks), ERR_OK);
  assert_true(copy_called(ks, "stick")->waiting);
  refused(keystore_copy_remove(ks, "stick", false), ERR_BUSY, "the holder stick");
  assert_int_equal(keystore_copy_remove(ks, "stick", true), ERR_OK); /* given up: no destruction waits any more */
  assert_int_equal(copy_called(ks, "stick")->kind, KEYSTORE_LOST);
  assert_int_equal(keystore_shred(ks, 0, NULL, &proof), ERR_OK);
  refused(keystore_copy_remove(ks, "stick", true), ERR_BUSY, "stays on every certificate");
  assert_int_equal(renameat(p->dir, "away", p->dir, "stick"), 0);
  assert_int_equal(keystore_copy_remove(ks, "stick", true), ERR_OK); /* found again, and wiped */
  assert_null(copy_called(ks, "stick"));
  assert_int_equal(access(path_of(p, "stick"), F_OK), -1);
}

/* It holds a number that is right and a secret that is not, or is torn: it is seen, and the next destruction puts it right. */
static void a_holder_that_holds_something_else_is_seen(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  struct keystore_proof proof;
  SECRET_KEY(other);
  assert_int_equal(keystore_holder_add(ks, "stick", path_of(p, "stick")), ERR_OK);
  for (int how = 0; how < 3; how++) {
    struct effaceable *e;
    assert_int_equal(effaceable_open(-1, path_of(p, "stick"), other, &e), ERR_OK);
    assert_int_equal(effaceable_write(e, 1, keystore_epoch(ks) + (how == 1), other), ERR_OK);
    effaceable_close(e);
    if (how == 2) assert_int_equal(truncate(path_of(p, "stick"), 4096), 0);
    assert_int_equal(keystore_look(ks), ERR_OK);
    assert_true(copy_called(ks, "stick")->waiting);
    if (how == 2) assert_int_equal(truncate(path_of(p, "stick"), 8192), 0);
    assert_int_equal(keystore_shred(ks, 0, NULL, &proof), ERR_OK);
    assert_int_equal(keystore_look(ks), ERR_OK);
    assert_false(copy_called(ks, "stick")->waiting);
  }
  keystore_close(ks);
}

static void a_holder_stands_in(void **state) {
  struct place *p = *state;
  struct keystore_proof proof;
  struct keystore *ks = open_store(p);
  assert_int_equal(keystore_holder_add(ks, "stick", path_of(p, "stick")), ERR_OK);
  assert_int_equal(keystore_nodes_add(ks, "n", path_of(p, "n")), ERR_OK);
  keystore_close(ks);
  assert_int_equal(setenv("CLIPVAULT_EFFACEABLE", "", 1), 0); /* as good as unset */
  ks = open_store(p);
  assert_false(keystore_is_standing_in(ks));
  keystore_close(ks);
  assert_int_equal(setenv("CLIPVAULT_EFFACEABLE", path_of(p, "nowhere"), 1), 0);
  refused(try_open(p, &p->secret), ERR_UNAVAILABLE, "nowhere");
  assert_int_equal(setenv("CLIPVAULT_EFFACEABLE", path_of(p, "stick"), 1), 0);
  ks = open_store(p);
  assert_true(keystore_is_standing_in(ks));
  refused(keystore_shred(ks, 0, NULL, &proof), ERR_BUSY, "a holder stands in");
  refused(keystore_adopt(ks, "effaceable"), ERR_CREATE, "effaceable"); /* the old one is still there */
  assert_int_equal(keystore_adopt(ks, path_of(p, "fresh")), ERR_OK);
  assert_int_equal(copy_called(ks, "former-1")->kind, KEYSTORE_LOST);
  keystore_close(ks);
  unsetenv("CLIPVAULT_EFFACEABLE");
  assert_int_equal(unlinkat(p->dir, "effaceable", 0), 0);
  assert_int_equal(unlinkat(p->dir, "fresh", 0), 0);
  assert_int_equal(setenv("CLIPVAULT_EFFACEABLE", "", 1), 0);
  ks = open_store(p); /* by the list now */
  assert_true(keystore_is_standing_in(ks));
  assert_int_equal(keystore_adopt(ks, NULL), ERR_OK);
  assert_int_equal(access(path_of(p, "effaceable"), F_OK), 0);
  assert_int_equal(copy_called(ks, "former-2")->kind, KEYSTORE_LOST);
  keystore_close(ks);
  assert_int_equal(unlinkat(p->dir, "stick", 0) | unlinkat(p->dir, "effaceable", 0), 0);
  refused(try_open(p, &p->secret), ERR_UNAVAILABLE, "effaceable store");
}

/* No room on the list for the one that is lost: then nothing is adopted. */
static void a_full_list_adopts_nothing(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  char name[16];
  assert_int_equal(keystore_holder_add(ks, "stick", path_of(p, "stick")), ERR_OK);
  for (int i = 1; i < KEYSTORE_MOST_COPIES; i++) {
    snprintf(name, sizeof name, "n%d", i);
    assert_int_equal(keystore_nodes_add(ks, name, path_of(p, name)), ERR_OK);
  }
  keystore_close(ks);
  assert_int_equal(unlinkat(p->dir, "effaceable", 0), 0);
  ks = open_store(p);
  refused(keystore_adopt(ks, NULL), ERR_REFUSED, "at most");
  assert_int_equal(access(path_of(p, "effaceable"), F_OK), -1);
  assert_int_equal(keystore_copy_remove(ks, "n1", false), ERR_OK);
  assert_int_equal(keystore_adopt(ks, "effaceable"), ERR_OK);
  keystore_close(ks);
}

/* A vault from before there was anything for a TPM: the first holder makes it. */
static void an_old_vault_gets_what_it_lacks(void **state) {
  struct place *p = *state;
  sql(p, "keys.db", "DELETE FROM fact WHERE k = 'tpm_auth'");
  struct keystore *ks = open_store(p);
  struct keystore_proof proof;
  struct id slot;
  assert_int_equal(keystore_slot_add(ks, &p->secret, &slot), ERR_OK);
  assert_int_equal(keystore_slot_remove(ks, &slot), ERR_OK); /* another master key, and nothing to seal anew */
  for (long n = 1; faults_from(n, FAULTS_SQLITE); n++) {
    enum err e = keystore_holder_add(ks, "stick", path_of(p, "stick"));
    bool struck = faults_struck();
    if (!struck && e == ERR_CREATE) break; /* it is on the list already */
    keystore_close(ks);
    ks = open_store(p);
    if (copy_called(ks, "stick")) break;
    unlinkat(p->dir, "stick", 0);
  }
  assert_non_null(copy_called(ks, "stick"));
  keystore_close(ks);
  ks = open_store(p);
  assert_int_equal(keystore_shred(ks, 0, NULL, &proof), ERR_OK); /* if adding failed at its end, it holds nothing before that */
  assert_int_equal(keystore_look(ks), ERR_OK);
  assert_false(copy_called(ks, "stick")->waiting);
  keystore_close(ks);
  sql(p, "keys.db",
      "DELETE FROM fact WHERE k = 'tpm_auth'"); /* and so does the first store that is put in the place of a lost one */
  assert_int_equal(unlinkat(p->dir, "effaceable", 0), 0);
  ks = open_store(p);
  faults_at(1, FAULTS_SQLITE);
  assert_int_equal(keystore_adopt(ks, NULL), ERR_IO);
  assert_true(faults_struck());
  keystore_close(ks);
  ks = open_store(p);
  assert_int_equal(keystore_adopt(ks, NULL), ERR_OK);
  keystore_close(ks);
}

static void replicas_that_are_something_else(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  keystore_leaf leaf;
  assert_int_equal(keystore_nodes_add(ks, "n", path_of(p, "n")), ERR_OK);
  static const struct {
    const char *sql;
    bool lags;
  } rows[] = {
      {"UPDATE fact SET v = x'00' WHERE k = 'replica_of_root'", false}, /* where it stands is not known: it gets what is newer */
      {"UPDATE fact SET v = zeroblob(32) WHERE k = 'replica_of_root'", false},
      {"DELETE FROM fact WHERE k = 'replica_of_root'", false},
      {"DELETE FROM node; DELETE FROM fact", false},
      {"UPDATE fact SET v = x'00' WHERE k = 'replica_of_root'; UPDATE fact SET v = x'00' WHERE k = 'vault'", true},
      {"UPDATE fact SET v = zeroblob(16) WHERE k = 'vault'; DELETE FROM fact WHERE k = 'replica_of_root'", true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sql(p, "n/keys.db", rows[i].sql);
    assert_int_equal(keystore_new_leaves(ks, 1, &leaf), ERR_OK);
    assert_int_equal(keystore_look(ks), ERR_OK);
    if (copy_called(ks, "n")->waiting != rows[i].lags) fail_msg("%s: %s", rows[i].sql, err_text());
  }
  assert_int_equal(keystore_copy_remove(ks, "n", false), ERR_OK);
  assert_int_equal(keystore_nodes_add(ks, "m", path_of(p, "m")), ERR_OK);
  sql(p, "keys.db", "INSERT INTO node VALUES (99, 77, x'00')"); /* a node of another size, where a replica lacks what is newer */
  sql(p, "m/keys.db", "DELETE FROM fact WHERE k = 'replica_of_root'");
  assert_int_equal(keystore_look(ks), ERR_OK);
  assert_true(copy_called(ks, "m")->waiting);
  keystore_close(ks);
}

/* What a transaction that was taken back had saved is not there to be sent. */
static void what_was_taken_back_is_not_sent(void **state) {
  struct place *p = *state;
  struct keystore *ks = open_store(p);
  keystore_leaf leaves[80];
  assert_int_equal(keystore_nodes_add(ks, "n", path_of(p, "n")), ERR_OK);
  faults.only = "sqlite3_step";
  for (long n = 1; faults_from(n, FAULTS_SQLITE); n++) {
    enum err e = keystore_new_leaves(ks, 80, leaves);
    bool struck = faults_struck();
    if (!struck) assert_int_equal(e, ERR_OK);
    struct keystore_anchor anchor = {.high_water_ms = n};
    assert_int_equal(keystore_set_anchor(ks, &anchor), ERR_OK); /* which sends what was saved before it */
    assert_false(copy_called(ks, "n")->waiting);
  }
  keystore_close(ks);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_A_PLACE(copies_that_may_not_be),
      IN_A_PLACE(a_holder_that_is_away_is_waited_for),
      IN_A_PLACE(a_holder_that_holds_something_else_is_seen),
      IN_A_PLACE(a_holder_stands_in),
      IN_A_PLACE(a_full_list_adopts_nothing),
      IN_A_PLACE(an_old_vault_gets_what_it_lacks),
      IN_A_PLACE(replicas_that_are_something_else),
      IN_A_PLACE(what_was_taken_back_is_not_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
