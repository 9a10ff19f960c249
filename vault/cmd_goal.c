/* goal add, rate, list: what a family wants to get nearer to, and how near they feel. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/goal.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

static enum err require_own(struct vault *v, const struct id *kase) {
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "working on a case's goals"));
  return reach_require_practised(v, kase);
}

static void write_goal(struct answer *a, const struct goal *g) {
  struct bytes *text = &a->reply->text;
  char id[ID_TEXT];
  answer_id(a, "goal", ID_GOAL, &g->row.id);
  answer_bytes(a, "text", &g->text);
  answer_time(a, "made_at", g->made_ms);
  answer_array(a, "ratings");
  bytes_printf(text, "%s  ", id_format(ID_GOAL, &g->row.id, id));
  bytes_put_plain(text, bytes_text(&g->text), g->text.length);
  for (size_t i = 0; i < INDEX_COUNT(struct goal_rating, g->ratings); i++) {
    const struct goal_rating *r = &INDEX_ROWS(struct goal_rating, g->ratings)[i];
    answer_object(a, NULL);
    answer_number(a, "score", r->score);
    answer_time(a, "at", r->at_ms);
    answer_id(a, "by", ID_USER, &r->by);
    if (id_is_zero(&r->cycle))
      answer_null(a, "cycle");
    else
      answer_id(a, "cycle", ID_CYCLE, &r->cycle);
    answer_object_end(a);
    bytes_printf(text, "%s%u", i ? ", " : ": ", r->score);
  }
  answer_array_end(a);
  bytes_put_text(text, "\n");
}

static enum err answer_one(struct vault *v, const struct id *id, struct reply *reply) {
  AUTO(goal) struct goal g = {0};
  TRY(goal_load(v, id, &g));
  struct answer a = answer_begin(reply);
  write_goal(&a, &g);
  return answer_end(&a);
}

struct adding {
  struct id kase, goal;
};

static enum err add_in(struct vault *v, void *context, const struct request *rq) {
  struct adding *a = context;
  return goal_add(v, &a->kase, request_text(rq, "text"), &a->goal);
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct adding a = {0};
  TRY(id_parse(ID_CASE, request_text(rq, "case"), &a.kase));
  TRY(require_own(s->vault, &a.kase));
  TRY(transact(s->vault, add_in, &a, rq));
  return answer_one(s->vault, &a.goal, reply);
}

struct rating {
  struct goal *goal;
  struct goal_rating said;
};

static enum err rate_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct rating *r = context;
  return goal_rate(v, r->goal, &r->said);
}

static enum err read_rating(struct vault *v, const struct request *rq, struct goal_rating *out) {
  const char *on = request_text(rq, "on"), *cycle = request_text(rq, "cycle");
  uint64_t score;
  *out = (struct goal_rating){.at_ms = vault_now_ms(v), .by = v->actor.id};
  TRY(request_number(rq, "score", 0, GOAL_BEST, &score));
  out->score = (uint8_t)score;
  if (cycle) TRY(id_parse(ID_CYCLE, cycle, &out->cycle));
  if (on) TRY(clock_parse_start(on, &out->at_ms));
  return out->at_ms > vault_now_ms(v) ? err_set(ERR_USAGE, "--on lies in the future") : ERR_OK;
}

static enum err rate_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(goal) struct goal g = {0};
  struct rating r = {.goal = &g};
  struct id id;
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER, "working on a case's goals"));
  TRY(id_parse(ID_GOAL, request_text(rq, "GOAL"), &id));
  TRY(goal_load(s->vault, &id, &g));
  TRY(require_own(s->vault, &g.row.kase));
  TRY(read_rating(s->vault, rq, &r.said));
  TRY(transact(s->vault, rate_in, &r, rq));
  return answer_one(s->vault, &id, reply);
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes rows = {0};
  struct vault *v = s->vault;
  struct id kase;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "seeing a case's goals"));
  TRY(id_parse(ID_CASE, request_text(rq, "case"), &kase));
  TRY(reach_require_case(v, &kase));
  TRY(index_goal_list(v->index, &kase, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_goal, rows); i++) {
    AUTO(goal) struct goal g = {0};
    TRY(goal_load(v, &INDEX_ROWS(struct index_goal, rows)[i].id, &g));
    answer_object(&a, NULL);
    write_goal(&a, &g);
    answer_object_end(&a);
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "There are no goals yet: clipvault goal add --case … --text …\n");
  return answer_end(&a);
}

static const struct command_option add_options[] = {
    {"--case", "C", OPTION_REQUIRED, "the case; one of yours"},
    {"--text", "TEXT", OPTION_REQUIRED, "in the family's words; sealed with the case"},
    {0}};
const struct command cmd_goal_add = {.name = "goal add",
                                     .group = "Review",
                                     .synopsis = "--case C --text TEXT",
                                     .summary = "what the family wants to get nearer to",
                                     .help =
                                         "Adds a goal to a case of yours.\n\n"
                                         "  clipvault goal add --case cas_… --text \"Meals without shouting\"",
                                     .options = add_options,
                                     .run = add_run};

static const struct command_option rate_options[] = {{"GOAL", NULL, OPTION_REQUIRED, "the goal"},
                                                     {"--score", "N", OPTION_REQUIRED, "1 (far away) to 10 (there)"},
                                                     {"--cycle", "CYCLE", 0, "in which cycle it was said"},
                                                     {"--on", "DATE", 0, "when; now if not given"},
                                                     {0}};
const struct command cmd_goal_rate = {.name = "goal rate",
                                      .group = "Review",
                                      .synopsis = "GOAL --score N [--cycle CYCLE] [--on DATE]",
                                      .summary = "how near they feel to it, 1 to 10",
                                      .help = "Adds a rating to a goal; earlier ones stay, so that the way can be seen.",
                                      .options = rate_options,
                                      .run = rate_run};

static const struct command_option list_options[] = {{"--case", "C", OPTION_REQUIRED, "the case"}, {0}};
const struct command cmd_goal_list = {.name = "goal list",
                                      .group = "Review",
                                      .synopsis = "--case C",
                                      .summary = "a case's goals and how they were rated",
                                      .help = "Lists the goals of a case that concerns you, with every rating.",
                                      .options = list_options,
                                      .run = list_run};
