/* Remarks on clips, cycles of a case and its goals. */
#include "vault/index.h"
#include "vault/index_sql.h"

/* ---- remarks */

enum err index_remark_put(struct index *ix, const struct index_remark *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO remark (id, clip, sealed) VALUES (?, ?, ?)", "ddb", &row->id, &row->clip, sealed->data,
                       sealed->length);
}

enum err index_remark_reseal(struct index *ix, const struct id *id, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE remark SET sealed = ? WHERE id = ?", "bd", sealed->data, sealed->length, id);
}

enum err index_remark_get(struct index *ix, const struct id *id, struct index_remark *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, clip, sealed FROM remark WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) *out = (struct index_remark){index_sql_id(&q, 0), index_sql_id(&q, 1)};
  if (found && sealed) index_sql_bytes(&q, 2, sealed);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such remark; see clipvault remark list");
}

enum err index_remark_of(struct index *ix, const struct id *clip, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, clip FROM remark WHERE clip = ? ORDER BY n", "d", clip));
  while (index_sql_next(&q)) {
    struct index_remark row = {index_sql_id(&q, 0), index_sql_id(&q, 1)};
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_remark_drop(struct index *ix, const struct id *id) {
  return index_sql_run(ix, "DELETE FROM remark WHERE id = ?", "d", id);
}

/* ---- cycles */

enum err index_cycle_put(struct index *ix, const struct index_cycle *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO cycle (id, kase, opened_ms, sealed) VALUES (?, ?, ?, ?)", "ddib", &row->id, &row->kase,
                       row->opened_ms, sealed->data, sealed->length);
}

enum err index_cycle_set(struct index *ix, const struct index_cycle *row, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE cycle SET closed_ms = ?, sealed = ? WHERE id = ?", "ibd", row->closed_ms, sealed->data,
                       sealed->length, &row->id);
}

#define CYCLE_COLUMNS "id, kase, opened_ms, ifnull(closed_ms, 9223372036854775807)"

static void read_cycle(struct index_sql_query *q, struct index_cycle *row) {
  row->id = index_sql_id(q, 0);
  row->kase = index_sql_id(q, 1);
  row->opened_ms = index_sql_int(q, 2);
  row->closed_ms = index_sql_int(q, 3);
}

enum err index_cycle_get(struct index *ix, const struct id *id, struct index_cycle *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CYCLE_COLUMNS ", sealed FROM cycle WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) read_cycle(&q, out);
  if (found && sealed) index_sql_bytes(&q, 4, sealed);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such cycle; see clipvault cycle list");
}

enum err index_cycle_list(struct index *ix, const struct id *kase, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CYCLE_COLUMNS " FROM cycle WHERE kase = ? ORDER BY n", "d", kase));
  while (index_sql_next(&q)) {
    struct index_cycle row = {0};
    read_cycle(&q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_cycle_clip_put(struct index *ix, const struct index_cycle_clip *row) {
  return index_sql_run(ix, "INSERT OR REPLACE INTO cycle_clip VALUES (?, ?, ?)", "ddt", &row->cycle, &row->clip, row->role);
}

enum err index_cycle_clip_drop(struct index *ix, const struct id *cycle, const struct id *clip) {
  return index_sql_run(ix, "DELETE FROM cycle_clip WHERE cycle = ? AND clip = ?", "dd", cycle, clip);
}

enum err index_cycle_clips(struct index *ix, const struct id *cycle, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT cycle, clip, role FROM cycle_clip JOIN clip c ON c.id = clip WHERE cycle = ? "
                      "ORDER BY role <> 'moment', role <> 'review', c.n",
                      "d", cycle));
  while (index_sql_next(&q)) {
    struct index_cycle_clip row = {.cycle = index_sql_id(&q, 0), .clip = index_sql_id(&q, 1)};
    index_sql_text(&q, 2, row.role, sizeof row.role);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

/* ---- goals */

enum err index_goal_put(struct index *ix, const struct index_goal *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO goal (id, kase, sealed) VALUES (?, ?, ?)", "ddb", &row->id, &row->kase, sealed->data,
                       sealed->length);
}

enum err index_goal_reseal(struct index *ix, const struct id *id, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE goal SET sealed = ? WHERE id = ?", "bd", sealed->data, sealed->length, id);
}

enum err index_goal_get(struct index *ix, const struct id *id, struct index_goal *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, kase, sealed FROM goal WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) *out = (struct index_goal){index_sql_id(&q, 0), index_sql_id(&q, 1)};
  if (found && sealed) index_sql_bytes(&q, 2, sealed);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such goal; see clipvault goal list");
}

enum err index_goal_list(struct index *ix, const struct id *kase, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, kase FROM goal WHERE kase = ? ORDER BY n", "d", kase));
  while (index_sql_next(&q)) {
    struct index_goal row = {index_sql_id(&q, 0), index_sql_id(&q, 1)};
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}
