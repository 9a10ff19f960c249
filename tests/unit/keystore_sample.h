/* What tests of the key store's edges share: a store in a folder of its own, opened and looked into by other means. Include it
 * after cmocka.h. */
#ifndef CLIPVAULT_TESTS_KEYSTORE_SAMPLE_H
#define CLIPVAULT_TESTS_KEYSTORE_SAMPLE_H

#include "keys/keystore.h"
#include "tests/unit/faults.h"
#include "vault/base/bytes.h"
#include "vault/base/io.h"

struct place {
  char path[256];
  int dir;
  uint8_t *bytes;
  struct slot_secret secret;
  struct id vault;
  keystore_leaf leaf;
};

static inline const char *path_of(const struct place *p, const char *name) {
  static char path[400];
  snprintf(path, sizeof path, "%s/%s", p->path, name);
  return path;
}

static inline int make(void **state) {
  struct place *p = calloc(1, sizeof *p);
  const char *tmp = getenv("TMPDIR");
  if (secret_init() != ERR_OK) return 1;
  faults.lazy = true;
  snprintf(p->path, sizeof p->path, "%s/keys.XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(p->path)) return 1;
  p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  p->bytes = secret_alloc(32);
  randombytes_buf(p->bytes, 32);
  p->secret = (struct slot_secret){.kind = SLOT_SECRET_KEY_FILE, .bytes = p->bytes, .length = 32};
  *state = p;
  return keystore_create(p->dir, &p->secret, NULL, &p->vault) != ERR_OK;
}

static inline int drop(void **state) {
  struct place *p = *state;
  char command[300];
  faults.only = NULL;
  faults.kinds = 0;
  faults.on = faults.anybodys = false;
  faults.sqlite = SQLITE_IOERR;
  unsetenv("CLIPVAULT_EFFACEABLE");
  secret_free(p->bytes);
  close(p->dir);
  snprintf(command, sizeof command, "rm -rf '%s'", p->path);
  free(p);
  return system(command) || secret_in_use();
}

static inline struct keystore *open_store(const struct place *p) {
  struct keystore *ks = NULL;
  if (keystore_open(p->dir, &p->secret, &ks) != ERR_OK) fail_msg("it does not open: %s", err_text());
  return ks;
}
static inline enum err try_open(const struct place *p, const struct slot_secret *secret) {
  AUTO(keystore) struct keystore *ks = NULL;
  return keystore_open(p->dir, secret, &ks);
}

static inline void sql(const struct place *p, const char *file, const char *statement) {
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path_of(p, file), &db), SQLITE_OK);
  if (sqlite3_exec(db, statement, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", statement, sqlite3_errmsg(db));
  sqlite3_close(db);
}

static inline void refused(enum err e, enum err code, const char *words) {
  if (e != code || (e != ERR_OK && !strstr(err_text(), words))) fail_msg("%d, and it said: %s", e, err_text());
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, make, drop)

#endif
