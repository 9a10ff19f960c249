/* supervise ask, list, note, cancel, sign-off: what is laid before a supervisor, and what comes of it. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sign_off.h"
#include "vault/supervision.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

static const enum purpose purposes[] = {PURPOSE_SUPERVISION, PURPOSE_ACCREDITATION};

/* ---- ask */

struct asking {
  struct id supervisor, target, made;
  enum id_kind kind;
};

static enum err read_target(const char *text, struct asking *a) {
  a->kind = strncmp(text, "cyc_", 4) == 0 ? ID_CYCLE : ID_CLIP;
  return id_parse(a->kind, text, &a->target);
}

static enum err ask_in(struct vault *v, void *context, const struct request *rq) {
  struct asking *a = context;
  return supervision_ask(v, &a->supervisor, a->kind, &a->target, request_text_or(rq, "note", ""), &a->made);
}

static enum err ask_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct asking asking = {0};
  struct index_clip clip;
  struct id kase;
  char text[ID_TEXT];
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER, "asking for supervision"));
  TRY(read_target(request_text(rq, "TARGET"), &asking));
  TRY(id_parse(ID_USER, request_text(rq, "supervisor"), &asking.supervisor));
  TRY(supervision_case(s->vault, asking.kind, &asking.target, &kase));
  TRY(reach_require_practised(s->vault, &kase));
  if (asking.kind == ID_CLIP) TRY(index_clip_get(s->vault->index, &asking.target, &clip, NULL));
  if (asking.kind == ID_CLIP && !clip.leaf) return err_set(ERR_MISSING, "this clip has ended; its keys are destroyed");
  TRY(transact(s->vault, ask_in, &asking, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "supervision", ID_SUPERVISION, &asking.made);
  bytes_printf(&reply->text, "It waits for them, as %s. What may be seen of it, and until when, has not changed.\n",
               id_format(ID_SUPERVISION, &asking.made, text));
  return answer_end(&a);
}

/* ---- list */

/* Whether the supervisor may see the clip now, for what supervision is; if not, *out says why not for supervision itself. Who may
 * not even know of the clip any more (a link that ended) hears that, and nothing of who is in it. */
static enum err ask_policy(struct vault *v, const struct index_account *supervisor, const struct id *clip, struct inquiry *out,
                           bool *may) {
  *may = false;
  for (size_t i = 0; i < sizeof purposes / sizeof *purposes && !*may; i++) {
    inquiry_free(out);
    TRY(inquiry_ask(v, supervisor, &(struct inquiry_about){clip, POLICY_VIEW, purposes[i], NULL}, out));
    if (out->answer.allowed) TRY(inquiry_has_key(v, clip, out->rendition, purposes[i], may));
  }
  if (*may) return ERR_OK;
  inquiry_free(out);
  TRY(inquiry_ask(v, &v->actor, &(struct inquiry_about){clip, POLICY_LOCATE, PURPOSE_SUPERVISION, NULL}, out));
  if (!out->answer.allowed) return ERR_OK;
  inquiry_free(out);
  return inquiry_ask(v, supervisor, &(struct inquiry_about){clip, POLICY_VIEW, PURPOSE_SUPERVISION, NULL}, out);
}

