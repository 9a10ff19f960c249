/* hold place, release, list; restrict, unrestrict. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/hold.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

/* ---- placing */

struct placing {
  struct hold_wish wish;
  struct id id;
  size_t clips;
};

static enum err read_target(const struct request *rq, struct hold_wish *w) {
  static const struct {
    const char *name;
    enum id_kind kind;
  } targets[] = {{"clip", ID_CLIP}, {"case", ID_CASE}, {"person", ID_PERSON}};
  unsigned named = 0;
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    const char *text = request_text(rq, targets[i].name);
    if (!text) continue;
    TRY(id_parse(targets[i].kind, text, &w->target));
    w->target_kind = targets[i].kind;
    named++;
  }
  return named == 1 ? ERR_OK : err_set(ERR_USAGE, "name what it is about: one of --clip, --case and --person");
}

static enum err read_review(struct vault *v, const struct request *rq, struct hold_wish *w) {
  enum { REVIEW_MONTHS = 3 };
  const char *review = request_text(rq, "review");
  if (review) return clock_parse(review, &w->review_ms);
  w->review_ms = clock_add_ms(vault_now_ms(v), 0, REVIEW_MONTHS, 0);
  return ERR_OK;
}

static enum err place_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct placing *p = context;
  return hold_place(v, &p->wish, &p->id, &p->clips);
}

static enum err place(struct vault *v, const struct request *rq, struct placing *p) {
  TRY(read_target(rq, &p->wish));
  TRY(read_review(v, rq, &p->wish));
  TRY(transact(v, place_in, p, rq));
  return vault_anchor(v); /* an index from before would not know of it */
}

static enum err place_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct placing p = {.wish = {.kind = HOLD_KIND, .reason = request_text(rq, "reason"), .owner = request_text(rq, "owner")}};
  char text[ID_TEXT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "placing a hold"));
  TRY(place(s->vault, rq, &p));
  struct answer a = answer_begin(reply);
  answer_id(&a, "hold", ID_HOLD, &p.id);
  answer_number(&a, "clips", (int64_t)p.clips);
  answer_time(&a, "review_at", p.wish.review_ms);
  bytes_printf(&reply->text,
               "On hold: %s. It keeps %zu clips, and what is taken in under it. Uses end as they would; nothing is destroyed.\n",
               id_format(ID_HOLD, &p.id, text), p.clips);
  return answer_end(&a);
}

static enum err restrict_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct placing p = {.wish = {.kind = HOLD_RESTRICTION,
                               .reason = request_text(rq, "reason"),
                               .owner = request_text_or(rq, "owner", "information-governance officer")}};
  char text[ID_TEXT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "a restriction"));
  TRY(place(s->vault, rq, &p));
  shred_recheck(s->vault); /* whoever watches now, stops now */
  struct answer a = answer_begin(reply);
  answer_id(&a, "hold", ID_HOLD, &p.id);
  answer_number(&a, "clips", (int64_t)p.clips);
  answer_time(&a, "review_at", p.wish.review_ms);
  bytes_printf(&reply->text, "Restricted: %s. Nobody views %zu clips, and nothing of them is destroyed.\n",
               id_format(ID_HOLD, &p.id, text), p.clips);
  return answer_end(&a);
}

/* ---- release */

struct releasing {
  struct hold hold;
  struct shred_job job;
};

static enum err release_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct releasing *r = context;
  return hold_release(v, &r->hold, &r->job);
}

static enum err answer_release(struct vault *v, const struct releasing *r, struct reply *reply) {
  AUTO(bytes) struct bytes certificate = {0};
  char text[ID_TEXT];
  bool restricts = strcmp(r->hold.row.kind, HOLD_RESTRICTION) == 0;
  enum err made = index_certificate_get(v->index, &r->job.certificate, &certificate);
  if (made != ERR_MISSING) TRY(made);
  struct answer a = answer_begin(reply);
  answer_id(&a, "hold", ID_HOLD, &r->hold.row.id);
  if (made == ERR_OK)
    answer_id(&a, "certificate", ID_CERTIFICATE, &r->job.certificate);
  else
    answer_null(&a, "certificate");
  bytes_put_text(&reply->text, restricts ? "The restriction is lifted.\n" : "The hold is released.\n");
  if (made == ERR_OK)
    bytes_printf(&reply->text, "What was due while it stood is destroyed now: certificate %s.\n",
                 id_format(ID_CERTIFICATE, &r->job.certificate, text));
  return answer_end(&a);
}

