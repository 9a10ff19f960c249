#include "vault/remark.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/clip.h"
#include "vault/inquiry.h"
#include "vault/json.h"
#include "vault/seal.h"

#include <stdlib.h>
#include <string.h>

enum { REMARK_FORM = 1 };

void remark_free(struct remark *r) {
  bytes_free(&r->text);
  *r = (struct remark){0};
}

void remark_list_free(struct remark_list *l) {
  for (size_t i = 0; i < l->count; i++) remark_free(&l->all[i]);
  free(l->all);
  *l = (struct remark_list){0};
}

/* ---- what is kept */

static bool is_readable(const struct bytes *text) {
  for (size_t i = 0, n; i < text->length; i += n) {
    uint8_t c = text->data[i];
    n = json_sequence(text->data + i, text->length - i);
    if (!n || c == 0x7f || (c < ' ' && c != '\n' && c != '\t')) return false;
  }
  return true;
}

enum err remark_check(const struct remark *r) {
  if (!r->tag[0] && !r->text.length) return err_set(ERR_USAGE, "a remark needs --text, or --tag (clipvault tags list), or both");
  if (r->text.length > REMARK_TEXT)
    return err_set(ERR_USAGE, "--text is longer than %d bytes; say it in several remarks", REMARK_TEXT);
  if (!is_readable(&r->text)) return err_set(ERR_USAGE, "--text is not plain UTF-8 text");
  if (r->from < 0 || r->to <= r->from) return err_set(ERR_BUG, "a remark about no frames");
  return ERR_OK;
}

/* u8 form, author, i64 made, i64 edited, i64 from, i64 to, field purpose, u8 shared, reply to, resolved by, i64 resolved, field
 * tag, field text */
static enum err encode(const struct remark *r, struct bytes *out) {
  const char *purpose = purpose_name(r->purpose);
  bytes_put_u8(out, REMARK_FORM);
  bytes_put(out, r->author.b, sizeof r->author.b);
  bytes_put_u64(out, (uint64_t)r->made_ms);
  bytes_put_u64(out, (uint64_t)r->edited_ms);
  bytes_put_u64(out, (uint64_t)r->from);
  bytes_put_u64(out, (uint64_t)r->to);
  bytes_put_field(out, purpose, strlen(purpose));
  bytes_put_u8(out, r->shared);
  bytes_put(out, r->reply_to.b, sizeof r->reply_to.b);
  bytes_put(out, r->resolved_by.b, sizeof r->resolved_by.b);
  bytes_put_u64(out, (uint64_t)r->resolved_ms);
  bytes_put_field(out, r->tag, strlen(r->tag));
  bytes_put_field(out, r->text.data, r->text.length);
  return bytes_check(out);
}

static void get_word(struct bytes_reader *r, size_t most, char *out) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, most, &length);
  if (text) memcpy(out, text, length);
  out[text ? length : 0] = 0;
}

static enum err decode(const struct bytes *plain, struct remark *m) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  char purpose[INDEX_WORD + 1];
  size_t length;
  uint8_t form = bytes_get_u8(&r);
  bytes_get(&r, m->author.b, sizeof m->author.b);
  m->made_ms = (int64_t)bytes_get_u64(&r);
  m->edited_ms = (int64_t)bytes_get_u64(&r);
  m->from = (int64_t)bytes_get_u64(&r);
  m->to = (int64_t)bytes_get_u64(&r);
  get_word(&r, INDEX_WORD, purpose);
  m->shared = bytes_get_u8(&r);
  bytes_get(&r, m->reply_to.b, sizeof m->reply_to.b);
  bytes_get(&r, m->resolved_by.b, sizeof m->resolved_by.b);
  m->resolved_ms = (int64_t)bytes_get_u64(&r);
  get_word(&r, REMARK_TAG, m->tag);
  const uint8_t *text = bytes_get_field(&r, REMARK_TEXT, &length);
  if (text) bytes_put(&m->text, text, length);
  TRY(bytes_check(&m->text));
  if (form != REMARK_FORM || !bytes_done(&r)) return err_set(ERR_DATA, "a remark is of an unknown form");
  return purpose_parse(purpose, &m->purpose);
}

static enum err seal_remark(struct vault *v, const struct remark *r, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(mk);
  TRY(remark_check(r));
  TRY(encode(r, &plain));
  TRY(clip_meta_key(v, &r->clip, mk));
  return seal_put(mk, "remark", &r->id, &plain, sealed);
}

static enum err require_room(struct vault *v, const struct id *clip) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_remark_of(v->index, clip, &rows));
  if (INDEX_COUNT(struct index_remark, rows) < REMARK_MOST) return ERR_OK;
  return err_set(ERR_REFUSED, "this clip has %d remarks, which is as many as it may have; remove some first", REMARK_MOST);
}

static enum err put(struct vault *v, const struct remark *r) {
  AUTO(bytes) struct bytes sealed = {0};
  TRY(seal_remark(v, r, &sealed));
  return index_remark_put(v->index, &(struct index_remark){r->id, r->clip}, &sealed);
}

enum err remark_add(struct vault *v, struct remark *r) {
  TRY(require_room(v, &r->clip));
  r->id = id_new();
  r->author = v->actor.id;
  r->made_ms = vault_now_ms(v);
  r->edited_ms = CLOCK_NEVER_MS;
  r->resolved_ms = CLOCK_NEVER_MS;
  r->resolved_by = (struct id){0};
  TRY(put(v, r));
  return audit_append(v, "remark.added", ID_CLIP, &r->clip, NULL);
}

