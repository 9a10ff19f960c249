/* consent record, list, show. (consent withdraw: cmd_withdraw.c) */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/cmd.h"
#include "vault/consent_form.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/refusal.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

/* ---- record: what was said, read from the request */
struct recording {
  struct index_consent row;
  struct consent_details details;
  int64_t born_ms;
  struct index_case kase; /* CASEWORK_NONE: for all cases */
  struct index_verdict verdicts[PURPOSE_COUNT];
  size_t verdict_count;
  struct consent_form form;
  struct shred_job job;
  bool only_turns;       /* the job destroys nothing, and has no certificate */
  struct bytes released; /* struct id of clips */
};

static enum err read_purposes(const struct request *rq, struct recording *r) {
  const char *refuse = request_text(rq, "refuse"), *purpose = request_text(rq, "purpose");
  if (!purpose && !refuse) return err_set(ERR_USAGE, "say what was agreed to with --purpose, or what was refused with --refuse");
  if (purpose) TRY(purpose_parse_set(purpose, &r->details.granted));
  if (refuse) TRY(purpose_parse_set(refuse, &r->details.refused));
  if (r->details.granted & r->details.refused)
    return err_set(ERR_USAGE, "the same purpose stands under --purpose and under --refuse");
  if (r->details.assent == CONSENT_ASSENT_NO) { /* a child's "no" beats a parent's "yes" */
    r->details.refused |= r->details.granted;
    r->details.granted = 0;
  }
  return ERR_OK;
}

static enum err read_rules(struct vault *v, const struct request *rq, struct recording *r) {
  struct consent_details *d = &r->details;
  const char *until = request_text(rq, "until");
  if (request_count(rq, "after") + (until != NULL) > CONSENT_BOOK_MOST_RULES)
    return err_set(ERR_USAGE, "a consent can have at most %d rules for its end", CONSENT_BOOK_MOST_RULES);
  for (size_t i = 0; i < request_count(rq, "after"); i++)
    TRY(consent_rule_parse(request_nth(rq, "after", i), &d->rules[d->rule_count++]));
  if (until) {
    struct consent_rule *rule = &d->rules[d->rule_count++];
    rule->event = CONSENT_UNTIL;
    TRY(clock_parse(until, &rule->until_ms));
    if (rule->until_ms <= vault_now_ms(v)) return err_set(ERR_USAGE, "--until lies in the past");
  }
  for (size_t i = 0; i < d->rule_count; i++)
    if (d->rules[i].event == CONSENT_AFTER_BIRTH && r->born_ms == PERSON_UNBORN_MS)
      return err_set(ERR_USAGE,
                     "a rule counts from birth, but this person's birthday is not known: clipvault person correct … --born DATE");
  return ERR_OK;
}

/* Who says nothing of a child's form says that an adult signed it: never that the child spoke. */
static const char *default_capacity(enum person_kind kind) {
  return kind == PERSON_CHILD ? "parental-responsibility" : kind == PERSON_STAFF ? "staff" : "self";
}

static enum err read_circumstances(const struct request *rq, enum person_kind kind, struct recording *r) {
  struct consent_details *d = &r->details;
  const char *assent = request_text(rq, "assent"), *by = request_text_or(rq, "signed-by", "");
  static const char *const methods[] = {"form", "electronic", "on-film", "email"};
  const char *method = request_text_or(rq, "method", "form");
  bool known = false;
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) known |= strcmp(method, methods[i]) == 0;
  if (!known) return err_set(ERR_USAGE, "--method takes form, electronic, on-film or email, not \"%.20s\"", method);
  if (strlen(by) >= sizeof d->signed_by)
    return err_set(ERR_USAGE, "--signed-by is longer than %zu characters", sizeof d->signed_by - 1);
  snprintf(d->method, sizeof d->method, "%s", method);
  snprintf(d->signed_by, sizeof d->signed_by, "%s", by);
  TRY(consent_capacity_parse(request_text_or(rq, "capacity", default_capacity(kind)), &d->capacity));
  if (assent) TRY(consent_assent_parse(assent, &d->assent));
  return ERR_OK;
}

