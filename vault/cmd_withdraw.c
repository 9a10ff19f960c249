/* consent withdraw. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/cmd.h"
#include "vault/lost.h"
#include "vault/reach.h"
#include "vault/refusal.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/uses.h"

#include <string.h>

struct withdrawal {
  struct id person, consent; /* consent zero: all of the person's */
  uint32_t purposes;         /* 0: all */
  struct bytes ended;        /* struct id of consents */
  struct lost lost;
  bool known; /* they may know of the person */
  struct shred_job job;
};

static void withdrawal_auto(struct withdrawal *w) {
  bytes_free(&w->ended);
  lost_free(&w->lost);
}

static enum err read_withdrawal(struct vault *v, const struct request *rq, struct withdrawal *w) {
  const char *consent = request_text(rq, "CONSENT"), *person = request_text(rq, "person"), *purpose = request_text(rq, "purpose");
  struct index_consent row;
  struct index_person who;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, "withdrawing a consent"));
  if (!consent == !person) return err_set(ERR_USAGE, "name one consent, or everything a person agreed to with --person PERSON");
  if (purpose) TRY(purpose_parse_set(purpose, &w->purposes));
  if (person) {
    TRY(id_parse(ID_PERSON, person, &w->person));
    return index_person_get(v->index, &w->person, &who, NULL);
  }
  TRY(id_parse(ID_CONSENT, consent, &w->consent));
  TRY(index_consent_get(v->index, &w->consent, &row, NULL));
  w->person = row.person;
  return ERR_OK;
}

static bool concerns(const struct withdrawal *w, const struct consent_entry *e) {
  return id_is_zero(&w->consent) || id_equal(&w->consent, &e->row.id);
}

/* One yes is taken back; whatever else the person (or somebody for them) agreed to for this purpose there, is overridden. */
static enum err withdraw_one(struct vault *v, const struct consent_book *book, const struct consent_entry *e,
                             const struct index_verdict *d, enum purpose purpose, struct withdrawal *w) {
  struct refusal no = {purpose, e->row.kase, e->row.media, IDENT_OBSCURED};
  TRY(refusal_end(v, &w->person, d, "withdrawn", &w->job));
  TRY(audit_append(v, "consent.ended", ID_CONSENT, &e->row.id, purpose_name(purpose)));
  bytes_put(&w->ended, &e->row.id, sizeof e->row.id);
  return id_is_zero(&w->consent) ? ERR_OK : refusal_apply(v, book, &no, &e->row.id, &w->job);
}

static enum err withdraw_from(struct vault *v, const struct consent_book *book, const struct consent_entry *e,
                              struct withdrawal *w) {
  for (size_t i = 0; i < e->verdict_count; i++) {
    const struct index_verdict *d = &e->verdicts[i];
    enum purpose p;
    if (strcmp(d->state, "live") != 0) continue;
    TRY(purpose_parse(d->purpose, &p));
    if (w->purposes && !(w->purposes >> p & 1)) continue;
    TRY(withdraw_one(v, book, e, d, p, w));
  }
  return ERR_OK;
}

static enum err mark(struct vault *v, struct withdrawal *w) {
  AUTO(consent_book) struct consent_book book = {0};
  TRY(consent_book_load(v, &w->person, &book));
  for (size_t i = 0; i < book.count; i++)
    if (concerns(w, &book.entries[i])) TRY(withdraw_from(v, &book, &book.entries[i], w));
  TRY(bytes_check(&w->ended));
  if (!w->job.decided)
    return err_set(ERR_MISSING, "there is nothing left to withdraw here: it has ended already, or was never agreed to");
  return audit_append(v, "consent.withdrawn", ID_PERSON, &w->person, NULL);
}

/* In how many clips somebody may be for all to be gone through before the consent's own key dies. */
enum { CLIPS_AT_ONCE = 16 };

static enum err is_in_many(struct vault *v, const struct id *person, bool *many) {
  size_t clips;
  TRY(index_clip_count(v->index, person, &clips));
  *many = clips > CLIPS_AT_ONCE;
  return ERR_OK;
}

static enum err mark_all(struct vault *v, struct withdrawal *w, bool postpone) {
  TRY(mark(v, w));
  if (postpone) return shred_postpone(v, &w->job);
  TRY(uses_refresh_person(v, &w->person, &w->job, NULL));
  return lost_find(v, &w->job, &w->lost);
}

/* A dry run is the same transaction, taken back. */
static enum err decide(struct vault *v, struct withdrawal *w, bool dry, bool postpone) {
  TRY(index_begin(v->index));
  enum err e = mark_all(v, w, postpone);
  if (e == ERR_OK && !dry) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}

