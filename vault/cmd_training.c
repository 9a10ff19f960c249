/* training show, training export: how far somebody's training is, and what they show of it elsewhere. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/permit.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sign_off.h"
#include "vault/training.h"
#include "vault/transact.h"

#include <string.h>

enum detail { OF_STAGES, OF_CYCLES, WITH_NOTES };

static void put_time(struct json *j, const char *key, int64_t at_ms) {
  char text[CLOCK_TEXT];
  json_key(j, key);
  if (at_ms == CLOCK_NEVER_MS)
    json_null(j);
  else
    json_text(j, clock_format(at_ms, text));
}

static void put_number(struct json *j, const char *key, int64_t n) {
  json_key(j, key);
  json_number(j, n);
}

static void put_bool(struct json *j, const char *key, bool b) {
  json_key(j, key);
  json_bool(j, b);
}

static void put_id(struct json *j, const char *key, enum id_kind kind, const struct id *id) {
  char text[ID_TEXT];
  json_key(j, key);
  json_text(j, id_format(kind, id, text));
}

static enum err put_name(struct vault *v, struct json *j, const char *key, const struct id *user) {
  AUTO(bytes) struct bytes name = {0};
  struct index_account row;
  TRY(account_load(v, user, &row, &name));
  json_key(j, key);
  json_text_bytes(j, name.data, name.length);
  return ERR_OK;
}

/* ---- stages */

static void put_stages(struct json *j, const struct training_stage stages[TRAINING_STAGES], struct bytes *text) {
  json_key(j, "stages");
  json_array(j);
  for (unsigned i = 0; i < TRAINING_STAGES; i++) {
    const struct training_stage *s = &stages[i];
    json_object(j);
    put_number(j, "stage", i + 1);
    put_number(j, "cycles", s->cycles);
    put_number(j, "of_cycles", s->of_cycles);
    put_number(j, "minutes", s->minutes);
    put_number(j, "of_minutes", s->of_minutes);
    put_bool(j, "needs_external", s->needs_external);
    put_bool(j, "done", s->done);
    json_close(j);
    bytes_printf(text, "Stage %u: %u of %u cycles, %u:%02u of %u hours of supervision%s%s.\n", i + 1, s->cycles, s->of_cycles,
                 s->minutes / 60, s->minutes % 60, s->of_minutes / 60,
                 s->needs_external && !s->done ? "; an external supervisor ends it" : "", s->done ? ": done" : "");
  }
  json_close(j);
}

/* ---- cycles */

/* How many clips a cycle has as what; not which, and nothing of them. */
static enum err put_clips(struct vault *v, struct json *j, const struct id *cycle) {
  static const char *const roles[] = {"film", "review", "moment"};
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_cycle_clips(v->index, cycle, &rows));
  json_key(j, "clips");
  json_object(j);
  for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
    int64_t count = 0;
    for (size_t i = 0; i < INDEX_COUNT(struct index_cycle_clip, rows); i++)
      count += strcmp(INDEX_ROWS(struct index_cycle_clip, rows)[i].role, roles[r]) == 0;
    put_number(j, roles[r], count);
  }
  json_close(j);
  return ERR_OK;
}

static enum err put_cycle(struct vault *v, struct json *j, const struct sign_off *s, enum detail detail) {
  struct index_cycle cycle;
  TRY(index_cycle_get(v->index, &s->row.cycle, &cycle, NULL));
  json_object(j);
  put_id(j, "cycle", ID_CYCLE, &s->row.cycle);
  put_time(j, "signed_at", s->at_ms);
  put_number(j, "minutes", s->minutes);
  put_id(j, "supervisor", ID_USER, &s->supervisor);
  TRY(put_name(v, j, "supervisor_name", &s->supervisor));
  put_bool(j, "external", s->external);
  if (detail >= OF_CYCLES) {
    put_time(j, "opened_at", cycle.opened_ms);
    put_time(j, "closed_at", cycle.closed_ms);
    TRY(put_clips(v, j, &s->row.cycle));
  }
  if (detail >= WITH_NOTES) {
    json_key(j, "note");
    json_text_bytes(j, s->note.data, s->note.length);
  }
  json_close(j);
  return ERR_OK;
}

static enum err put_training(struct vault *v, struct json *j, const struct id *user, enum detail detail, struct bytes *text) {
  AUTO(bytes) struct bytes rows = {0}, steps = {0};
  struct training_stage stages[TRAINING_STAGES];
  TRY(index_sign_off_list(v->index, user, &rows));
  put_id(j, "user", ID_USER, user);
  TRY(put_name(v, j, "name", user));
  json_key(j, "cycles");
  json_array(j);
  for (size_t i = 0; i < INDEX_COUNT(struct index_sign_off, rows); i++) {
    AUTO(sign_off) struct sign_off s = {0};
    TRY(sign_off_load(v, &INDEX_ROWS(struct index_sign_off, rows)[i].cycle, &s));
    TRY(put_cycle(v, j, &s, detail));
    bytes_put(&steps, &(struct training_step){s.minutes, s.external}, sizeof(struct training_step));
  }
  json_close(j);
  TRY(bytes_check(&steps));
  training_progress(INDEX_ROWS(struct training_step, steps), INDEX_COUNT(struct training_step, steps), stages);
  put_stages(j, stages, text);
  return ERR_OK;
}

