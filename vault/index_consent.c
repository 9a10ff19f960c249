/* Consents, their verdicts purpose by purpose, and the grants that carry SPKs. */
#include "vault/index.h"
#include "vault/index_sql.h"

#include <string.h>

#define CONSENT_COLUMNS "c.id, c.person, c.kase, c.given_ms, c.expires_ms, c.media, c.ident, c.due_ms"

static const struct id *or_null(const struct id *id) { return id_is_zero(id) ? NULL : id; }

enum err index_consent_put(struct index *ix, const struct index_consent *row, const struct bytes *sealed) {
  return index_sql_run(ix,
                       "INSERT INTO consent (id, person, kase, given_ms, expires_ms, media, ident, due_ms, sealed) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "dddiiiiib", &row->id, &row->person, or_null(&row->kase), row->given_ms, row->expires_ms,
                       (int64_t)row->media, (int64_t)row->ident, row->due_ms, sealed->data, sealed->length);
}

static void read_consent(struct index_sql_query *q, struct index_consent *row) {
  row->id = index_sql_id(q, 0);
  row->person = index_sql_id(q, 1);
  row->kase = index_sql_id(q, 2);
  row->given_ms = index_sql_int(q, 3);
  row->expires_ms = index_sql_int(q, 4);
  row->media = (uint32_t)index_sql_int(q, 5);
  row->ident = (uint32_t)index_sql_int(q, 6);
  row->due_ms = index_sql_int(q, 7);
}

static enum err collect_consents(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_consent row = {0};
    read_consent(q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_consent_get(struct index *ix, const struct id *id, struct index_consent *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CONSENT_COLUMNS ", sealed FROM consent c WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found && sealed) index_sql_bytes(&q, 8, sealed);
  if (found) read_consent(&q, out);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such consent; see clipvault consent list");
}

enum err index_consent_of(struct index *ix, const struct id *person, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CONSENT_COLUMNS " FROM consent c WHERE person = ? ORDER BY n", "d", person));
  return collect_consents(&q, out);
}

enum err index_consent_due(struct index *ix, int64_t now_ms, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT DISTINCT " CONSENT_COLUMNS
                      " FROM consent c JOIN consent_purpose p ON p.consent = c.id WHERE p.state = 'live' AND c.due_ms <= ?",
                      "i", now_ms));
  return collect_consents(&q, out);
}

enum err index_verdict_put(struct index *ix, const struct index_verdict *row) {
  return index_sql_run(ix, "INSERT INTO consent_purpose (consent, purpose, leaf, state) VALUES (?, ?, ?, ?)", "dtit",
                       &row->consent, row->purpose, (int64_t)row->leaf, row->state);
}

static enum err collect_verdicts(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_verdict row = {0};
    row.consent = index_sql_id(q, 0);
    index_sql_text(q, 1, row.purpose, sizeof row.purpose);
    row.leaf = (keystore_leaf)index_sql_int(q, 2);
    index_sql_text(q, 3, row.state, sizeof row.state);
    row.ended_ms = index_sql_int(q, 4);
    row.job = index_sql_id(q, 5);
    row.ended_after = index_sql_int(q, 6);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_verdict_of(struct index *ix, const struct id *consent, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT consent, purpose, leaf, state, ended_ms, job, ended_after FROM consent_purpose WHERE consent = ?",
                      "d", consent));
  return collect_verdicts(&q, out);
}

enum err index_job_verdicts(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(
      ix, &q, "SELECT consent, purpose, leaf, state, ended_ms, job, ended_after FROM consent_purpose WHERE job = ?", "d", job));
  return collect_verdicts(&q, out);
}

enum err index_verdict_set(struct index *ix, const struct index_verdict *row) {
  return index_sql_run(ix,
                       "UPDATE consent_purpose SET leaf = ?, state = ?, ended_ms = ?, ended_after = ?, job = ? "
                       "WHERE consent = ? AND purpose = ?",
                       "itiiddt", (int64_t)row->leaf, row->state, row->ended_ms, row->ended_after, or_null(&row->job),
                       &row->consent, row->purpose);
}

enum err index_consent_reseal(struct index *ix, const struct id *id, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE consent SET sealed = ? WHERE id = ?", "bd", sealed->data, sealed->length, id);
}

enum err index_consent_set_due(struct index *ix, const struct id *id, int64_t due_ms) {
  return index_sql_run(ix, "UPDATE consent SET due_ms = ? WHERE id = ?", "id", due_ms, id);
}

enum err index_grant_put(struct index *ix, const struct index_grant *row) {
  const struct index_scope *s = &row->scope;
  return index_sql_run(
      ix,
      "INSERT INTO grant_ (consent, purpose, kase, media, ident, person, leaf, ct) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
      "ON CONFLICT DO UPDATE SET leaf = ?7, ct = ?8",
      "dtdiidib", &row->consent, s->purpose, &s->kase, (int64_t)s->media, (int64_t)s->ident, &s->person, (int64_t)row->leaf,
      row->ct, sizeof row->ct);
}

static enum err collect_grants(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_grant row = {0};
    row.consent = index_sql_id(q, 0);
    index_sql_text(q, 1, row.scope.purpose, sizeof row.scope.purpose);
    row.scope.kase = index_sql_id(q, 2);
    row.scope.media = (uint32_t)index_sql_int(q, 3);
    row.scope.ident = (uint32_t)index_sql_int(q, 4);
    row.scope.person = index_sql_id(q, 5);
    row.leaf = (keystore_leaf)index_sql_int(q, 6);
    (void)index_sql_blob(q, 7, row.ct, sizeof row.ct);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

#define GRANT_COLUMNS "consent, purpose, kase, media, ident, person, leaf, ct"

enum err index_grant_of(struct index *ix, const struct index_scope *s, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(
      ix, &q, "SELECT " GRANT_COLUMNS " FROM grant_ WHERE person = ? AND purpose = ? AND kase = ? AND media = ? AND ident = ?",
      "dtdii", &s->person, s->purpose, &s->kase, (int64_t)s->media, (int64_t)s->ident));
  return collect_grants(&q, out);
}

enum err index_grant_under(struct index *ix, keystore_leaf leaf, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " GRANT_COLUMNS " FROM grant_ WHERE leaf = ?", "i", (int64_t)leaf));
  return collect_grants(&q, out);
}
