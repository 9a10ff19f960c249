/* Uploads, and the segments that they consist of. */
#include "vault/index.h"
#include "vault/index_sql.h"

#define UPLOAD_COLUMNS "id, account, leaf, state, length, made_ms, expires_ms"

enum err index_upload_put(struct index *ix, const struct index_upload *row, const struct bytes *sealed) {
  return index_sql_run(ix,
                       "INSERT INTO upload (id, account, leaf, state, length, made_ms, expires_ms, sealed) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       "dditiiib", &row->id, &row->account, (int64_t)row->leaf, row->state, row->length, row->made_ms,
                       row->expires_ms, sealed->data, sealed->length);
}

static void read_upload(struct index_sql_query *q, struct index_upload *row) {
  row->id = index_sql_id(q, 0);
  row->account = index_sql_id(q, 1);
  row->leaf = (keystore_leaf)index_sql_int(q, 2);
  index_sql_text(q, 3, row->state, sizeof row->state);
  row->length = index_sql_int(q, 4);
  row->made_ms = index_sql_int(q, 5);
  row->expires_ms = index_sql_int(q, 6);
}

enum err index_upload_get(struct index *ix, const struct id *id, struct index_upload *out, struct bytes *sealed,
                          struct bytes *result) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " UPLOAD_COLUMNS ", sealed, result FROM upload WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) read_upload(&q, out);
  if (found && sealed) index_sql_bytes(&q, 7, sealed);
  if (found && result) index_sql_bytes(&q, 8, result);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  if (result) TRY(bytes_check(result));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such upload, or not any more");
}

static enum err collect_uploads(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_upload row = {0};
    read_upload(q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_upload_list(struct index *ix, const char *state, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  if (state)
    TRY(index_sql_query(ix, &q, "SELECT " UPLOAD_COLUMNS " FROM upload WHERE state = ? ORDER BY n", "t", state));
  else
    TRY(index_sql_query(ix, &q, "SELECT " UPLOAD_COLUMNS " FROM upload ORDER BY n", ""));
  return collect_uploads(&q, out);
}

enum err index_upload_due(struct index *ix, int64_t now_ms, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " UPLOAD_COLUMNS " FROM upload WHERE expires_ms <= ? ORDER BY n", "i", now_ms));
  return collect_uploads(&q, out);
}

enum err index_upload_put_last(struct index *ix, const struct id *id) {
  return index_sql_run(ix, "UPDATE upload SET n = (SELECT MAX(n) + 1 FROM upload) WHERE id = ?", "d", id);
}

enum err index_upload_set_sealed(struct index *ix, const struct id *id, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE upload SET sealed = ? WHERE id = ?", "bd", sealed->data, sealed->length, id);
}

enum err index_upload_set_state(struct index *ix, const struct id *id, const char *state) {
  return index_sql_run(ix, "UPDATE upload SET state = ? WHERE id = ?", "td", state, id);
}

enum err index_upload_done(struct index *ix, const struct id *id, const struct bytes *result) {
  TRY(index_segment_drop(ix, id, 0));
  return index_sql_run(ix, "UPDATE upload SET state = 'done', leaf = 0, sealed = x'', result = ? WHERE id = ?", "bd",
                       result->data, result->length, id);
}

enum err index_upload_drop(struct index *ix, const struct id *id) {
  TRY(index_segment_drop(ix, id, 0));
  return index_sql_run(ix, "DELETE FROM upload WHERE id = ?", "d", id);
}

/* ---- segments */

enum err index_segment_put(struct index *ix, const struct index_segment *row) {
  return index_sql_run(ix, "INSERT INTO segment VALUES (?, ?, ?, ?)", "ddii", &row->object, &row->upload, row->n, row->bytes);
}

enum err index_segment_set_bytes(struct index *ix, const struct id *object, int64_t bytes) {
  return index_sql_run(ix, "UPDATE segment SET bytes = ? WHERE object = ?", "id", bytes, object);
}

enum err index_segment_of(struct index *ix, const struct id *upload, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT object, upload, n, bytes FROM segment WHERE upload = ? ORDER BY n", "d", upload));
  while (index_sql_next(&q)) {
    struct index_segment row = {.object = index_sql_id(&q, 0), .upload = index_sql_id(&q, 1)};
    row.n = index_sql_int(&q, 2);
    row.bytes = index_sql_int(&q, 3);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_segment_drop(struct index *ix, const struct id *upload, int64_t from_n) {
  return index_sql_run(ix, "DELETE FROM segment WHERE upload = ? AND n >= ?", "di", upload, from_n);
}

enum err index_segment_known(struct index *ix, const struct id *object, bool *known) {
  int64_t count;
  TRY(index_sql_one(ix, 0, &count, "SELECT COUNT(*) FROM segment WHERE object = ?", "d", object));
  *known = count != 0;
  return ERR_OK;
}
