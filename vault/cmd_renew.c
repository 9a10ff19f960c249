/* consent renew: the same yes said again, with rules of its own for its end. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/cmd.h"
#include "vault/consent_form.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

struct renewal {
  struct id old;
  struct index_consent row;
  struct consent_details details;
  struct index_verdict verdicts[PURPOSE_COUNT];
  size_t verdict_count;
  struct consent_form form;
  struct shred_job job;
  struct bytes released; /* struct id of clips */
};
static void renewal_auto(struct renewal *r) { bytes_free(&r->released); }

static enum err refuse_partly(uint32_t purposes) {
  AUTO(bytes) struct bytes words = {0};
  purpose_put_set(&words, purposes);
  TRY(bytes_check(&words));
  return err_set(
      ERR_REFUSED,
      "part of what this consent agreed to was refused since (%s), and renewing would say yes to it again; record what "
      "is agreed to now with clipvault consent record",
      bytes_text(&words));
}

/* What was taken back or refused since is not said again by renewing: that takes a new form. Of a consent that stands but for a
 * part there is no renewing, lest that part be agreed to again, or the rest be left out without a word. */
static enum err what_still_stands(const struct consent_book *b, const struct consent_entry *e, uint32_t *out) {
  uint32_t purposes = 0, partly = 0;
  for (size_t i = 0; i < e->verdict_count; i++) {
    const char *state = e->verdicts[i].state;
    enum consent_since since;
    enum purpose p;
    if (strcmp(state, "live") != 0 && strcmp(state, "expired") != 0) continue;
    TRY(purpose_parse(e->verdicts[i].purpose, &p));
    TRY(consent_book_refused_since(b, e, p, &since));
    if (since == CONSENT_UNTOUCHED) purposes |= 1u << p;
    if (since == CONSENT_PARTLY_REFUSED) partly |= 1u << p;
  }
  if (partly) return refuse_partly(partly);
  if (!purposes)
    return err_set(ERR_REFUSED,
                   "nothing of this consent can be renewed: what it agreed to was taken back or refused since; record "
                   "what was newly said with clipvault consent record");
  *out = purposes;
  return ERR_OK;
}

static enum err read_rules(struct vault *v, const struct request *rq, struct consent_details *d) {
  const char *until = request_text(rq, "until");
  if (!until && !request_count(rq, "after")) return ERR_OK; /* the same rules, from today on */
  if (request_count(rq, "after") + (until != NULL) > CONSENT_BOOK_MOST_RULES)
    return err_set(ERR_USAGE, "a consent can have at most %d rules for its end", CONSENT_BOOK_MOST_RULES);
  d->rule_count = 0;
  for (size_t i = 0; i < request_count(rq, "after"); i++)
    TRY(consent_rule_parse(request_nth(rq, "after", i), &d->rules[d->rule_count++]));
  if (!until) return ERR_OK;
  struct consent_rule rule = {.event = CONSENT_UNTIL};
  TRY(clock_parse(until, &rule.until_ms));
  if (rule.until_ms <= vault_now_ms(v)) return err_set(ERR_USAGE, "--until lies in the past");
  d->rules[d->rule_count++] = rule;
  return ERR_OK;
}

static enum err find_end(struct vault *v, int64_t born_ms, struct renewal *r) {
  struct index_case kase = CASEWORK_NONE;
  struct consent_details *d = &r->details;
  for (size_t i = 0; i < d->rule_count; i++)
    if (d->rules[i].event == CONSENT_AFTER_BIRTH && born_ms == PERSON_UNBORN_MS)
      return err_set(ERR_USAGE, "a rule counts from birth, but this person's birthday is not known: clipvault person correct");
  if (!id_is_zero(&r->row.kase)) TRY(casework_load(v, &r->row.kase, &kase, NULL));
  struct consent_events events = casework_events(&kase, r->row.given_ms, born_ms);
  TRY(consent_cap(d->rules, &d->rule_count, CONSENT_BOOK_MOST_RULES, &events, (int)v->config.open_end_months));
  r->row.expires_ms = r->row.due_ms = consent_expiry_ms(d->rules, d->rule_count, &events);
  if (r->row.expires_ms > vault_now_ms(v)) return ERR_OK;
  return err_set(ERR_USAGE, "by its rules the renewed consent would be over already: give new ones with --until or --after");
}

static enum err copy_old(struct vault *v, const struct request *rq, struct renewal *r) {
  AUTO(consent_book) struct consent_book book = {0};
  const char *by = request_text(rq, "signed-by");
  TRY(index_consent_get(v->index, &r->old, &r->row, NULL));
  TRY(reach_require_own_person(v, &r->row.person));
  TRY(consent_book_load(v, &r->row.person, &book));
  const struct consent_entry *e = consent_book_entry(&book, &r->old);
  if (!e) return err_set(ERR_DATA, "this consent is not in its person's book; run clipvault check");
  r->row = e->row;
  r->details = e->details;
  r->row.id = id_new();
  r->row.given_ms = vault_now_ms(v);
  r->details.refused = 0;
  r->details.form = (struct id){0};
  memset(r->details.form_sha256, 0, sizeof r->details.form_sha256);
  if (by && strlen(by) >= sizeof r->details.signed_by)
    return err_set(ERR_USAGE, "--signed-by is longer than %zu characters", sizeof r->details.signed_by - 1);
  if (by) snprintf(r->details.signed_by, sizeof r->details.signed_by, "%s", by);
  TRY(what_still_stands(&book, e, &r->details.granted));
  TRY(read_rules(v, rq, &r->details));
  return find_end(v, book.born_ms, r);
}

