#include "vault/index_sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum err failed(struct index *ix) {
  int code = sqlite3_errcode(ix->db) & 0xff;
  enum err e = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DATA : code == SQLITE_BUSY ? ERR_BUSY : ERR_IO;
  if (code == SQLITE_FULL) err_note_full();
  return err_set(e, "index.db: %s", sqlite3_errmsg(ix->db));
}

static enum err prepare(struct index *ix, const char *sql, sqlite3_stmt **out) {
  size_t slot = 0;
  for (; slot < INDEX_STATEMENTS && ix->cache[slot].sql; slot++)
    if (ix->cache[slot].sql == sql && !sqlite3_stmt_busy(ix->cache[slot].statement)) {
      *out = ix->cache[slot].statement;
      return ERR_OK;
    }
  if (slot == INDEX_STATEMENTS) return err_set(ERR_BUG, "the index has more statements than places for them");
  sqlite3_stmt *fresh;
  if (sqlite3_prepare_v3(ix->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &fresh, NULL) != SQLITE_OK) return failed(ix);
  ix->cache[slot].sql = sql;
  ix->cache[slot].statement = fresh;
  *out = fresh;
  return ERR_OK;
}

static int bind_id(sqlite3_stmt *s, int at, const struct id *id) {
  return id ? sqlite3_bind_blob(s, at, id->b, sizeof id->b, SQLITE_TRANSIENT) : sqlite3_bind_null(s, at);
}

static enum err bind(struct index *ix, sqlite3_stmt *s, const char *types, va_list arguments) {
  int result = SQLITE_OK;
  for (int at = 1; types[at - 1] && result == SQLITE_OK; at++) {
    switch (types[at - 1]) {
      case 'i': result = sqlite3_bind_int64(s, at, va_arg(arguments, int64_t)); break;
      case 'd': result = bind_id(s, at, va_arg(arguments, const struct id *)); break;
      case 't': result = sqlite3_bind_text(s, at, va_arg(arguments, const char *), -1, SQLITE_TRANSIENT); break;
      case 'b': {
        const void *data = va_arg(arguments, const void *);
        size_t length = va_arg(arguments, size_t);
        result = data ? sqlite3_bind_blob64(s, at, data, length, SQLITE_TRANSIENT) : sqlite3_bind_null(s, at);
        break;
      }
      default: return err_set(ERR_BUG, "unknown type of a statement's argument");
    }
  }
  return result == SQLITE_OK ? ERR_OK : failed(ix);
}

static enum err start(struct index *ix, struct index_sql_query *q, const char *sql, const char *types, va_list arguments) {
  sqlite3_stmt *s;
  TRY(prepare(ix, sql, &s));
  *q = (struct index_sql_query){ix, s, SQLITE_ROW};
  enum err e = bind(ix, s, types, arguments);
  if (e != ERR_OK) index_sql_query_auto(q);
  return e;
}

enum err index_sql_query(struct index *ix, struct index_sql_query *q, const char *sql, const char *types, ...) {
  *q = (struct index_sql_query){0};
  va_list arguments;
  va_start(arguments, types);
  enum err e = start(ix, q, sql, types, arguments);
  va_end(arguments);
  return e;
}

bool index_sql_next(struct index_sql_query *q) {
  if (q->statement && q->result == SQLITE_ROW) q->result = sqlite3_step(q->statement);
  return q->statement && q->result == SQLITE_ROW;
}

enum err index_sql_end(struct index_sql_query *q) {
  if (!q->statement) return ERR_OK;
  enum err e = q->result == SQLITE_ROW || q->result == SQLITE_DONE ? ERR_OK : failed(q->ix);
  index_sql_query_auto(q);
  return e;
}

void index_sql_query_auto(struct index_sql_query *q) {
  if (!q->statement) return;
  sqlite3_reset(q->statement);
  sqlite3_clear_bindings(q->statement);
  q->statement = NULL;
}

enum err index_sql_run(struct index *ix, const char *sql, const char *types, ...) {
  struct index_sql_query q = {0};
  va_list arguments;
  va_start(arguments, types);
  enum err e = start(ix, &q, sql, types, arguments);
  va_end(arguments);
  if (e != ERR_OK) return e;
  while (index_sql_next(&q)) {
  }
  return index_sql_end(&q);
}

enum err index_sql_one(struct index *ix, int64_t fallback, int64_t *out, const char *sql, const char *types, ...) {
  struct index_sql_query q = {0};
  va_list arguments;
  va_start(arguments, types);
  enum err e = start(ix, &q, sql, types, arguments);
  va_end(arguments);
  if (e != ERR_OK) return e;
  int64_t found = index_sql_next(&q) && sqlite3_column_type(q.statement, 0) != SQLITE_NULL ? index_sql_int(&q, 0) : fallback;
  TRY(index_sql_end(&q));
  *out = found;
  return ERR_OK;
}

int64_t index_sql_int(struct index_sql_query *q, int column) { return sqlite3_column_int64(q->statement, column); }

bool index_sql_blob(struct index_sql_query *q, int column, void *out, size_t size) {
  const void *data = sqlite3_column_blob(q->statement, column);
  bool fits = data && (size_t)sqlite3_column_bytes(q->statement, column) == size;
  if (fits)
    memcpy(out, data, size);
  else
    memset(out, 0, size);
  return fits;
}

struct id index_sql_id(struct index_sql_query *q, int column) {
  struct id id;
  (void)index_sql_blob(q, column, id.b, sizeof id.b);
  return id;
}

void index_sql_bytes(struct index_sql_query *q, int column, struct bytes *out) {
  const void *data = sqlite3_column_blob(q->statement, column);
  bytes_put(out, data, (size_t)sqlite3_column_bytes(q->statement, column));
}

void index_sql_text(struct index_sql_query *q, int column, char *out, size_t size) {
  const char *text = (const char *)sqlite3_column_text(q->statement, column);
  snprintf(out, size, "%s", text ? text : "");
}
