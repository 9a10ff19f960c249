/* grant, grant revoke, grant list: who may see a clip or a case of somebody else's, for what, until when, how often. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/cmd.h"
#include "vault/permit.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

/* Sharing a film is its practitioner's: an officer, who must not see films, could otherwise let themselves be shown them. */
static enum err require_practitioner(struct vault *v, const struct id *kase) {
  struct index_case row;
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "sharing a film"));
  TRY(casework_load(v, kase, &row, NULL));
  return id_equal(&row.practitioner, &v->actor.id)
             ? ERR_OK
             : err_set(ERR_REFUSED, "this is not one of your cases; its practitioner can share it");
}

static enum err read_target(struct vault *v, const char *text, struct permit *p) {
  struct index_clip clip;
  if (strncmp(text, "cas_", 4) == 0) {
    p->kind = PERMIT_CASE;
    TRY(id_parse(ID_CASE, text, &p->target));
    return require_practitioner(v, &p->target);
  }
  p->kind = PERMIT_CLIP;
  TRY(id_parse(ID_CLIP, text, &p->target));
  TRY(index_clip_get(v->index, &p->target, &clip, NULL));
  if (strcmp(clip.state, "shredded") == 0) return err_set(ERR_MISSING, "this clip has ended; its keys are destroyed");
  return require_practitioner(v, &clip.kase);
}

static enum err read_user(struct vault *v, const struct request *rq, struct permit *p) {
  AUTO(account) struct account a = {0};
  TRY(id_parse(ID_USER, request_text(rq, "user"), &p->account));
  TRY(account_read(v, &p->account, &a));
  TRY(account_require_acts(&a, vault_now_ms(v)));
  if (!(a.row.roles & (ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR)))
    return err_set(ERR_REFUSED, "films are shared with supervisors and practitioners; this user is neither");
  return ERR_OK;
}

static enum err read_grant(struct vault *v, const struct request *rq, struct permit *p) {
  uint64_t views;
  TRY(read_target(v, request_text(rq, "TARGET"), p));
  TRY(read_user(v, rq, p));
  TRY(purpose_parse(request_text(rq, "purpose"), &p->purpose));
  TRY(clock_parse(request_text(rq, "until"), &p->until_ms));
  if (p->until_ms <= vault_now_ms(v)) return err_set(ERR_USAGE, "--until lies in the past");
  TRY(request_number(rq, "views", 0, PERMIT_MOST_VIEWS, &views));
  if (request_text(rq, "views") && !views)
    return err_set(ERR_USAGE, "--views is at least 1; without it they may look as often as they like");
  p->views = (uint32_t)views;
  p->state = PERMIT_LIVE;
  return ERR_OK;
}

static enum err grant_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct permit *p = context;
  char details[160], user[ID_TEXT], until[CLOCK_TEXT], id[ID_TEXT];
  TRY(permit_add(v, p));
  snprintf(details, sizeof details, "%s to %s for %s until %s", id_format(ID_GRANT, &p->id, id),
           id_format(ID_USER, &p->account, user), purpose_name(p->purpose), clock_format(p->until_ms, until));
  return audit_append(v, "grant.given", p->kind == PERMIT_CASE ? ID_CASE : ID_CLIP, &p->target, details);
}

static enum err grant_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct permit p = {0};
  char id[ID_TEXT], until[CLOCK_TEXT];
  TRY(read_grant(s->vault, rq, &p));
  TRY(transact(s->vault, grant_in, &p, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "grant", ID_GRANT, &p.id);
  answer_time(&a, "until", p.until_ms);
  bytes_printf(&reply->text, "Granted, as %s: to be seen for %s until %s. What somebody in it is against stays closed.\n",
               id_format(ID_GRANT, &p.id, id), purpose_name(p.purpose), clock_format(p.until_ms, until));
  return answer_end(&a);
}

/* ---- revoke */