static enum err make_verdicts(struct vault *v, struct renewal *r) {
  keystore_leaf leaves[PURPOSE_COUNT];
  TRY(keystore_new_leaves(v->keys, (size_t)__builtin_popcount(r->details.granted), leaves));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    if (!(r->details.granted >> p & 1)) continue;
    struct index_verdict *d = &r->verdicts[r->verdict_count];
    *d = (struct index_verdict){.consent = r->row.id, .state = "live", .leaf = leaves[r->verdict_count++]};
    snprintf(d->purpose, sizeof d->purpose, "%s", purpose_name(p));
  }
  return ERR_OK;
}

static enum err renew_in(struct vault *v, void *context, const struct request *rq) {
  struct renewal *r = context;
  char old[ID_TEXT];
  TRY(make_verdicts(v, r));
  if (request_text(rq, "form")) TRY(consent_form_adopt(v, &r->row.id, &r->form));
  TRY(consent_book_add(v, &r->row, &r->details, r->verdicts, r->verdict_count));
  TRY(uses_refresh_person(v, &r->row.person, &r->job, &r->released));
  return audit_append(v, "consent.recorded", ID_CONSENT, &r->row.id, id_format(ID_CONSENT, &r->old, old));
}

static enum err answer(const struct renewal *r, struct reply *reply) {
  struct answer a = answer_begin(reply);
  char id[ID_TEXT], old[ID_TEXT], at[CLOCK_TEXT];
  answer_id(&a, "consent", ID_CONSENT, &r->row.id);
  answer_id(&a, "renews", ID_CONSENT, &r->old);
  answer_time(&a, "expires_at", r->row.expires_ms);
  answer_array(&a, "released");
  for (size_t i = 0; i < INDEX_COUNT(struct id, r->released); i++)
    answer_id(&a, NULL, ID_CLIP, &INDEX_ROWS(struct id, r->released)[i]);
  answer_array_end(&a);
  bytes_printf(&reply->text, "Recorded %s, which renews %s.\n  yes to: ", id_format(ID_CONSENT, &r->row.id, id),
               id_format(ID_CONSENT, &r->old, old));
  purpose_put_set(&reply->text, r->details.granted);
  bytes_printf(
      &reply->text, "\n  until:  %s\n",
      r->row.expires_ms == CLOCK_NEVER_MS ? "withdrawn, or a rule of its own ends it" : clock_format(r->row.expires_ms, at));
  return answer_end(&a);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(renewal) struct renewal r = {0};
  struct vault *v = s->vault;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "renewing a consent"));
  TRY(id_parse(ID_CONSENT, request_text(rq, "CONSENT"), &r.old));
  TRY(copy_old(v, rq, &r));
  if (request_text(rq, "form"))
    TRY(consent_form_seal(v, &r.row.person, &r.row.id, request_fd(rq, "form", 0), &r.form, &r.details));
  r.job = shred_plan("a quarantine was replaced by a renewed consent", vault_now_ms(v));
  enum err e = transact(v, renew_in, &r, rq);
  consent_form_done(v);
  TRY(e);
  TRY(shred_run(v, &r.job));
  return answer(&r, reply);
}

static const struct command_option options[] = {
    {"CONSENT", NULL, OPTION_REQUIRED, "the consent that is given again"},
    {"--until", "DATE", 0, "the new end, at the end of that day"},
    {"--after", "EVENT:PERIOD", OPTION_REPEAT, "the new end, a period after an event; see consent record"},
    {"--signed-by", "NAME", 0, "who signed this time; as before if not given"},
    {"--form", "FILE", OPTION_FILE_IN, "the newly signed form, sealed as evidence"},
    {0}};
const struct command cmd_consent_renew = {
    .name = "consent renew",
    .group = "Consent",
    .synopsis = "CONSENT [--until DATE] [--after EVENT:PERIOD …] [--signed-by NAME] [--form FILE]",
    .summary = "the same is agreed to again",
    .help =
        "Records once more what a consent agreed to, for the same case and media, by the same voice, from today on: with the "
        "rules "
        "given "
        "here, or with the old ones counted anew. What was taken back or refused since is not renewed, and "
        "a consent of which a part was refused since has to be recorded anew. The old consent ends when "
        "its "
        "time comes; a clip whose last use has ended by then is destroyed and does not come back, so renew in time.\n\n"
        "  clipvault consent renew con_… --until 2027-07-31 --form signed.pdf",
    .options = options,
    .run = run};