static enum err read_scope(struct vault *v, const struct request *rq, struct recording *r) {
  const char *kase = request_text(rq, "case");
  enum purpose_ident ident;
  TRY(purpose_parse_media(request_text_or(rq, "media", "recording,clip,still,audio,notes"), &r->row.media));
  TRY(purpose_parse_ident(request_text_or(rq, "identifiability", "as-filmed"), &ident));
  r->row.ident = ident;
  /* A plain no is a no to being shown at all. */
  bool only_as_filmed = request_text(rq, "identifiability") && ident == IDENT_AS_FILMED;
  r->details.refused_as = only_as_filmed ? IDENT_AS_FILMED : IDENT_OBSCURED;
  r->kase = CASEWORK_NONE;
  if (!kase) return ERR_OK;
  TRY(id_parse(ID_CASE, kase, &r->row.kase));
  TRY(reach_require_own_case(v, &r->row.kase));
  return casework_load(v, &r->row.kase, &r->kase, NULL);
}

static enum err read_recording(struct vault *v, const struct request *rq, struct recording *r) {
  AUTO(person) struct person p = {0};
  r->row.id = id_new();
  r->row.given_ms = vault_now_ms(v);
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "recording a consent"));
  TRY(id_parse(ID_PERSON, request_text(rq, "person"), &r->row.person));
  TRY(person_load(v, &r->row.person, &p));
  TRY(reach_require_own_person(v, &r->row.person));
  if (p.erased) return err_set(ERR_MISSING, "this person was erased");
  r->born_ms = p.born_ms;
  TRY(read_circumstances(rq, p.kind, r));
  TRY(read_purposes(rq, r));
  TRY(read_scope(v, rq, r));
  TRY(read_rules(v, rq, r));
  struct consent_events events = casework_events(&r->kase, r->row.given_ms, p.born_ms);
  TRY(consent_cap(r->details.rules, &r->details.rule_count, CONSENT_BOOK_MOST_RULES, &events, (int)v->config.open_end_months));
  r->row.expires_ms = consent_expiry_ms(r->details.rules, r->details.rule_count, &events);
  r->row.due_ms = r->row.expires_ms;
  if (r->row.expires_ms <= vault_now_ms(v)) return err_set(ERR_USAGE, "by its own rules this consent would be over already");
  return ERR_OK;
}

/* ---- record: the change */
static enum err make_verdicts(struct vault *v, struct recording *r) {
  keystore_leaf leaves[PURPOSE_COUNT];
  size_t needed = (size_t)__builtin_popcount(r->details.granted), used = 0;
  if (needed) TRY(keystore_new_leaves(v->keys, needed, leaves));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    bool yes = r->details.granted >> p & 1, no = r->details.refused >> p & 1;
    if (!yes && !no) continue;
    struct index_verdict *d = &r->verdicts[r->verdict_count++];
    *d = (struct index_verdict){.consent = r->row.id, .leaf = yes ? leaves[used++] : 0};
    snprintf(d->purpose, sizeof d->purpose, "%s", purpose_name(p));
    snprintf(d->state, sizeof d->state, "%s", yes ? "live" : "refused");
  }
  return ERR_OK;
}

static enum err refuse(struct vault *v, struct recording *r) {
  AUTO(consent_book) struct consent_book book = {0};
  TRY(consent_book_load(v, &r->row.person, &book));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    struct refusal no = {p, r->row.kase, r->row.media, r->details.refused_as};
    if (r->details.refused >> p & 1) TRY(refusal_apply(v, &book, &no, &r->row.id, &r->job));
  }
  return ERR_OK;
}

