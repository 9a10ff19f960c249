/* person add, list, show, correct. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/cmd.h"
#include "vault/consent_book.h"
#include "vault/consent_summary.h"
#include "vault/lost.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shred.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

/* Fields that add and correct have in common; only what was given changes `p`. */
static enum err read_facts(const struct request *rq, int64_t now_ms, struct person *p) {
  const char *name = request_text(rq, "name"), *born = request_text(rq, "born"), *kind = request_text(rq, "kind");
  if (name) {
    bytes_clear(&p->name);
    bytes_put_text(&p->name, name);
  }
  if (born) TRY(clock_parse_start(born, &p->born_ms));
  if (born && p->born_ms > now_ms) return err_set(ERR_USAGE, "--born lies in the future");
  if (kind) TRY(person_kind_parse(kind, &p->kind));
  return bytes_check(&p->name);
}

struct addition {
  struct person person;
  struct id kase; /* zero: none */
};

static enum err add_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct addition *add = context;
  TRY(person_add(v, &add->person));
  if (!id_is_zero(&add->kase)) TRY(index_case_add_person(v->index, &add->kase, &add->person.id));
  return audit_append(v, "person.added", ID_PERSON, &add->person.id, NULL);
}

static enum err add_to(struct vault *v, const struct request *rq, struct addition *add) {
  const char *kase = request_text(rq, "case");
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "adding a person"));
  TRY(read_facts(rq, vault_now_ms(v), &add->person));
  if (kase) TRY(id_parse(ID_CASE, kase, &add->kase));
  if (kase) TRY(reach_require_own_case(v, &add->kase));
  return transact(v, add_in, add, rq);
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct addition add = {.person = {.kind = PERSON_OTHER, .born_ms = PERSON_UNBORN_MS}};
  char text[ID_TEXT];
  enum err e = add_to(s->vault, rq, &add);
  person_free(&add.person);
  TRY(e);
  struct answer a = answer_begin(reply);
  answer_id(&a, "person", ID_PERSON, &add.person.id);
  bytes_printf(&reply->text, "Added %s.\n", id_format(ID_PERSON, &add.person.id, text));
  return answer_end(&a);
}

static void write_person(struct answer *a, const struct person *p, struct bytes *text) {
  char id[ID_TEXT];
  answer_id(a, "person", ID_PERSON, &p->id);
  answer_text(a, "state", p->erased ? "erased" : "live");
  if (!p->erased) {
    answer_bytes(a, "name", &p->name);
    answer_text(a, "kind", person_kind_name(p->kind));
    if (p->born_ms != PERSON_UNBORN_MS) answer_time(a, "born", p->born_ms);
  }
  bytes_printf(text, "%s  %-12s  %s\n", id_format(ID_PERSON, &p->id, id), p->erased ? "-" : person_kind_name(p->kind),
               p->erased ? "(erased)" : bytes_text(&p->name));
}

/* What they say in each of the cases that whoever asks may know of, or in `only` that one. */
static enum err write_cases(struct vault *v, struct answer *a, const struct person *p, const struct reach *reach,
                            const struct id *only) {
  AUTO(bytes) struct bytes cases = {0};
  TRY(index_person_cases(v->index, &p->id, &cases));
  answer_array(a, "cases");
  for (size_t i = 0; !p->erased && i < INDEX_COUNT(struct id, cases); i++) {
    const struct id *kase = &INDEX_ROWS(struct id, cases)[i];
    struct consent_summary says;
    if (!reach_has_case(reach, kase) || (only && !id_equal(only, kase))) continue;
    TRY(consent_summary(v, &p->id, kase, &says));
    answer_object(a, NULL);
    answer_id(a, "case", ID_CASE, kase);
    consent_summary_put(a, &says);
    answer_bool(a, "missing", consent_summary_is_missing(&says));
    answer_object_end(a);
  }
  answer_array_end(a);
  return ERR_OK;
}

/* Whether in a case that goes on they say neither yes nor no. */
static enum err says_nothing(struct vault *v, const struct id *person, const struct reach *reach, bool *out) {
  AUTO(bytes) struct bytes cases = {0};
  *out = false;
  TRY(index_person_cases(v->index, person, &cases));
  for (size_t i = 0; i < INDEX_COUNT(struct id, cases); i++) {
    const struct id *kase = &INDEX_ROWS(struct id, cases)[i];
    struct consent_summary says;
    struct index_case row;
    TRY(casework_load(v, kase, &row, NULL));
    if (!reach_has_case(reach, kase) || row.closed_ms != CLOCK_NEVER_MS) continue;
    TRY(consent_summary(v, person, kase, &says));
    *out |= consent_summary_is_missing(&says);
  }
  return ERR_OK;
}

