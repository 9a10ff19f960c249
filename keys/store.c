#include "keys/store.h"

#include "vault/base/clock.h"
#include "vault/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  STORE_VERSION = 1,
  STORE_APPLICATION = 0x43564b59 /* "CVKY" */,
  BUSY_MS = 2000,
  CHECKPOINT_MS = 5000,
  CHECKPOINT_PAUSE_US = 100000
};

static const char schema[] =
    "CREATE TABLE fact (k TEXT PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE node (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, b BLOB NOT NULL);"
    "CREATE TABLE slot (id BLOB PRIMARY KEY, kind INTEGER NOT NULL, created_ms INTEGER NOT NULL, ops INTEGER NOT NULL,"
    " kib INTEGER NOT NULL, salt BLOB NOT NULL, public BLOB NOT NULL, nonce BLOB NOT NULL, private BLOB NOT NULL,"
    " mrk BLOB NOT NULL) WITHOUT ROWID;";

static const char settings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;";

enum statement { GET_NODE, PUT_NODE, STATEMENTS };
static const char *const statements[STATEMENTS] = {
    "SELECT b, epoch FROM node WHERE id = ?",
    "INSERT INTO node VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET epoch = ?2, b = ?3"};

struct store {
  sqlite3 *db;
  sqlite3_stmt *prepared[STATEMENTS]; /* the two that a shred runs many times */
  int dirfd;
};

static enum err failed(struct store *s) {
  int code = sqlite3_errcode(s->db) & 0xff;
  enum err e = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DATA : code == SQLITE_BUSY ? ERR_BUSY : ERR_IO;
  if (code == SQLITE_FULL) err_note_full();
  return err_set(e, "keys.db: %s", sqlite3_errmsg(s->db));
}

static enum err script(struct store *s, const char *sql) {
  return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : failed(s);
}

static enum err open_db(struct store *s, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d/keys.db", s->dirfd);
  if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
    return s->db ? failed(s) : err_set(ERR_IO, "out of memory");
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_busy_timeout(s->db, BUSY_MS);
  return ERR_OK;
}

static enum err prepare(struct store *s) {
  for (int i = 0; i < STATEMENTS; i++)
    if (sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &s->prepared[i], NULL) != SQLITE_OK)
      return failed(s);
  return ERR_OK;
}

static int one_number(void *out, int columns, char **values, char **names) {
  (void)columns, (void)names;
  *(long *)out = strtol(values[0], NULL, 10); /* such a pragma always has a value */
  return 0;
}

static enum err check_version(struct store *s) {
  long application = 0, version = 0;
  if (sqlite3_exec(s->db, "PRAGMA application_id", one_number, &application, NULL) != SQLITE_OK ||
      sqlite3_exec(s->db, "PRAGMA user_version", one_number, &version, NULL) != SQLITE_OK)
    return failed(s);
  if (application != STORE_APPLICATION) return err_set(ERR_DATA, "keys.db is not a clipvault key store");
  if (version > STORE_VERSION)
    return err_set(ERR_DATA, "keys.db was written by a newer clipvault (format %ld); install that version", version);
  return ERR_OK;
}

