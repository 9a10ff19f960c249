#include "player-bridge/discretion.h"

#include "vault/account.h"
#include "vault/casework.h"
#include "vault/dispatch.h"
#include "vault/permit.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/remark.h"
#include "vault/supervision.h"

#include <string.h>

/* Members in which a request names what may be somebody else's. */
static const char *const members[] = {"id", "case", "person", "clip", "target", "cycle", "reply_to"};

struct looking {
  const struct wire_message *ask;
  struct reach reach;
  bool hidden;
};
static void looking_auto(struct looking *l) { reach_free(&l->reach); }

/* Whatever has become of it: whoever was shown something knows that it is there, and hears that it was taken back. */
static enum err was_shared(struct vault *v, const struct id *target, bool *out) {
  AUTO(bytes) struct bytes permits = {0};
  TRY(permit_list(v, &v->actor.id, target, &permits));
  *out = permits.length != 0;
  return ERR_OK;
}

static enum err know_case(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct index_case row;
  TRY(casework_load(v, id, &row, NULL));
  *known = reach_has_case(&l->reach, id);
  return *known ? ERR_OK : was_shared(v, id, known);
}

static enum err know_clip(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct index_clip row;
  TRY(index_clip_get(v->index, id, &row, NULL));
  *known = reach_has_clip(&l->reach, &row);
  if (!*known) TRY(was_shared(v, id, known));
  return *known ? ERR_OK : was_shared(v, &row.kase, known);
}

static enum err know_person(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct index_person row;
  TRY(index_person_get(v->index, id, &row, NULL));
  return reach_has_person(v, &l->reach, id, known);
}

/* A private one of somebody else is as little there as one on a clip that they may not know of. */
static enum err know_remark(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  AUTO(remark) struct remark r = {0};
  TRY(remark_load(v, id, &r));
  if (!r.shared && !id_equal(&r.author, &v->actor.id)) return ERR_OK;
  return know_clip(v, l, &r.clip, known);
}

static enum err know_consent(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct index_consent row;
  TRY(index_consent_get(v->index, id, &row, NULL));
  return know_person(v, l, &row.person, known);
}

static enum err know_cycle(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct index_cycle row;
  TRY(index_cycle_get(v->index, id, &row, NULL));
  return know_case(v, l, &row.kase, known);
}

static enum err know_goal(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct index_goal row;
  TRY(index_goal_get(v->index, id, &row, NULL));
  return know_case(v, l, &row.kase, known);
}

/* Before whom it was laid, and whoever may know of its case. */
static enum err know_supervision(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_supervision row;
  struct id kase;
  TRY(index_supervision_get(v->index, id, &row, &sealed));
  *known = id_equal(&row.account, &v->actor.id);
  if (*known) return ERR_OK;
  TRY(supervision_case(v, row.target_kind, &row.target, &kase));
  return know_case(v, l, &kase, known);
}

static enum err know_grant(struct vault *v, const struct looking *l, const struct id *id, bool *known) {
  struct permit p;
  TRY(permit_load(v, id, &p));
  *known =
      l->reach.all || id_equal(&p.account, &v->actor.id) || id_equal(&p.by, &v->actor.id) || reach_has_case(&l->reach, &p.target);
  return !*known && p.kind == PERMIT_CLIP ? know_clip(v, l, &p.target, known) : ERR_OK;
}

static const struct {
  enum id_kind kind;
  const char *prefix;
  enum err (*know)(struct vault *v, const struct looking *l, const struct id *id, bool *known);
} kinds[] = {
    {ID_CASE, "cas_", know_case},       {ID_CLIP, "clp_", know_clip},     {ID_PERSON, "per_", know_person},
    {ID_CONSENT, "con_", know_consent}, {ID_GRANT, "grn_", know_grant},   {ID_CYCLE, "cyc_", know_cycle},
    {ID_GOAL, "goa_", know_goal},       {ID_REMARK, "rem_", know_remark}, {ID_SUPERVISION, "sup_", know_supervision},
};

/* What is no id, or of another kind, hides nothing. */
static enum err look_at(struct vault *v, struct looking *l, const char *text) {
  struct id id;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    bool known = false;
    if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0 || id_parse(kinds[i].kind, text, &id) != ERR_OK) continue;
    enum err e = kinds[i].know(v, l, &id, &known);
    if (e != ERR_MISSING) TRY(e);
    l->hidden |= !known;
  }
  return ERR_OK;
}

static enum err look(struct vault *v, void *context) {
  struct looking *l = context;
  AUTO(bytes) struct bytes text = {0};
  TRY(reach_of(v, &l->reach));
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    for (size_t n = 0; wire_message_find(l->ask, members[i], n); n++)
      if (wire_message_text(l->ask, members[i], n, ID_TEXT, &text)) TRY(look_at(v, l, bytes_text(&text)));
  return ERR_OK;
}

bool discretion_hides(struct session *session, const struct session_visitor *visitor, const struct wire_message *ask) {
  AUTO(bytes) struct bytes words = {0};
  AUTO(looking) struct looking l = {.ask = ask};
  bytes_put_text(&words, err_text());
  bool failed = dispatch_within(session, visitor, look, &l) != ERR_OK;
  IGNORE(err_set(ERR_BUG, "%s", bytes_text(&words)));
  return failed || l.hidden;
}