struct listing {
  struct reach reach;
  struct id kase;
  bool of_case, missing;
};
static void listing_auto(struct listing *l) { reach_free(&l->reach); }

static enum err list_person(struct vault *v, const struct listing *l, const struct id *id, struct answer *a) {
  AUTO(person) struct person p = {0};
  bool wanted;
  TRY(reach_has_person(v, &l->reach, id, &wanted));
  if (!wanted) return ERR_OK;
  TRY(person_load(v, id, &p));
  if (l->missing && p.erased) return ERR_OK;
  if (l->missing) TRY(says_nothing(v, id, &l->reach, &wanted));
  if (!wanted) return ERR_OK;
  answer_object(a, NULL);
  write_person(a, &p, &a->reply->text);
  TRY(write_cases(v, a, &p, &l->reach, l->of_case ? &l->kase : NULL));
  answer_object_end(a);
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes rows = {0};
  AUTO(listing) struct listing l = {.missing = request_flag(rq, "missing")};
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "the list of people"));
  TRY(reach_of(s->vault, &l.reach));
  const char *only = request_text(rq, "case");
  l.of_case = only;
  if (only) TRY(id_parse(ID_CASE, only, &l.kase));
  if (only && !reach_has_case(&l.reach, &l.kase)) return err_set(ERR_REFUSED, "this is not one of your cases");
  TRY(index_person_list(s->vault->index, only ? &l.kase : NULL, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, rows); i++)
    TRY(list_person(s->vault, &l, &INDEX_ROWS(struct index_person, rows)[i].id, &a));
  if (!reply->text.length)
    bytes_put_text(&reply->text, l.missing ? "Everybody has said something.\n" : "Nobody yet: clipvault person add --name …\n");
  return answer_end(&a);
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(person) struct person p = {0};
  AUTO(bytes) struct bytes clips = {0};
  AUTO(reach) struct reach reach = {0};
  struct id id;
  char text[ID_TEXT];
  TRY(id_parse(ID_PERSON, request_text(rq, "PERSON"), &id));
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "looking at a person's record"));
  TRY(person_load(s->vault, &id, &p));
  TRY(reach_require_person(s->vault, &id));
  TRY(reach_of(s->vault, &reach));
  TRY(index_clip_list(s->vault->index, &(struct index_clip_filter){.person = id}, &clips));
  struct answer a = answer_begin(reply);
  write_person(&a, &p, &reply->text);
  TRY(write_cases(s->vault, &a, &p, &reach, NULL));
  answer_array(&a, "clips");
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, clips)[i];
    if (!reach_has_clip(&reach, c)) continue;
    answer_id(&a, NULL, ID_CLIP, &c->id);
    bytes_printf(&reply->text, "  in %s\n", id_format(ID_CLIP, &c->id, text));
  }
  answer_array_end(&a);
  return answer_end(&a);
}

struct correction {
  struct person person;
  struct shred_job job;
  struct lost lost;
};
static void correction_auto(struct correction *c) {
  person_free(&c->person);
  lost_free(&c->lost);
}

static bool is_due(const struct bytes *due, const struct index_wrap *w) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *due); i++) {
    const struct index_wrap *d = &INDEX_ROWS(struct index_wrap, *due)[i];
    if (id_equal(&d->clip, &w->clip) && strcmp(d->purpose, w->purpose) == 0 && strcmp(d->rendition, w->rendition) == 0)
      return true;
  }
  return false;
}

/* What is over since it was put right waits for the sweep, and is lost all the same. */
static enum err add_due(struct vault *v, const struct bytes *before, struct lost *l) {
  AUTO(bytes) struct bytes due = {0};
  TRY(index_wrap_due(v->index, vault_now_ms(v), &due));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, due); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, due)[i];
    if (!is_due(before, w)) TRY(lost_add(l, w));
  }
  return ERR_OK;
}

/* A birthday may have decided when consents end. */
static enum err correct_in(struct vault *v, struct correction *c) {
  AUTO(bytes) struct bytes due = {0};
  TRY(index_wrap_due(v->index, vault_now_ms(v), &due));
  TRY(person_correct(v, &c->person));
  c->job = shred_plan("the record of a person was corrected", vault_now_ms(v));
  TRY(consent_book_reckon(v, &c->person.id));
  TRY(uses_refresh_person(v, &c->person.id, &c->job, NULL));
  TRY(lost_find(v, &c->job, &c->lost));
  TRY(add_due(v, &due, &c->lost));
  return audit_append(v, "person.corrected", ID_PERSON, &c->person.id, NULL);
}