static enum err case_of(struct vault *v, const struct permit *p, struct id *kase) {
  struct index_clip clip;
  *kase = p->target;
  if (p->kind == PERMIT_CASE) return ERR_OK;
  TRY(index_clip_get(v->index, &p->target, &clip, NULL));
  *kase = clip.kase;
  return ERR_OK;
}

/* Taking back is never refused to whoever answers for the data, nor to whoever gave it. */
static enum err require_may_revoke(struct vault *v, const struct permit *p) {
  struct id kase;
  if ((v->actor.roles & ACCOUNT_OFFICER) || id_equal(&p->by, &v->actor.id)) return ERR_OK;
  TRY(case_of(v, p, &kase));
  return require_practitioner(v, &kase);
}

static enum err revoke_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct permit *p = context;
  p->state = PERMIT_REVOKED;
  p->ended_ms = vault_now_ms(v);
  TRY(permit_write(v, p));
  return audit_append(v, "grant.revoked", ID_GRANT, &p->id, NULL);
}

static enum err revoke_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct permit p;
  struct id id;
  TRY(id_parse(ID_GRANT, request_text(rq, "GRANT"), &id));
  TRY(permit_load(s->vault, &id, &p));
  if (p.kind == PERMIT_LINK) return err_set(ERR_USAGE, "this is a supervisor's link: clipvault user unlink");
  TRY(require_may_revoke(s->vault, &p));
  if (p.state == PERMIT_REVOKED) return err_set(ERR_MISSING, "this grant was revoked already");
  TRY(transact(s->vault, revoke_in, &p, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "grant", ID_GRANT, &p.id);
  answer_text(&a, "state", "revoked");
  bytes_put_text(&reply->text, "Revoked: from now on it opens nothing.\n");
  return answer_end(&a);
}

/* ---- list */

static enum err write_name(struct vault *v, struct answer *a, const char *key, const struct id *user) {
  AUTO(account) struct account who = {0};
  TRY(account_read(v, user, &who));
  answer_bytes(a, key, &who.name);
  return ERR_OK;
}

/* Why glass was broken is somebody's words about a clip: for those who answer for it. Whoever has the case reads it on the clip,
 * once it was confirmed. */
static enum err write_glass(struct vault *v, struct answer *a, const struct permit *p) {
  if (p->kind != PERMIT_BREAK_GLASS || !(v->actor.roles & ACCOUNT_OFFICER)) return ERR_OK;
  answer_text(a, "reason", p->reason);
  answer_time(a, "asked_at", p->made_ms);
  return id_is_zero(&p->confirmed_by) ? ERR_OK : write_name(v, a, "confirmed_by_name", &p->confirmed_by);
}

