/* Inside the index only: statements, bound in one call, read column by column. Included by index*.c alone; all SQL of
 * index.db stands in those files. */
#ifndef CLIPVAULT_INDEX_SQL_H
#define CLIPVAULT_INDEX_SQL_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/index.h"

#include <sqlite3.h>

/* One argument per letter of `types`:  i int64_t   d const struct id * (NULL: SQL NULL)   t const char *
 * b const void *, size_t (NULL: SQL NULL).  Statements are cached by the address of their text. */
enum err index_sql_run(struct index *ix, const char *sql, const char *types, ...);

/* A running query. Always ends with index_sql_end, also after an error in between (a second end does nothing). */
struct index_sql_query {
  struct index *ix;
  sqlite3_stmt *statement;
  int result;
};
enum err index_sql_query(struct index *ix, struct index_sql_query *q, const char *sql, const char *types, ...);
bool index_sql_next(struct index_sql_query *q);
enum err index_sql_end(struct index_sql_query *q); /* ERR_IO or ERR_DATA if stepping failed */
void index_sql_query_auto(struct index_sql_query *q);

int64_t index_sql_int(struct index_sql_query *q, int column);
/* An id column; zero if NULL or of another size. */
struct id index_sql_id(struct index_sql_query *q, int column);
/* Appends a blob or text column. */
void index_sql_bytes(struct index_sql_query *q, int column, struct bytes *out);
/* Copies a short text column, cut to size. */
void index_sql_text(struct index_sql_query *q, int column, char *out, size_t size);
/* Copies a blob column that must have exactly `size` bytes; false (and zeroes) otherwise. */
bool index_sql_blob(struct index_sql_query *q, int column, void *out, size_t size);

/* First column of the first row, or `fallback` where there is none. */
enum err index_sql_one(struct index *ix, int64_t fallback, int64_t *out, const char *sql, const char *types, ...);

#endif
