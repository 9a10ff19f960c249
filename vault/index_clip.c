/* Clips, who is in them, their sealed objects and their wraps. */
#include "vault/index.h"
#include "vault/index_sql.h"

#include <string.h>

#define CLIP_COLUMNS "c.id, c.kase, c.kind, c.state, c.leaf, c.recorded_ms, c.ingested_ms, c.expires_ms, c.quarantine_ms, c.job"

enum err index_clip_put(struct index *ix, const struct index_clip *row, const uint8_t *source_mac, const struct bytes *sealed) {
  return index_sql_run(ix,
                       "INSERT INTO clip (id, kase, kind, state, leaf, recorded_ms, ingested_ms, expires_ms, quarantine_ms, "
                       "source_mac, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "ddttiiiiibb", &row->id, &row->kase, row->kind, row->state, (int64_t)row->leaf, row->recorded_ms,
                       row->ingested_ms, row->expires_ms, row->quarantine_ms, source_mac, source_mac ? (size_t)32 : 0,
                       sealed->data, sealed->length);
}

static void read_clip(struct index_sql_query *q, struct index_clip *row) {
  row->id = index_sql_id(q, 0);
  row->kase = index_sql_id(q, 1);
  index_sql_text(q, 2, row->kind, sizeof row->kind);
  index_sql_text(q, 3, row->state, sizeof row->state);
  row->leaf = (keystore_leaf)index_sql_int(q, 4);
  row->recorded_ms = index_sql_int(q, 5);
  row->ingested_ms = index_sql_int(q, 6);
  row->expires_ms = index_sql_int(q, 7);
  row->quarantine_ms = index_sql_int(q, 8);
  row->job = index_sql_id(q, 9);
}

static enum err collect_clips(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_clip row = {0};
    read_clip(q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_clip_get(struct index *ix, const struct id *id, struct index_clip *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CLIP_COLUMNS ", c.sealed FROM clip c WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found && sealed) index_sql_bytes(&q, 10, sealed);
  if (found) read_clip(&q, out);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such clip; see clipvault ls");
}

enum err index_clip_by_source(struct index *ix, const uint8_t source_mac[32], struct id *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id FROM clip WHERE source_mac = ?", "b", source_mac, (size_t)32));
  bool found = index_sql_next(&q);
  if (found) *out = index_sql_id(&q, 0);
  TRY(index_sql_end(&q));
  return found ? ERR_OK : err_set(ERR_MISSING, "no clip was made of this file");
}

#define CLIPS_WHERE "SELECT " CLIP_COLUMNS " FROM clip c WHERE (?2 = '' OR state = ?2)"

enum err index_clip_list(struct index *ix, const struct index_clip_filter *filter, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  const struct id *kase = id_is_zero(&filter->kase) ? NULL : &filter->kase;
  const char *state = filter->state ? filter->state : "";
  /* Statements of their own for a person and for a case: those begin with their clips instead of looking at all. */
  if (!id_is_zero(&filter->person))
    TRY(index_sql_query(ix, &q,
                        CLIPS_WHERE " AND (?1 IS NULL OR kase = ?1) AND id IN (SELECT clip FROM clip_person WHERE person = ?3) "
                                    "ORDER BY n",
                        "dtd", kase, state, &filter->person));
  else if (kase)
    TRY(index_sql_query(ix, &q, CLIPS_WHERE " AND kase = ?1 ORDER BY n", "dt", kase, state));
  else
    TRY(index_sql_query(ix, &q, CLIPS_WHERE " ORDER BY n", "dt", kase, state));
  return collect_clips(&q, out);
}

enum err index_clip_count(struct index *ix, const struct id *person, size_t *count) {
  int64_t n;
  TRY(index_sql_one(ix, 0, &n, "SELECT count(*) FROM clip_person WHERE person = ?", "d", person));
  *count = (size_t)n;
  return ERR_OK;
}

enum err index_clip_count_live(struct index *ix, size_t most, size_t *count) {
  int64_t n;
  TRY(index_sql_one(ix, 0, &n, "SELECT count(*) FROM (SELECT 1 FROM clip WHERE state = 'live' LIMIT ?)", "i", (int64_t)most));
  *count = (size_t)n;
  return ERR_OK;
}

enum err index_clip_set_state(struct index *ix, const struct id *id, const char *state, int64_t quarantine_ms) {
  return index_sql_run(ix, "UPDATE clip SET state = ?, quarantine_ms = ? WHERE id = ?", "tid", state, quarantine_ms, id);
}

enum err index_clip_end(struct index *ix, const struct id *id, const struct id *job) {
  return index_sql_run(ix, "UPDATE clip SET job = ? WHERE id = ?", "dd", job, id);
}

enum err index_clip_due(struct index *ix, int64_t now_ms, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT " CLIP_COLUMNS " FROM clip c WHERE job IS NULL AND n IN ("
                      "SELECT n FROM clip WHERE state <> 'shredded' AND state <> 'held' AND expires_ms <= ?1 UNION "
                      "SELECT n FROM clip WHERE state = 'quarantined' AND quarantine_ms <= ?1) ORDER BY n",
                      "i", now_ms));
  return collect_clips(&q, out);
}

enum err index_job_clips(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CLIP_COLUMNS " FROM clip c WHERE job = ? ORDER BY n", "d", job));
  return collect_clips(&q, out);
}