/* What opens all the clips dies first. Should that have to wait, the rest is decided all the same, and waits with it. */
static enum err decide_at_once(struct vault *v, struct withdrawal *w) {
  TRY(decide(v, w, false, true));
  IGNORE(shred_begin(v, &w->job));
  TRY(shred_complete(v, &w->job.id));
  return lost_find(v, &w->job, &w->lost);
}

static enum err hide_others(struct vault *v, struct withdrawal *w) {
  AUTO(reach) struct reach reach = {0};
  TRY(reach_of(v, &reach));
  TRY(reach_has_person(v, &reach, &w->person, &w->known));
  return lost_hide_others(v, &w->lost);
}

static bool ended_before(const struct bytes *ended, size_t n) {
  for (size_t k = 0; k < n; k++)
    if (id_equal(&INDEX_ROWS(struct id, *ended)[k], &INDEX_ROWS(struct id, *ended)[n])) return true;
  return false;
}

/* Holders of the effaceable secret that have not confirmed. */
static void write_waiting(struct answer *a, const struct vault *v) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(v->keys, &copies);
  answer_array(a, "waiting_for");
  for (size_t i = 0; i < count; i++)
    if (copies[i].kind == KEYSTORE_HOLDER && copies[i].waiting) answer_text(a, NULL, copies[i].name);
  answer_array_end(a);
}

static enum err answer(const struct vault *v, const struct withdrawal *w, const char *state, bool dry, struct reply *reply) {
  struct answer a = answer_begin(reply);
  char text[ID_TEXT];
  size_t uses = lost_count(&w->lost);
  bytes_printf(&reply->text, "%s%zu uses of clips%s\n", dry ? "This would end " : "Withdrawn: ended ", uses, uses ? ":" : ".");
  answer_text(&a, "state", state);
  write_waiting(&a, v);
  answer_array(&a, "withdrawn");
  for (size_t i = 0; (w->known || !id_is_zero(&w->consent)) && i < INDEX_COUNT(struct id, w->ended); i++)
    if (!ended_before(&w->ended, i)) answer_id(&a, NULL, ID_CONSENT, &INDEX_ROWS(struct id, w->ended)[i]);
  answer_array_end(&a);
  lost_put(&a, &w->lost, &reply->text);
  if (dry)
    answer_null(&a, "certificate");
  else
    answer_id(&a, "certificate", ID_CERTIFICATE, &w->job.certificate);
  if (!dry) bytes_printf(&reply->text, "The receipt is certificate %s.\n", id_format(ID_CERTIFICATE, &w->job.certificate, text));
  return answer_end(&a);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(withdrawal) struct withdrawal w = {0};
  bool dry = request_flag(rq, "dry-run");
  struct vault *v = s->vault;
  TRY(read_withdrawal(v, rq, &w));
  w.job = shred_plan(SHRED_WITHDRAWN, vault_now_ms(v));
  bool many;
  TRY(is_in_many(v, &w.person, &many));
  TRY(many && !dry ? decide_at_once(v, &w) : decide(v, &w, dry, false));
  enum err e = dry ? ERR_OK : shred_run(v, &w.job);
  if (e != ERR_OK && e != ERR_BUSY) return e;
  TRY(hide_others(v, &w));
  if (dry) return answer(v, &w, "dry-run", true, reply);
  reply->report = e == ERR_BUSY;
  enum err answered = answer(v, &w, e == ERR_OK ? "done" : "pending", false, reply);
  return answered != ERR_OK ? answered : e;
}

static const struct command_option options[] = {{"CONSENT", NULL, 0, "one consent"},
                                                {"--person", "PERSON", 0, "or everything this person agreed to"},
                                                {"--purpose", "P1,P2", 0, "only for these purposes"},
                                                {"--dry-run", NULL, OPTION_SWITCH, "only say what would be lost"},
                                                {0}};
const struct command cmd_consent_withdraw = {
    .name = "consent withdraw",
    .group = "Consent",
    .synopsis = "(CONSENT | --person PERSON) [--purpose P1,P2] [--dry-run]",
    .summary = "someone takes their consent back; keys are destroyed before this returns",
    .help =
        "Takes a consent back, whole or for single purposes. Every key it held is destroyed before the command returns, and with "
        "it that use of "
        "every clip the person is in; a clip that nobody may use any more is destroyed altogether. The certificate is the "
        "receipt.\n\n"
        "  clipvault consent withdraw --person per_… --dry-run\n"
        "  clipvault consent withdraw con_… --purpose service_training",
    .options = options,
    .run = run};
