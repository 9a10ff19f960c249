/* sweep: destroys the keys of all that is due; what a timer runs. And clock confirm. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/refusal.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shred.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <string.h>

/* What is due: whole clips, single uses, consents. A use of a clip that is due altogether counts with the clip. */
struct due {
  struct bytes clips, wraps, consents, stale;
  size_t count; /* clips and uses */
};

static void due_auto(struct due *d) {
  bytes_free(&d->clips);
  bytes_free(&d->wraps);
  bytes_free(&d->consents);
  bytes_free(&d->stale);
}

static bool whole_clip_due(const struct due *d, const struct id *clip) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, d->clips); i++)
    if (id_equal(&INDEX_ROWS(struct index_clip, d->clips)[i].id, clip)) return true;
  return false;
}

static enum err find_due(struct vault *v, struct due *d) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(index_clip_due(v->index, vault_now_ms(v), &d->clips));
  TRY(index_wrap_due(v->index, vault_now_ms(v), &wraps));
  TRY(index_consent_due(v->index, vault_now_ms(v), &d->consents));
  TRY(index_stale_list(v->index, &d->stale));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (!whole_clip_due(d, &w->clip)) bytes_put(&d->wraps, w, sizeof *w);
  }
  d->count = INDEX_COUNT(struct index_clip, d->clips) + INDEX_COUNT(struct index_wrap, d->wraps);
  return bytes_check(&d->wraps);
}

static int64_t earliest_due_ms(const struct due *d, int64_t now_ms) {
  int64_t at = now_ms;
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, d->clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, d->clips)[i];
    int64_t own = strcmp(c->state, "quarantined") == 0 && c->quarantine_ms < c->expires_ms ? c->quarantine_ms : c->expires_ms;
    if (own < at) at = own;
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, d->wraps); i++)
    if (INDEX_ROWS(struct index_wrap, d->wraps)[i].expires_ms < at) at = INDEX_ROWS(struct index_wrap, d->wraps)[i].expires_ms;
  return at;
}

/* ---- the change */
struct run {
  const struct due *due;
  size_t left; /* of --max */
  size_t ended;
  struct shred_job job;
};

static enum err end_consents(struct vault *v, struct run *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_consent, r->due->consents); i++) {
    AUTO(bytes) struct bytes verdicts = {0};
    TRY(index_verdict_of(v->index, &INDEX_ROWS(struct index_consent, r->due->consents)[i].id, &verdicts));
    for (size_t k = 0; k < INDEX_COUNT(struct index_verdict, verdicts); k++) {
      const struct index_verdict *d = &INDEX_ROWS(struct index_verdict, verdicts)[k];
      if (strcmp(d->state, "live") == 0)
        TRY(refusal_end(v, &INDEX_ROWS(struct index_consent, r->due->consents)[i].person, d, "expired", &r->job));
    }
  }
  return ERR_OK;
}

static enum err end_clips(struct vault *v, struct run *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, r->due->clips) && r->left; i++, r->left--, r->ended++)
    TRY(shred_clip(v, &r->job, &INDEX_ROWS(struct index_clip, r->due->clips)[i]));
  return ERR_OK;
}

/* A use that ended because its clip was looked at already (several uses of one clip fall due together) is done twice at no cost.
 */
static enum err end_uses(struct vault *v, struct run *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, r->due->wraps) && r->left; i++, r->left--, r->ended++) {
    bool released;
    TRY(uses_refresh(v, &INDEX_ROWS(struct index_wrap, r->due->wraps)[i].clip, USES_ENDS_BY_TIME, &r->job, &released));
  }
  return ERR_OK;
}

static enum err sweep_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct run *r = context;
  bool all = r->due->count <= r->left;
  TRY(end_clips(v, r));
  TRY(end_uses(v, r));
  if (all) TRY(end_consents(v, r)); /* with --max the rest must stay alive until its turn, and is denied by policy meanwhile */
  for (size_t i = 0; i < INDEX_COUNT(keystore_leaf, r->due->stale); i++)
    TRY(shred_leaf(v, &r->job, INDEX_ROWS(keystore_leaf, r->due->stale)[i]));
  return audit_append(v, "sweep.done", ID_VAULT, &v->id, NULL);
}

/* Of the first `ended` clips and uses that were due: whose ends a hold put off, but for the uses. */
static enum err count_held(struct vault *v, const struct due *d, size_t ended, size_t *held) {
  size_t clips = INDEX_COUNT(struct index_clip, d->clips), found = 0;
  for (size_t i = 0; i < ended; i++) {
    const struct id *id =
        i < clips ? &INDEX_ROWS(struct index_clip, d->clips)[i].id : &INDEX_ROWS(struct index_wrap, d->wraps)[i - clips].clip;
    struct index_clip now;
    TRY(index_clip_get(v->index, id, &now, NULL));
    found += strcmp(now.state, "held") == 0;
  }
  *held = found;
  return ERR_OK;
}

