#include "vault/reach.h"

#include "vault/account.h"
#include "vault/casework.h"
#include "vault/permit.h"

#include <stdlib.h>

void reach_free(struct reach *r) {
  bytes_free(&r->cases);
  bytes_free(&r->clips);
  *r = (struct reach){0};
}

static bool has(const struct bytes *ids, const struct id *id) {
  for (size_t i = 0; i < INDEX_COUNT(struct id, *ids); i++)
    if (id_equal(&INDEX_ROWS(struct id, *ids)[i], id)) return true;
  return false;
}

/* What stands of links and grants, each into its list. */
static enum err add_permits(struct vault *v, struct reach *r, struct bytes *practitioners) {
  AUTO(bytes) struct bytes permits = {0};
  TRY(permit_list(v, &v->actor.id, NULL, &permits));
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    if (permit_standing(p, vault_now_ms(v)) != POLICY_GRANT_STANDS) continue;
    if (p->kind == PERMIT_LINK && (v->actor.roles & ACCOUNT_SUPERVISOR)) bytes_put(practitioners, &p->target, sizeof p->target);
    if (p->kind == PERMIT_CASE) bytes_put(&r->cases, &p->target, sizeof p->target);
    if (p->kind == PERMIT_CLIP) bytes_put(&r->clips, &p->target, sizeof p->target);
  }
  return bytes_check(practitioners);
}

enum err reach_of(struct vault *v, struct reach *out) {
  AUTO(reach) struct reach r = {.all = v->actor.roles & ACCOUNT_OFFICER};
  AUTO(bytes) struct bytes cases = {0}, practitioners = {0};
  if (!r.all && v->actor.roles & (ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR)) {
    if (v->actor.roles & ACCOUNT_PRACTITIONER) bytes_put(&practitioners, &v->actor.id, sizeof v->actor.id);
    TRY(add_permits(v, &r, &practitioners));
    TRY(index_case_list(v->index, &cases));
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_case, cases); i++) {
    const struct index_case *c = &INDEX_ROWS(struct index_case, cases)[i];
    if (has(&practitioners, &c->practitioner)) bytes_put(&r.cases, &c->id, sizeof c->id);
  }
  TRY(bytes_check(&r.cases));
  TRY(bytes_check(&r.clips));
  *out = r;
  r = (struct reach){0};
  return ERR_OK;
}

bool reach_has_case(const struct reach *r, const struct id *kase) { return r->all || has(&r->cases, kase); }

bool reach_has_clip(const struct reach *r, const struct index_clip *clip) {
  return reach_has_case(r, &clip->kase) || has(&r->clips, &clip->id);
}

enum err reach_has_person(struct vault *v, const struct reach *r, const struct id *person, bool *out) {
  AUTO(bytes) struct bytes cases = {0};
  *out = r->all;
  if (r->all) return ERR_OK;
  TRY(index_person_cases(v->index, person, &cases));
  for (size_t i = 0; i < INDEX_COUNT(struct id, cases); i++) *out |= has(&r->cases, &INDEX_ROWS(struct id, cases)[i]);
  if (!cases.length) *out = v->actor.roles & ACCOUNT_PRACTITIONER;
  return ERR_OK;
}

enum err reach_require_case(struct vault *v, const struct id *kase) {
  AUTO(reach) struct reach r = {0};
  TRY(reach_of(v, &r));
  return reach_has_case(&r, kase) ? ERR_OK : err_set(ERR_REFUSED, "this is not one of your cases");
}

enum err reach_require_person(struct vault *v, const struct id *person) {
  AUTO(reach) struct reach r = {0};
  bool within;
  TRY(reach_of(v, &r));
  TRY(reach_has_person(v, &r, person, &within));
  return within ? ERR_OK : err_set(ERR_REFUSED, "this is not somebody of your cases");
}

enum err reach_require_own_case(struct vault *v, const struct id *kase) {
  struct index_case row;
  TRY(casework_load(v, kase, &row, NULL));
  if (v->actor.roles & ACCOUNT_OFFICER) return ERR_OK;
  if ((v->actor.roles & ACCOUNT_PRACTITIONER) && id_equal(&row.practitioner, &v->actor.id)) return ERR_OK;
  return err_set(ERR_REFUSED, "this is not one of your cases; its practitioner or an officer can do that");
}

enum err reach_require_own_person(struct vault *v, const struct id *person) {
  AUTO(bytes) struct bytes cases = {0};
  TRY(reach_require_person(v, person));
  if (v->actor.roles & ACCOUNT_OFFICER) return ERR_OK;
  TRY(index_person_cases(v->index, person, &cases));
  bool own = !cases.length;
  for (size_t i = 0; i < INDEX_COUNT(struct id, cases); i++) {
    struct index_case row;
    TRY(casework_load(v, &INDEX_ROWS(struct id, cases)[i], &row, NULL));
    own |= id_equal(&row.practitioner, &v->actor.id);
  }
  if (own) return ERR_OK;
  return err_set(ERR_REFUSED, "this is not somebody of your own cases; their practitioner or an officer can do that");
}

enum err reach_require_practised(struct vault *v, const struct id *kase) {
  struct index_case row;
  TRY(casework_load(v, kase, &row, NULL));
  if ((v->actor.roles & ACCOUNT_PRACTITIONER) && id_equal(&row.practitioner, &v->actor.id)) return ERR_OK;
  return err_set(ERR_REFUSED, "this is not one of your cases; its practitioner can do that");
}
