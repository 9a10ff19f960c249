#include "vault/index.h"

#include "vault/base/io.h"
#include "vault/index_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  INDEX_VERSION = 3,
  INDEX_APPLICATION = 0x43564958, /* "CVIX" */
  BUSY_MS = 2000                  /* whoever looks at the file, a copy or a person, is done by then */
};

/* schema.sql and what later versions add to it, as they stand in the source tree. */
__asm__(
    ".section .rodata\n"
    "index_schema_1:\n.incbin \"vault/schema.sql\"\n.byte 0\n"
    "index_schema_2:\n.incbin \"vault/schema_2.sql\"\n.byte 0\n"
    "index_schema_3:\n.incbin \"vault/schema_3.sql\"\n.byte 0\n"
    ".previous\n");
extern const char index_schema_1[] __attribute__((visibility("hidden")));
extern const char index_schema_2[] __attribute__((visibility("hidden")));
extern const char index_schema_3[] __attribute__((visibility("hidden")));
/* [n] leads from version n to n + 1; a new index goes the same way as an old one. */
static const char *const steps[INDEX_VERSION] = {index_schema_1, index_schema_2, index_schema_3};

static enum err sql_failed(struct sqlite3 *db, const char *what) {
  int code = sqlite3_errcode(db) & 0xff;
  return err_set(code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DATA : ERR_IO, "%s index.db: %s", what,
                 sqlite3_errmsg(db));
}

static enum err script(struct sqlite3 *db, const char *sql) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : sql_failed(db, "cannot set up");
}

static const char settings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;"
    "PRAGMA wal_autocheckpoint=4096;";

/* Through /proc/self/fd, so that the file is in the folder that was opened, whatever its path is by now. */
static enum err open_db(int dirfd, int flags, struct sqlite3 **out) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d/index.db", dirfd);
  struct sqlite3 *db = NULL;
  enum err e = ERR_OK;
  if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
    e = db ? sql_failed(db, "cannot open") : err_set(ERR_IO, "cannot open index.db: out of memory");
  if (e == ERR_OK) {
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    e = script(db, settings);
  }
  if (e != ERR_OK)
    sqlite3_close(db);
  else
    *out = db;
  return e;
}

/* Inside a transaction: from `version` to today's. */
static enum err climb(struct sqlite3 *db, int64_t version) {
  char pragma[64];
  for (; version < INDEX_VERSION; version++) TRY(script(db, steps[version]));
  snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d;", INDEX_VERSION);
  return script(db, pragma);
}

enum err index_create(int dirfd, const struct id *vault) {
  struct stat st;
  if (fstatat(dirfd, "index.db", &st, AT_SYMLINK_NOFOLLOW) == 0) return err_set(ERR_CREATE, "index.db exists already");
  struct index ix = {0};
  TRY(open_db(dirfd, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &ix.db));
  char application[64];
  snprintf(application, sizeof application, "PRAGMA application_id=%d;", INDEX_APPLICATION);
  enum err e = script(ix.db, "BEGIN IMMEDIATE");
  if (e == ERR_OK) e = script(ix.db, application);
  if (e == ERR_OK) e = climb(ix.db, 0);
  if (e == ERR_OK) e = index_meta_put(&ix, "vault", vault->b, sizeof vault->b);
  if (e == ERR_OK) e = script(ix.db, "COMMIT");
  for (size_t i = 0; i < INDEX_STATEMENTS; i++) sqlite3_finalize(ix.cache[i].statement);
  sqlite3_close(ix.db);
  return e == ERR_OK ? io_sync_dir(dirfd) : e;
}

/* An older version's index becomes today's, or stays what it was. */
static enum err upgrade(struct index *ix, int64_t version) {
  if (version < 1) return err_set(ERR_DATA, "index.db has no version: it is damaged");
  TRY(index_begin(ix));
  enum err e = climb(ix->db, version);
  if (e == ERR_OK) return index_commit(ix);
  index_rollback(ix);
  return e;
}

static enum err check_version(struct index *ix) {
  int64_t version, application;
  TRY(index_sql_one(ix, 0, &application, "PRAGMA application_id", ""));
  if (application != INDEX_APPLICATION) return err_set(ERR_DATA, "index.db is not a clipvault index");
  TRY(index_sql_one(ix, 0, &version, "PRAGMA user_version", ""));
  if (version > INDEX_VERSION)
    return err_set(ERR_DATA, "index.db was written by a newer clipvault (format %d); install that version", (int)version);
  return version < INDEX_VERSION ? upgrade(ix, version) : ERR_OK;
}

static enum err check_vault(struct index *ix, const struct id *vault) {
  AUTO(bytes) struct bytes stored = {0};
  if (!vault) return ERR_OK;
  enum err e = index_meta_get(ix, "vault", &stored);
  if (e != ERR_OK && e != ERR_MISSING) return e;
  if (stored.length != sizeof vault->b || memcmp(stored.data, vault->b, sizeof vault->b) != 0)
    return err_set(ERR_DATA, "index.db belongs to another vault than keys.db; put back the pair that belongs together");
  return ERR_OK;
}

enum err index_open(int dirfd, const struct id *vault, struct index **out) {
  struct index *ix = calloc(1, sizeof *ix);
  if (!ix) return err_set(ERR_IO, "out of memory");
  enum err e = open_db(dirfd, SQLITE_OPEN_READWRITE, &ix->db);
  if (e == ERR_OK) e = check_version(ix);
  if (e == ERR_OK) e = check_vault(ix, vault);
  if (e != ERR_OK)
    index_close(ix);
  else
    *out = ix;
  return e;
}

void index_close(struct index *ix) {
  if (!ix) return;
  index_follow_end(ix);
  for (size_t i = 0; i < INDEX_STATEMENTS; i++) sqlite3_finalize(ix->cache[i].statement);
  sqlite3_close(ix->db);
  free(ix);
}

enum err index_begin(struct index *ix) {
  if (ix->writing) return err_set(ERR_BUG, "a transaction of the index was begun twice");
  TRY(index_sql_run(ix, "BEGIN IMMEDIATE", ""));
  ix->writing = true;
  return ERR_OK;
}

enum err index_commit(struct index *ix) {
  enum err e = index_follow_step(ix);
  if (e == ERR_OK) e = index_sql_run(ix, "COMMIT", "");
  if (e != ERR_OK) {
    index_rollback(ix);
    return e;
  }
  ix->writing = false;
  index_follow_stepped(ix);
  return ERR_OK;
}

void index_rollback(struct index *ix) {
  if (ix->writing && !sqlite3_get_autocommit(ix->db)) IGNORE(index_sql_run(ix, "ROLLBACK", ""));
  ix->writing = false;
}

enum err index_meta_put(struct index *ix, const char *key, const void *data, size_t length) {
  return index_sql_run(ix, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = ?2", "tb", key, data, length);
}

enum err index_meta_get(struct index *ix, const char *key, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT v FROM meta WHERE k = ?", "t", key));
  if (!index_sql_next(&q)) {
    TRY(index_sql_end(&q));
    return err_set(ERR_MISSING, "index.db lacks \"%s\"", key);
  }
  index_sql_bytes(&q, 0, out);
  TRY(bytes_check(out));
  return index_sql_end(&q);
}