enum err remark_write(struct vault *v, const struct remark *r, const char *verb) {
  AUTO(bytes) struct bytes sealed = {0};
  TRY(seal_remark(v, r, &sealed));
  TRY(index_remark_reseal(v->index, &r->id, &sealed));
  return audit_append(v, verb, ID_CLIP, &r->clip, NULL);
}

enum err remark_remove(struct vault *v, const struct remark *r) {
  TRY(index_remark_drop(v->index, &r->id));
  return audit_append(v, "remark.removed", ID_CLIP, &r->clip, NULL);
}

static enum err load_under(struct vault *v, const struct secret_key *mk, const struct id *id, struct remark *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(remark) struct remark r = {0};
  struct index_remark row;
  TRY(index_remark_get(v->index, id, &row, &sealed));
  TRY(seal_get(mk, "remark", id, &sealed, &plain));
  TRY(decode(&plain, &r));
  r.id = row.id;
  r.clip = row.clip;
  *out = r;
  r = (struct remark){0};
  return ERR_OK;
}

enum err remark_load(struct vault *v, const struct id *id, struct remark *out) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(mk);
  struct index_remark row;
  TRY(index_remark_get(v->index, id, &row, &sealed));
  TRY(clip_meta_key(v, &row.clip, mk));
  return load_under(v, mk, id, out);
}

/* ---- who reads it */

static bool is_theirs_to_read(const struct vault *v, const struct remark *r) {
  return r->shared || id_equal(&r->author, &v->actor.id);
}

enum err remark_find(struct vault *v, const struct id *id, struct remark *out) {
  AUTO(remark) struct remark r = {0};
  enum purpose purpose;
  TRY(remark_load(v, id, &r));
  if (!is_theirs_to_read(v, &r)) return err_set(ERR_MISSING, "there is no such remark; see clipvault remark list");
  TRY(inquiry_require_some(v, &(struct inquiry_about){&r.clip, POLICY_REMARK, r.purpose, NULL}, &purpose));
  *out = r;
  r = (struct remark){0};
  return ERR_OK;
}

static int by_place(const void *a, const void *b) {
  const struct remark *x = a, *y = b;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  if (x->made_ms != y->made_ms) return x->made_ms < y->made_ms ? -1 : 1;
  return id_compare(&x->id, &y->id);
}

enum err remark_list(struct vault *v, const struct id *clip, enum purpose purpose, struct remark_list *out) {
  AUTO(bytes) struct bytes rows = {0};
  AUTO(remark_list) struct remark_list l = {0};
  SECRET_KEY(mk);
  TRY(inquiry_require(v, &(struct inquiry_about){clip, POLICY_REMARK, purpose, NULL}, NULL));
  TRY(clip_meta_key(v, clip, mk));
  TRY(index_remark_of(v->index, clip, &rows));
  size_t count = INDEX_COUNT(struct index_remark, rows);
  l.all = calloc(count + 1, sizeof *l.all);
  if (!l.all) return err_set(ERR_IO, "out of memory");
  for (size_t i = 0; i < count; i++) {
    TRY(load_under(v, mk, &INDEX_ROWS(struct index_remark, rows)[i].id, &l.all[l.count]));
    if (is_theirs_to_read(v, &l.all[l.count]))
      l.count++;
    else
      remark_free(&l.all[l.count]);
  }
  qsort(l.all, l.count, sizeof *l.all, by_place);
  *out = l;
  l = (struct remark_list){0};
  return ERR_OK;
}

/* ---- taken along into a cut */

static bool is_within(const struct remark *r, int64_t from, int64_t to) { return r->from < to && r->to > from; }

/* The new id of what became of another remark on the way; zero if it was left out. */
static struct id became(const struct remark_list *l, const struct id new_ids[], const struct id *old) {
  for (size_t i = 0; i < l->count; i++)
    if (id_equal(&l->all[i].id, old)) return new_ids[i];
  return (struct id){0};
}

static enum err carry_one(struct vault *v, const struct remark *old, const struct id *id, const struct id *reply_to,
                          const struct id *clip, int64_t from, int64_t to) {
  struct remark r = *old; /* its text is borrowed */
  r.id = *id;
  r.clip = *clip;
  r.reply_to = *reply_to;
  r.from = old->from > from ? old->from - from : 0;
  r.to = (old->to < to ? old->to : to) - from;
  return put(v, &r);
}

enum err remark_carry(struct vault *v, const struct remark_list *l, const struct id *to_clip, int64_t from, int64_t to,
                      size_t *carried) {
  AUTO(bytes) struct bytes ids = {0};
  size_t count = 0;
  struct id *new_ids = (struct id *)(void *)bytes_extend(&ids, (l->count + 1) * sizeof *new_ids);
  if (!new_ids) return bytes_check(&ids);
  for (size_t i = 0; i < l->count; i++)
    if (is_within(&l->all[i], from, to)) new_ids[i] = id_new();
  for (size_t i = 0; i < l->count; i++) {
    struct id reply_to = became(l, new_ids, &l->all[i].reply_to);
    if (id_is_zero(&new_ids[i])) continue;
    TRY(carry_one(v, &l->all[i], &new_ids[i], &reply_to, to_clip, from, to));
    count++;
  }
  if (count) TRY(audit_append(v, "remark.carried", ID_CLIP, to_clip, NULL));
  *carried = count;
  return ERR_OK;
}