static enum err write_reasons(struct vault *v, struct answer *a, const struct inquiry *q) {
  static const char nothing_kept[] = "Nothing of it is kept for supervision.";
  answer_array(a, "reasons");
  if (!q->answer.count) answer_text(a, NULL, nothing_kept);
  for (size_t i = 0; i < q->answer.count; i++) {
    AUTO(bytes) struct bytes words = {0};
    TRY(inquiry_reason(v, q, i, &words));
    answer_bytes(a, NULL, &words);
    bytes_printf(&a->reply->text, " %s", bytes_text(&words));
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err write_clip(struct vault *v, struct answer *a, const struct index_account *supervisor, const struct id *clip,
                           const char *role, bool *may) {
  AUTO(inquiry) struct inquiry q = {0};
  struct bytes *text = &a->reply->text;
  char id[ID_TEXT], until[CLOCK_TEXT];
  TRY(ask_policy(v, supervisor, clip, &q, may));
  answer_object(a, NULL);
  answer_id(a, "clip", ID_CLIP, clip);
  if (role)
    answer_text(a, "as", role);
  else
    answer_null(a, "as");
  answer_bool(a, "may_see", *may);
  bytes_printf(text, "  %s  %-6s", id_format(ID_CLIP, clip, id), role ? role : "");
  if (*may) {
    answer_text(a, "purpose", purpose_name(q.question.purpose));
    answer_time(a, "until", q.answer.until_ms);
    bytes_printf(text, "  for %s until %s", purpose_name(q.question.purpose), clock_format(q.answer.until_ms, until));
  } else {
    TRY(write_reasons(v, a, &q));
  }
  answer_object_end(a);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

/* Whether the practitioner, or the supervisor while they are linked or it is shared with them: else nothing of what is in it is
 * told, which may have come since. */
static enum err may_know(struct vault *v, const struct supervision *s, bool own, bool *out) {
  *out = own;
  return own ? ERR_OK : supervision_has_right(v, &s->row.account, s->row.target_kind, &s->row.target, out);
}

/* Moments first: what the practitioner chose. *may: of a single clip, whether it may be seen. */
static enum err write_clips(struct vault *v, struct answer *a, const struct supervision *s, bool *may) {
  AUTO(account) struct account supervisor = {0};
  AUTO(bytes) struct bytes clips = {0};
  TRY(account_read(v, &s->row.account, &supervisor));
  answer_array(a, "clips");
  if (s->row.target_kind == ID_CLIP) TRY(write_clip(v, a, &supervisor.row, &s->row.target, NULL, may));
  if (s->row.target_kind == ID_CYCLE) TRY(index_cycle_clips(v->index, &s->row.target, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_cycle_clip, clips); i++) {
    const struct index_cycle_clip *one = &INDEX_ROWS(struct index_cycle_clip, clips)[i];
    bool this_one;
    TRY(write_clip(v, a, &supervisor.row, &one->clip, one->role, &this_one));
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err write_no_clips(struct answer *a) {
  answer_array(a, "clips");
  answer_array_end(a);
  bytes_put_text(&a->reply->text, "  You supervise its practitioner no more, and it is not shared with you.\n");
  return ERR_OK;
}

static enum err write_name(struct vault *v, struct answer *a, const char *key, const char *name_key, const struct id *user) {
  AUTO(bytes) struct bytes name = {0};
  struct index_account row;
  TRY(account_load(v, user, &row, &name));
  answer_id(a, key, ID_USER, user);
  answer_bytes(a, name_key, &name);
  return ERR_OK;
}

static enum err write_head(struct vault *v, struct answer *a, const struct supervision *s, const struct id *kase) {
  char id[ID_TEXT], target[ID_TEXT], asked[CLOCK_TEXT];
  bool waits = s->done_ms == CLOCK_NEVER_MS;
  answer_id(a, "supervision", ID_SUPERVISION, &s->row.id);
  answer_text(a, "state", waits ? "waiting" : "done");
  answer_id(a, "case", ID_CASE, kase);
  answer_id(a, s->row.target_kind == ID_CYCLE ? "cycle" : "clip", s->row.target_kind, &s->row.target);
  TRY(write_name(v, a, "supervisor", "supervisor_name", &s->row.account));
  TRY(write_name(v, a, "asked_by", "asked_by_name", &s->by));
  answer_time(a, "asked_at", s->asked_ms);
  answer_time(a, "done_at", s->done_ms);
  bytes_printf(&a->reply->text, "%s  %s  %.10s  %s\n", id_format(ID_SUPERVISION, &s->row.id, id), waits ? "waits" : "done ",
               clock_format(s->asked_ms, asked), id_format(s->row.target_kind, &s->row.target, target));
  return ERR_OK;
}

static void write_words(struct answer *a, const char *key, const struct bytes *words, bool readable) {
  if (!readable || !words->length) {
    answer_null(a, key);
    return;
  }
  answer_bytes(a, key, words);
  bytes_printf(&a->reply->text, "  %s: ", key);
  bytes_put_plain(&a->reply->text, bytes_text(words), words->length);
  bytes_put_text(&a->reply->text, "\n");
}

/* What was said of a clip tells of it: a supervisor reads it while they may see the clip, or, of a cycle, know of the case. */
static enum err write_one(struct vault *v, struct answer *a, const struct supervision *s, const struct id *kase, bool own) {
  bool readable;
  TRY(may_know(v, s, own, &readable));
  answer_object(a, NULL);
  TRY(write_head(v, a, s, kase));
  TRY(readable ? write_clips(v, a, s, &readable) : write_no_clips(a));
  write_words(a, "note", &s->note, own || readable);
  write_words(a, "answer", &s->answer, own || readable);
  answer_object_end(a);
  return ERR_OK;
}

static enum err write_if_theirs(struct vault *v, struct answer *a, const struct index_supervision *row, bool all) {
  AUTO(supervision) struct supervision s = {0};
  struct index_case in;
  struct id kase;
  TRY(supervision_case(v, row->target_kind, &row->target, &kase));
  TRY(casework_load(v, &kase, &in, NULL));
  bool own = (v->actor.roles & ACCOUNT_PRACTITIONER) && id_equal(&in.practitioner, &v->actor.id);
  bool queue = (v->actor.roles & ACCOUNT_SUPERVISOR) && id_equal(&row->account, &v->actor.id);
  if (!own && !queue) return ERR_OK;
  TRY(supervision_load(v, &row->id, &s));
  return all || s.done_ms == CLOCK_NEVER_MS ? write_one(v, a, &s, &kase, own) : ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes rows = {0};
  struct vault *v = s->vault;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR, "seeing what waits for supervision"));
  TRY(index_supervision_list(v->index, v->actor.roles & ACCOUNT_PRACTITIONER ? NULL : &v->actor.id, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_supervision, rows); i++)
    TRY(write_if_theirs(v, &a, &INDEX_ROWS(struct index_supervision, rows)[i], request_flag(rq, "all")));
  if (!reply->text.length) bytes_put_text(&reply->text, "Nothing waits.\n");
  return answer_end(&a);
}

/* ---- note, cancel */

static enum err find(struct vault *v, const struct request *rq, struct supervision *out) {
  struct id id;
  TRY(id_parse(ID_SUPERVISION, request_text(rq, "SUPERVISION"), &id));
  return supervision_load(v, &id, out);
}

static enum err require_right(struct vault *v, enum id_kind kind, const struct id *target) {
  bool right;
  TRY(supervision_has_right(v, &v->actor.id, kind, target, &right));
  return right ? ERR_OK
               : err_set(ERR_REFUSED, "you are not linked with its practitioner, and it is not shared with you for supervision");
}

static enum err note_in(struct vault *v, void *context, const struct request *rq) {
  return supervision_note(v, context, request_text(rq, "text"));
}

static enum err require_may_answer(struct vault *v, const struct supervision *s) {
  AUTO(inquiry) struct inquiry q = {0};
  bool may = true;
  if (!id_equal(&s->row.account, &v->actor.id)) return err_set(ERR_REFUSED, "this was not laid before you");
  TRY(require_right(v, s->row.target_kind, &s->row.target));
  if (s->row.target_kind == ID_CLIP) TRY(ask_policy(v, &v->actor, &s->row.target, &q, &may));
  return may ? ERR_OK : err_set(ERR_REFUSED, "this clip may not be seen for supervision any more; supervise list tells why");
}

static enum err note_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(supervision) struct supervision one = {0};
  TRY(account_require(s->vault, ACCOUNT_SUPERVISOR, "answering for supervision"));
  TRY(find(s->vault, rq, &one));
  TRY(require_may_answer(s->vault, &one));
  TRY(transact(s->vault, note_in, &one, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "supervision", ID_SUPERVISION, &one.row.id);
  answer_text(&a, "state", one.done_ms == CLOCK_NEVER_MS ? "waiting" : "done");
  bytes_put_text(&reply->text,
                 one.done_ms == CLOCK_NEVER_MS ? "Noted. The cycle waits to be signed off.\n" : "Noted, and done.\n");
  return answer_end(&a);
}

static enum err cancel_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  return supervision_cancel(v, context);
}

static enum err cancel_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(supervision) struct supervision one = {0};
  struct id kase;
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER, "asking for supervision"));
  TRY(find(s->vault, rq, &one));
  TRY(supervision_case(s->vault, one.row.target_kind, &one.row.target, &kase));
  TRY(reach_require_practised(s->vault, &kase));
  if (one.done_ms != CLOCK_NEVER_MS) return err_set(ERR_REFUSED, "this was answered already, and stays");
  TRY(transact(s->vault, cancel_in, &one, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "supervision", ID_SUPERVISION, &one.row.id);
  answer_text(&a, "state", "cancelled");
  bytes_put_text(&reply->text, "It waits no longer.\n");
  return answer_end(&a);
}

