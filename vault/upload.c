#include "vault/upload.h"

#include "vault/audit.h"
#include "vault/base/log.h"
#include "vault/seal.h"
#include "vault/shred.h"
#include "vault/spool.h"
#include "vault/transact.h"

#include <sodium.h>
#include <string.h>

enum { UPLOAD_FORM = 1 };

void upload_free(struct upload *u) {
  bytes_free(&u->file_name);
  bytes_free(&u->people);
  sodium_memzero(u, sizeof *u);
}

enum err upload_key(struct vault *v, const struct upload *u, struct secret_key *uk) {
  return keystore_get(v->keys, u->row.leaf, uk);
}

/* ---- the row and its seals */

/* account id, length, made, expires i64: what stands in clear, and who else writes to the disk shall not change */
static void put_facts(const struct index_upload *row, struct bytes *out) {
  bytes_put_u8(out, UPLOAD_FORM);
  bytes_put(out, row->account.b, sizeof row->account.b);
  bytes_put_u64(out, (uint64_t)row->length);
  bytes_put_u64(out, (uint64_t)row->made_ms);
  bytes_put_u64(out, (uint64_t)row->expires_ms);
}

static enum err facts_agree(const struct index_upload *row, struct bytes_reader *r) {
  AUTO(bytes) struct bytes facts = {0};
  put_facts(row, &facts);
  TRY(bytes_check(&facts));
  const uint8_t *sealed = bytes_get_view(r, facts.length);
  if (sealed && memcmp(sealed, facts.data, facts.length) == 0) return ERR_OK;
  return err_set(ERR_DATA, "an upload's row was changed in the index; run clipvault check");
}

/* facts; case id, recorded i64, field kind, field file name, field people; failures u8, where there are any */
static enum err seal_wish(struct vault *v, const struct upload *u, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(uk);
  SECRET_KEY(key);
  put_facts(&u->row, &plain);
  bytes_put(&plain, u->kase.b, sizeof u->kase.b);
  bytes_put_u64(&plain, (uint64_t)u->recorded_ms);
  bytes_put_field(&plain, u->kind, strlen(u->kind));
  bytes_put_field(&plain, u->file_name.data, u->file_name.length);
  bytes_put_field(&plain, u->people.data, u->people.length);
  if (u->failures) bytes_put_u8(&plain, (uint8_t)u->failures);
  TRY(bytes_check(&plain));
  TRY(upload_key(v, u, uk));
  seal_derive(uk, "meta", key);
  return seal_put(key, "upload", &u->row.id, &plain, sealed);
}

static bool get_text(struct bytes_reader *r, char *out, size_t size) {
  size_t length = 0;
  const uint8_t *text = bytes_get_field(r, size - 1, &length);
  memset(out, 0, size);
  if (text) memcpy(out, text, length);
  return text != NULL;
}

static enum err open_wish(struct vault *v, const struct bytes *sealed, struct upload *u) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(uk);
  SECRET_KEY(key);
  size_t length;
  TRY(upload_key(v, u, uk));
  seal_derive(uk, "meta", key);
  TRY(seal_get(key, "upload", &u->row.id, sealed, &plain));
  struct bytes_reader r = bytes_reader(plain.data, plain.length);
  TRY(facts_agree(&u->row, &r));
  bytes_get(&r, u->kase.b, sizeof u->kase.b);
  u->recorded_ms = (int64_t)bytes_get_u64(&r);
  get_text(&r, u->kind, sizeof u->kind);
  const uint8_t *name = bytes_get_field(&r, UPLOAD_MOST_NAME, &length);
  if (name) bytes_put(&u->file_name, name, length);
  const uint8_t *people = bytes_get_field(&r, UINT16_MAX, &length);
  if (people) bytes_put(&u->people, people, length);
  if (bytes_left(&r)) u->failures = bytes_get_u8(&r);
  if (!bytes_done(&r) || u->people.length % sizeof(struct id)) return err_set(ERR_DATA, "an upload is of an unknown form");
  TRY(bytes_check(&u->file_name));
  return bytes_check(&u->people);
}

/* facts; field word, SHA-256, clip id, field reason */
static enum err seal_result(struct vault *v, const struct upload *u, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  put_facts(&u->row, &plain);
  bytes_put_field(&plain, u->word, strlen(u->word));
  bytes_put(&plain, u->sha256, sizeof u->sha256);
  bytes_put(&plain, u->clip.b, sizeof u->clip.b);
  bytes_put_field(&plain, u->reason, strlen(u->reason));
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  return seal_put(key, "upload", &u->row.id, &plain, sealed);
}

static enum err open_result(struct vault *v, const struct bytes *sealed, struct upload *u) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  TRY(keystore_system_key(v->keys, KEYSTORE_AUDIT, key));
  TRY(seal_get(key, "upload", &u->row.id, sealed, &plain));
  struct bytes_reader r = bytes_reader(plain.data, plain.length);
  TRY(facts_agree(&u->row, &r));
  get_text(&r, u->word, sizeof u->word);
  bytes_get(&r, u->sha256, sizeof u->sha256);
  bytes_get(&r, u->clip.b, sizeof u->clip.b);
  get_text(&r, u->reason, sizeof u->reason);
  return bytes_done(&r) ? ERR_OK : err_set(ERR_DATA, "what became of an upload is of an unknown form");
}

/* ---- its life */