static enum err release(struct session *s, const struct request *rq, const char *kind, struct reply *reply) {
  struct vault *v = s->vault;
  AUTO(bytes) struct bytes words = {0};
  struct id id;
  TRY(account_require(v, ACCOUNT_OFFICER, "releasing a hold or restriction"));
  TRY(id_parse(ID_HOLD, request_text(rq, "HOLD"), &id));
  struct releasing r = {0};
  enum err e = hold_load(v, &id, &r.hold);
  if (e == ERR_OK && strcmp(r.hold.row.kind, kind) != 0)
    e = err_set(ERR_USAGE, "this is a %s: use clipvault %s", r.hold.row.kind,
                strcmp(kind, HOLD_KIND) == 0 ? "unrestrict" : "hold release");
  bytes_printf(&words, "the %s that kept it was released", kind);
  r.job = shred_plan(bytes_text(&words), vault_now_ms(v));
  if (e == ERR_OK) e = transact(v, release_in, &r, rq);
  if (e == ERR_OK) e = shred_run(v, &r.job);
  if (e == ERR_OK) e = answer_release(v, &r, reply);
  hold_free(&r.hold);
  return e;
}

static enum err release_run(struct session *s, const struct request *rq, struct reply *reply) {
  return release(s, rq, HOLD_KIND, reply);
}
static enum err unrestrict_run(struct session *s, const struct request *rq, struct reply *reply) {
  return release(s, rq, HOLD_RESTRICTION, reply);
}

/* ---- list */

static void write_kept(struct answer *a, const struct bytes *clips) {
  answer_array(a, "clips");
  for (size_t i = 0; i < INDEX_COUNT(struct id, *clips); i++) answer_id(a, NULL, ID_CLIP, &INDEX_ROWS(struct id, *clips)[i]);
  answer_array_end(a);
}

static enum err list_one(struct vault *v, const struct id *id, struct answer *a, struct bytes *text) {
  static const char *const names[] = {[ID_CLIP] = "clip", [ID_CASE] = "case", [ID_PERSON] = "person"};
  AUTO(hold) struct hold h = {0};
  AUTO(bytes) struct bytes clips = {0};
  char shown[ID_TEXT], target[ID_TEXT], review[CLOCK_TEXT];
  TRY(hold_load(v, id, &h));
  TRY(index_held_clips(v->index, id, &clips));
  bool over = h.row.review_ms <= vault_now_ms(v);
  answer_object(a, NULL);
  answer_id(a, "hold", ID_HOLD, id);
  answer_text(a, "kind", h.row.kind);
  answer_text(a, "state", h.row.state);
  answer_id(a, names[h.row.target_kind], h.row.target_kind, &h.row.target);
  answer_bytes(a, "reason", &h.reason);
  answer_bytes(a, "owner", &h.owner);
  answer_time(a, "placed_at", h.row.placed_ms);
  answer_id(a, "placed_by", ID_USER, &h.row.account);
  answer_time(a, "review_at", h.row.review_ms);
  answer_bool(a, "review_overdue", over);
  write_kept(a, &clips);
  answer_object_end(a);
  bytes_printf(text, "%s  %-11s %s  keeps %zu clips  review by %.10s%s\n    ", id_format(ID_HOLD, id, shown), h.row.kind,
               id_format(h.row.target_kind, &h.row.target, target), INDEX_COUNT(struct id, clips),
               clock_format(h.row.review_ms, review), over ? " (overdue)" : "");
  bytes_put_plain(text, bytes_text(&h.reason), h.reason.length);
  bytes_put_text(text, " — ");
  bytes_put_plain(text, bytes_text(&h.owner), h.owner.length);
  bytes_put_text(text, "\n");
  return bytes_check(text);
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes rows = {0};
  bool all = request_flag(rq, "all");
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "the list of holds"));
  TRY(index_hold_list(s->vault->index, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_hold, rows); i++) {
    const struct index_hold *h = &INDEX_ROWS(struct index_hold, rows)[i];
    if (all || strcmp(h->state, "live") == 0) TRY(list_one(s->vault, &h->id, &a, &reply->text));
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "No holds and no restrictions.\n");
  return answer_end(&a);
}

