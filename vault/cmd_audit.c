/* audit list, verify. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"

struct listing {
  struct answer answer;
  int64_t since_ms;
  struct id clip, user; /* zero: all */
};

static enum err write_entry(void *context, const struct audit_entry *e) {
  struct listing *l = context;
  char at[CLOCK_TEXT], subject[ID_TEXT], user[ID_TEXT];
  if (e->at_ms < l->since_ms) return ERR_OK;
  if (!id_is_zero(&l->clip) && !(e->kind == ID_CLIP && id_equal(&l->clip, &e->subject))) return ERR_OK;
  if (!id_is_zero(&l->user) && !id_equal(&l->user, &e->account)) return ERR_OK;
  answer_object(&l->answer, NULL);
  answer_number(&l->answer, "seq", (int64_t)e->seq);
  answer_time(&l->answer, "at", e->at_ms);
  answer_id(&l->answer, "user", ID_USER, &e->account);
  answer_text(&l->answer, "did", e->verb);
  if (!id_is_zero(&e->subject)) answer_id(&l->answer, "to", e->kind, &e->subject);
  if (e->details[0]) answer_text(&l->answer, "details", e->details);
  answer_object_end(&l->answer);
  bytes_printf(&l->answer.reply->text, "%6llu  %s  %s  %-22s %s  %s\n", (unsigned long long)e->seq, clock_format(e->at_ms, at),
               id_format(ID_USER, &e->account, user), e->verb,
               id_is_zero(&e->subject) ? "" : id_format(e->kind, &e->subject, subject), e->details);
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct listing l = {.since_ms = INT64_MIN};
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "reading the audit log"));
  if (request_text(rq, "since")) TRY(clock_parse_start(request_text(rq, "since"), &l.since_ms));
  if (request_text(rq, "clip")) TRY(id_parse(ID_CLIP, request_text(rq, "clip"), &l.clip));
  if (request_text(rq, "user")) TRY(id_parse(ID_USER, request_text(rq, "user"), &l.user));
  l.answer = answer_begin_list(reply);
  TRY(audit_each(s->vault, write_entry, &l));
  return answer_end(&l.answer);
}

static enum err verify_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  struct audit_verdict verdict;
  TRY(audit_verify(s->vault, &verdict));
  struct answer a = answer_begin(reply);
  answer_number(&a, "entries", (int64_t)verdict.entries);
  answer_hex(&a, "head", verdict.root, sizeof verdict.root);
  answer_bool(&a, "valid", verdict.valid);
  if (!verdict.valid) answer_text(&a, "problem", verdict.problem);
  bytes_printf(&reply->text,
               verdict.valid ? "The audit log is whole: %llu entries.\n" : "THE AUDIT LOG IS NOT WHOLE (%llu entries).\n",
               (unsigned long long)verdict.entries);
  TRY(answer_end(&a));
  reply->report = !verdict.valid;
  return verdict.valid ? ERR_OK : err_set(ERR_DATA, "the audit log does not verify: %s", verdict.problem);
}

static const struct command_option list_options[] = {{"--since", "DATE", 0, "only from this day on"},
                                                     {"--clip", "CLIP", 0, "only what was done to this clip"},
                                                     {"--user", "USER", 0, "only what this user did"},
                                                     {0}};
const struct command cmd_audit_list = {.name = "audit list",
                                       .group = "Proof",
                                       .synopsis = "[--since DATE] [--clip CLIP] [--user USER]",
                                       .summary = "who did what, when",
                                       .help = "Lists the audit log, oldest first.",
                                       .options = list_options,
                                       .flags = COMMAND_LOOKS,
                                       .run = list_run};
const struct command cmd_audit_verify = {
    .name = "audit verify",
    .group = "Proof",
    .synopsis = "",
    .summary = "prove that the log was not altered, cut or reordered",
    .help = "Recomputes the log's Merkle tree and compares it with the head that is anchored in the key store.",
    .flags = COMMAND_LOOKS,
    .run = verify_run};
