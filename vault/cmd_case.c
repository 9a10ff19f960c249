/* case open, close, assign, list, show. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/cmd.h"
#include "vault/consent_summary.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

/* Whose case it is: theirs who opens it, unless someone else is named. */
static enum err read_practitioner(struct vault *v, const struct request *rq, struct id *out) {
  const char *named = request_text(rq, "practitioner");
  AUTO(account) struct account a = {0};
  if (!named) return ERR_OK;
  TRY(id_parse(ID_USER, named, out));
  TRY(account_read(v, out, &a));
  if (strcmp(a.row.state, "live") != 0) return err_set(ERR_MISSING, "this user was disabled");
  return a.row.roles & ACCOUNT_PRACTITIONER ? ERR_OK : err_set(ERR_REFUSED, "this user is no practitioner");
}

static enum err open_in(struct vault *v, void *context, const struct request *rq) {
  struct id *kase = context, whose = v->actor.id;
  TRY(read_practitioner(v, rq, &whose));
  TRY(casework_open(v, request_text(rq, "title"), &whose, kase));
  return audit_append(v, "case.opened", ID_CASE, kase, NULL);
}

static enum err open_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id kase;
  char text[ID_TEXT];
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "opening a case"));
  TRY(transact(s->vault, open_in, &kase, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "case", ID_CASE, &kase);
  bytes_printf(&reply->text, "Opened the case %s.\n", id_format(ID_CASE, &kase, text));
  return answer_end(&a);
}

struct closing {
  struct id kase;
  int64_t on_ms;
};

static enum err close_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct closing *c = context;
  TRY(casework_close(v, &c->kase, c->on_ms));
  TRY(uses_expire_case(v, &c->kase));
  return audit_append(v, "case.closed", ID_CASE, &c->kase, NULL);
}

static enum err close_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct closing c = {.on_ms = vault_now_ms(s->vault)};
  struct index_case row;
  char on[CLOCK_TEXT];
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "closing a case"));
  TRY(id_parse(ID_CASE, request_text(rq, "CASE"), &c.kase));
  TRY(reach_require_own_case(s->vault, &c.kase));
  TRY(index_case_get(s->vault->index, &c.kase, &row, NULL));
  if (request_text(rq, "on")) TRY(clock_parse_start(request_text(rq, "on"), &c.on_ms));
  if (c.on_ms > vault_now_ms(s->vault))
    return err_set(ERR_USAGE, "--on lies in the future: close the case when involvement has ended");
  if (c.on_ms >= row.closed_ms)
    return err_set(ERR_REFUSED, "this case is closed already, since %s: its end can be put earlier with --on, never later",
                   clock_format(row.closed_ms, on));
  TRY(transact(s->vault, close_in, &c, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "case", ID_CASE, &c.kase);
  answer_time(&a, "closed_at", c.on_ms);
  bytes_printf(&reply->text, "Closed. Involvement ended %s; what was agreed for a time after that runs from now on.\n",
               clock_format(c.on_ms, on));
  return answer_end(&a);
}

static enum err accredited_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct closing *c = context;
  TRY(casework_accredit(v, &c->kase, c->on_ms));
  TRY(uses_expire_case(v, &c->kase));
  return audit_append(v, "case.accredited", ID_CASE, &c->kase, NULL);
}

static enum err accredited_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct closing c = {.on_ms = vault_now_ms(s->vault)};
  struct index_case row;
  char on[CLOCK_TEXT];
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "recording an accreditation"));
  TRY(id_parse(ID_CASE, request_text(rq, "CASE"), &c.kase));
  TRY(reach_require_own_case(s->vault, &c.kase));
  TRY(casework_load(s->vault, &c.kase, &row, NULL));
  if (request_text(rq, "on")) TRY(clock_parse_start(request_text(rq, "on"), &c.on_ms));
  if (c.on_ms > vault_now_ms(s->vault)) return err_set(ERR_USAGE, "--on lies in the future: record it when it has come");
  if (c.on_ms >= row.accredited_ms)
    return err_set(ERR_REFUSED, "this is recorded already, for %s: it can be put earlier with --on, never later",
                   clock_format(row.accredited_ms, on));
  TRY(transact(s->vault, accredited_in, &c, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "case", ID_CASE, &c.kase);
  answer_time(&a, "accredited_at", c.on_ms);
  bytes_printf(&reply->text, "Accredited %s; what was agreed for a time after that runs from now on.\n",
               clock_format(c.on_ms, on));
  return answer_end(&a);
}