static enum err record_in(struct vault *v, void *context, const struct request *rq) {
  struct recording *r = context;
  TRY(make_verdicts(v, r));
  if (request_text(rq, "form")) TRY(consent_form_adopt(v, &r->row.id, &r->form));
  TRY(consent_book_add(v, &r->row, &r->details, r->verdicts, r->verdict_count));
  if (!id_is_zero(&r->row.kase)) TRY(index_case_add_person(v->index, &r->row.kase, &r->row.person));
  /* While the older consents still hold their keys: what is newly agreed to is wrapped before what is refused ends. */
  TRY(uses_refresh_person(v, &r->row.person, &r->job, &r->released));
  TRY(refuse(v, r));
  r->only_turns = r->details.refused && !r->job.decided;
  /* A no that destroys no key turns the epoch all the same, so that index and key store cannot both be put back to before it; as
   * a job, because a holder may be away now. */
  if (r->only_turns) TRY(shred_decide(v, &r->job));
  return audit_append(v, "consent.recorded", ID_CONSENT, &r->row.id, NULL);
}

static enum err answer_record(const struct recording *r, struct reply *reply) {
  struct answer a = answer_begin(reply);
  char id[ID_TEXT], at[CLOCK_TEXT];
  answer_id(&a, "consent", ID_CONSENT, &r->row.id);
  answer_time(&a, "expires_at", r->row.expires_ms);
  answer_array(&a, "released");
  for (size_t i = 0; i < INDEX_COUNT(struct id, r->released); i++)
    answer_id(&a, NULL, ID_CLIP, &INDEX_ROWS(struct id, r->released)[i]);
  answer_array_end(&a);
  if (r->job.decided && !r->only_turns) answer_id(&a, "certificate", ID_CERTIFICATE, &r->job.certificate);
  bytes_printf(&reply->text, "Recorded %s.\n  yes to: ", id_format(ID_CONSENT, &r->row.id, id));
  purpose_put_set(&reply->text, r->details.granted);
  bytes_put_text(&reply->text, "\n  no to:  ");
  purpose_put_set(&reply->text, r->details.refused);
  bytes_printf(
      &reply->text, "\n  until:  %s\n",
      r->row.expires_ms == CLOCK_NEVER_MS ? "withdrawn, or a rule of its own ends it" : clock_format(r->row.expires_ms, at));
  if (r->details.assent == CONSENT_ASSENT_NO) bytes_put_text(&reply->text, "  The child said no: that stands, whoever signed.\n");
  if (r->details.capacity == CONSENT_FOSTER_CARER)
    bytes_put_text(
        &reply->text,
        "  Note: a foster carer usually has no parental responsibility. Make sure that someone who has agrees as well.\n");
  if (r->released.length) bytes_printf(&reply->text, "  %zu clips left quarantine.\n", INDEX_COUNT(struct id, r->released));
  return answer_end(&a);
}

static enum err record(struct vault *v, const struct request *rq, struct recording *r, struct reply *reply) {
  TRY(read_recording(v, rq, r));
  if (request_text(rq, "form"))
    TRY(consent_form_seal(v, &r->row.person, &r->row.id, request_fd(rq, "form", 0), &r->form, &r->details));
  r->job = shred_plan(SHRED_REFUSED, vault_now_ms(v));
  enum err e = transact(v, record_in, r, rq);
  consent_form_done(v);
  TRY(e);
  TRY(shred_run(v, &r->job));
  return answer_record(r, reply);
}

static enum err record_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct recording r = {0};
  enum err e = record(s->vault, rq, &r, reply);
  bytes_free(&r.released);
  return e;
}

/* ---- list and show */
static void write_verdicts(struct answer *a, const struct consent_entry *e, struct bytes *text) {
  answer_array(a, "purposes");
  for (size_t i = 0; i < e->verdict_count; i++) {
    const struct index_verdict *d = &e->verdicts[i];
    answer_object(a, NULL);
    answer_text(a, "purpose", d->purpose);
    answer_text(a, "state", d->state);
    if (d->ended_ms) answer_time(a, "ended_at", d->ended_ms);
    answer_object_end(a);
    bytes_printf(text, "  %s%s",
                 strcmp(d->state, "live") == 0      ? "yes "
                 : strcmp(d->state, "refused") == 0 ? "no "
                                                    : d->state,
                 strcmp(d->state, "live") == 0 || strcmp(d->state, "refused") == 0 ? "" : " ");
    bytes_printf(text, "%s", d->purpose);
  }
  answer_array_end(a);
}

