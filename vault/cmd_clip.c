/* clip people: corrects who is in a clip. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/clip.h"
#include "vault/cmd.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/seal.h"
#include "vault/session.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <sodium.h>
#include <string.h>

struct correction {
  struct id clip, person;
  bool add;
  struct bytes people; /* struct id, as they shall be */
  struct shred_job job;
};

/* New keys for a clip whose time is over would be a second life. */
static enum err require_time_left(struct vault *v, const struct index_clip *clip) {
  AUTO(bytes) struct bytes wraps = {0};
  int64_t now_ms = vault_now_ms(v);
  bool due = clip->expires_ms <= now_ms || (strcmp(clip->state, "quarantined") == 0 && clip->quarantine_ms <= now_ms);
  TRY(index_wrap_of(v->index, &clip->id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++)
    due |= INDEX_ROWS(struct index_wrap, wraps)[i].purpose[0] && INDEX_ROWS(struct index_wrap, wraps)[i].expires_ms <= now_ms;
  if (!due) return ERR_OK;
  return err_set(ERR_REFUSED,
                 "the time of this clip, or of a use of it, is over: clipvault sweep ends that first; who is in what is "
                 "left can be corrected afterwards");
}

static enum err read_correction(struct vault *v, const struct request *rq, struct correction *c) {
  struct index_clip clip;
  struct index_person person;
  const char *action = request_text(rq, "ACTION");
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "correcting who is in a clip"));
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &c->clip));
  TRY(id_parse(ID_PERSON, request_text(rq, "PERSON"), &c->person));
  if (strcmp(action, "add") != 0 && strcmp(action, "remove") != 0)
    return err_set(ERR_USAGE, "say add or remove, not \"%.20s\"", action);
  c->add = action[0] == 'a';
  TRY(index_clip_get(v->index, &c->clip, &clip, NULL));
  TRY(reach_require_own_case(v, &clip.kase));
  TRY(index_person_get(v->index, &c->person, &person, NULL));
  if (c->add) TRY(reach_require_person(v, &c->person)); /* their record becomes one of the case */
  if (strcmp(clip.state, "shredded") == 0 || !id_is_zero(&clip.job))
    return err_set(ERR_MISSING, "this clip has ended; its keys are destroyed");
  if (!person.leaf) return err_set(ERR_MISSING, "this person was erased");
  return require_time_left(v, &clip);
}

static enum err new_people(struct vault *v, struct correction *c) {
  AUTO(bytes) struct bytes before = {0};
  bool there = false;
  TRY(index_clip_people(v->index, &c->clip, &before));
  for (size_t i = 0; i < INDEX_COUNT(struct id, before); i++) {
    const struct id *p = &INDEX_ROWS(struct id, before)[i];
    bool same = id_equal(p, &c->person);
    there |= same;
    if (!same || c->add) bytes_put(&c->people, p, sizeof *p);
  }
  if (c->add == there)
    return err_set(ERR_USAGE, there ? "this person is named as being in this clip already" : "this person is not in this clip");
  if (c->add) bytes_put(&c->people, &c->person, sizeof c->person);
  if (!c->people.length)
    return err_set(ERR_REFUSED,
                   "this is the only person in it: a clip nobody is named in can be used for nothing; shred it instead");
  return bytes_check(&c->people);
}

/* The log says who was added to what, sealed under H(PK, XK): the link dies with the person or with the clip. */
static enum err note(struct vault *v, const struct correction *c) {
  AUTO(bytes) struct bytes link = {0}, sealed = {0}, text = {0};
  SECRET_KEY(pk);
  SECRET_KEY(xk);
  SECRET_KEY(both);
  struct index_clip clip;
  TRY(index_clip_get(v->index, &c->clip, &clip, NULL));
  TRY(person_key(v, &c->person, pk));
  TRY(keystore_get(v->keys, clip.leaf, xk));
  crypto_generichash(both->b, sizeof both->b, xk->b, sizeof xk->b, pk->b, sizeof pk->b);
  bytes_put(&link, c->person.b, sizeof c->person.b);
  TRY(seal_put(both, "audit-link", &c->clip, &link, &sealed));
  uint8_t *hex = bytes_extend(&text, 2 * sealed.length + 1);
  TRY(bytes_check(&text));
  bytes_hex(sealed.data, sealed.length, (char *)hex);
  return audit_append(v, c->add ? "clip.person-added" : "clip.person-removed", ID_CLIP, &c->clip, (const char *)hex);
}

static enum err correct_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct correction *c = context;
  struct index_clip clip;
  TRY(uses_set_people(v, &c->clip, INDEX_ROWS(struct id, c->people), INDEX_COUNT(struct id, c->people), &c->job));
  TRY(index_clip_get(v->index, &c->clip, &clip, NULL));
  TRY(index_case_add_person(v->index, &clip.kase, &c->person));
  return note(v, c);
}

static enum err answer(struct vault *v, const struct correction *c, struct reply *reply) {
  AUTO(bytes) struct bytes wraps = {0};
  struct index_clip clip;
  TRY(index_clip_get(v->index, &c->clip, &clip, NULL));
  TRY(index_wrap_of(v->index, &c->clip, &wraps));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &c->clip);
  answer_text(&a, "state", clip.state);
  answer_array(&a, "purposes");
  bytes_printf(&reply->text, "Corrected: now %s, for:", clip.state);
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (!w->purpose[0]) continue;
    answer_text(&a, NULL, w->purpose);
    bytes_printf(&reply->text, " %s", w->purpose);
  }
  answer_array_end(&a);
  bytes_put_text(&reply->text,
                 strcmp(clip.state, "quarantined") == 0 ? " nothing, until everyone in it has agreed to something.\n" : ".\n");
  return answer_end(&a);
}

static enum err correct(struct vault *v, const struct request *rq, struct correction *c, struct reply *reply) {
  TRY(read_correction(v, rq, c));
  TRY(new_people(v, c));
  c->job = shred_plan("it was corrected who is in a clip", vault_now_ms(v));
  TRY(transact(v, correct_in, c, rq));
  TRY(shred_run(v, &c->job));
  return answer(v, c, reply);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  struct correction c = {0};
  enum err e = correct(s->vault, rq, &c, reply);
  bytes_free(&c.people);
  return e;
}

static const struct command_option options[] = {{"CLIP", NULL, OPTION_REQUIRED, "the clip"},
                                                {"ACTION", NULL, OPTION_REQUIRED, "add or remove"},
                                                {"PERSON", NULL, OPTION_REQUIRED, "who"},
                                                {0}};
const struct command cmd_clip_people = {
    .name = "clip people",
    .group = "Films",
    .synopsis = "CLIP add|remove PERSON",
    .summary = "correct who is in a clip",
    .help =
        "Corrects who is in a clip. Every key of its uses is made anew for the people as "
        "they are now, and the old ones are destroyed; where "
        "someone's consent is missing the clip goes to quarantine. Refused where something of it is due: sweep first.\n\n"
        "  clipvault clip people clp_… add per_…",
    .options = options,
    .run = run};
