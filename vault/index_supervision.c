/* What waits for supervisors, and cycles that were signed. */
#include "vault/index.h"
#include "vault/index_sql.h"

enum err index_supervision_put(struct index *ix, const struct index_supervision *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO supervision (id, account, target, target_kind, sealed) VALUES (?, ?, ?, ?, ?)", "dddib",
                       &row->id, &row->account, &row->target, (int64_t)row->target_kind, sealed->data, sealed->length);
}

enum err index_supervision_reseal(struct index *ix, const struct id *id, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE supervision SET sealed = ? WHERE id = ?", "bd", sealed->data, sealed->length, id);
}

static void read_supervision(struct index_sql_query *q, struct index_supervision *row) {
  row->id = index_sql_id(q, 0);
  row->account = index_sql_id(q, 1);
  row->target = index_sql_id(q, 2);
  row->target_kind = index_sql_int(q, 3) == ID_CYCLE ? ID_CYCLE : ID_CLIP;
}

enum err index_supervision_get(struct index *ix, const struct id *id, struct index_supervision *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, account, target, target_kind, sealed FROM supervision WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) read_supervision(&q, out);
  if (found) index_sql_bytes(&q, 4, sealed);
  TRY(index_sql_end(&q));
  TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "nothing of that id waits for supervision; see clipvault supervise list");
}

enum err index_supervision_list(struct index *ix, const struct id *account, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT id, account, target, target_kind FROM supervision WHERE ?1 IS NULL OR account = ?1 ORDER BY n", "d",
                      account));
  while (index_sql_next(&q)) {
    struct index_supervision row = {0};
    read_supervision(&q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_supervision_drop(struct index *ix, const struct id *id) {
  return index_sql_run(ix, "DELETE FROM supervision WHERE id = ?", "d", id);
}

/* ---- signed */

enum err index_sign_off_put(struct index *ix, const struct index_sign_off *row, const struct bytes *sealed,
                            const struct bytes *note) {
  return index_sql_run(ix, "INSERT INTO sign_off (id, cycle, practitioner, sealed, note) VALUES (?, ?, ?, ?, ?)", "dddbb",
                       &row->id, &row->cycle, &row->practitioner, sealed->data, sealed->length, note->data, note->length);
}

enum err index_sign_off_of_cycle(struct index *ix, const struct id *cycle, struct index_sign_off *out, struct bytes *sealed,
                                 struct bytes *note) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, cycle, practitioner, sealed, note FROM sign_off WHERE cycle = ?", "d", cycle));
  bool found = index_sql_next(&q);
  if (found) *out = (struct index_sign_off){index_sql_id(&q, 0), index_sql_id(&q, 1), index_sql_id(&q, 2)};
  if (found) index_sql_bytes(&q, 3, sealed);
  if (found) index_sql_bytes(&q, 4, note);
  TRY(index_sql_end(&q));
  TRY(bytes_check(sealed));
  TRY(bytes_check(note));
  return found ? ERR_OK : err_set(ERR_MISSING, "this cycle was not signed off yet");
}

enum err index_sign_off_list(struct index *ix, const struct id *practitioner, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, cycle, practitioner FROM sign_off WHERE ?1 IS NULL OR practitioner = ?1 ORDER BY n",
                      "d", practitioner));
  while (index_sql_next(&q)) {
    struct index_sign_off row = {index_sql_id(&q, 0), index_sql_id(&q, 1), index_sql_id(&q, 2)};
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}