#define TARGET_OPTIONS                                                                               \
  {"--clip", "CLIP", 0, "one clip"}, {"--case", "CASE", 0, "every clip of a case, now and later"}, { \
    "--person", "PERSON", 0, "every clip that shows this person, now and later"                      \
  }
static const struct command_option place_options[] = {
    TARGET_OPTIONS,
    {"--reason", "R", OPTION_REQUIRED, "why; sealed, for those who answer for it"},
    {"--owner", "O", OPTION_REQUIRED, "who answers for it: a role, or a name"},
    {"--review", "DATE", OPTION_REQUIRED, "when somebody must look at it again"},
    {0}};
const struct command cmd_hold_place = {
    .name = "hold place",
    .group = "Ends",
    .synopsis = "(--clip CLIP | --case CASE | --person PERSON) --reason R --owner O --review DATE",
    .summary = "keep what would be destroyed, for an inquiry",
    .help =
        "Keeps films that a withdrawal or the end of their time would destroy, for an inquiry, the police, safeguarding. It "
        "never widens viewing: uses end exactly as they would without it, and what only the hold keeps is shown to nobody. "
        "Each certificate that it puts off names it.\n\n"
        "  clipvault hold place --case CASE --reason \"inquiry 7\" --owner \"safeguarding lead\" --review 2027-01-31",
    .options = place_options,
    .run = place_run};
static const struct command_option hold_options[] = {{"HOLD", NULL, OPTION_REQUIRED, "the hold or restriction"}, {0}};
const struct command cmd_hold_release = {.name = "hold release",
                                         .group = "Ends",
                                         .synopsis = "HOLD",
                                         .summary = "end a hold; what was due meanwhile is destroyed at once",
                                         .help = "Ends a hold. Whatever nothing else keeps is destroyed before it returns.",
                                         .options = hold_options,
                                         .run = release_run};
static const struct command_option list_options[] = {{"--all", NULL, OPTION_SWITCH, "released ones too"}, {0}};
const struct command cmd_hold_list = {.name = "hold list",
                                      .group = "Ends",
                                      .synopsis = "[--all]",
                                      .summary = "holds and restrictions, and when they are to be looked at again",
                                      .help = "Lists what keeps films from being destroyed or seen, oldest first.",
                                      .options = list_options,
                                      .run = list_run};
static const struct command_option restrict_options[] = {
    TARGET_OPTIONS,
    {"--reason", "R", OPTION_REQUIRED, "why; sealed, for those who answer for it"},
    {"--owner", "O", 0, "who answers for it (the information-governance officer)"},
    {"--review", "DATE", 0, "when somebody must look at it again (in three months)"},
    {0}};
const struct command cmd_restrict = {
    .name = "restrict",
    .group = "Ends",
    .synopsis = "(--clip CLIP | --case CASE | --person PERSON) --reason R [--owner O] [--review DATE]",
    .summary = "freeze: nobody views it, nothing of it is destroyed",
    .help =
        "Freezes films while somebody contests them: nobody views them, and nothing of them is destroyed. A withdrawal meanwhile "
        "ends its uses for good; the film itself stays until the restriction is lifted.\n\n"
        "  clipvault restrict --person PERSON --reason \"accuracy contested\"",
    .options = restrict_options,
    .run = restrict_run};
const struct command cmd_unrestrict = {.name = "unrestrict",
                                       .group = "Ends",
                                       .synopsis = "HOLD",
                                       .summary = "lift a restriction",
                                       .help = "Lifts a restriction. What became due while it stood is destroyed at once.",
                                       .options = hold_options,
                                       .run = unrestrict_run};