/* ---- show */

/* One's own, or of whom one supervises. */
static enum err require_may_know(struct vault *v, const struct id *user) {
  AUTO(bytes) struct bytes permits = {0};
  bool linked = false;
  if (id_equal(user, &v->actor.id)) return ERR_OK;
  TRY(permit_list(v, &v->actor.id, user, &permits));
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    linked |= p->kind == PERMIT_LINK && permit_standing(p, vault_now_ms(v)) == POLICY_GRANT_STANDS;
  }
  if ((v->actor.roles & ACCOUNT_SUPERVISOR) && linked) return ERR_OK;
  return err_set(ERR_REFUSED, "somebody's training is theirs to see, and their supervisor's");
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id user = s->vault->actor.id;
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR, "seeing how far training is"));
  if (request_text(rq, "user")) TRY(id_parse(ID_USER, request_text(rq, "user"), &user));
  TRY(require_may_know(s->vault, &user));
  struct answer a = answer_begin(reply);
  TRY(put_training(s->vault, &a.json, &user, OF_STAGES, &reply->text));
  return answer_end(&a);
}

/* ---- export */

static enum err note_in(struct vault *v, void *context, const struct request *rq) {
  (void)context;
  return audit_append(v, "training.exported", ID_USER, &v->actor.id, request_flag(rq, "with-notes") ? "with notes" : NULL);
}

static enum err write_portfolio(struct vault *v, enum detail detail, struct bytes *out) {
  AUTO(bytes) struct bytes unused = {0};
  struct json j = json_begin(out);
  json_object(&j);
  json_key(&j, "form");
  json_text(&j, "clipvault portfolio 1");
  put_time(&j, "made_at", vault_now_ms(v));
  TRY(put_training(v, &j, &v->actor.id, detail, &unused));
  json_close(&j);
  TRY(json_end(&j));
  bytes_put_text(out, "\n");
  return bytes_check(out);
}

static enum err export_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes text = {0};
  const char *to = request_text(rq, "to");
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER, "showing how far your training is"));
  TRY(write_portfolio(s->vault, request_flag(rq, "with-notes") ? WITH_NOTES : OF_CYCLES, &text));
  TRY(transact(s->vault, note_in, NULL, rq));
  TRY(vault_anchor(s->vault)); /* before the first byte leaves */
  if (!to) {
    bytes_put(&reply->text, text.data, text.length);
    bytes_put(&reply->json, text.data, text.length - 1); /* a line of its own ends it anyhow */
    return bytes_check(&reply->json);
  }
  struct answer a = answer_begin(reply);
  TRY(io_write_all(request_fd(rq, "to", 0), text.data, text.length));
  if (strcmp(to, "-") != 0) TRY(io_sync(request_fd(rq, "to", 0)));
  answer_text(&a, "file", to);
  bytes_printf(&reply->text, "Written to %s: stages, cycles, hours; no film, no picture, nobody who was filmed.\n", to);
  return answer_end(&a);
}

static const struct command_option show_options[] = {{"--user", "U", 0, "whose; yours if not given"}, {0}};
const struct command cmd_training_show = {.name = "training show",
                                          .group = "Supervision",
                                          .synopsis = "[--user U]",
                                          .summary = "how far somebody's training is",
                                          .help =
                                              "Shows the three stages of training: 6, 9 and 12 cycles that were signed off, with "
                                              "7, 8 and 8 hours of supervision; the last "
                                              "one ends with an external supervisor. Yours, or of somebody whom you supervise.",
                                          .options = show_options,
                                          .run = show_run};

static const struct command_option export_options[] = {
    {"--to", "FILE", OPTION_FILE_OUT, "where it goes; - is standard output; without it, it is the answer itself"},
    {"--with-notes", NULL, OPTION_SWITCH, "what supervisors said of each cycle in the end"},
    {0}};
const struct command cmd_training_export = {
    .name = "training export",
    .group = "Supervision",
    .synopsis = "[--to FILE|-] [--with-notes]",
    .summary = "a portfolio of your training, without footage",
    .help =
        "Writes your stages, cycles, hours and who signed them as JSON: no film, no picture, no title of a case, no name of "
        "anybody "
        "who was filmed. Closing notes only with --with-notes: read them first, they may tell of a family.",
    .options = export_options,
    .run = export_run};
