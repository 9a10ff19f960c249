#include "vault/obscured.h"

#include "vault/seal.h"

#include <stdlib.h>
#include <string.h>

enum { OBSCURED_FORM = 1, MOST_COVERED = 1000 };

void obscured_free(struct obscured *o) {
  bytes_free(&o->covered);
  bytes_free(&o->marks);
  *o = (struct obscured){0};
}

/* u8 form, field covered ids, field marks, i64 confirmed_ms, account id, field settings */
static enum err encode(const struct obscured *o, struct bytes *out) {
  bytes_put_u8(out, OBSCURED_FORM);
  bytes_put_field(out, o->covered.data, o->covered.length);
  bytes_put_field(out, o->marks.data, o->marks.length);
  bytes_put_u64(out, (uint64_t)o->confirmed_ms);
  bytes_put(out, o->confirmed_by.b, sizeof o->confirmed_by.b);
  bytes_put_field(out, o->settings, strlen(o->settings));
  return bytes_check(out);
}

static void get_bytes(struct bytes_reader *r, size_t most, struct bytes *out) {
  size_t length;
  const uint8_t *data = bytes_get_field(r, most, &length);
  if (data) bytes_put(out, data, length);
}

static enum err decode(const struct bytes *plain, struct obscured *o) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  uint8_t form = bytes_get_u8(&r);
  size_t length;
  get_bytes(&r, MOST_COVERED * sizeof(struct id), &o->covered);
  get_bytes(&r, OBSCURED_MOST_MARKS, &o->marks);
  o->confirmed_ms = (int64_t)bytes_get_u64(&r);
  bytes_get(&r, o->confirmed_by.b, sizeof o->confirmed_by.b);
  const uint8_t *settings = bytes_get_field(&r, OBSCURED_TEXT - 1, &length);
  if (settings) memcpy(o->settings, settings, length);
  TRY(bytes_check(&o->covered));
  TRY(bytes_check(&o->marks));
  bool right = form == OBSCURED_FORM && bytes_done(&r) && o->covered.length % sizeof(struct id) == 0;
  return right ? ERR_OK : err_set(ERR_DATA, "the record of an obscured rendition is of an unknown form");
}

/* MK of the clip. */
static enum err key_of(struct vault *v, const struct id *clip, struct secret_key *mk) {
  SECRET_KEY(xk);
  struct index_clip row;
  TRY(index_clip_get(v->index, clip, &row, NULL));
  if (!row.leaf) return err_set(ERR_MISSING, "this clip has ended; its keys are destroyed");
  TRY(keystore_get(v->keys, row.leaf, xk));
  seal_derive(xk, "meta", mk);
  return ERR_OK;
}

enum err obscured_load(struct vault *v, const struct id *clip, struct obscured *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(obscured) struct obscured o = {0};
  SECRET_KEY(mk);
  struct id body;
  TRY(index_rendition_get(v->index, clip, "obscured", &body, &sealed));
  TRY(key_of(v, clip, mk));
  TRY(seal_get(mk, "obscured", &body, &sealed, &plain));
  TRY(decode(&plain, &o));
  *out = o;
  o = (struct obscured){0};
  return ERR_OK;
}

enum err obscured_put(struct vault *v, const struct id *clip, const struct id *body, const struct obscured *o) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  SECRET_KEY(mk);
  TRY(key_of(v, clip, mk));
  TRY(encode(o, &plain));
  TRY(seal_put(mk, "obscured", body, &plain, &sealed));
  return index_rendition_put(v->index, clip, "obscured", body, &sealed);
}

enum err obscured_draft_put(struct vault *v, const struct id *clip, const struct bytes *marks) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(mk);
  if (marks->length > OBSCURED_MOST_MARKS) return err_set(ERR_DATA, "these marks are too long to be kept");
  TRY(key_of(v, clip, mk));
  TRY(seal_put(mk, "marks", clip, marks, &sealed));
  return index_marks_put(v->index, clip, &sealed);
}

enum err obscured_draft_get(struct vault *v, const struct id *clip, struct bytes *marks) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(mk);
  TRY(key_of(v, clip, mk));
  TRY(index_marks_get(v->index, clip, &sealed));
  return seal_get(mk, "marks", clip, &sealed, marks);
}

bool obscured_covers(const struct obscured *o, const struct id *person) {
  return o->covered.length && bsearch(person, o->covered.data, o->covered.length / sizeof *person, sizeof *person, id_compare);
}