static enum err make_db(struct store *s) {
  char pragmas[160];
  TRY(open_db(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  snprintf(pragmas, sizeof pragmas,
           "PRAGMA page_size=8192; PRAGMA auto_vacuum=NONE; PRAGMA application_id=%d; PRAGMA user_version=%d;", STORE_APPLICATION,
           STORE_VERSION);
  TRY(script(s, pragmas));
  TRY(script(s, settings));
  TRY(script(s, schema));
  return prepare(s);
}

static enum err open_existing(struct store *s) {
  TRY(open_db(s, SQLITE_OPEN_READWRITE));
  TRY(script(s, settings));
  TRY(check_version(s));
  return prepare(s);
}

static enum err start(int dirfd, enum err (*how)(struct store *s), struct store **out) {
  struct store *s = calloc(1, sizeof *s);
  if (!s) return err_set(ERR_IO, "out of memory");
  s->dirfd = dirfd;
  enum err e = how(s);
  if (e != ERR_OK)
    store_close(s);
  else
    *out = s;
  return e;
}

enum err store_create(int dirfd, struct store **out) {
  struct stat st;
  if (fstatat(dirfd, "keys.db", &st, AT_SYMLINK_NOFOLLOW) == 0) return err_set(ERR_CREATE, "keys.db exists already");
  return start(dirfd, make_db, out);
}

/* What an earlier process left in the log may be in the page cache alone, and after an fsync that failed no later one writes it,
 * yet reports success. Nothing may be built upon such a log: all of it is written once more, as it is. */
static enum err settle_log(int dirfd) {
  AUTO(io) int fd = openat(dirfd, "keys.db-wal", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  uint8_t block[8192];
  if (fd < 0) return errno == ENOENT ? ERR_OK : err_set_errno(ERR_IO, "cannot open keys.db-wal");
  for (off_t at = 0;;) {
    ssize_t n = pread(fd, block, sizeof block, at);
    if (n < 0) return err_set_errno(ERR_IO, "cannot read keys.db-wal");
    if (n == 0) return at ? io_sync(fd) : ERR_OK;
    TRY(io_pwrite_all(fd, block, (size_t)n, (uint64_t)at));
    at += n;
  }
}

enum err store_open(int dirfd, struct store **out) {
  struct stat st;
  if (fstatat(dirfd, "keys.db", &st, AT_SYMLINK_NOFOLLOW))
    return err_set(ERR_MISSING,
                   "there is no vault here (keys.db is missing); make one with clipvault init, or name its folder with --vault");
  TRY(settle_log(dirfd));
  return start(dirfd, open_existing, out);
}

static enum err open_to_look(struct store *s) {
  TRY(open_db(s, SQLITE_OPEN_READONLY));
  TRY(check_version(s));
  return prepare(s);
}

enum err store_look(int dirfd, struct store **out) { return start(dirfd, open_to_look, out); }

void store_close(struct store *s) {
  if (!s) return;
  for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(s->prepared[i]);
  sqlite3_close(s->db);
  free(s);
}

enum err store_begin(struct store *s) { return script(s, "BEGIN IMMEDIATE"); }
enum err store_commit(struct store *s) { return script(s, "COMMIT"); }
void store_rollback(struct store *s) {
  if (!sqlite3_get_autocommit(s->db)) IGNORE(script(s, "ROLLBACK"));
}

/* Through SQLite's own descriptor: to close another one would give up the locks of this process, and whoever reads keys.db
 * would, on leaving, take away the log that is in use. */
static enum err sync_file(struct store *s, int which) {
  sqlite3_file *file = NULL;
  if (sqlite3_file_control(s->db, "main", which, &file) != SQLITE_OK || !file->pMethods)
    return err_set(ERR_BUG, "keys.db is not open");
  if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK) return err_set_errno(ERR_IO, "cannot make keys.db durable");
  return ERR_OK;
}

static enum err sync_files(struct store *s) {
  TRY(sync_file(s, SQLITE_FCNTL_FILE_POINTER));
  TRY(sync_file(s, SQLITE_FCNTL_JOURNAL_POINTER));
  return io_sync_dir(s->dirfd);
}

enum err store_checkpoint(struct store *s) {
  for (int64_t start_ms = clock_steady_ms();;) {
    int frames, done;
    int result = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &frames, &done);
    if (result == SQLITE_OK && frames == 0) break; /* truncated: nothing left in the WAL */
    if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) return failed(s);
    if (clock_steady_ms() - start_ms >= CHECKPOINT_MS)
      return err_set(ERR_BUSY, "another program is reading keys.db and keeps its log from being emptied");
    usleep(CHECKPOINT_PAUSE_US);
  }
  return sync_files(s);
}

/* Runs a statement that returns no row. */
static enum err finish(struct store *s, sqlite3_stmt *q) {
  int result = sqlite3_step(q);
  enum err e = result == SQLITE_DONE ? ERR_OK : failed(s);
  sqlite3_finalize(q);
  return e;
}

static enum err query(struct store *s, const char *sql, sqlite3_stmt **out) {
  return sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK ? ERR_OK : failed(s);
}

enum err store_put_fact(struct store *s, const char *name, const void *data, size_t length) {
  sqlite3_stmt *q;
  TRY(query(s, "INSERT INTO fact VALUES (?1, ?2) ON CONFLICT DO UPDATE SET v = ?2", &q));
  sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_blob64(q, 2, data, length, SQLITE_STATIC);
  return finish(s, q);
}