/* ---- assign */

static enum err assign_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct id *kase_and_whose = context;
  char details[64], id[ID_TEXT];
  TRY(casework_assign(v, &kase_and_whose[0], &kase_and_whose[1]));
  snprintf(details, sizeof details, "to %s", id_format(ID_USER, &kase_and_whose[1], id));
  return audit_append(v, "case.assigned", ID_CASE, &kase_and_whose[0], details);
}

static enum err assign_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id kase_and_whose[2];
  struct index_case row;
  char text[ID_TEXT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "assigning a case"));
  TRY(id_parse(ID_CASE, request_text(rq, "CASE"), &kase_and_whose[0]));
  TRY(index_case_get(s->vault->index, &kase_and_whose[0], &row, NULL));
  TRY(read_practitioner(s->vault, rq, &kase_and_whose[1]));
  TRY(transact(s->vault, assign_in, kase_and_whose, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "case", ID_CASE, &kase_and_whose[0]);
  answer_id(&a, "practitioner", ID_USER, &kase_and_whose[1]);
  bytes_printf(&reply->text, "It is %s's case from now on, and all of its clips with it. What was shared of it stays shared.\n",
               id_format(ID_USER, &kase_and_whose[1], text));
  return answer_end(&a);
}

/* ---- list, show */

/* Those that have not ended. */
static enum err count_clips(struct vault *v, const struct id *kase, size_t *out) {
  AUTO(bytes) struct bytes clips = {0};
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.kase = *kase}, &clips));
  *out = 0;
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++)
    *out += strcmp(INDEX_ROWS(struct index_clip, clips)[i].state, "shredded") != 0;
  return ERR_OK;
}

static enum err write_case(struct vault *v, struct answer *a, const struct index_case *row, struct bytes *text) {
  AUTO(bytes) struct bytes title = {0};
  AUTO(account) struct account whose = {0};
  char id[ID_TEXT], opened[CLOCK_TEXT];
  struct index_case same;
  size_t clips;
  TRY(casework_load(v, &row->id, &same, &title));
  TRY(account_read(v, &row->practitioner, &whose));
  TRY(count_clips(v, &row->id, &clips));
  answer_id(a, "case", ID_CASE, &row->id);
  answer_bytes(a, "title", &title);
  answer_text(a, "state", row->closed_ms == CLOCK_NEVER_MS ? "open" : "closed");
  answer_id(a, "practitioner", ID_USER, &row->practitioner);
  answer_bytes(a, "practitioner_name", &whose.name);
  answer_number(a, "clips", (int64_t)clips);
  answer_time(a, "opened_at", row->opened_ms);
  answer_time(a, "closed_at", row->closed_ms);
  answer_time(a, "accredited_at", row->accredited_ms);
  bytes_printf(text, "%s  %s  %.10s  %s\n", id_format(ID_CASE, &row->id, id),
               row->closed_ms == CLOCK_NEVER_MS ? "open  " : "closed", clock_format(row->opened_ms, opened), bytes_text(&title));
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  AUTO(bytes) struct bytes rows = {0};
  AUTO(reach) struct reach reach = {0};
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "listing cases"));
  TRY(reach_of(s->vault, &reach));
  TRY(index_case_list(s->vault->index, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_case, rows); i++) {
    if (!reach_has_case(&reach, &INDEX_ROWS(struct index_case, rows)[i].id)) continue;
    answer_object(&a, NULL);
    TRY(write_case(s->vault, &a, &INDEX_ROWS(struct index_case, rows)[i], &reply->text));
    answer_object_end(&a);
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "There are no cases yet: clipvault case open --title …\n");
  return answer_end(&a);
}