static enum err answer(const struct due *d, size_t ended, size_t held, const struct shred_job *job, struct reply *reply) {
  struct answer a = answer_begin(reply);
  size_t shredded = ended - held;
  answer_number(&a, "due", (int64_t)d->count);
  answer_number(&a, "shredded", (int64_t)shredded);
  answer_number(&a, "held", (int64_t)held);
  if (job && ended)
    answer_id(&a, "certificate", ID_CERTIFICATE, &job->certificate);
  else
    answer_null(&a, "certificate");
  bytes_printf(&reply->text, "Due: %zu. Destroyed: %zu.\n", d->count, shredded);
  if (held) bytes_printf(&reply->text, "%zu can be seen by nobody any more, and a hold keeps them.\n", held);
  if (d->count > ended) bytes_printf(&reply->text, "%zu are left; run it again.\n", d->count - ended);
  return answer_end(&a);
}

/* A clock that is doubted destroys nothing, unless a person says how many it should be and is right. */
static enum err check_confirmed(struct vault *v, const struct request *rq, size_t due) {
  uint64_t confirmed;
  TRY(request_number(rq, "confirm", UINT64_MAX, UINT64_MAX, &confirmed));
  if (v->clock == VAULT_CLOCK_BACKWARDS) return vault_clock_check(v);
  if (v->clock == VAULT_CLOCK_FINE) return ERR_OK;
  if (!request_text(rq, "confirm")) {
    TRY(vault_clock_check(v));
  }
  if (confirmed != due)
    return err_set(ERR_REFUSED, "%zu are due, not %llu: look again with --dry-run", due, (unsigned long long)confirmed);
  return vault_clock_confirm(v);
}

static enum err write_dry(struct vault *v, const struct due *d, struct reply *reply) {
  char id[ID_TEXT];
  (void)v;
  TRY(answer(d, 0, 0, NULL, reply));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, d->clips); i++)
    bytes_printf(&reply->text, "  %s altogether\n", id_format(ID_CLIP, &INDEX_ROWS(struct index_clip, d->clips)[i].id, id));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, d->wraps); i++)
    bytes_printf(&reply->text, "  %s for %s\n", id_format(ID_CLIP, &INDEX_ROWS(struct index_wrap, d->wraps)[i].clip, id),
                 INDEX_ROWS(struct index_wrap, d->wraps)[i].purpose);
  return bytes_check(&reply->text);
}

static enum err sweep_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(due) struct due due = {0};
  struct vault *v = s->vault;
  uint64_t most;
  size_t held;
  TRY(account_require(v, ACCOUNT_OFFICER | ACCOUNT_PRACTITIONER, "the sweep"));
  TRY(request_number(rq, "max", SIZE_MAX, SIZE_MAX, &most));
  TRY(find_due(v, &due));
  if (request_flag(rq, "dry-run")) return write_dry(v, &due, reply);
  TRY(check_confirmed(v, rq, due.count));
  struct run r = {
      .due = &due, .left = (size_t)most, .job = shred_plan("its time was over", earliest_due_ms(&due, vault_now_ms(v)))};
  TRY(transact(v, sweep_in, &r, rq));
  TRY(shred_run(v, &r.job));
  TRY(count_held(v, &due, r.ended, &held));
  return answer(&due, r.ended, held, &r.job, reply);
}

static enum err confirm_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  char now[CLOCK_TEXT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "confirming the clock"));
  TRY(vault_clock_confirm(s->vault));
  struct answer a = answer_begin(reply);
  answer_time(&a, "now", vault_now_ms(s->vault));
  bytes_printf(&reply->text, "The clock is taken for right: %s.\n", clock_format(vault_now_ms(s->vault), now));
  return answer_end(&a);
}

static const struct command_option options[] = {{"--dry-run", NULL, OPTION_SWITCH, "only say what is due"},
                                                {"--max", "N", 0, "destroy at most so many this time"},
                                                {"--confirm", "N", 0, "when the clock is doubted: yes, these N are due"},
                                                {0}};
const struct command cmd_sweep = {
    .name = "sweep",
    .group = "Ends",
    .synopsis = "[--dry-run] [--max N] [--confirm N]",
    .summary = "destroy the keys of all that is due",
    .help =
        "Destroys the keys of every clip and use whose time is over, then the ciphertext. A timer runs it; a person may. When "
        "the clock has "
        "jumped, or much of the vault falls due at once, it destroys nothing until a person says how many it should be.\n\n"
        "  clipvault sweep --dry-run",
    .options = options,
    .flags = COMMAND_SWEEPS,
    .run = sweep_run};
const struct command cmd_clock_confirm = {.name = "clock confirm",
                                          .group = "Ends",
                                          .synopsis = "",
                                          .summary = "the clock is right, although it jumped",
                                          .help =
                                              "After a jump of the clock nothing is shown and nothing destroyed until a person "
                                              "says that the clock is right. A clock that went "
                                              "backwards cannot be confirmed, only set right.",
                                          .run = confirm_run};