static enum err write_grant(struct vault *v, struct answer *a, const struct permit *p, struct bytes *text) {
  char id[ID_TEXT], user[ID_TEXT], target[ID_TEXT], until[CLOCK_TEXT];
  enum id_kind kind = p->kind == PERMIT_CASE ? ID_CASE : ID_CLIP;
  const char *state = permit_standing_word(permit_standing(p, vault_now_ms(v)));
  const char *purpose = p->kind == PERMIT_BREAK_GLASS ? "break-glass" : purpose_name(p->purpose);
  answer_object(a, NULL);
  answer_id(a, "grant", ID_GRANT, &p->id);
  answer_text(a, "state", state);
  answer_id(a, "user", ID_USER, &p->account);
  answer_id(a, p->kind == PERMIT_CASE ? "case" : "clip", kind, &p->target);
  answer_text(a, "purpose", purpose);
  answer_time(a, "until", p->until_ms);
  if (p->views) answer_number(a, "views", p->views);
  answer_number(a, "used", p->used);
  answer_id(a, "by", ID_USER, &p->by);
  TRY(write_name(v, a, "user_name", &p->account));
  TRY(write_name(v, a, "by_name", &p->by));
  TRY(write_glass(v, a, p));
  answer_object_end(a);
  bytes_printf(text, "%s  %-8s  %s  %s  for %s until %s", id_format(ID_GRANT, &p->id, id), state,
               id_format(ID_USER, &p->account, user), id_format(kind, &p->target, target), purpose,
               clock_format(p->until_ms, until));
  if (p->views) bytes_printf(text, ", seen %u of %u times", (unsigned)p->used, (unsigned)p->views);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

/* Whose business a grant is: theirs who have it, theirs who gave it, the case's practitioner's, an officer's. */
static bool concerns(struct vault *v, const struct permit *p) {
  struct id kase;
  struct index_case row;
  if (p->kind == PERMIT_LINK) return false;
  if ((v->actor.roles & ACCOUNT_OFFICER) || id_equal(&p->account, &v->actor.id) || id_equal(&p->by, &v->actor.id)) return true;
  return case_of(v, p, &kase) == ERR_OK && casework_load(v, &kase, &row, NULL) == ERR_OK &&
         id_equal(&row.practitioner, &v->actor.id);
}

/* An administrator sees who may see more than their own, and ends none of it; in the list are ids, and names of colleagues alone.
 */
static bool is_listed(struct vault *v, const struct permit *p) {
  return (p->kind != PERMIT_LINK && (v->actor.roles & ACCOUNT_ADMINISTRATOR)) || concerns(v, p);
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes permits = {0};
  struct id user;
  const char *only = request_text(rq, "user");
  if (only) TRY(id_parse(ID_USER, only, &user));
  TRY(permit_list(s->vault, only ? &user : NULL, NULL, &permits));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    if (is_listed(s->vault, p)) TRY(write_grant(s->vault, &a, p, &reply->text));
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "Nothing is shared.\n");
  return answer_end(&a);
}

static const struct command_option grant_options[] = {{"TARGET", NULL, OPTION_REQUIRED, "the clip, or a case: all of its clips"},
                                                      {"--user", "U", OPTION_REQUIRED, "who may see it"},
                                                      {"--purpose", "P", OPTION_REQUIRED, "what for"},
                                                      {"--until", "DATE", OPTION_REQUIRED, "until the end of that day"},
                                                      {"--views", "N", 0, "how often; as often as they like if not given"},
                                                      {0}};
const struct command cmd_grant = {.name = "grant",
                                  .group = "Users",
                                  .synopsis = "CLIP|CASE --user U --purpose P --until DATE [--views N]",
                                  .summary = "let somebody see a clip or a case of yours",
                                  .help =
                                      "Lets a supervisor or another practitioner see a clip of yours, or all of a case, for one "
                                      "purpose and until a day; perhaps for a "
                                      "number of viewings. It is for looking only: they export nothing, and what somebody in the "
                                      "film is against stays closed.\n\n"
                                      "  clipvault grant clp_… --user usr_… --purpose peer_training --until 2027-03-31 --views 3",
                                  .options = grant_options,
                                  .run = grant_run};

static const struct command_option revoke_options[] = {{"GRANT", NULL, OPTION_REQUIRED, "the grant"}, {0}};
const struct command cmd_grant_revoke = {
    .name = "grant revoke",
    .group = "Users",
    .synopsis = "GRANT",
    .summary = "take back what was shared",
    .help =
        "Takes a grant back, at once: for whoever gave it, the case's practitioner, or an officer. "
        "Ends a break-glass viewing too.",
    .options = revoke_options,
    .run = revoke_run};

static const struct command_option list_options[] = {{"--user", "U", 0, "only what was shared with them"}, {0}};
const struct command cmd_grant_list = {.name = "grant list",
                                       .group = "Users",
                                       .synopsis = "[--user U]",
                                       .summary = "what is shared with whom",
                                       .help = "Lists what was shared with you and by you; for an officer, everything.",
                                       .options = list_options,
                                       .run = list_run};
