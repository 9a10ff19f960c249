/* cycle open, list, show, close, add, remove: a case's rounds of film, shared review and supervision. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/cycle.h"
#include "vault/goal.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sign_off.h"
#include "vault/transact.h"

#include <string.h>

enum { SEES = ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER };

/* Of a case of the acting practitioner's. */
static enum err require_own(struct vault *v, const struct id *kase) {
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "working on a case's cycles"));
  return reach_require_practised(v, kase);
}

static enum err find(struct vault *v, const struct request *rq, struct cycle *out) {
  struct id id;
  TRY(id_parse(ID_CYCLE, request_text(rq, "CYCLE"), &id));
  return cycle_load(v, &id, out);
}

static enum err find_own(struct vault *v, const struct request *rq, struct cycle *out) {
  AUTO(cycle) struct cycle c = {0};
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "working on a case's cycles"));
  TRY(find(v, rq, &c));
  TRY(require_own(v, &c.row.kase));
  *out = c;
  c = (struct cycle){0};
  return ERR_OK;
}

/* ---- what is told of one */

/* Its place among those of its case, 1 the first. */
static enum err number_of(struct vault *v, const struct cycle *c, int64_t *out) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_cycle_list(v->index, &c->row.kase, &rows));
  *out = 0;
  for (size_t i = 0; i < INDEX_COUNT(struct index_cycle, rows); i++)
    if (id_equal(&INDEX_ROWS(struct index_cycle, rows)[i].id, &c->row.id)) *out = (int64_t)i + 1;
  return ERR_OK;
}

