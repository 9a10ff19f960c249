/* Accounts, what they sign in with and what was shared with them; persons and cases. */
#include "vault/base/clock.h"
#include "vault/index.h"
#include "vault/index_sql.h"

enum err index_account_put(struct index *ix, const struct index_account *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO account (id, uid, roles, state, sealed) VALUES (?, nullif(?, -1), ?, ?, ?)", "diitb",
                       &row->id, row->uid, (int64_t)row->roles, row->state, sealed->data, sealed->length);
}

static void read_account(struct index_sql_query *q, struct index_account *row) {
  row->id = index_sql_id(q, 0);
  row->uid = index_sql_int(q, 1);
  row->roles = (uint32_t)index_sql_int(q, 2);
  index_sql_text(q, 3, row->state, sizeof row->state);
}

enum err index_account_by_uid(struct index *ix, int64_t uid, struct index_account *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, ifnull(uid, -1), roles, state FROM account WHERE uid = ?", "i", uid));
  bool found = index_sql_next(&q);
  if (found) read_account(&q, out);
  TRY(index_sql_end(&q));
  return found ? ERR_OK : err_set(ERR_MISSING, "nobody in this vault has the uid %lld", (long long)uid);
}

enum err index_account_get(struct index *ix, const struct id *id, struct index_account *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, ifnull(uid, -1), roles, state, sealed FROM account WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found && sealed) index_sql_bytes(&q, 4, sealed);
  if (found) read_account(&q, out);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such user; see clipvault user list");
}

enum err index_account_set(struct index *ix, const struct index_account *row, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE account SET uid = nullif(?, -1), roles = ?, state = ?, sealed = ? WHERE id = ?", "iitbd",
                       row->uid, (int64_t)row->roles, row->state, sealed->data, sealed->length, &row->id);
}

enum err index_account_list(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, ifnull(uid, -1), roles, state FROM account ORDER BY n", ""));
  while (index_sql_next(&q)) {
    struct index_account row = {0};
    read_account(&q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_credential_put(struct index *ix, const struct id *account, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT OR REPLACE INTO credential (account, sealed) VALUES (?, ?)", "db", account, sealed->data,
                       sealed->length);
}

enum err index_credential_get(struct index *ix, const struct id *account, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT sealed FROM credential WHERE account = ?", "d", account));
  bool found = index_sql_next(&q);
  if (found) index_sql_bytes(&q, 0, sealed);
  TRY(index_sql_end(&q));
  TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "this user has nothing to sign in with");
}

enum err index_permit_put(struct index *ix, const struct index_permit *row, const struct bytes *sealed) {
  return index_sql_run(ix,
                       "INSERT INTO permit (id, account, target, sealed) VALUES (?1, ?2, ?3, ?4) "
                       "ON CONFLICT (id) DO UPDATE SET account = ?2, target = ?3, sealed = ?4",
                       "dddb", &row->id, &row->account, &row->target, sealed->data, sealed->length);
}

enum err index_permit_get(struct index *ix, const struct id *id, struct index_permit *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, account, target, sealed FROM permit WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found)
    *out = (struct index_permit){.id = index_sql_id(&q, 0), .account = index_sql_id(&q, 1), .target = index_sql_id(&q, 2)};
  if (found) index_sql_bytes(&q, 3, sealed);
  TRY(index_sql_end(&q));
  TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such grant; see clipvault grant list");
}

enum err index_permit_list(struct index *ix, const struct id *account, const struct id *target, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q,
                      "SELECT id FROM permit WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR target = ?2) ORDER BY n", "dd",
                      account, target));
  while (index_sql_next(&q)) {
    struct id id = index_sql_id(&q, 0);
    bytes_put(out, &id, sizeof id);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_person_put(struct index *ix, const struct index_person *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO person (id, leaf, created_ms, state, sealed) VALUES (?, ?, ?, ?, ?)", "diitb", &row->id,
                       (int64_t)row->leaf, row->created_ms, row->state, sealed->data, sealed->length);
}

static void read_person(struct index_sql_query *q, struct index_person *row) {
  row->id = index_sql_id(q, 0);
  row->leaf = (keystore_leaf)index_sql_int(q, 1);
  row->created_ms = index_sql_int(q, 2);
  index_sql_text(q, 3, row->state, sizeof row->state);
}

