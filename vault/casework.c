#include "vault/casework.h"

#include "vault/base/clock.h"
#include "vault/seal.h"

#include <string.h>

enum { CASEWORK_MOST_TITLE = 1000, CASEWORK_FORM = 2 };

/* u8 form, i64 closed_ms, i64 accredited_ms (not in form 1), id of the practitioner, title */
static enum err seal_case(struct vault *v, const struct index_case *row, const char *title, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, CASEWORK_FORM);
  bytes_put_u64(&plain, (uint64_t)row->closed_ms);
  bytes_put_u64(&plain, (uint64_t)row->accredited_ms);
  bytes_put(&plain, row->practitioner.b, sizeof row->practitioner.b);
  bytes_put_text(&plain, title);
  TRY(bytes_check(&plain));
  TRY(keystore_get(v->keys, row->leaf, key));
  return seal_put(key, "case", &row->id, &plain, sealed);
}

enum err casework_open(struct vault *v, const char *title, const struct id *practitioner, struct id *out) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_case row = {.id = id_new(),
                           .practitioner = *practitioner,
                           .opened_ms = vault_now_ms(v),
                           .closed_ms = CLOCK_NEVER_MS,
                           .accredited_ms = CLOCK_NEVER_MS};
  if (!*title || strlen(title) > CASEWORK_MOST_TITLE)
    return err_set(ERR_USAGE, "a case's title must have 1 to %d characters", CASEWORK_MOST_TITLE);
  TRY(keystore_new_leaves(v->keys, 1, &row.leaf));
  TRY(seal_case(v, &row, title, &sealed));
  TRY(index_case_put(v->index, &row, &sealed));
  *out = row.id;
  return ERR_OK;
}

enum err casework_close(struct vault *v, const struct id *id, int64_t closed_ms) {
  AUTO(bytes) struct bytes title = {0}, sealed = {0};
  struct index_case row;
  TRY(casework_load(v, id, &row, &title));
  row.closed_ms = closed_ms;
  TRY(seal_case(v, &row, bytes_text(&title), &sealed));
  return index_case_set(v->index, &row, &sealed);
}

enum err casework_accredit(struct vault *v, const struct id *id, int64_t accredited_ms) {
  AUTO(bytes) struct bytes title = {0}, sealed = {0};
  struct index_case row;
  TRY(casework_load(v, id, &row, &title));
  row.accredited_ms = accredited_ms;
  TRY(seal_case(v, &row, bytes_text(&title), &sealed));
  return index_case_set(v->index, &row, &sealed);
}

static int64_t known_ms(int64_t at_ms) { return at_ms == CLOCK_NEVER_MS ? CONSENT_UNKNOWN_MS : at_ms; }

struct consent_events casework_events(const struct index_case *row, int64_t given_ms, int64_t born_ms) {
  return (struct consent_events){given_ms, CONSENT_UNKNOWN_MS, known_ms(row->closed_ms), born_ms, known_ms(row->accredited_ms)};
}

enum err casework_assign(struct vault *v, const struct id *id, const struct id *practitioner) {
  AUTO(bytes) struct bytes title = {0}, sealed = {0};
  struct index_case row;
  TRY(casework_load(v, id, &row, &title));
  row.practitioner = *practitioner;
  TRY(seal_case(v, &row, bytes_text(&title), &sealed));
  return index_case_set(v->index, &row, &sealed);
}

enum err casework_key(struct vault *v, const struct id *id, struct secret_key *out) {
  struct index_case row;
  TRY(index_case_get(v->index, id, &row, NULL));
  return keystore_get(v->keys, row.leaf, out);
}

enum err casework_load(struct vault *v, const struct id *id, struct index_case *out, struct bytes *title) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  SECRET_KEY(key);
  struct index_case row;
  TRY(index_case_get(v->index, id, &row, &sealed));
  TRY(keystore_get(v->keys, row.leaf, key));
  TRY(seal_get(key, "case", id, &sealed, &plain));
  struct bytes_reader r = bytes_reader(plain.data, plain.length);
  uint8_t form = bytes_get_u8(&r);
  int64_t closed_ms = (int64_t)bytes_get_u64(&r);
  int64_t accredited_ms = form == 1 ? CLOCK_NEVER_MS : (int64_t)bytes_get_u64(&r);
  struct id practitioner = {{0}};
  bytes_get(&r, practitioner.b, sizeof practitioner.b);
  if (r.failed || !form || form > CASEWORK_FORM) return err_set(ERR_DATA, "a case's record is of an unknown form");
  if (closed_ms != row.closed_ms || accredited_ms != row.accredited_ms)
    return err_set(ERR_DATA, "when a case ended was changed in the index; run clipvault check");
  if (!id_equal(&practitioner, &row.practitioner))
    return err_set(ERR_DATA, "whose case it is was changed in the index; run clipvault check");
  size_t length = bytes_left(&r);
  if (title) bytes_put(title, bytes_get_view(&r, length), length);
  if (title) TRY(bytes_check(title));
  *out = row;
  return ERR_OK;
}