/* Of all that it says: something of it lives, or it is only a no, or it has ended. */
static const char *state_of(const struct consent_entry *e) {
  const char *state = "ended";
  for (size_t i = 0; i < e->verdict_count; i++) {
    if (strcmp(e->verdicts[i].state, "live") == 0) return "live";
    if (strcmp(e->verdicts[i].state, "refused") == 0) state = "refused";
  }
  return state;
}

static void write_entry(struct answer *a, const struct consent_entry *e, struct bytes *text) {
  char id[ID_TEXT], person[ID_TEXT], at[CLOCK_TEXT];
  answer_id(a, "consent", ID_CONSENT, &e->row.id);
  answer_id(a, "person", ID_PERSON, &e->row.person);
  answer_text(a, "state", state_of(e));
  if (id_is_zero(&e->row.kase))
    answer_null(a, "case");
  else
    answer_id(a, "case", ID_CASE, &e->row.kase);
  answer_time(a, "given_at", e->row.given_ms);
  answer_time(a, "expires_at", e->row.due_ms);
  bytes_printf(text, "%s  %s  %.10s ", id_format(ID_CONSENT, &e->row.id, id), id_format(ID_PERSON, &e->row.person, person),
               clock_format(e->row.given_ms, at));
  write_verdicts(a, e, text);
  bytes_put_text(text, "\n");
}

static enum err write_details(struct answer *a, const struct consent_entry *e, struct bytes *text) {
  AUTO(bytes) struct bytes rule = {0};
  const struct consent_details *d = &e->details;
  answer_array(a, "media");
  for (uint32_t bit = MEDIA_RECORDING; bit <= MEDIA_NOTES; bit <<= 1)
    if (e->row.media & bit) answer_text(a, NULL, purpose_media_name(bit));
  answer_array_end(a);
  answer_text(a, "identifiability", purpose_ident_name((enum purpose_ident)e->row.ident));
  answer_text(a, "capacity", consent_capacity_name(d->capacity));
  answer_text(a, "assent", consent_assent_name(d->assent));
  answer_text(a, "method", d->method);
  answer_text(a, "signed_by", d->signed_by);
  answer_array(a, "rules");
  for (size_t i = 0; i < d->rule_count; i++) {
    bytes_clear(&rule);
    consent_rule_put(&rule, &d->rules[i]);
    answer_bytes(a, NULL, &rule);
    bytes_printf(text, "  ends: %s\n", bytes_text(&rule));
  }
  answer_array_end(a);
  if (!id_is_zero(&d->form)) answer_hex(a, "form_sha256", d->form_sha256, sizeof d->form_sha256);
  bytes_printf(text, "  signed by: %s (%s), child's assent: %s, by: %s\n", d->signed_by[0] ? d->signed_by : "-",
               consent_capacity_name(d->capacity), consent_assent_name(d->assent), d->method);
  return bytes_check(&rule);
}

