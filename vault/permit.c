#include "vault/permit.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/seal.h"

#include <stdio.h>
#include <string.h>

enum { PERMIT_FORM = 1 };

/* u8 form, u8 kind, u8 state, account, target, field purpose, i64 until, u32 views, u32 used, by, confirmed by, i64 made, i64
 * ended, field reason */
static enum err seal(struct vault *v, const struct permit *p, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  const char *purpose = p->kind == PERMIT_CLIP || p->kind == PERMIT_CASE ? purpose_name(p->purpose) : "";
  bytes_put_u8(&plain, PERMIT_FORM);
  bytes_put_u8(&plain, (uint8_t)p->kind);
  bytes_put_u8(&plain, (uint8_t)p->state);
  bytes_put(&plain, p->account.b, sizeof p->account.b);
  bytes_put(&plain, p->target.b, sizeof p->target.b);
  bytes_put_field(&plain, purpose, strlen(purpose));
  bytes_put_u64(&plain, (uint64_t)p->until_ms);
  bytes_put_u32(&plain, p->views);
  bytes_put_u32(&plain, p->used);
  bytes_put(&plain, p->by.b, sizeof p->by.b);
  bytes_put(&plain, p->confirmed_by.b, sizeof p->confirmed_by.b);
  bytes_put_u64(&plain, (uint64_t)p->made_ms);
  bytes_put_u64(&plain, (uint64_t)p->ended_ms);
  bytes_put_field(&plain, p->reason, strlen(p->reason));
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  return seal_put(key, "permit", &p->id, &plain, sealed);
}

static bool get_words(struct bytes_reader *r, size_t most, char *out) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, most, &length);
  if (text) memcpy(out, text, length);
  out[text ? length : 0] = 0;
  return text != NULL;
}

static enum err decode(const struct bytes *plain, struct permit *p) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  char purpose[INDEX_WORD + 1];
  uint8_t form = bytes_get_u8(&r);
  p->kind = bytes_get_u8(&r);
  p->state = bytes_get_u8(&r);
  bytes_get(&r, p->account.b, sizeof p->account.b);
  bytes_get(&r, p->target.b, sizeof p->target.b);
  get_words(&r, INDEX_WORD, purpose);
  p->until_ms = (int64_t)bytes_get_u64(&r);
  p->views = bytes_get_u32(&r);
  p->used = bytes_get_u32(&r);
  bytes_get(&r, p->by.b, sizeof p->by.b);
  bytes_get(&r, p->confirmed_by.b, sizeof p->confirmed_by.b);
  p->made_ms = (int64_t)bytes_get_u64(&r);
  p->ended_ms = (int64_t)bytes_get_u64(&r);
  get_words(&r, PERMIT_REASON, p->reason);
  if (form != PERMIT_FORM || !bytes_done(&r) || p->kind < PERMIT_CLIP || p->kind > PERMIT_BREAK_GLASS)
    return err_set(ERR_DATA, "a grant is of an unknown form");
  return purpose[0] ? purpose_parse(purpose, &p->purpose) : ERR_OK;
}

static enum err open_row(const struct secret_key *key, const struct index_permit *row, const struct bytes *sealed,
                         struct permit *out) {
  AUTO(bytes) struct bytes plain = {0};
  struct permit p = {.id = row->id};
  TRY(seal_get(key, "permit", &row->id, sealed, &plain));
  TRY(decode(&plain, &p));
  if (!id_equal(&p.account, &row->account) || !id_equal(&p.target, &row->target))
    return err_set(ERR_DATA, "what somebody may see was changed in the index; run clipvault check");
  *out = p;
  return ERR_OK;
}

enum err permit_load(struct vault *v, const struct id *id, struct permit *out) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(key);
  struct index_permit row;
  TRY(index_permit_get(v->index, id, &row, &sealed));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  return open_row(key, &row, &sealed, out);
}

enum err permit_list(struct vault *v, const struct id *account, const struct id *target, struct bytes *out) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_permit_list(v->index, account, target, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct id, rows); i++) {
    struct permit p;
    TRY(permit_load(v, &INDEX_ROWS(struct id, rows)[i], &p));
    bytes_put(out, &p, sizeof p);
  }
  return bytes_check(out);
}

static enum err store(struct vault *v, const struct permit *p) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_permit row = {.id = p->id, .account = p->account, .target = p->target};
  TRY(seal(v, p, &sealed));
  return index_permit_put(v->index, &row, &sealed);
}

enum err permit_add(struct vault *v, struct permit *p) {
  p->id = id_new();
  p->by = v->actor.id;
  p->made_ms = vault_now_ms(v);
  p->ended_ms = CLOCK_NEVER_MS;
  return store(v, p);
}

