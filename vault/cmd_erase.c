/* person erase: the end of a person's record, and of what was recorded with their consents. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/cmd.h"
#include "vault/consent_book.h"
#include "vault/hold.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shred.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

struct erasure {
  struct id id;
  keystore_leaf leaf;     /* of their record */
  size_t consents, forms; /* what was recorded with them, and how many signed forms are sealed with that */
  struct bytes clips;     /* struct index_clip, owned: those that they are still in */
  bool held;              /* a hold or restriction keeps their record */
  struct shred_job job;
};
static void erasure_auto(struct erasure *e) { bytes_free(&e->clips); }

static enum err count_consents(struct vault *v, struct erasure *e) {
  AUTO(consent_book) struct consent_book book = {0};
  TRY(consent_book_load(v, &e->id, &book));
  e->consents = book.count;
  for (size_t i = 0; i < book.count; i++) e->forms += !id_is_zero(&book.entries[i].details.form);
  return ERR_OK;
}

static enum err look(struct vault *v, const struct request *rq, struct erasure *e) {
  struct index_person row;
  TRY(account_require(v, ACCOUNT_OFFICER, "erasing a person"));
  TRY(id_parse(ID_PERSON, request_text(rq, "PERSON"), &e->id));
  TRY(index_person_get(v->index, &e->id, &row, NULL));
  if (strcmp(row.state, "live") != 0) return err_set(ERR_MISSING, "this person was erased already");
  e->leaf = row.leaf;
  TRY(count_consents(v, e));
  TRY(hold_over_person(v, &e->id, &e->held));
  return index_clip_list(v->index, &(struct index_clip_filter){.person = e->id}, &e->clips);
}

static enum err require_free(const struct request *rq, const struct erasure *e) {
  if (e->held)
    return err_set(ERR_REFUSED,
                   "a hold or restriction keeps what shows this person, so their record stays too; see clipvault hold list");
  if (e->clips.length)
    return err_set(ERR_REFUSED,
                   "this person is still in %zu clips: withdraw their consents first (clipvault consent withdraw --person %s)",
                   INDEX_COUNT(struct index_clip, e->clips), request_text(rq, "PERSON"));
  return ERR_OK;
}

/* Who is erased agrees to nothing any more: no key of a consent of theirs is left behind. */
static enum err end_consents(struct vault *v, struct erasure *e) {
  AUTO(bytes) struct bytes consents = {0}, verdicts = {0};
  TRY(index_consent_of(v->index, &e->id, &consents));
  for (size_t i = 0; i < INDEX_COUNT(struct index_consent, consents); i++)
    TRY(index_verdict_of(v->index, &INDEX_ROWS(struct index_consent, consents)[i].id, &verdicts));
  for (size_t i = 0; i < INDEX_COUNT(struct index_verdict, verdicts); i++) {
    struct index_verdict d = INDEX_ROWS(struct index_verdict, verdicts)[i];
    if (!d.leaf) continue;
    snprintf(d.state, sizeof d.state, "erased");
    d.ended_ms = vault_now_ms(v);
    d.job = e->job.id;
    TRY(shred_leaf(v, &e->job, d.leaf));
    TRY(index_verdict_set(v->index, &d)); /* the record it is sealed in dies as well */
  }
  return ERR_OK;
}

static enum err erase_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct erasure *e = context;
  e->job = shred_plan("the record of a person was erased", vault_now_ms(v));
  TRY(shred_leaf(v, &e->job, e->leaf));
  TRY(end_consents(v, e));
  TRY(index_person_end(v->index, &e->id, &e->job.id));
  return audit_append(v, "person.erased", ID_PERSON, &e->id, NULL);
}

/* What would go, and what stands in the way. */
static enum err answer_dry(const struct erasure *e, struct reply *reply) {
  struct answer a = answer_begin(reply);
  size_t clips = INDEX_COUNT(struct index_clip, e->clips);
  answer_id(&a, "person", ID_PERSON, &e->id);
  answer_text(&a, "state", "dry-run");
  answer_number(&a, "consents", (int64_t)e->consents);
  answer_number(&a, "forms", (int64_t)e->forms);
  answer_bool(&a, "held", e->held);
  answer_array(&a, "clips");
  for (size_t i = 0; i < clips; i++) answer_id(&a, NULL, ID_CLIP, &INDEX_ROWS(struct index_clip, e->clips)[i].id);
  answer_array_end(&a);
  answer_null(&a, "certificate");
  bytes_printf(
      &reply->text,
      "This would destroy name, birthday, what was recorded with their consents (%zu) and the forms they signed (%zu).\n",
      e->consents, e->forms);
  if (clips) bytes_printf(&reply->text, "It cannot be yet: they are still in %zu clips; withdraw their consents first.\n", clips);
  if (e->held) bytes_put_text(&reply->text, "It cannot be yet: a hold or restriction keeps what shows them.\n");
  return answer_end(&a);
}

static enum err answer_done(const struct erasure *e, bool pending, struct reply *reply) {
  struct answer a = answer_begin(reply);
  char text[ID_TEXT];
  answer_id(&a, "person", ID_PERSON, &e->id);
  answer_text(&a, "state", pending ? "pending" : "erased");
  answer_id(&a, "certificate", ID_CERTIFICATE, &e->job.certificate);
  bytes_printf(&reply->text,
               "%s: name, birthday, what was recorded with their consents and the forms they signed can no longer be read.\n"
               "Certificate %s.\n",
               pending ? "A holder of the secret does not answer; as soon as it does" : "Erased",
               id_format(ID_CERTIFICATE, &e->job.certificate, text));
  return answer_end(&a);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(erasure) struct erasure e = {0};
  struct vault *v = s->vault;
  TRY(look(v, rq, &e));
  if (request_flag(rq, "dry-run")) return answer_dry(&e, reply);
  TRY(require_free(rq, &e));
  TRY(transact(v, erase_in, &e, rq));
  enum err ended = shred_run(v, &e.job);
  if (ended != ERR_OK && ended != ERR_BUSY) return ended;
  reply->report = ended == ERR_BUSY;
  enum err answered = answer_done(&e, ended == ERR_BUSY, reply);
  return answered != ERR_OK ? answered : ended;
}

static const struct command_option options[] = {
    {"PERSON", NULL, OPTION_REQUIRED, "the person"}, {"--dry-run", NULL, OPTION_SWITCH, "only say what would be lost"}, {0}};
const struct command cmd_person_erase = {
    .name = "person erase",
    .group = "Cases and people",
    .synopsis = "PERSON [--dry-run]",
    .summary = "destroy a person's record",
    .help =
        "Destroys the keys of a person's record: name, birthday, and everything recorded "
        "with their consents, the signed forms too. The certificate says so. Refused while they are in a "
        "clip: withdraw their consents first.",
    .options = options,
    .run = run};
