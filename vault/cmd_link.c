/* user link, user unlink: whom a supervisor supervises. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/permit.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <stdio.h>

static enum err read_one(struct vault *v, const char *text, uint32_t role, const char *word, struct id *out) {
  AUTO(account) struct account a = {0};
  TRY(id_parse(ID_USER, text, out));
  TRY(account_read(v, out, &a));
  TRY(account_require_acts(&a, vault_now_ms(v)));
  return a.row.roles & role ? ERR_OK : err_set(ERR_REFUSED, "%s is no %s", text, word);
}

/* The link that stands between them; ERR_MISSING. */
static enum err find(struct vault *v, const struct id *supervisor, const struct id *practitioner, struct permit *out) {
  AUTO(bytes) struct bytes permits = {0};
  TRY(permit_list(v, supervisor, practitioner, &permits));
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    if (p->kind != PERMIT_LINK || p->state != PERMIT_LIVE) continue;
    *out = *p;
    return ERR_OK;
  }
  return err_set(ERR_MISSING, "they are not linked");
}

static enum err note(struct vault *v, const char *verb, const struct permit *p) {
  char details[80], supervisor[ID_TEXT], practitioner[ID_TEXT];
  snprintf(details, sizeof details, "%s of %s", id_format(ID_USER, &p->account, supervisor),
           id_format(ID_USER, &p->target, practitioner));
  return audit_append(v, verb, ID_GRANT, &p->id, details);
}

static enum err link_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct permit *p = context;
  TRY(permit_add(v, p));
  return note(v, "user.linked", p);
}

static enum err unlink_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct permit *p = context;
  p->state = PERMIT_REVOKED;
  p->ended_ms = vault_now_ms(v);
  TRY(permit_write(v, p));
  return note(v, "user.unlinked", p);
}

static enum err answer(const struct permit *p, bool linked, struct reply *reply) {
  struct answer a = answer_begin(reply);
  answer_id(&a, "supervisor", ID_USER, &p->account);
  answer_id(&a, "practitioner", ID_USER, &p->target);
  answer_bool(&a, "linked", linked);
  bytes_put_text(&reply->text,
                 linked ? "Linked: their clips can be seen for supervision and accreditation, where everyone in them agreed.\n"
                        : "Not linked any more.\n");
  return answer_end(&a);
}

static enum err link_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct permit p = {.kind = PERMIT_LINK, .state = PERMIT_LIVE, .until_ms = CLOCK_NEVER_MS}, there;
  struct vault *v = s->vault;
  TRY(account_require(v, ACCOUNT_OFFICER, "saying who supervises whom"));
  TRY(read_one(v, request_text(rq, "SUPERVISOR"), ACCOUNT_SUPERVISOR, "supervisor", &p.account));
  TRY(read_one(v, request_text(rq, "PRACTITIONER"), ACCOUNT_PRACTITIONER, "practitioner", &p.target));
  if (id_equal(&p.account, &p.target)) return err_set(ERR_USAGE, "nobody supervises themselves");
  enum err e = find(v, &p.account, &p.target, &there);
  if (e == ERR_OK) return answer(&there, true, reply); /* it is so already */
  if (e != ERR_MISSING) return e;
  TRY(transact(v, link_in, &p, rq));
  return answer(&p, true, reply);
}

static enum err unlink_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct permit p;
  struct id supervisor, practitioner;
  struct vault *v = s->vault;
  TRY(id_parse(ID_USER, request_text(rq, "SUPERVISOR"), &supervisor));
  TRY(id_parse(ID_USER, request_text(rq, "PRACTITIONER"), &practitioner));
  if (!id_equal(&practitioner, &v->actor.id)) TRY(account_require(v, ACCOUNT_OFFICER, "saying who supervises whom"));
  TRY(find(v, &supervisor, &practitioner, &p));
  TRY(transact(v, unlink_in, &p, rq));
  return answer(&p, false, reply);
}

static const struct command_option options[] = {
    {"SUPERVISOR", NULL, OPTION_REQUIRED, "who supervises"}, {"PRACTITIONER", NULL, OPTION_REQUIRED, "whom"}, {0}};
const struct command cmd_user_link = {.name = "user link",
                                      .group = "Users",
                                      .synopsis = "SUPERVISOR PRACTITIONER",
                                      .summary = "a supervisor may see this practitioner's clips",
                                      .help =
                                          "Says who supervises whom. A supervisor sees the clips of practitioners they are "
                                          "linked with, for supervision and accreditation, "
                                          "where everyone in them agreed to that; they export nothing. For an officer.",
                                      .options = options,
                                      .run = link_run};
const struct command cmd_user_unlink = {.name = "user unlink",
                                        .group = "Users",
                                        .synopsis = "SUPERVISOR PRACTITIONER",
                                        .summary = "they are not their supervisor any more",
                                        .help = "Ends a link, at once: for an officer, or the practitioner.",
                                        .options = options,
                                        .run = unlink_run};
