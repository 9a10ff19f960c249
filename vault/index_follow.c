/* Copies of index.db that follow it: SQLite's session extension records what each commit changed; a copy that stands where the
 * recording began gets only that, any other one the whole. The place where a copy stands is a row like any other: `journal`. */
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/index_sql.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char journal[] = "journal", copy_name[] = "index.db", copy_new[] = "index.db.new";

struct index_follow {
  sqlite3_session *session;
  struct bytes changes; /* changesets, each behind its u32 length, of the commits `from` … `to` */
  uint64_t from, to;    /* places in the journal */
};

/* ---- recording */

static enum err begin_session(struct index *ix) {
  struct index_follow *f = ix->follow;
  if (sqlite3session_create(ix->db, "main", &f->session) != SQLITE_OK || sqlite3session_attach(f->session, NULL) != SQLITE_OK)
    return err_set(ERR_IO, "out of memory");
  return ERR_OK;
}

static enum err read_place(struct index *ix, uint64_t *place) {
  AUTO(bytes) struct bytes stored = {0};
  enum err e = index_meta_get(ix, journal, &stored);
  if (e != ERR_OK && e != ERR_MISSING) return e;
  struct bytes_reader r = bytes_reader(stored.data, stored.length);
  *place = e == ERR_OK ? bytes_get_u64(&r) : 0;
  return ERR_OK;
}

enum err index_follow_begin(struct index *ix) {
  if (ix->follow) return ERR_OK;
  ix->follow = calloc(1, sizeof *ix->follow);
  if (!ix->follow) return err_set(ERR_IO, "out of memory");
  TRY(read_place(ix, &ix->follow->from));
  ix->follow->to = ix->follow->from;
  return begin_session(ix);
}

void index_follow_end(struct index *ix) {
  if (!ix->follow) return;
  sqlite3session_delete(ix->follow->session);
  bytes_free(&ix->follow->changes);
  free(ix->follow);
  ix->follow = NULL;
}

enum err index_follow_step(struct index *ix) {
  AUTO(bytes) struct bytes place = {0};
  if (!ix->follow || sqlite3session_isempty(ix->follow->session)) return ERR_OK;
  bytes_put_u64(&place, ix->follow->to + 1);
  TRY(bytes_check(&place));
  return index_meta_put(ix, journal, place.data, place.length);
}

/* After a commit nothing can fail any more: a change that could not be kept makes every copy be made anew. */
void index_follow_stepped(struct index *ix) {
  struct index_follow *f = ix->follow;
  void *changes = NULL;
  int length = 0;
  if (!f || sqlite3session_isempty(f->session)) return;
  bool kept = sqlite3session_changeset(f->session, &length, &changes) == SQLITE_OK;
  if (kept) bytes_put_field(&f->changes, changes, (size_t)length);
  sqlite3_free(changes);
  f->to++;
  if (!kept || f->changes.failed) {
    bytes_free(&f->changes);
    f->from = f->to;
  }
  sqlite3session_delete(f->session);
  f->session = NULL;
  if (begin_session(ix) != ERR_OK) log_error("index.db is not followed any more: %s", err_text());
}

/* ---- a whole copy */

static enum err backup_into(sqlite3 *from, sqlite3 *to) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
  int result = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;
  int finished = b ? sqlite3_backup_finish(b) : SQLITE_ERROR;
  if (result == SQLITE_DONE && finished == SQLITE_OK) return ERR_OK;
  return err_set(ERR_IO, "index.db cannot be copied: %s", sqlite3_errstr(result == SQLITE_DONE ? finished : result));
}

static enum err open_copy(int dirfd, const char *name, int flags, sqlite3 **out) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dirfd, name);
  if (sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) == SQLITE_OK) return ERR_OK;
  enum err e = err_set(ERR_IO, "a copy of index.db cannot be opened: %s", *out ? sqlite3_errmsg(*out) : "out of memory");
  sqlite3_close(*out);
  *out = NULL;
  return e;
}

static enum err settle(int dirfd) {
  AUTO(io) int fd = openat(dirfd, copy_new, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return err_set_errno(ERR_IO, "cannot open a copy of index.db");
  TRY(io_sync(fd));
  unlinkat(dirfd, "index.db-wal", 0); /* of the copy that it replaces */
  unlinkat(dirfd, "index.db-shm", 0);
  if (renameat(dirfd, copy_new, dirfd, copy_name)) return err_set_errno(ERR_IO, "cannot put a copy of index.db in its place");
  return io_sync_dir(dirfd);
}

enum err index_copy(struct index *ix, int dirfd) {
  sqlite3 *to = NULL;
  unlinkat(dirfd, copy_new, 0);
  TRY(open_copy(dirfd, copy_new, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to));
  enum err e = backup_into(ix->db, to);
  sqlite3_close(to);
  return e == ERR_OK ? settle(dirfd) : e;
}

/* ---- what changed */

static int refuse_conflict(void *context, int kind, sqlite3_changeset_iter *at) {
  (void)context, (void)kind, (void)at;
  return SQLITE_CHANGESET_ABORT; /* it is not the copy it said it was: it is made anew */
}

static bool stands_at(sqlite3 *copy, uint64_t place) {
  sqlite3_stmt *q = NULL;
  uint64_t there = 0;
  if (sqlite3_prepare_v2(copy, "SELECT v FROM meta WHERE k = 'journal'", -1, &q, NULL) != SQLITE_OK) return false;
  if (sqlite3_step(q) == SQLITE_ROW) {
    struct bytes_reader r = bytes_reader(sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
    there = bytes_get_u64(&r);
  }
  sqlite3_finalize(q);
  return there == place;
}

static bool apply_all(sqlite3 *copy, const struct bytes *changes) {
  struct bytes_reader r = bytes_reader(changes->data, changes->length);
  while (bytes_left(&r)) {
    size_t length;
    const uint8_t *one = bytes_get_field(&r, INT32_MAX, &length);
    if (!one || sqlite3changeset_apply(copy, (int)length, (void *)(uintptr_t)one, NULL, refuse_conflict, NULL) != SQLITE_OK)
      return false;
  }
  return true;
}

/* False: the copy needs to be made anew. One transaction, so that it is never between two commits. */
static bool bring_along(const struct index_follow *f, sqlite3 *copy) {
  if (sqlite3_exec(copy, "PRAGMA synchronous=FULL; BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) return false;
  bool done = stands_at(copy, f->from) && apply_all(copy, &f->changes);
  return sqlite3_exec(copy, done ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK && done;
}

enum err index_follow_send(struct index *ix, int dirfd, uint64_t *bytes) {
  const struct index_follow *f = ix->follow;
  sqlite3 *copy = NULL;
  if (!f) return err_set(ERR_BUG, "index.db is not followed");
  if (!faccessat(dirfd, copy_name, F_OK, AT_SYMLINK_NOFOLLOW)) {
    TRY(open_copy(dirfd, copy_name, SQLITE_OPEN_READWRITE, &copy));
    bool there = stands_at(copy, f->to) || bring_along(f, copy);
    sqlite3_close(copy);
    if (there) *bytes += f->changes.length;
    if (there) return ERR_OK;
  }
  return index_copy(ix, dirfd);
}

void index_follow_sent(struct index *ix) {
  if (!ix->follow) return;
  bytes_clear(&ix->follow->changes);
  ix->follow->from = ix->follow->to;
}
