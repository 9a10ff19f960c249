#include "vault/supervision.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/clip.h"
#include "vault/permit.h"
#include "vault/seal.h"

#include <string.h>

enum { SUPERVISION_FORM = 1 };

void supervision_free(struct supervision *s) {
  bytes_free(&s->note);
  bytes_free(&s->answer);
  *s = (struct supervision){0};
}

/* ---- what is kept */

enum err supervision_case(struct vault *v, enum id_kind kind, const struct id *target, struct id *kase) {
  struct index_cycle cycle;
  struct index_clip clip;
  if (kind == ID_CYCLE) {
    TRY(index_cycle_get(v->index, target, &cycle, NULL));
    *kase = cycle.kase;
    return ERR_OK;
  }
  TRY(index_clip_get(v->index, target, &clip, NULL));
  *kase = clip.kase;
  return ERR_OK;
}

static enum err key_of(struct vault *v, const struct index_supervision *row, struct secret_key *out) {
  struct id kase;
  if (row->target_kind == ID_CLIP) return clip_meta_key(v, &row->target, out);
  TRY(supervision_case(v, row->target_kind, &row->target, &kase));
  return casework_key(v, &kase, out);
}

/* u8 form, supervisor, u8 kind and id of the target, by, i64 asked, i64 done, field note, field answer */
static enum err seal_row(struct vault *v, const struct supervision *s, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, SUPERVISION_FORM);
  bytes_put(&plain, s->row.account.b, sizeof s->row.account.b);
  bytes_put_u8(&plain, (uint8_t)s->row.target_kind);
  bytes_put(&plain, s->row.target.b, sizeof s->row.target.b);
  bytes_put(&plain, s->by.b, sizeof s->by.b);
  bytes_put_u64(&plain, (uint64_t)s->asked_ms);
  bytes_put_u64(&plain, (uint64_t)s->done_ms);
  bytes_put_field(&plain, s->note.data, s->note.length);
  bytes_put_field(&plain, s->answer.data, s->answer.length);
  TRY(bytes_check(&plain));
  TRY(key_of(v, &s->row, key));
  return seal_put(key, "supervision", &s->row.id, &plain, sealed);
}

static void get_words(struct bytes_reader *r, struct bytes *out) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, SUPERVISION_NOTE, &length);
  if (text) bytes_put(out, text, length);
}

static enum err decode(const struct bytes *plain, struct supervision *s) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  struct id account, target;
  uint8_t form = bytes_get_u8(&r);
  bytes_get(&r, account.b, sizeof account.b);
  uint8_t kind = bytes_get_u8(&r);
  bytes_get(&r, target.b, sizeof target.b);
  bytes_get(&r, s->by.b, sizeof s->by.b);
  s->asked_ms = (int64_t)bytes_get_u64(&r);
  s->done_ms = (int64_t)bytes_get_u64(&r);
  get_words(&r, &s->note);
  get_words(&r, &s->answer);
  TRY(bytes_check(&s->note));
  TRY(bytes_check(&s->answer));
  if (form != SUPERVISION_FORM || !bytes_done(&r)) return err_set(ERR_DATA, "a request for supervision is of an unknown form");
  if (id_equal(&account, &s->row.account) && kind == s->row.target_kind && id_equal(&target, &s->row.target)) return ERR_OK;
  return err_set(ERR_DATA, "for whom something waits was changed in the index; run clipvault check");
}

enum err supervision_load(struct vault *v, const struct id *id, struct supervision *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(supervision) struct supervision s = {0};
  SECRET_KEY(key);
  TRY(index_supervision_get(v->index, id, &s.row, &sealed));
  TRY(key_of(v, &s.row, key));
  TRY(seal_get(key, "supervision", id, &sealed, &plain));
  TRY(decode(&plain, &s));
  *out = s;
  s = (struct supervision){0};
  return ERR_OK;
}

/* ---- who may be asked */

static bool is_for_supervision(const struct permit *p) {
  return p->purpose == PURPOSE_SUPERVISION || p->purpose == PURPOSE_ACCREDITATION;
}

