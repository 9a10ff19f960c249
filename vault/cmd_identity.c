/* user identity: who a user is to a provider of single sign-on. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/cmd.h"
#include "vault/credential.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/signin.h"
#include "vault/transact.h"

struct change {
  struct id account;
  const char *issuer, *subject;
};

static enum err change_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct change *c = context;
  TRY(signin_set_identity(v, &c->account, c->issuer, c->subject));
  return audit_append(v, c->issuer ? "user.identity-given" : "user.identity-taken", ID_USER, &c->account, NULL);
}

static enum err read_change(const struct request *rq, struct change *c, bool *any) {
  bool none = request_flag(rq, "none");
  c->issuer = request_text(rq, "issuer");
  c->subject = request_text(rq, "subject");
  *any = none || c->issuer;
  if (!c->issuer != !c->subject)
    return err_set(ERR_USAGE, "--issuer and --subject belong together: a subject is unique for one issuer only");
  return none && c->issuer ? err_set(ERR_USAGE, "--none goes without --issuer and --subject") : ERR_OK;
}

static enum err show(struct vault *v, const struct id *account, struct reply *reply) {
  AUTO(credential) struct credential *held = credential_new();
  char id[ID_TEXT];
  TRY(credential_load(v, account, held));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, account);
  if (held->issuer[0]) {
    answer_text(&a, "issuer", held->issuer);
    answer_text(&a, "subject", held->subject);
  } else {
    answer_null(&a, "issuer");
    answer_null(&a, "subject");
  }
  bytes_printf(&reply->text, "%s is ", id_format(ID_USER, account, id));
  if (held->issuer[0]) bytes_printf(&reply->text, "%s to %s.\n", held->subject, held->issuer);
  if (!held->issuer[0]) bytes_put_text(&reply->text, "nobody to any provider of single sign-on.\n");
  return answer_end(&a);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(account) struct account a = {0};
  struct change c = {0};
  bool any;
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "saying who somebody is to a provider of single sign-on"));
  TRY(id_parse(ID_USER, request_text(rq, "USER"), &c.account));
  TRY(account_read(s->vault, &c.account, &a));
  TRY(read_change(rq, &c, &any));
  if (any) TRY(transact(s->vault, change_in, &c, rq));
  return show(s->vault, &c.account, reply);
}

static const struct command_option options[] = {
    {"USER", NULL, OPTION_REQUIRED, "the user"},
    {"--issuer", "URL", 0, "the provider, exactly as it calls itself (the claim iss)"},
    {"--subject", "ID", 0, "the person, as that provider alone calls them (the claim sub); never an e-mail address"},
    {"--none", NULL, OPTION_SWITCH, "they are nobody to any provider any more"},
    {0}};
const struct command cmd_user_identity = {
    .name = "user identity",
    .group = "Users",
    .synopsis = "USER [--issuer URL --subject ID | --none]",
    .summary = "who a user is to a provider of single sign-on",
    .help =
        "Says as whom a user may be signed on by a proxy in front of the server (docs/serving.md), instead of what was said "
        "before, and ends "
        "their sessions. For an officer. Issuer and subject are compared as they are, together: addresses are given to other "
        "people, "
        "subjects are not. Without an option it shows what is said now.\n\n"
        "  clipvault user identity usr_… --issuer https://login.example/tenant/v2.0 --subject AAAAAG3x…",
    .options = options,
    .run = run};