enum err index_person_get(struct index *ix, const struct id *id, struct index_person *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, leaf, created_ms, state, sealed FROM person WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found && sealed) index_sql_bytes(&q, 4, sealed);
  if (found) read_person(&q, out);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such person; see clipvault person list");
}

enum err index_person_reseal(struct index *ix, const struct id *id, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE person SET sealed = ? WHERE id = ?", "bd", sealed->data, sealed->length, id);
}

enum err index_person_end(struct index *ix, const struct id *id, const struct id *job) {
  return index_sql_run(ix, "UPDATE person SET state = 'erased', job = ? WHERE id = ?", "dd", job, id);
}

static enum err collect_persons(struct index_sql_query *q, struct bytes *out) {
  while (index_sql_next(q)) {
    struct index_person row = {0};
    read_person(q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(q));
  return bytes_check(out);
}

enum err index_person_ending(struct index *ix, const struct id *job, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT id, leaf, created_ms, state FROM person WHERE job = ? ORDER BY n", "d", job));
  return collect_persons(&q, out);
}

enum err index_person_list(struct index *ix, const struct id *kase, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(kase ? index_sql_query(
                 ix, &q,
                 "SELECT id, leaf, created_ms, state FROM person JOIN case_person ON person = id WHERE kase = ? ORDER BY n", "d",
                 kase)
           : index_sql_query(ix, &q, "SELECT id, leaf, created_ms, state FROM person ORDER BY n", ""));
  return collect_persons(&q, out);
}

enum err index_person_cases(struct index *ix, const struct id *person, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT kase FROM case_person WHERE person = ?", "d", person));
  while (index_sql_next(&q)) {
    struct id id = index_sql_id(&q, 0);
    bytes_put(out, &id, sizeof id);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_case_put(struct index *ix, const struct index_case *row, const struct bytes *sealed) {
  return index_sql_run(ix, "INSERT INTO casework (id, leaf, practitioner, opened_ms, sealed) VALUES (?, ?, ?, ?, ?)", "didib",
                       &row->id, (int64_t)row->leaf, &row->practitioner, row->opened_ms, sealed->data, sealed->length);
}

#define CASE_COLUMNS \
  "id, leaf, practitioner, opened_ms, ifnull(closed_ms, 9223372036854775807), ifnull(accredited_ms, 9223372036854775807)"

static void read_case(struct index_sql_query *q, struct index_case *row) {
  row->id = index_sql_id(q, 0);
  row->leaf = (keystore_leaf)index_sql_int(q, 1);
  row->practitioner = index_sql_id(q, 2);
  row->opened_ms = index_sql_int(q, 3);
  row->closed_ms = index_sql_int(q, 4);
  row->accredited_ms = index_sql_int(q, 5);
}

enum err index_case_get(struct index *ix, const struct id *id, struct index_case *out, struct bytes *sealed) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CASE_COLUMNS ", sealed FROM casework WHERE id = ?", "d", id));
  bool found = index_sql_next(&q);
  if (found && sealed) index_sql_bytes(&q, 6, sealed);
  if (found) read_case(&q, out);
  TRY(index_sql_end(&q));
  if (sealed) TRY(bytes_check(sealed));
  return found ? ERR_OK : err_set(ERR_MISSING, "there is no such case; see clipvault case list");
}

enum err index_case_set(struct index *ix, const struct index_case *row, const struct bytes *sealed) {
  return index_sql_run(ix, "UPDATE casework SET practitioner = ?, closed_ms = ?, accredited_ms = ?, sealed = ? WHERE id = ?",
                       "diibd", &row->practitioner, row->closed_ms, row->accredited_ms, sealed->data, sealed->length, &row->id);
}

enum err index_case_list(struct index *ix, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, "SELECT " CASE_COLUMNS " FROM casework ORDER BY n", ""));
  while (index_sql_next(&q)) {
    struct index_case row = {0};
    read_case(&q, &row);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_case_add_person(struct index *ix, const struct id *kase, const struct id *person) {
  return index_sql_run(ix, "INSERT OR IGNORE INTO case_person VALUES (?, ?)", "dd", kase, person);
}