static enum err begin_in(struct vault *v, void *context, const struct request *rq) {
  AUTO(bytes) struct bytes sealed = {0};
  struct upload *u = context;
  (void)rq;
  TRY(seal_wish(v, u, &sealed));
  TRY(index_upload_put(v->index, &u->row, &sealed));
  return audit_append(v, "upload.begun", ID_UPLOAD, &u->row.id, NULL);
}

static enum err check_room(struct vault *v, const struct upload *u) {
  AUTO(bytes) struct bytes all = {0};
  size_t count = 0;
  if (u->row.length <= 0) return err_set(ERR_USAGE, "the file is empty");
  if ((uint64_t)u->row.length > v->config.most_file_bytes)
    return err_set(ERR_USAGE, "the file is larger than this vault takes (most_file_bytes in clipvault.conf)");
  TRY(index_upload_list(v->index, NULL, &all));
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, all); i++) {
    const struct index_upload *row = &INDEX_ROWS(struct index_upload, all)[i];
    count += row->leaf && id_equal(&row->account, &v->actor.id);
  }
  if (count < UPLOAD_MOST_OPEN) return ERR_OK;
  return err_set(ERR_BUSY, "%d uploads of yours are not finished; finish or end one of them first", UPLOAD_MOST_OPEN);
}

enum err upload_begin(struct vault *v, struct upload *u) {
  TRY(check_room(v, u));
  u->row.id = id_new();
  u->row.account = v->actor.id;
  u->row.made_ms = vault_now_ms(v);
  u->row.expires_ms = u->row.made_ms + UPLOAD_KEEP_MS;
  memcpy(u->row.state, "arriving", sizeof "arriving");
  TRY(keystore_new_leaves(v->keys, 1, &u->row.leaf));
  return transact(v, begin_in, u, NULL);
}

enum err upload_load(struct vault *v, const struct id *id, struct upload *out) {
  AUTO(bytes) struct bytes sealed = {0}, result = {0};
  AUTO(upload) struct upload u = {0};
  TRY(index_upload_get(v->index, id, &u.row, &sealed, &result));
  if (u.row.leaf)
    TRY(open_wish(v, &sealed, &u));
  else
    TRY(open_result(v, &result, &u));
  *out = u;
  u = (struct upload){0};
  return ERR_OK;
}

enum err upload_of_actor(struct vault *v, const struct id *id, struct upload *out) {
  AUTO(upload) struct upload u = {0};
  TRY(upload_load(v, id, &u));
  if (!id_equal(&u.row.account, &v->actor.id)) return err_set(ERR_MISSING, "there is no such upload, or not any more");
  *out = u;
  u = (struct upload){0};
  return ERR_OK;
}

static enum err failed_in(struct vault *v, void *context, const struct request *rq) {
  AUTO(bytes) struct bytes sealed = {0};
  const struct upload *u = context;
  (void)rq;
  TRY(seal_wish(v, u, &sealed));
  TRY(index_upload_set_sealed(v->index, &u->row.id, &sealed));
  return index_upload_put_last(v->index, &u->row.id);
}

enum err upload_failed(struct vault *v, struct upload *u) {
  if (u->failures < UINT8_MAX) u->failures++;
  return transact(v, failed_in, u, NULL);
}

/* ---- its end */

struct ending {
  const struct upload *upload;
  bool settled;
};

/* The key counts as one that opens nothing any more: should we die before it is gone, the next sweep destroys it. */
static enum err end_in(struct vault *v, void *context, const struct request *rq) {
  AUTO(bytes) struct bytes result = {0};
  const struct ending *e = context;
  const struct upload *u = e->upload;
  (void)rq;
  TRY(index_stale_add(v->index, u->row.leaf));
  if (e->settled) {
    TRY(seal_result(v, u, &result));
    TRY(index_upload_done(v->index, &u->row.id, &result));
  } else {
    TRY(index_upload_drop(v->index, &u->row.id));
  }
  return audit_append(v, "upload.ended", ID_UPLOAD, &u->row.id, e->settled ? u->word : "it was given up");
}

static enum err forget_leaf(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  return index_stale_gone(v->index, *(const keystore_leaf *)context);
}

/* A key that cannot be destroyed now is destroyed by the sweep. */
static enum err end(struct vault *v, struct ending *e) {
  struct keystore_proof proof;
  keystore_leaf leaf = e->upload->row.leaf;
  TRY(transact(v, end_in, e, NULL));
  TRY(vault_anchor(v));
  enum err gone = keystore_shred(v->keys, 1, &leaf, &proof);
  if (gone == ERR_OK) TRY(transact(v, forget_leaf, &leaf, NULL));
  if (gone != ERR_OK) log_warn("the key of an upload waits for the sweep: %s", err_text());
  return spool_tidy(v);
}

enum err upload_settle(struct vault *v, const struct upload *u) { return end(v, &(struct ending){u, true}); }

enum err upload_end(struct vault *v, const struct upload *u) {
  if (u->row.leaf) return end(v, &(struct ending){u, false});
  TRY(index_begin(v->index));
  enum err e = index_upload_drop(v->index, &u->row.id);
  if (e == ERR_OK) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}

enum err upload_expire(struct vault *v, struct shred_job *job) {
  AUTO(bytes) struct bytes due = {0};
  TRY(index_upload_due(v->index, vault_now_ms(v), &due));
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, due); i++) {
    const struct index_upload *row = &INDEX_ROWS(struct index_upload, due)[i];
    TRY(shred_leaf(v, job, row->leaf));
    TRY(index_upload_drop(v->index, &row->id));
    if (row->leaf) TRY(audit_append(v, "upload.ended", ID_UPLOAD, &row->id, "its time was over"));
  }
  return ERR_OK;
}