/* ---- sign-off */

struct signing {
  const struct cycle *cycle;
  uint32_t minutes;
  struct id made;
};

/* What waited for them of this cycle is done. */
static enum err finish_waiting(struct vault *v, const struct id *cycle) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_supervision_list(v->index, &v->actor.id, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_supervision, rows); i++) {
    AUTO(supervision) struct supervision s = {0};
    const struct index_supervision *row = &INDEX_ROWS(struct index_supervision, rows)[i];
    if (row->target_kind != ID_CYCLE || !id_equal(&row->target, cycle)) continue;
    TRY(supervision_load(v, &row->id, &s));
    if (s.done_ms == CLOCK_NEVER_MS) TRY(supervision_finish(v, &s));
  }
  return ERR_OK;
}

static enum err sign_in(struct vault *v, void *context, const struct request *rq) {
  struct signing *s = context;
  TRY(sign_off_make(v, s->cycle, s->minutes, request_text(rq, "note"), &s->made));
  return finish_waiting(v, &s->cycle->row.id);
}

static enum err sign_off_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(cycle) struct cycle c = {0};
  struct signing signing = {.cycle = &c};
  struct id id;
  TRY(account_require(s->vault, ACCOUNT_SUPERVISOR, "signing off a cycle"));
  TRY(id_parse(ID_CYCLE, request_text(rq, "CYCLE"), &id));
  TRY(cycle_load(s->vault, &id, &c));
  TRY(require_right(s->vault, ID_CYCLE, &id));
  TRY(sign_off_parse_hours(request_text(rq, "hours"), &signing.minutes));
  TRY(transact(s->vault, sign_in, &signing, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "cycle", ID_CYCLE, &id);
  answer_number(&a, "minutes", signing.minutes);
  bytes_printf(&reply->text, "Signed off, with %u minutes of supervision.\n", signing.minutes);
  return answer_end(&a);
}