enum err index_clip_people(struct index *ix, const struct id *clip, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT person FROM clip_person WHERE clip = ? ORDER BY person", "d", clip));
  while (index_sql_next(&q)) {
    struct id person = index_sql_id(&q, 0);
    bytes_put(out, &person, sizeof person);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_clip_add_person(struct index *ix, const struct id *clip, const struct id *person) {
  return index_sql_run(ix, "INSERT OR IGNORE INTO clip_person VALUES (?, ?)", "dd", clip, person);
}

enum err index_clip_drop_person(struct index *ix, const struct id *clip, const struct id *person) {
  return index_sql_run(ix, "DELETE FROM clip_person WHERE clip = ? AND person = ?", "dd", clip, person);
}

enum err index_object_put(struct index *ix, const struct index_object *row) {
  return index_sql_run(ix, "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "ddttiibb", &row->id, &row->clip, row->rendition,
                       row->role, (int64_t)row->plain_bytes, (int64_t)row->file_bytes, row->binding, sizeof row->binding,
                       row->sha256, sizeof row->sha256);
}

static enum err collect_objects(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_object row = {0};
    row.id = index_sql_id(q, 0);
    row.clip = index_sql_id(q, 1);
    index_sql_text(q, 2, row.rendition, sizeof row.rendition);
    index_sql_text(q, 3, row.role, sizeof row.role);
    row.plain_bytes = (uint64_t)index_sql_int(q, 4);
    row.file_bytes = (uint64_t)index_sql_int(q, 5);
    (void)index_sql_blob(q, 6, row.binding, sizeof row.binding);
    (void)index_sql_blob(q, 7, row.sha256, sizeof row.sha256);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_object_of(struct index *ix, const struct id *clip, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM object WHERE clip = ? ORDER BY rendition, role", "d", clip));
  return collect_objects(&q, out);
}

enum err index_object_all(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM object ORDER BY clip, rendition, role", ""));
  return collect_objects(&q, out);
}

/* The objects of a rendition that nothing opens any more after the job ?1, which ends its last wrap or the hold that kept it,
 * unless the clip dies altogether. Said twice, first for the clips alone, so that it begins with those and not with every object.
 */
#define ENDED_OBJECTS                                                                                                        \
  "FROM object o WHERE o.clip IN (SELECT clip FROM wrap WHERE job = ?1 AND state = 'dying' UNION SELECT d.clip FROM hold h " \
  "CROSS JOIN held d ON d.hold = h.id WHERE h.job = ?1) AND (EXISTS (SELECT 1 FROM wrap w WHERE w.clip = o.clip AND "        \
  "w.rendition = o.rendition AND w.job = ?1 AND "                                                                            \
  "w.state = 'dying') OR EXISTS (SELECT 1 FROM held d JOIN hold h ON h.id = d.hold WHERE d.clip = o.clip AND "               \
  "d.rendition = o.rendition AND h.job = ?1)) AND NOT EXISTS (SELECT 1 FROM wrap w WHERE w.clip = o.clip AND "               \
  "w.rendition = o.rendition AND NOT (w.job IS ?1 AND w.state = 'dying')) AND NOT EXISTS (SELECT 1 FROM held d JOIN hold h " \
  "ON h.id = d.hold WHERE d.clip = o.clip AND d.rendition = o.rendition AND h.job IS NOT ?1) AND "                           \
  "o.clip NOT IN (SELECT id FROM clip WHERE job = ?1)"

enum err index_job_objects(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT o.* " ENDED_OBJECTS " ORDER BY o.clip, o.rendition, o.role", "d", job));
  return collect_objects(&q, out);
}

enum err index_object_forms_ending(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT o.* FROM object o JOIN consent c ON c.id = o.clip JOIN person p ON p.id = c.person WHERE p.job = ? "
                      "ORDER BY c.n",
                      "d", job));
  return collect_objects(&q, out);
}

enum err index_object_doom_ended(struct index *ix, const struct id *job) {
  return index_sql_run(ix, "INSERT OR IGNORE INTO doomed SELECT o.id " ENDED_OBJECTS, "d", job);
}

enum err index_object_known(struct index *ix, const struct id *id, bool *known) {
  int64_t found;
  TRY(index_sql_one(ix, 0, &found,
                    "SELECT EXISTS (SELECT 1 FROM object WHERE id = ?1) OR EXISTS (SELECT 1 FROM doomed WHERE object = ?1)", "d",
                    id));
  *known = found != 0;
  return ERR_OK;
}

enum err index_doomed_add(struct index *ix, const struct id *object) {
  return index_sql_run(ix, "INSERT OR IGNORE INTO doomed VALUES (?)", "d", object);
}

enum err index_doomed_list(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT object FROM doomed", ""));
  while (index_sql_next(&q)) {
    struct id object = index_sql_id(&q, 0);
    bytes_put(out, &object, sizeof object);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_doomed_gone(struct index *ix, const struct id *object) {
  return index_sql_run(ix, "DELETE FROM doomed WHERE object = ?", "d", object);
}

enum err index_wrap_put(struct index *ix, const struct index_wrap *row) {
  return index_sql_run(ix, "INSERT INTO wrap VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "dttiitdb", &row->clip, row->purpose,
                       row->rendition, (int64_t)row->leaf, row->expires_ms, row->state, id_is_zero(&row->job) ? NULL : &row->job,
                       row->ct, sizeof row->ct);
}

static enum err collect_wraps(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_wrap row = {0};
    row.clip = index_sql_id(q, 0);
    index_sql_text(q, 1, row.purpose, sizeof row.purpose);
    index_sql_text(q, 2, row.rendition, sizeof row.rendition);
    row.leaf = (keystore_leaf)index_sql_int(q, 3);
    row.expires_ms = index_sql_int(q, 4);
    index_sql_text(q, 5, row.state, sizeof row.state);
    row.job = index_sql_id(q, 6);
    (void)index_sql_blob(q, 7, row.ct, sizeof row.ct);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_wrap_of(struct index *ix, const struct id *clip, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM wrap WHERE clip = ? ORDER BY rendition, purpose", "d", clip));
  return collect_wraps(&q, out);
}

enum err index_wrap_due(struct index *ix, int64_t now_ms, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM wrap WHERE expires_ms <= ? AND state = 'live' ORDER BY expires_ms, clip", "i",
                      now_ms));
  return collect_wraps(&q, out);
}

enum err index_job_wraps(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT * FROM wrap WHERE job = ? AND state = 'dying' ORDER BY clip, purpose", "d", job));
  return collect_wraps(&q, out);
}

enum err index_wrap_end(struct index *ix, const struct index_wrap *row, const struct id *job) {
  return index_sql_run(ix,
                       "UPDATE wrap SET state = 'dying', job = ? WHERE clip = ? AND purpose = ? AND rendition = ? AND leaf = ?",
                       "ddtti", job, &row->clip, row->purpose, row->rendition, (int64_t)row->leaf);
}

enum err index_wrap_set_expiry(struct index *ix, const struct index_wrap *row, int64_t expires_ms) {
  return index_sql_run(ix, "UPDATE wrap SET expires_ms = ? WHERE clip = ? AND purpose = ? AND rendition = ? AND leaf = ?",
                       "idtti", expires_ms, &row->clip, row->purpose, row->rendition, (int64_t)row->leaf);
}

enum err index_rendition_put(struct index *ix, const struct id *clip, const char *name, const struct id *body,
                             const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT OR REPLACE INTO rendition VALUES (?, ?, ?, ?)", "dtdb", clip, name, body, sealed->data,
                       sealed->length);
}

enum err index_rendition_get(struct index *ix, const struct id *clip, const char *name, struct id *body, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT body, sealed FROM rendition WHERE clip = ? AND name = ?", "dt", clip, name));
  bool found = index_sql_next(&q);
  if (found) *body = index_sql_id(&q, 0);
  if (found) index_sql_bytes(&q, 1, sealed);
  TRY(index_sql_end(&q));
  TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "this clip has no rendition called %s", name);
}

enum err index_rendition_drop(struct index *ix, const struct id *clip, const char *name) {
  return index_sql_run(ix, "DELETE FROM rendition WHERE clip = ? AND name = ?", "dt", clip, name);
}

enum err index_marks_put(struct index *ix, const struct id *clip, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT OR REPLACE INTO marks VALUES (?, ?)", "db", clip, sealed->data, sealed->length);
}

enum err index_marks_get(struct index *ix, const struct id *clip, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT sealed FROM marks WHERE clip = ?", "d", clip));
  bool found = index_sql_next(&q);
  if (found) index_sql_bytes(&q, 0, sealed);
  TRY(index_sql_end(&q));
  TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "nobody is marked in this clip yet");
}