static enum err write_person(struct vault *v, struct answer *a, const struct id *person, struct bytes *text) {
  AUTO(consent_book) struct consent_book book = {0};
  struct index_person row;
  TRY(index_person_get(v->index, person, &row, NULL));
  if (!row.leaf) return ERR_OK; /* erased: nothing of it can be read */
  TRY(consent_book_load(v, person, &book));
  for (size_t i = 0; i < book.count; i++) {
    answer_object(a, NULL);
    write_entry(a, &book.entries[i], text);
    answer_object_end(a);
  }
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes people = {0};
  struct id person;
  AUTO(reach) struct reach reach = {0};
  const char *only = request_text(rq, "person");
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "the list of consents"));
  TRY(reach_of(s->vault, &reach));
  struct answer a = answer_begin_list(reply);
  if (only) {
    TRY(id_parse(ID_PERSON, only, &person));
    TRY(reach_require_person(s->vault, &person));
    TRY(write_person(s->vault, &a, &person, &reply->text));
    return answer_end(&a);
  }
  TRY(index_person_list(s->vault->index, NULL, &people));
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, people); i++) {
    const struct id *id = &INDEX_ROWS(struct index_person, people)[i].id;
    bool within;
    TRY(reach_has_person(s->vault, &reach, id, &within));
    if (within) TRY(write_person(s->vault, &a, id, &reply->text));
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "No consents yet: clipvault consent record …\n");
  return answer_end(&a);
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(consent_book) struct consent_book book = {0};
  struct index_consent row;
  struct id id;
  TRY(id_parse(ID_CONSENT, request_text(rq, "CONSENT"), &id));
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "looking at a consent"));
  TRY(index_consent_get(s->vault->index, &id, &row, NULL));
  TRY(reach_require_person(s->vault, &row.person));
  TRY(consent_book_load(s->vault, &row.person, &book));
  struct answer a = answer_begin(reply);
  for (size_t i = 0; i < book.count; i++) {
    if (!id_equal(&book.entries[i].row.id, &id)) continue;
    write_entry(&a, &book.entries[i], &reply->text);
    TRY(write_details(&a, &book.entries[i], &reply->text));
  }
  return answer_end(&a);
}

static const struct command_option record_options[] = {
    {"--person", "PERSON", OPTION_REQUIRED, "who agrees or refuses"},
    {"--purpose", "P1,P2", 0, "what they agree to"},
    {"--refuse", "P3,…", 0, "what they say no to; a no beats every yes"},
    {"--media", "LIST", 0, "of recording,clip,still,audio,notes; all if not given"},
    {"--identifiability", "I", 0, "as-filmed (also allows obscured) or obscured"},
    {"--until", "DATE", 0, "ends at the end of that day"},
    {"--after", "EVENT:PERIOD", OPTION_REPEAT,
     "ends a period after an event: recording:30d, end-of-involvement:2m, given:12m, born:25y"},
    {"--signed-by", "NAME", 0, "who signed; sealed"},
    {"--capacity", "C", 0, "self, parental-responsibility, staff, foster-carer, representative"},
    {"--assent", "A", 0, "the child's own word: yes, no, not-sought"},
    {"--method", "M", 0, "form, electronic, on-film, email"},
    {"--form", "FILE", OPTION_FILE_IN, "the signed form, sealed as evidence"},
    {"--case", "CASE", 0, "only in this case; in all cases if not given"},
    {0}};
const struct command cmd_consent_record = {
    .name = "consent record",
    .group = "Consent",
    .synopsis =
        "--person PERSON --purpose P1,P2 [--refuse P3] [--media …] [--until DATE] [--after EVENT:PERIOD …] [--assent yes|no] …",
    .summary = "what someone filmed agrees to, and what they refuse",
    .help =
        "Records what a person agreed to and what they refused, as on the form they signed. The earliest of all rules ends it. "
        "Clips that were "
        "waiting for this consent leave quarantine; a refusal destroys keys before the command returns.\n\n"
        "  clipvault consent record --person per_… --purpose intervention,supervision --refuse service_training --media "
        "recording,clip "
        "--capacity parental-responsibility --signed-by \"Mira Example\" --assent yes --after end-of-involvement:2m",
    .options = record_options,
    .run = record_run};
static const struct command_option list_options[] = {{"--person", "PERSON", 0, "only this person's"}, {0}};
const struct command cmd_consent_list = {.name = "consent list",
                                         .group = "Consent",
                                         .synopsis = "[--person PERSON]",
                                         .summary = "all consents",
                                         .help = "Lists consents, oldest first for each person.",
                                         .options = list_options,
                                         .run = list_run};
static const struct command_option show_options[] = {{"CONSENT", NULL, OPTION_REQUIRED, "the consent"}, {0}};
const struct command cmd_consent_show = {.name = "consent show",
                                         .group = "Consent",
                                         .synopsis = "CONSENT",
                                         .summary = "one consent, all of it",
                                         .help = "Shows one consent: who, what, how, until when.",
                                         .options = show_options,
                                         .run = show_run};