enum err permit_write(struct vault *v, const struct permit *p) { return store(v, p); }

enum policy_grant permit_standing(const struct permit *p, int64_t now_ms) {
  if (p->state == PERMIT_REVOKED) return POLICY_GRANT_REVOKED;
  if (p->until_ms <= now_ms) return POLICY_GRANT_ENDED;
  if (p->state == PERMIT_REQUESTED) return POLICY_GRANT_NONE;
  return p->views && p->used >= p->views ? POLICY_GRANT_USED_UP : POLICY_GRANT_STANDS;
}

const char *permit_standing_word(enum policy_grant standing) {
  switch (standing) {
    case POLICY_GRANT_NONE: return "requested";
    case POLICY_GRANT_REVOKED: return "revoked";
    case POLICY_GRANT_ENDED: return "ended";
    case POLICY_GRANT_USED_UP: return "used-up";
    case POLICY_GRANT_STANDS: return "stands";
  }
  return "?";
}

static bool is_about(const struct permit *p, const struct index_clip *clip) {
  return id_equal(&p->target, p->kind == PERMIT_CASE ? &clip->kase : &clip->id);
}

/* Whether it is theirs without grant and glass: then it does not end with them, and uses nothing up. */
static bool is_own_right(const struct policy_question *q) {
  struct policy_question without = *q;
  without.grant = POLICY_GRANT_NONE;
  without.glass = false;
  return policy_may_ask(&without);
}

enum err permit_ask(struct vault *v, const struct id *account, const struct index_clip *clip, const struct id *practitioner,
                    struct policy_question *q) {
  AUTO(bytes) struct bytes permits = {0};
  int64_t until_ms = 0;
  TRY(permit_list(v, account, NULL, &permits));
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    enum policy_grant worth = permit_standing(p, vault_now_ms(v));
    if (p->kind == PERMIT_LINK) q->linked |= worth == POLICY_GRANT_STANDS && id_equal(&p->target, practitioner);
    bool for_this =
        p->kind == PERMIT_BREAK_GLASS || q->action == POLICY_LOCATE || q->action == POLICY_END || p->purpose == q->purpose;
    if (p->kind == PERMIT_LINK || !is_about(p, clip) || !for_this) continue;
    if (worth == POLICY_GRANT_STANDS && p->until_ms > until_ms) until_ms = p->until_ms;
    if (p->kind == PERMIT_BREAK_GLASS)
      q->glass |= worth == POLICY_GRANT_STANDS;
    else if (worth > q->grant)
      q->grant = worth; /* the best there is */
  }
  q->right_until_ms = is_own_right(q) ? CLOCK_NEVER_MS : until_ms;
  return ERR_OK;
}

/* ---- counting */

/* Of several grants the one that costs nothing, else the one that ends first. */
static bool is_better(const struct permit *a, const struct permit *b) {
  if (!a->views != !b->views) return !a->views;
  return a->until_ms < b->until_ms;
}

static bool opens(const struct permit *p, const struct index_clip *clip, enum purpose purpose, int64_t now_ms) {
  return p->kind != PERMIT_LINK && is_about(p, clip) && permit_standing(p, now_ms) == POLICY_GRANT_STANDS &&
         (p->kind == PERMIT_BREAK_GLASS || p->purpose == purpose);
}

enum err permit_use(struct vault *v, const struct id *clip, enum purpose purpose, struct id *by) {
  AUTO(bytes) struct bytes permits = {0};
  struct index_clip row;
  struct index_case kase;
  struct permit best = {0};
  TRY(index_clip_get(v->index, clip, &row, NULL));
  TRY(casework_load(v, &row.kase, &kase, NULL));
  struct policy_question q = {
      .action = POLICY_VIEW, .roles = v->actor.roles, .own_case = id_equal(&kase.practitioner, &v->actor.id), .purpose = purpose};
  TRY(permit_ask(v, &v->actor.id, &row, &kase.practitioner, &q));
  bool own = is_own_right(&q);
  TRY(permit_list(v, &v->actor.id, NULL, &permits));
  for (size_t i = 0; !own && i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    if (opens(p, &row, purpose, vault_now_ms(v)) && (!best.kind || is_better(p, &best))) best = *p;
  }
  if (!own && !best.kind) return err_set(ERR_REFUSED, "nobody has shared this clip with you for this, or not any more");
  if (best.kind) best.used++;
  if (best.kind) TRY(permit_write(v, &best));
  if (best.kind) TRY(audit_append(v, "grant.used", ID_GRANT, &best.id, NULL));
  if (by) *by = best.id;
  return ERR_OK;
}
