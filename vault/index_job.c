/* Destructions from decision to certificate. */
#include "vault/index.h"
#include "vault/index_sql.h"

#include <string.h>

enum err index_job_put(struct index *ix, const struct index_job *row) {
  return index_sql_run(ix, "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?)", "dtbdiid", &row->id, row->state, row->reason,
                       row->reason_length, &row->account, row->created_ms, row->due_ms, &row->certificate);
}

static void read_job(struct index_sql_query *q, struct index_job *row) {
  row->id = index_sql_id(q, 0);
  index_sql_text(q, 1, row->state, sizeof row->state);
  size_t length = (size_t)sqlite3_column_bytes(q->statement, 2);
  row->reason_length = length <= sizeof row->reason ? length : 0;
  if (row->reason_length) memcpy(row->reason, sqlite3_column_blob(q->statement, 2), row->reason_length);
  row->account = index_sql_id(q, 3);
  row->created_ms = index_sql_int(q, 4);
  row->due_ms = index_sql_int(q, 5);
  row->certificate = index_sql_id(q, 6);
}

enum err index_job_get(struct index *ix, const struct id *id, struct index_job *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM job WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found) read_job(&q, out);
  TRY(index_sql_end(&q));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such destruction");
}

enum err index_job_pending(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM job WHERE state <> 'done' ORDER BY created_ms", ""));
  while (index_sql_next(&q)) {
    struct index_job row = {0};
    read_job(&q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_job_set_state(struct index *ix, const struct id *id, const char *state) {
  return index_sql_run(ix, "UPDATE job SET state = ? WHERE id = ?", "td", state, id);
}

enum err index_job_add_leaf(struct index *ix, const struct id *job, keystore_leaf leaf) {
  return index_sql_run(ix, "INSERT OR IGNORE INTO job_leaf VALUES (?, ?)", "di", job, (int64_t)leaf);
}

static enum err collect_leaves(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    keystore_leaf leaf = (keystore_leaf)index_sql_int(q, 0);
    bytes_put(out, &leaf, sizeof leaf);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_job_leaves(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT leaf FROM job_leaf WHERE job = ? ORDER BY leaf", "d", job));
  return collect_leaves(&q, out);
}

/* One step of finishing a job a line; all are bound to the job's id as ?1. A wrap that died because another key of its
 * KEK died leaves a leaf behind that opens nothing: it is noted as stale and destroyed by the next sweep. */
static const char *const finish_steps[] = {
    "DELETE FROM held WHERE hold IN (SELECT id FROM hold WHERE job = ?1)",
    "UPDATE hold SET state = 'released', leaf = 0, job = NULL WHERE job = ?1",
    "INSERT OR IGNORE INTO stale_leaf SELECT leaf FROM wrap WHERE job = ?1 AND state = 'dying'",
    "INSERT OR IGNORE INTO stale_leaf SELECT leaf FROM wrap WHERE clip IN (SELECT id FROM clip WHERE job = ?1)",
    "DELETE FROM wrap WHERE job = ?1 AND state = 'dying'",
    "UPDATE wrap SET state = 'live', job = NULL WHERE job = ?1 AND state = 'new'",
    "DELETE FROM wrap WHERE clip IN (SELECT id FROM clip WHERE job = ?1)",
    "DELETE FROM grant_ WHERE leaf IN (SELECT leaf FROM job_leaf WHERE job = ?1)",
    "UPDATE consent_purpose SET leaf = 0, job = NULL WHERE job = ?1",
    ("UPDATE clip SET state = 'held', leaf = 0, job = NULL, source_mac = NULL"
     " WHERE job = ?1 AND id IN (SELECT clip FROM held)"), /* its uses are over; the rest waits for the hold's release */
    "INSERT OR IGNORE INTO doomed SELECT id FROM object WHERE clip IN (SELECT id FROM clip WHERE job = ?1)",
    "DELETE FROM marks WHERE clip IN (SELECT id FROM clip WHERE job = ?1)",
    "DELETE FROM remark WHERE clip IN (SELECT id FROM clip WHERE job = ?1)",
    "DELETE FROM supervision WHERE target IN (SELECT id FROM clip WHERE job = ?1)",
    "DELETE FROM clip_person WHERE clip IN (SELECT id FROM clip WHERE job = ?1)",
    "UPDATE clip SET state = 'shredded', leaf = 0, job = NULL, source_mac = NULL, sealed = x'' WHERE job = ?1",
    "UPDATE person SET leaf = 0, job = NULL, sealed = x'' WHERE job = ?1",
    "DELETE FROM stale_leaf WHERE leaf IN (SELECT leaf FROM job_leaf WHERE job = ?1)",
    "DELETE FROM commitment WHERE leaf IN (SELECT leaf FROM job_leaf WHERE job = ?1)",
    "DELETE FROM job_leaf WHERE job = ?1",
    "DELETE FROM deferral WHERE job = ?1",
    "UPDATE job SET state = 'done' WHERE id = ?1",
};

/* The form that somebody signed ends with their record. What is doomed is no object any more, and what was bound to it goes
 * with it, before it. All begin with what is few (CROSS JOIN keeps that order), and never look at every object. */
static const char *const tidy_steps[] = {
    ("INSERT OR IGNORE INTO doomed SELECT o.id FROM person p CROSS JOIN consent c ON c.person = p.id CROSS JOIN object o ON"
     " o.clip = c.id WHERE p.state = 'erased' AND p.job IS NULL"),
    ("DELETE FROM rendition WHERE clip IN (SELECT clip FROM object WHERE id IN (SELECT object FROM doomed))"
     " AND body IN (SELECT object FROM doomed)"),
    "DELETE FROM object WHERE id IN (SELECT object FROM doomed)",
};

enum err index_job_finish(struct index *ix, const struct id *job) {
  TRY(index_object_doom_ended(ix, job));
  for (size_t i = 0; i < sizeof finish_steps / sizeof *finish_steps; i++) TRY(index_sql_run(ix, finish_steps[i], "d", job));
  for (size_t i = 0; i < sizeof tidy_steps / sizeof *tidy_steps; i++) TRY(index_sql_run(ix, tidy_steps[i], ""));
  return ERR_OK;
}

enum err index_deferral_put(struct index *ix, const struct id *job, const struct index_deferral *row) {
  return index_sql_run(ix, "INSERT OR REPLACE INTO deferral VALUES (?, ?, ?, ?, ?, ?, ?)", "ddtdtii", job, &row->clip,
                       row->purpose, &row->hold, row->owner, row->due_ms, row->review_ms);
}

enum err index_deferral_of(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(
      ix, &q, "SELECT clip, purpose, hold, owner, due_ms, review_ms FROM deferral WHERE job = ? ORDER BY clip, purpose, hold",
      "d", job));
  while (index_sql_next(&q)) {
    struct index_deferral row = {.clip = index_sql_id(&q, 0), .hold = index_sql_id(&q, 2)};
    index_sql_text(&q, 1, row.purpose, sizeof row.purpose);
    index_sql_text(&q, 3, row.owner, sizeof row.owner);
    row.due_ms = index_sql_int(&q, 4);
    row.review_ms = index_sql_int(&q, 5);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_stale_add(struct index *ix, keystore_leaf leaf) {
  return index_sql_run(ix, "INSERT OR IGNORE INTO stale_leaf VALUES (?)", "i", (int64_t)leaf);
}

enum err index_stale_list(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT leaf FROM stale_leaf ORDER BY leaf", ""));
  return collect_leaves(&q, out);
}

enum err index_stale_gone(struct index *ix, keystore_leaf leaf) {
  return index_sql_run(ix, "DELETE FROM stale_leaf WHERE leaf = ?", "i", (int64_t)leaf);
}

enum err index_leaves(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT leaf FROM person WHERE leaf > 0 UNION ALL SELECT leaf FROM casework UNION ALL "
                      "SELECT leaf FROM consent_purpose WHERE leaf > 0 UNION ALL SELECT leaf FROM clip WHERE leaf > 0 UNION ALL "
                      "SELECT leaf FROM wrap UNION ALL SELECT leaf FROM hold WHERE leaf > 0 UNION ALL SELECT leaf FROM job_leaf "
                      "UNION ALL SELECT leaf FROM stale_leaf UNION ALL SELECT DISTINCT leaf FROM grant_ "
                      "UNION ALL SELECT leaf FROM upload WHERE leaf > 0",
                      ""));
  return collect_leaves(&q, out);
}