static enum err write_clips(struct vault *v, struct answer *a, const struct cycle *c) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_cycle_clips(v->index, &c->row.id, &rows));
  answer_array(a, "clips");
  for (size_t i = 0; i < INDEX_COUNT(struct index_cycle_clip, rows); i++) {
    const struct index_cycle_clip *one = &INDEX_ROWS(struct index_cycle_clip, rows)[i];
    char id[ID_TEXT];
    struct index_clip clip;
    TRY(index_clip_get(v->index, &one->clip, &clip, NULL));
    answer_object(a, NULL);
    answer_id(a, "clip", ID_CLIP, &one->clip);
    answer_text(a, "as", one->role);
    answer_text(a, "kind", clip.kind);
    answer_text(a, "state", clip.state);
    answer_time(a, "expires_at", clip.expires_ms);
    answer_object_end(a);
    bytes_printf(&a->reply->text, "  %s  %-6s  %s\n", id_format(ID_CLIP, &one->clip, id), one->role, clip.state);
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err write_cycle(struct vault *v, struct answer *a, const struct cycle *c) {
  struct bytes *text = &a->reply->text;
  bool open = c->row.closed_ms == CLOCK_NEVER_MS;
  char id[ID_TEXT], opened[CLOCK_TEXT];
  int64_t number;
  TRY(number_of(v, c, &number));
  answer_id(a, "cycle", ID_CYCLE, &c->row.id);
  answer_id(a, "case", ID_CASE, &c->row.kase);
  answer_number(a, "number", number);
  answer_text(a, "state", open ? "open" : "closed");
  answer_bytes(a, "question", &c->question);
  answer_time(a, "opened_at", c->row.opened_ms);
  answer_time(a, "closed_at", c->row.closed_ms);
  bytes_printf(text, "%s  %lld  %s  %.10s  ", id_format(ID_CYCLE, &c->row.id, id), (long long)number, open ? "open  " : "closed",
               clock_format(c->row.opened_ms, opened));
  bytes_put_plain(text, bytes_text(&c->question), c->question.length);
  bytes_put_text(text, "\n");
  return write_clips(v, a, c);
}

static enum err write_ratings(struct vault *v, struct answer *a, const struct cycle *c) {
  AUTO(bytes) struct bytes goals = {0};
  TRY(index_goal_list(v->index, &c->row.kase, &goals));
  answer_array(a, "ratings");
  for (size_t i = 0; i < INDEX_COUNT(struct index_goal, goals); i++) {
    AUTO(goal) struct goal g = {0};
    TRY(goal_load(v, &INDEX_ROWS(struct index_goal, goals)[i].id, &g));
    for (size_t k = 0; k < INDEX_COUNT(struct goal_rating, g.ratings); k++) {
      const struct goal_rating *r = &INDEX_ROWS(struct goal_rating, g.ratings)[k];
      if (!id_equal(&r->cycle, &c->row.id)) continue;
      answer_object(a, NULL);
      answer_id(a, "goal", ID_GOAL, &g.row.id);
      answer_number(a, "score", r->score);
      answer_time(a, "at", r->at_ms);
      answer_object_end(a);
      bytes_printf(&a->reply->text, "  %u of %d: ", r->score, GOAL_BEST);
      bytes_put_plain(&a->reply->text, bytes_text(&g.text), g.text.length);
      bytes_put_text(&a->reply->text, "\n");
    }
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err write_sign_off(struct vault *v, struct answer *a, const struct cycle *c) {
  AUTO(sign_off) struct sign_off s = {0};
  enum err e = sign_off_load(v, &c->row.id, &s);
  if (e == ERR_MISSING) answer_null(a, "sign_off");
  if (e == ERR_MISSING) return ERR_OK;
  TRY(e);
  answer_object(a, "sign_off");
  answer_id(a, "by", ID_USER, &s.supervisor);
  answer_time(a, "at", s.at_ms);
  answer_number(a, "minutes", s.minutes);
  answer_bytes(a, "note", &s.note);
  answer_object_end(a);
  bytes_printf(&a->reply->text, "  signed off, %u minutes: ", s.minutes);
  bytes_put_plain(&a->reply->text, bytes_text(&s.note), s.note.length);
  bytes_put_text(&a->reply->text, "\n");
  return ERR_OK;
}

/* ---- the commands */

struct opening {
  struct id kase, cycle;
};

static enum err open_in(struct vault *v, void *context, const struct request *rq) {
  struct opening *o = context;
  return cycle_open(v, &o->kase, request_text_or(rq, "question", ""), &o->cycle);
}

static enum err answer_one(struct vault *v, const struct id *id, struct reply *reply) {
  AUTO(cycle) struct cycle c = {0};
  TRY(cycle_load(v, id, &c));
  struct answer a = answer_begin(reply);
  TRY(write_cycle(v, &a, &c));
  TRY(write_ratings(v, &a, &c));
  TRY(write_sign_off(v, &a, &c));
  return answer_end(&a);
}

static enum err open_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct opening o = {0};
  TRY(id_parse(ID_CASE, request_text(rq, "case"), &o.kase));
  TRY(require_own(s->vault, &o.kase));
  TRY(transact(s->vault, open_in, &o, rq));
  return answer_one(s->vault, &o.cycle, reply);
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes rows = {0};
  struct vault *v = s->vault;
  struct id kase;
  TRY(account_require(v, SEES, "seeing a case's cycles"));
  TRY(id_parse(ID_CASE, request_text(rq, "case"), &kase));
  TRY(reach_require_case(v, &kase));
  TRY(index_cycle_list(v->index, &kase, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_cycle, rows); i++) {
    AUTO(cycle) struct cycle c = {0};
    TRY(cycle_load(v, &INDEX_ROWS(struct index_cycle, rows)[i].id, &c));
    answer_object(&a, NULL);
    TRY(write_cycle(v, &a, &c));
    answer_object_end(&a);
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "There are no cycles yet: clipvault cycle open --case …\n");
  return answer_end(&a);
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(cycle) struct cycle c = {0};
  TRY(account_require(s->vault, SEES, "seeing a case's cycles"));
  TRY(find(s->vault, rq, &c));
  TRY(reach_require_case(s->vault, &c.row.kase));
  return answer_one(s->vault, &c.row.id, reply);
}

static enum err close_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  return cycle_close(v, context);
}

static enum err close_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(cycle) struct cycle c = {0};
  TRY(find_own(s->vault, rq, &c));
  TRY(transact(s->vault, close_in, &c, rq));
  return answer_one(s->vault, &c.row.id, reply);
}

struct adding {
  const struct cycle *cycle;
  struct id clip;
};