static bool gives_right(const struct permit *p, const struct index_case *kase, enum id_kind kind, const struct id *target) {
  if (p->kind == PERMIT_LINK) return id_equal(&p->target, &kase->practitioner);
  if (p->kind == PERMIT_CASE) return is_for_supervision(p) && id_equal(&p->target, &kase->id);
  return p->kind == PERMIT_CLIP && kind == ID_CLIP && is_for_supervision(p) && id_equal(&p->target, target);
}

enum err supervision_has_right(struct vault *v, const struct id *user, enum id_kind kind, const struct id *target, bool *out) {
  AUTO(bytes) struct bytes permits = {0};
  AUTO(account) struct account a = {0};
  struct index_case kase;
  struct id in;
  TRY(account_read(v, user, &a));
  TRY(supervision_case(v, kind, target, &in));
  TRY(casework_load(v, &in, &kase, NULL));
  TRY(permit_list(v, user, NULL, &permits));
  *out = false;
  if (!(a.row.roles & ACCOUNT_SUPERVISOR) || account_standing(&a, vault_now_ms(v)) != ACCOUNT_ACTS) return ERR_OK;
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    *out |= permit_standing(p, vault_now_ms(v)) == POLICY_GRANT_STANDS && gives_right(p, &kase, kind, target);
  }
  return ERR_OK;
}

/* ---- asking, answering */

static enum err require_new(struct vault *v, const struct id *supervisor, const struct id *target) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_supervision_list(v->index, supervisor, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_supervision, rows); i++) {
    AUTO(supervision) struct supervision s = {0};
    const struct index_supervision *row = &INDEX_ROWS(struct index_supervision, rows)[i];
    if (!id_equal(&row->target, target)) continue;
    TRY(supervision_load(v, &row->id, &s));
    if (s.done_ms == CLOCK_NEVER_MS) return err_set(ERR_USAGE, "this waits for them already; see clipvault supervise list");
  }
  return ERR_OK;
}

static enum err put_words(const char *text, struct bytes *out) {
  if (strlen(text) > SUPERVISION_NOTE) return err_set(ERR_USAGE, "a note has at most %d bytes", SUPERVISION_NOTE);
  bytes_clear(out);
  bytes_put_text(out, text);
  return bytes_check(out);
}

enum err supervision_ask(struct vault *v, const struct id *supervisor, enum id_kind kind, const struct id *target,
                         const char *note, struct id *out) {
  AUTO(bytes) struct bytes sealed = {0};
  AUTO(supervision)
  struct supervision s = {
      .row = {id_new(), *supervisor, *target, kind}, .by = v->actor.id, .asked_ms = vault_now_ms(v), .done_ms = CLOCK_NEVER_MS};
  bool right;
  TRY(put_words(note, &s.note));
  TRY(supervision_has_right(v, supervisor, kind, target, &right));
  if (!right)
    return err_set(ERR_REFUSED,
                   "they may not see this as a supervisor: an officer can link them (clipvault user link), or you can share it "
                   "(clipvault grant) for supervision");
  TRY(require_new(v, supervisor, target));
  TRY(seal_row(v, &s, &sealed));
  TRY(index_supervision_put(v->index, &s.row, &sealed));
  *out = s.row.id;
  return audit_append(v, "supervision.asked", ID_SUPERVISION, &s.row.id, NULL);
}

static enum err rewrite(struct vault *v, const struct supervision *s, const char *verb) {
  AUTO(bytes) struct bytes sealed = {0};
  TRY(seal_row(v, s, &sealed));
  TRY(index_supervision_reseal(v->index, &s->row.id, &sealed));
  return audit_append(v, verb, ID_SUPERVISION, &s->row.id, NULL);
}

enum err supervision_note(struct vault *v, struct supervision *s, const char *text) {
  if (!*text) return err_set(ERR_USAGE, "--text says nothing");
  TRY(put_words(text, &s->answer));
  if (s->row.target_kind == ID_CLIP) s->done_ms = vault_now_ms(v);
  return rewrite(v, s, "supervision.noted");
}

enum err supervision_finish(struct vault *v, struct supervision *s) {
  s->done_ms = vault_now_ms(v);
  return rewrite(v, s, "supervision.done");
}

enum err supervision_cancel(struct vault *v, const struct supervision *s) {
  TRY(index_supervision_drop(v->index, &s->row.id));
  return audit_append(v, "supervision.cancelled", ID_SUPERVISION, &s->row.id, NULL);
}