static enum err write_people(struct vault *v, struct answer *a, const struct id *kase, struct bytes *text) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_person_list(v->index, kase, &rows));
  answer_array(a, "people");
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, rows); i++) {
    AUTO(person) struct person p = {0};
    char id[ID_TEXT];
    TRY(person_load(v, &INDEX_ROWS(struct index_person, rows)[i].id, &p));
    answer_id(a, NULL, ID_PERSON, &p.id);
    bytes_printf(text, "  %s  %s\n", id_format(ID_PERSON, &p.id, id), p.erased ? "(erased)" : bytes_text(&p.name));
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err write_person(struct vault *v, struct answer *a, const struct person *p, const struct id *kase) {
  struct consent_summary says;
  answer_bytes(a, "name", &p->name);
  answer_text(a, "kind", person_kind_name(p->kind));
  TRY(consent_summary(v, &p->id, kase, &says));
  consent_summary_put(a, &says);
  return ERR_OK;
}

/* The same with their names and what they say, for programs. */
static enum err write_persons(struct vault *v, struct answer *a, const struct id *kase) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_person_list(v->index, kase, &rows));
  answer_array(a, "persons");
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, rows); i++) {
    AUTO(person) struct person p = {0};
    TRY(person_load(v, &INDEX_ROWS(struct index_person, rows)[i].id, &p));
    answer_object(a, NULL);
    answer_id(a, "person", ID_PERSON, &p.id);
    answer_text(a, "state", p.erased ? "erased" : "live");
    if (!p.erased) TRY(write_person(v, a, &p, kase));
    answer_object_end(a);
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id kase;
  struct index_case row;
  TRY(id_parse(ID_CASE, request_text(rq, "CASE"), &kase));
  TRY(index_case_get(s->vault->index, &kase, &row, NULL));
  TRY(reach_require_case(s->vault, &kase));
  struct answer a = answer_begin(reply);
  TRY(write_case(s->vault, &a, &row, &reply->text));
  TRY(write_people(s->vault, &a, &kase, &reply->text));
  TRY(write_persons(s->vault, &a, &kase));
  return answer_end(&a);
}

static const struct command_option open_options[] = {{"--title", "T", OPTION_REQUIRED, "what you call it; sealed"},
                                                     {"--practitioner", "USER", 0, "whose case it is; yours if not given"},
                                                     {0}};
const struct command cmd_case_open = {
    .name = "case open",
    .group = "Cases and people",
    .synopsis = "--title T [--practitioner USER]",
    .summary = "begin a family's or setting's piece of work",
    .help =
        "Opens a case: a family's or a setting's piece of work. Films, people and consents belong to it.\n\n"
        "  clipvault case open --title \"The Example family\"",
    .options = open_options,
    .run = open_run};

static const struct command_option close_options[] = {
    {"CASE", NULL, OPTION_REQUIRED, "the case"}, {"--on", "DATE", 0, "when involvement ended; today if not given"}, {0}};
const struct command cmd_case_close = {.name = "case close",
                                       .group = "Cases and people",
                                       .synopsis = "CASE [--on DATE]",
                                       .summary = "involvement has ended; what depends on that begins to run",
                                       .help =
                                           "Says that involvement has ended. Consents given \"until two months after the end of "
                                           "involvement\" run from that day. The end "
                                           "of a case that is closed already can only be put earlier.",
                                       .options = close_options,
                                       .run = close_run};

static const struct command_option accredited_options[] = {
    {"CASE", NULL, OPTION_REQUIRED, "the case"}, {"--on", "DATE", 0, "when; today if not given"}, {0}};
const struct command cmd_case_accredited = {.name = "case accredited",
                                            .group = "Cases and people",
                                            .synopsis = "CASE [--on DATE]",
                                            .summary = "the training it belongs to has come to its accreditation",
                                            .help =
                                                "Says that the training which a case's films were used for has come to its "
                                                "accreditation. Consents given \"until a month after accreditation\" run from "
                                                "that day.",
                                            .options = accredited_options,
                                            .run = accredited_run};

const struct command cmd_case_list = {
    .name = "case list",
    .group = "Cases and people",
    .synopsis = "",
    .summary = "cases that concern you",
    .help = "Lists your cases, those of whom you supervise, and what was shared with you; for an officer, all.",
    .run = list_run};

static const struct command_option assign_options[] = {
    {"CASE", NULL, OPTION_REQUIRED, "the case"}, {"--practitioner", "USER", OPTION_REQUIRED, "whose it shall be"}, {0}};
const struct command cmd_case_assign = {
    .name = "case assign",
    .group = "Cases and people",
    .synopsis = "CASE --practitioner USER",
    .summary = "a case becomes another practitioner's",
    .help =
        "Gives a case to another practitioner: when somebody leaves, or hands it over. For an "
        "officer.",
    .options = assign_options,
    .run = assign_run};

static const struct command_option show_options[] = {{"CASE", NULL, OPTION_REQUIRED, "the case"}, {0}};
const struct command cmd_case_show = {.name = "case show",
                                      .group = "Cases and people",
                                      .synopsis = "CASE",
                                      .summary = "one case and who is in it",
                                      .help = "Shows one case and the people in it.",
                                      .options = show_options,
                                      .run = show_run};
