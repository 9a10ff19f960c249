/* What is proven: commitments to keys, certificates, the audit log's entries. */
#include "vault/index.h"
#include "vault/index_sql.h"

enum err index_commitment_put(struct index *ix, const struct index_commitment *row) {
  return index_sql_run(ix, "INSERT INTO commitment VALUES (?, ?, ?, ?)", "ibbi", (int64_t)row->leaf, row->hash, sizeof row->hash,
                       row->published, sizeof row->published, row->entry);
}

static enum err read_commitment(struct index_sql_query *q, struct index_commitment *out) {
  out->leaf = (keystore_leaf)index_sql_int(q, 0);
  out->entry = index_sql_int(q, 3);
  bool right = index_sql_blob(q, 1, out->hash, sizeof out->hash) && index_sql_blob(q, 2, out->published, sizeof out->published);
  return right ? ERR_OK : err_set(ERR_DATA, "a commitment in index.db is malformed; run clipvault check");
}

static enum err collect_commitments(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_commitment row;
    TRY(read_commitment(q, &row));
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_commitment_waiting(struct index *ix, size_t most, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM commitment WHERE entry = -1 ORDER BY leaf LIMIT ?", "i", (int64_t)most));
  return collect_commitments(&q, out);
}

enum err index_commitment_all(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM commitment ORDER BY leaf", ""));
  return collect_commitments(&q, out);
}

enum err index_commitment_set_entry(struct index *ix, keystore_leaf leaf, int64_t entry) {
  return index_sql_run(ix, "UPDATE commitment SET entry = ? WHERE leaf = ?", "ii", entry, (int64_t)leaf);
}

enum err index_commitment_get(struct index *ix, keystore_leaf leaf, struct index_commitment *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM commitment WHERE leaf = ?", "i", (int64_t)leaf));
  bool found = index_sql_next(&q);
  if (found) TRY(read_commitment(&q, out));
  TRY(index_sql_end(&q));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no commitment to this key");
}

enum err index_certificate_put(struct index *ix, const struct id *id, int64_t made_ms, const struct bytes *signed_bytes) {
  return index_sql_run(ix, "INSERT INTO certificate (id, made_ms, signed) VALUES (?, ?, ?)", "dib", id, made_ms,
                       signed_bytes->data, signed_bytes->length);
}

enum err index_certificate_get(struct index *ix, const struct id *id, struct bytes *signed_bytes) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT signed FROM certificate WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) index_sql_bytes(&q, 0, signed_bytes);
  TRY(index_sql_end(&q));
  TRY(bytes_check(signed_bytes));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such certificate; see clipvault certificate list");
}

enum err index_certificate_list(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, made_ms FROM certificate ORDER BY n", ""));
  while (index_sql_next(&q)) {
    struct index_certificate row = {.id = index_sql_id(&q, 0), .made_ms = index_sql_int(&q, 1)};
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_audit_append(struct index *ix, uint64_t seq, const struct bytes *entry) {
  return index_sql_run(ix, "INSERT INTO audit VALUES (?, ?)", "ib", (int64_t)seq, entry->data, entry->length);
}

enum err index_audit_count(struct index *ix, uint64_t *count) {
  int64_t n;
  TRY(index_sql_one(ix, 0, &n, "SELECT count(*) FROM audit", ""));
  *count = (uint64_t)n;
  return ERR_OK;
}

enum err index_audit_each(struct index *ix, uint64_t first,
                          enum err (*each)(void *context, uint64_t seq, const uint8_t *entry, size_t length), void *context) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT seq, entry FROM audit WHERE seq >= ? ORDER BY seq", "i", (int64_t)first));
  while (index_sql_next(&q)) {
    const uint8_t *entry = sqlite3_column_blob(q.statement, 1);
    TRY(each(context, (uint64_t)index_sql_int(&q, 0), entry, (size_t)sqlite3_column_bytes(q.statement, 1)));
  }
  return index_sql_end(&q);
}
