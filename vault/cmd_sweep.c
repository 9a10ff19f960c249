/* sweep: destroys the keys of all that is due; what a timer runs. And clock confirm. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/hold.h"
#include "vault/overdue.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sweep.h"

static enum err answer(const struct sweep_result *r, struct reply *reply) {
  struct answer a = answer_begin(reply);
  size_t shredded = r->ended - r->held;
  answer_number(&a, "due", (int64_t)r->due);
  answer_number(&a, "shredded", (int64_t)shredded);
  answer_number(&a, "held", (int64_t)r->held);
  if (r->ended)
    answer_id(&a, "certificate", ID_CERTIFICATE, &r->certificate);
  else
    answer_null(&a, "certificate");
  bytes_printf(&reply->text, "Due: %zu. Destroyed: %zu.\n", r->due, shredded);
  if (r->held) bytes_printf(&reply->text, "%zu can be seen by nobody any more, and a hold keeps them.\n", r->held);
  if (r->due > r->ended) bytes_printf(&reply->text, "%zu are left; run it again.\n", r->due - r->ended);
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

/* One clip or use that would end: which case and whom it shows, so that a person can tell a mistaken rule. */
static enum err write_item(struct vault *v, struct answer *a, const struct id *id, const char *purpose, int64_t due_ms) {
  AUTO(bytes) struct bytes people = {0};
  struct index_clip clip;
  struct hold_standing standing;
  struct bytes *text = &a->reply->text;
  char shown[ID_TEXT], at[CLOCK_TEXT];
  TRY(index_clip_get(v->index, id, &clip, NULL));
  TRY(index_clip_people(v->index, id, &people));
  TRY(hold_over(v, &clip, &standing));
  bool held = standing.held || standing.restricted;
  answer_object(a, NULL);
  answer_id(a, "case", ID_CASE, &clip.kase);
  answer_id(a, "clip", ID_CLIP, id);
  if (purpose)
    answer_text(a, "purpose", purpose);
  else
    answer_null(a, "purpose");
  answer_time(a, "due_at", due_ms);
  answer_bool(a, "held", held);
  answer_array(a, "people");
  bytes_printf(text, "  %s  ", id_format(ID_CASE, &clip.kase, shown));
  bytes_printf(text, "%s %s, due %.10s%s; in it:", id_format(ID_CLIP, id, shown), purpose ? purpose : "altogether",
               clock_format(due_ms, at), held ? " (on hold)" : "");
  for (size_t i = 0; i < INDEX_COUNT(struct id, people); i++) {
    answer_id(a, NULL, ID_PERSON, &INDEX_ROWS(struct id, people)[i]);
    bytes_printf(text, " %s", id_format(ID_PERSON, &INDEX_ROWS(struct id, people)[i], shown));
  }
  bytes_put_text(text, "\n");
  answer_array_end(a);
  answer_object_end(a);
  return ERR_OK;
}

static enum err write_dry(struct vault *v, const struct sweep_due *d, struct reply *reply) {
  struct answer a = answer_begin(reply);
  answer_number(&a, "due", (int64_t)d->count);
  answer_number(&a, "shredded", 0);
  answer_number(&a, "held", 0);
  answer_null(&a, "certificate");
  answer_text(&a, "clock", vault_clock_word(v));
  answer_time(&a, "now", vault_now_ms(v));
  bytes_printf(&reply->text, "Due: %zu. Nothing was destroyed.\n", d->count);
  answer_array(&a, "would_end");
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, d->clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, d->clips)[i];
    TRY(write_item(v, &a, &c->id, NULL, overdue_since_ms(c)));
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, d->wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, d->wraps)[i];
    TRY(write_item(v, &a, &w->clip, w->purpose, w->expires_ms));
  }
  answer_array_end(&a);
  return answer_end(&a);
}

static enum err sweep_command(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(sweep_due) struct sweep_due due = {0};
  struct vault *v = s->vault;
  struct sweep_result result;
  uint64_t most;
  TRY(account_require(v, ACCOUNT_OFFICER | ACCOUNT_PRACTITIONER, "the sweep"));
  TRY(request_number(rq, "max", SIZE_MAX, SIZE_MAX, &most));
  TRY(sweep_find(v, &due));
  if (request_flag(rq, "dry-run")) return write_dry(v, &due, reply);
  TRY(check_confirmed(v, rq, due.count));
  TRY(sweep_run(v, &due, (size_t)most, &result));
  return answer(&result, reply);
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
    .run = sweep_command};
const struct command cmd_clock_confirm = {.name = "clock confirm",
                                          .group = "Ends",
                                          .synopsis = "",
                                          .summary = "the clock is right, although it jumped",
                                          .help =
                                              "After a jump of the clock nothing is shown and nothing destroyed until a person "
                                              "says that the clock is right. A clock that went "
                                              "backwards cannot be confirmed, only set right.",
                                          .run = confirm_run};