static enum err add_in(struct vault *v, void *context, const struct request *rq) {
  const struct adding *a = context;
  return cycle_add(v, a->cycle, &a->clip, request_text(rq, "as"));
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(cycle) struct cycle c = {0};
  struct adding a = {.cycle = &c};
  TRY(find_own(s->vault, rq, &c));
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &a.clip));
  TRY(transact(s->vault, add_in, &a, rq));
  return answer_one(s->vault, &c.row.id, reply);
}

static enum err remove_in(struct vault *v, void *context, const struct request *rq) {
  const struct adding *a = context;
  (void)rq;
  return cycle_remove(v, a->cycle, &a->clip);
}

static enum err remove_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(cycle) struct cycle c = {0};
  struct adding a = {.cycle = &c};
  TRY(find_own(s->vault, rq, &c));
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &a.clip));
  TRY(transact(s->vault, remove_in, &a, rq));
  return answer_one(s->vault, &c.row.id, reply);
}

static const struct command_option open_options[] = {{"--case", "C", OPTION_REQUIRED, "the case; one of yours"},
                                                     {"--question", "TEXT", 0, "the helping question; sealed with the case"},
                                                     {0}};
const struct command cmd_cycle_open = {.name = "cycle open",
                                       .group = "Review",
                                       .synopsis = "--case C [--question TEXT]",
                                       .summary = "begin a round of film, shared review and supervision",
                                       .help =
                                           "Begins a cycle of a case of yours, with its helping question.\n\n"
                                           "  clipvault cycle open --case cas_… --question \"How can we make bedtime calmer?\"",
                                       .options = open_options,
                                       .run = open_run};

static const struct command_option list_options[] = {{"--case", "C", OPTION_REQUIRED, "the case"}, {0}};
const struct command cmd_cycle_list = {.name = "cycle list",
                                       .group = "Review",
                                       .synopsis = "--case C",
                                       .summary = "a case's cycles and their clips",
                                       .help = "Lists the cycles of a case that concerns you, and which clips each has.",
                                       .options = list_options,
                                       .run = list_run};

static const struct command_option one_options[] = {{"CYCLE", NULL, OPTION_REQUIRED, "the cycle"}, {0}};
const struct command cmd_cycle_show = {
    .name = "cycle show",
    .group = "Review",
    .synopsis = "CYCLE",
    .summary = "one cycle: question, clips, ratings",
    .help = "Shows one cycle: its helping question, its clips, moments first, and how goals were rated in it.",
    .options = one_options,
    .run = show_run};
const struct command cmd_cycle_close = {.name = "cycle close",
                                        .group = "Review",
                                        .synopsis = "CYCLE",
                                        .summary = "a round is done",
                                        .help = "Closes a cycle of a case of yours: it gets no more clips. It ends nothing else.",
                                        .options = one_options,
                                        .run = close_run};

static const struct command_option add_options[] = {{"CYCLE", NULL, OPTION_REQUIRED, "the cycle"},
                                                    {"CLIP", NULL, OPTION_REQUIRED, "a clip of the same case"},
                                                    {"--as", "ROLE", OPTION_REQUIRED, "film, review or moment"},
                                                    {0}};
const struct command cmd_cycle_add = {.name = "cycle add",
                                      .group = "Review",
                                      .synopsis = "CYCLE CLIP --as film|review|moment",
                                      .summary = "a clip belongs to a cycle",
                                      .help =
                                          "Says that a clip belongs to a cycle: as the film that it began with, as the film of "
                                          "the shared review, or as a moment that "
                                          "was chosen out of either. Who may see the clip does not change.",
                                      .options = add_options,
                                      .run = add_run};

static const struct command_option remove_options[] = {
    {"CYCLE", NULL, OPTION_REQUIRED, "the cycle"}, {"CLIP", NULL, OPTION_REQUIRED, "the clip"}, {0}};
const struct command cmd_cycle_remove = {.name = "cycle remove",
                                         .group = "Review",
                                         .synopsis = "CYCLE CLIP",
                                         .summary = "a clip does not belong to a cycle after all",
                                         .help = "Takes a clip out of a cycle. The clip stays as it is.",
                                         .options = remove_options,
                                         .run = remove_run};