/* A dry run is the same transaction, taken back. */
static enum err correct(struct vault *v, struct correction *c, bool dry) {
  TRY(index_begin(v->index));
  enum err e = correct_in(v, c);
  if (e == ERR_OK && !dry) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}

static enum err read_correction(struct vault *v, const struct request *rq, struct correction *c) {
  struct id id;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "correcting a person's record"));
  TRY(id_parse(ID_PERSON, request_text(rq, "PERSON"), &id));
  TRY(person_load(v, &id, &c->person));
  TRY(reach_require_own_person(v, &id));
  if (c->person.erased) return err_set(ERR_MISSING, "this person was erased");
  return read_facts(rq, vault_now_ms(v), &c->person);
}

static enum err answer_correction(const struct correction *c, bool dry, struct reply *reply) {
  struct answer a = answer_begin(reply);
  write_person(&a, &c->person, &reply->text);
  if (lost_count(&c->lost))
    bytes_printf(&reply->text, "%s%zu uses of clips:\n",
                 dry ? "This would end " : "Over, and destroyed by the next sweep at the latest: ", lost_count(&c->lost));
  lost_put(&a, &c->lost, &reply->text);
  if (dry || !c->job.decided)
    answer_null(&a, "certificate");
  else
    answer_id(&a, "certificate", ID_CERTIFICATE, &c->job.certificate);
  return answer_end(&a);
}

static enum err correct_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(correction) struct correction c = {0};
  bool dry = request_flag(rq, "dry-run");
  TRY(read_correction(s->vault, rq, &c));
  TRY(correct(s->vault, &c, dry));
  enum err e = dry ? ERR_OK : shred_run(s->vault, &c.job);
  if (e != ERR_OK && e != ERR_BUSY) return e;
  TRY(lost_hide_others(s->vault, &c.lost));
  reply->report = e == ERR_BUSY;
  enum err answered = answer_correction(&c, dry, reply);
  return answered != ERR_OK ? answered : e;
}

#define FACTS \
  {"--born", "DATE", 0, "birthday"}, { "--kind", "KIND", 0, "child, carer, staff, practitioner or other" }

static const struct command_option add_options[] = {
    {"--name", "N", OPTION_REQUIRED, "their name; sealed"}, FACTS, {"--case", "CASE", 0, "the case they belong to"}, {0}};
const struct command cmd_person_add = {
    .name = "person add",
    .group = "Cases and people",
    .synopsis = "--name N [--born DATE] [--kind KIND] [--case CASE]",
    .summary = "someone who may be filmed",
    .help =
        "Adds a person who may be filmed: child, parent, teacher, and the practitioner too.\n\n"
        "  clipvault person add --name \"Ada Example\" --kind child --born 2019-05-04 --case cas_…",
    .options = add_options,
    .run = add_run};

static const struct command_option list_options[] = {
    {"--case", "CASE", 0, "only those of this case"},
    {"--missing", NULL, OPTION_SWITCH, "only those who said neither yes nor no in a case that goes on"},
    {0}};
const struct command cmd_person_list = {.name = "person list",
                                        .group = "Cases and people",
                                        .synopsis = "[--case CASE] [--missing]",
                                        .summary = "everyone who may be filmed",
                                        .help = "Lists people.",
                                        .options = list_options,
                                        .run = list_run};

static const struct command_option show_options[] = {{"PERSON", NULL, OPTION_REQUIRED, "the person"}, {0}};
const struct command cmd_person_show = {.name = "person show",
                                        .group = "Cases and people",
                                        .synopsis = "PERSON",
                                        .summary = "one person and the clips they are in",
                                        .help = "Shows one person, and in which clips they are.",
                                        .options = show_options,
                                        .run = show_run};

static const struct command_option correct_options[] = {{"PERSON", NULL, OPTION_REQUIRED, "the person"},
                                                        {"--name", "N", 0, "the right name"},
                                                        FACTS,
                                                        {"--dry-run", NULL, OPTION_SWITCH, "only say what would be lost"},
                                                        {0}};
const struct command cmd_person_correct = {
    .name = "person correct",
    .group = "Cases and people",
    .synopsis = "PERSON [--name N] [--born DATE] [--kind KIND] [--dry-run]",
    .summary = "put a person's record right",
    .help =
        "Corrects what is recorded of a person. A birthday, or that they are a child, may decide when a consent ends and whose "
        "yes "
        "it takes: what nobody agrees to any more then is seen by nobody, and the next sweep destroys it; look with --dry-run "
        "first.",
    .options = correct_options,
    .run = correct_run};