/* ---- the table */

static const struct command_option ask_options[] = {
    {"TARGET", NULL, OPTION_REQUIRED, "a clip or a cycle of yours"},
    {"--supervisor", "U", OPTION_REQUIRED, "before whom it is laid"},
    {"--note", "TEXT", 0, "what you would like looked at; sealed, goes with the clip"},
    {0}};
const struct command cmd_supervise_ask = {
    .name = "supervise ask",
    .group = "Supervision",
    .synopsis = "CLIP|CYCLE --supervisor U [--note TEXT]",
    .summary = "lay a clip or a cycle before a supervisor",
    .help =
        "Puts a clip or a cycle of yours into a supervisor's queue. They must be linked with you, or it must be shared with them "
        "for "
        "supervision or accreditation. Who may see what does not change by it.\n\n"
        "  clipvault supervise ask cyc_… --supervisor usr_… --note \"Where did I miss her turn?\"",
    .options = ask_options,
    .run = ask_run};

static const struct command_option list_options[] = {{"--all", NULL, OPTION_SWITCH, "also what is done"}, {0}};
const struct command cmd_supervise_list = {.name = "supervise list",
                                           .group = "Supervision",
                                           .synopsis = "[--all]",
                                           .summary = "what waits for a supervisor, and until when it may be seen",
                                           .help =
                                               "Lists what waits for you as a supervisor, and what of yours waits for one: each "
                                               "clip with the day until which they may see "
                                               "it, or why they may not; of a cycle, the moments that were chosen first.",
                                           .options = list_options,
                                           .run = list_run};

static const struct command_option note_options[] = {
    {"SUPERVISION", NULL, OPTION_REQUIRED, "what was laid before you"},
    {"--text", "TEXT", OPTION_REQUIRED, "what you say of it; sealed like the request"},
    {0}};
const struct command cmd_supervise_note = {
    .name = "supervise note",
    .group = "Supervision",
    .synopsis = "SUPERVISION --text TEXT",
    .summary = "what you say of what was laid before you",
    .help = "Writes your closing note, in the place of an earlier one. A clip is done with it; a cycle waits to be signed off.",
    .options = note_options,
    .run = note_run};

static const struct command_option cancel_options[] = {{"SUPERVISION", NULL, OPTION_REQUIRED, "the request"}, {0}};
const struct command cmd_supervise_cancel = {.name = "supervise cancel",
                                             .group = "Supervision",
                                             .synopsis = "SUPERVISION",
                                             .summary = "take back what you laid before a supervisor",
                                             .help = "Takes a request of yours out of a supervisor's queue, while it waits.",
                                             .options = cancel_options,
                                             .run = cancel_run};

static const struct command_option sign_options[] = {{"CYCLE", NULL, OPTION_REQUIRED, "the cycle"},
                                                     {"--hours", "H", OPTION_REQUIRED, "how long supervision took: 1, 1.5, 0.75"},
                                                     {"--note", "TEXT", OPTION_REQUIRED, "what you say of it in the end; sealed"},
                                                     {0}};
const struct command cmd_supervise_sign_off = {.name = "supervise sign-off",
                                               .group = "Supervision",
                                               .synopsis = "CYCLE --hours H --note TEXT",
                                               .summary = "a cycle counts for its practitioner's training",
                                               .help =
                                                   "Signs off a cycle, once and for good, with the hours that its supervision "
                                                   "took. It counts for the training of the case's "
                                                   "practitioner (clipvault training show). For a supervisor who is linked with "
                                                   "them, or with whom the case is shared for it.",
                                               .options = sign_options,
                                               .run = sign_off_run};