enum err store_find_fact(struct store *s, const char *name, struct bytes *out, bool *found) {
  sqlite3_stmt *q;
  TRY(query(s, "SELECT v FROM fact WHERE k = ?", &q));
  sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
  int result = sqlite3_step(q);
  if (result == SQLITE_ROW) bytes_put(out, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
  enum err e = result == SQLITE_ROW ? bytes_check(out) : result == SQLITE_DONE ? ERR_OK : failed(s);
  *found = result == SQLITE_ROW;
  sqlite3_finalize(q);
  return e;
}

enum err store_get_fact(struct store *s, const char *name, struct bytes *out) {
  bool found;
  TRY(store_find_fact(s, name, out, &found));
  return found ? ERR_OK : err_set(ERR_DATA, "keys.db lacks \"%s\"", name);
}

enum err store_drop_fact(struct store *s, const char *name) {
  sqlite3_stmt *q;
  TRY(query(s, "DELETE FROM fact WHERE k = ?", &q));
  sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
  return finish(s, q);
}

enum err store_put_node(struct store *s, int64_t id, uint64_t epoch, const void *blob, size_t length) {
  sqlite3_stmt *q = s->prepared[PUT_NODE];
  sqlite3_bind_int64(q, 1, id);
  sqlite3_bind_int64(q, 2, (int64_t)epoch);
  sqlite3_bind_blob64(q, 3, blob, length, SQLITE_STATIC);
  enum err e = sqlite3_step(q) == SQLITE_DONE ? ERR_OK : failed(s);
  sqlite3_reset(q);
  sqlite3_clear_bindings(q);
  return e;
}

enum err store_get_node(struct store *s, int64_t id, void *blob, size_t length, uint64_t *epoch) {
  sqlite3_stmt *q = s->prepared[GET_NODE];
  sqlite3_bind_int64(q, 1, id);
  int result = sqlite3_step(q);
  enum err e = ERR_OK;
  if (result == SQLITE_DONE)
    e = err_set(ERR_MISSING, "a node of the key tree is missing");
  else if (result != SQLITE_ROW)
    e = failed(s);
  else if ((size_t)sqlite3_column_bytes(q, 0) != length)
    e = err_set(ERR_DATA, "a node of the key tree is of a wrong size");
  if (e == ERR_OK) memcpy(blob, sqlite3_column_blob(q, 0), length);
  if (e == ERR_OK && epoch) *epoch = (uint64_t)sqlite3_column_int64(q, 1);
  sqlite3_reset(q);
  return e;
}

enum err store_each_node(struct store *s, uint64_t since,
                         enum err (*each)(void *context, int64_t id, uint64_t epoch, const void *blob, size_t length),
                         void *context) {
  sqlite3_stmt *q;
  enum err e = ERR_OK;
  int result = SQLITE_DONE;
  TRY(query(s, "SELECT id, epoch, b FROM node WHERE epoch >= ?", &q));
  sqlite3_bind_int64(q, 1, (int64_t)since);
  while (e == ERR_OK && (result = sqlite3_step(q)) == SQLITE_ROW)
    e = each(context, sqlite3_column_int64(q, 0), (uint64_t)sqlite3_column_int64(q, 1), sqlite3_column_blob(q, 2),
             (size_t)sqlite3_column_bytes(q, 2));
  if (e == ERR_OK && result != SQLITE_DONE) e = failed(s);
  sqlite3_finalize(q);
  return e;
}

enum err store_put_slot(struct store *s, const struct slot_record *slot) {
  sqlite3_stmt *q;
  TRY(query(s, "INSERT OR REPLACE INTO slot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &q));
  sqlite3_bind_blob(q, 1, slot->id.b, sizeof slot->id.b, SQLITE_STATIC);
  sqlite3_bind_int(q, 2, (int)slot->kind);
  sqlite3_bind_int64(q, 3, slot->created_ms);
  sqlite3_bind_int64(q, 4, slot->ops);
  sqlite3_bind_int64(q, 5, slot->kib);
  sqlite3_bind_blob(q, 6, slot->salt, sizeof slot->salt, SQLITE_STATIC);
  sqlite3_bind_blob(q, 7, slot->public_half, sizeof slot->public_half, SQLITE_STATIC);
  sqlite3_bind_blob(q, 8, slot->nonce, sizeof slot->nonce, SQLITE_STATIC);
  sqlite3_bind_blob(q, 9, slot->private_half, sizeof slot->private_half, SQLITE_STATIC);
  sqlite3_bind_blob(q, 10, slot->sealed_mrk, sizeof slot->sealed_mrk, SQLITE_STATIC);
  return finish(s, q);
}

enum err store_drop_slot(struct store *s, const struct id *slot) {
  sqlite3_stmt *q;
  TRY(query(s, "DELETE FROM slot WHERE id = ?", &q));
  sqlite3_bind_blob(q, 1, slot->b, sizeof slot->b, SQLITE_STATIC);
  return finish(s, q);
}

static bool column(sqlite3_stmt *q, int at, void *out, size_t size) {
  const void *data = sqlite3_column_blob(q, at);
  if (!data || (size_t)sqlite3_column_bytes(q, at) != size) return false;
  memcpy(out, data, size);
  return true;
}

static bool read_slot(sqlite3_stmt *q, struct slot_record *out) {
  int64_t kind = sqlite3_column_int64(q, 1), ops = sqlite3_column_int64(q, 3), kib = sqlite3_column_int64(q, 4);
  if (kind < SLOT_PASSPHRASE || kind > SLOT_TPM || ops < 0 || ops > UINT32_MAX || kib < 0 || kib > UINT32_MAX) return false;
  *out = (struct slot_record){
      .kind = (enum slot_kind)kind, .created_ms = sqlite3_column_int64(q, 2), .ops = (uint32_t)ops, .kib = (uint32_t)kib};
  return column(q, 0, out->id.b, sizeof out->id.b) && column(q, 5, out->salt, sizeof out->salt) &&
         column(q, 6, out->public_half, sizeof out->public_half) && column(q, 7, out->nonce, sizeof out->nonce) &&
         column(q, 8, out->private_half, sizeof out->private_half) && column(q, 9, out->sealed_mrk, sizeof out->sealed_mrk);
}

enum err store_get_slots(struct store *s, struct slot_record out[STORE_MOST_SLOTS], size_t *count) {
  sqlite3_stmt *q;
  size_t n = 0;
  int result;
  TRY(query(s, "SELECT id, kind, created_ms, ops, kib, salt, public, nonce, private, mrk FROM slot ORDER BY id", &q));
  while ((result = sqlite3_step(q)) == SQLITE_ROW && n < STORE_MOST_SLOTS && read_slot(q, &out[n])) n++;
  enum err e = result == SQLITE_DONE  ? ERR_OK
               : result == SQLITE_ROW ? err_set(ERR_DATA, "a slot in keys.db is malformed, or there are too many")
                                      : failed(s);
  sqlite3_finalize(q);
  if (e == ERR_OK) *count = n;
  return e;
}

static enum err copy_into(struct store *s, sqlite3 *to) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
  int result = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;
  int finished = b ? sqlite3_backup_finish(b) : SQLITE_ERROR;
  if (result == SQLITE_DONE && finished == SQLITE_OK) return ERR_OK;
  return err_set(ERR_IO, "keys.db cannot be copied: %s", sqlite3_errstr(result == SQLITE_DONE ? finished : result));
}

static enum err settle_copy(int dirfd) {
  AUTO(io) int fd = openat(dirfd, "keys.db.new", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return err_set_errno(ERR_IO, "cannot open a copy of keys.db");
  TRY(io_sync(fd));
  if (renameat(dirfd, "keys.db.new", dirfd, "keys.db")) return err_set_errno(ERR_IO, "cannot put a copy of keys.db in its place");
  return io_sync_dir(dirfd);
}

enum err store_copy(struct store *s, int dirfd) {
  char path[64];
  sqlite3 *to = NULL;
  snprintf(path, sizeof path, "/proc/self/fd/%d/keys.db.new", dirfd);
  unlinkat(dirfd, "keys.db.new", 0);
  enum err e = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
                   ? copy_into(s, to)
                   : err_set(ERR_IO, "cannot make a copy of keys.db");
  sqlite3_close(to);
  return e == ERR_OK ? settle_copy(dirfd) : e;
}

static enum err copy_facts(struct store *from, struct store *to, uint64_t *bytes) {
  sqlite3_stmt *q;
  enum err e = ERR_OK;
  int result = SQLITE_DONE;
  TRY(query(from, "SELECT k, v FROM fact", &q));
  while (e == ERR_OK && (result = sqlite3_step(q)) == SQLITE_ROW) {
    *bytes += (uint64_t)sqlite3_column_bytes(q, 0) + (uint64_t)sqlite3_column_bytes(q, 1);
    e = store_put_fact(to, (const char *)sqlite3_column_text(q, 0), sqlite3_column_blob(q, 1),
                       (size_t)sqlite3_column_bytes(q, 1));
  }
  if (e == ERR_OK && result != SQLITE_DONE) e = failed(from);
  sqlite3_finalize(q);
  return e;
}

enum err store_copy_small(struct store *from, struct store *to, uint64_t *bytes) {
  struct slot_record slots[STORE_MOST_SLOTS];
  size_t count;
  TRY(store_get_slots(from, slots, &count));
  TRY(script(to, "DELETE FROM fact; DELETE FROM slot;"));
  TRY(copy_facts(from, to, bytes));
  for (size_t i = 0; i < count; i++) TRY(store_put_slot(to, &slots[i]));
  *bytes += count * sizeof *slots;
  return ERR_OK;
}
