/* Holds, restrictions, and what they keep. */
#include "vault/index.h"
#include "vault/index_sql.h"

#include <string.h>

#define HOLD_COLUMNS \
  "h.id, h.kind, h.target_kind, h.target, h.leaf, h.state, h.placed_ms, h.review_ms, h.released_ms, h.job, h.account"

enum err index_hold_put(struct index *ix, const struct index_hold *row, const struct bytes *sealed) {
  return index_sql_run(ix,
                       "INSERT INTO hold (id, kind, target_kind, target, leaf, state, placed_ms, review_ms, account, sealed) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "dtiditiidb", &row->id, row->kind, (int64_t)row->target_kind, &row->target, (int64_t)row->leaf, row->state,
                       row->placed_ms, row->review_ms, &row->account, sealed->data, sealed->length);
}

static void read_hold(struct index_sql_query *q, struct index_hold *row) {
  row->id = index_sql_id(q, 0);
  index_sql_text(q, 1, row->kind, sizeof row->kind);
  row->target_kind = (enum id_kind)index_sql_int(q, 2);
  row->target = index_sql_id(q, 3);
  row->leaf = (keystore_leaf)index_sql_int(q, 4);
  index_sql_text(q, 5, row->state, sizeof row->state);
  row->placed_ms = index_sql_int(q, 6);
  row->review_ms = index_sql_int(q, 7);
  row->released_ms = index_sql_int(q, 8);
  row->job = index_sql_id(q, 9);
  row->account = index_sql_id(q, 10);
}

static enum err collect_holds(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_hold row = {0};
    read_hold(q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_hold_get(struct index *ix, const struct id *id, struct index_hold *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " HOLD_COLUMNS ", h.sealed FROM hold h WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found && sealed) index_sql_bytes(&q, 11, sealed);
  if (found) read_hold(&q, out);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such hold; see clipvault hold list");
}

enum err index_hold_list(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " HOLD_COLUMNS " FROM hold h ORDER BY n", ""));
  return collect_holds(&q, out);
}

enum err index_hold_over(struct index *ix, const struct index_clip *clip, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT " HOLD_COLUMNS " FROM hold h WHERE state = 'live' AND (target IN (?1, ?2) OR "
                      "target IN (SELECT person FROM clip_person WHERE clip = ?1) OR "
                      "id IN (SELECT hold FROM held WHERE clip = ?1)) ORDER BY n",
                      "dd", &clip->id, &clip->kase));
  return collect_holds(&q, out);
}

enum err index_hold_on(struct index *ix, const struct id *target, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " HOLD_COLUMNS " FROM hold h WHERE state = 'live' AND target = ? ORDER BY n", "d", target));
  return collect_holds(&q, out);
}

enum err index_hold_end(struct index *ix, const struct id *id, const struct id *job, int64_t released_ms) {
  return index_sql_run(ix, "UPDATE hold SET job = ?, released_ms = ? WHERE id = ?", "did", job, released_ms, id);
}

enum err index_held_put(struct index *ix, const struct index_held *row) {
  return index_sql_run(ix, "INSERT OR REPLACE INTO held (hold, clip, rendition, ct) VALUES (?, ?, ?, ?)", "ddtb", &row->hold,
                       &row->clip, row->rendition, row->ct, sizeof row->ct);
}

enum err index_held_of(struct index *ix, const struct id *clip, const char *rendition, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT d.hold, d.clip, d.rendition, h.leaf, d.ct FROM held d JOIN hold h ON h.id = d.hold "
                      "WHERE d.clip = ?1 AND d.rendition = coalesce(?2, d.rendition) AND h.leaf > 0 ORDER BY h.n",
                      "dt", clip, rendition));
  while (index_sql_next(&q)) {
    struct index_held row = {.hold = index_sql_id(&q, 0), .clip = index_sql_id(&q, 1)};
    index_sql_text(&q, 2, row.rendition, sizeof row.rendition);
    row.leaf = (keystore_leaf)index_sql_int(&q, 3);
    (void)index_sql_blob(&q, 4, row.ct, sizeof row.ct);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_held_clips(struct index *ix, const struct id *hold, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT DISTINCT clip FROM held WHERE hold = ? ORDER BY clip", "d", hold));
  while (index_sql_next(&q)) {
    struct id clip = index_sql_id(&q, 0);
    bytes_put(out, &clip, sizeof clip);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_job_keepers(struct index *ix, const struct id *job, const struct id *clip, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT " HOLD_COLUMNS " FROM hold h WHERE job IS NOT ?1 AND id IN (SELECT hold FROM held WHERE clip = ?2) "
                      "ORDER BY n",
                      "dd", job, clip));
  return collect_holds(&q, out);
}
