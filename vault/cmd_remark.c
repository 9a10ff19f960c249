/* remark add, list, edit, remove, resolve: what is said of moments of a clip. */
#include "ingest/place.h"
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/clip.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/remark.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/tags.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

/* ---- places */

static enum err film_of(struct vault *v, const struct id *clip, struct place_film *out) {
  struct clip_beat beat;
  TRY(clip_beat(v, clip, &beat));
  *out = (struct place_film){beat.sound, beat.frames, beat.num, beat.den};
  return ERR_OK;
}

static enum err read_place(struct vault *v, const struct request *rq, struct remark *r) {
  const char *at = request_text(rq, "at"), *to = request_text(rq, "to");
  struct place_film film;
  struct place first, behind;
  if (!at && to) return err_set(ERR_USAGE, "--to needs --at: the frame with which it begins");
  if (!at) return ERR_OK;
  TRY(film_of(v, &r->clip, &film));
  TRY(place_parse("--at", at, &first));
  if (to) {
    TRY(place_parse("--to", to, &behind));
    return place_range(&film, &first, &behind, &r->from, &r->to);
  }
  TRY(place_frame(&film, &first, &r->from));
  r->to = r->from + 1;
  return ERR_OK;
}

/* ---- what it says */

static enum err read_tag(struct vault *v, const char *code, struct remark *r) {
  struct tags tags;
  r->tag[0] = 0;
  if (!*code) return ERR_OK;
  TRY(tags_load(v->dir, &tags, NULL));
  if (!tags_find(&tags, code)) return err_set(ERR_USAGE, "there is no tag \"%.40s\"; see clipvault tags list", code);
  snprintf(r->tag, sizeof r->tag, "%s", code);
  return ERR_OK;
}

static enum err read_words(struct vault *v, const struct request *rq, struct remark *r) {
  const char *text = request_text(rq, "text"), *tag = request_text(rq, "tag");
  bool is_private = request_flag(rq, "private"), shared = request_flag(rq, "shared");
  if (is_private && shared) return err_set(ERR_USAGE, "say --private or --shared, not both");
  if (is_private || shared) r->shared = shared;
  if (text) bytes_clear(&r->text);
  if (text) bytes_put_text(&r->text, text);
  TRY(bytes_check(&r->text));
  if (tag) TRY(read_tag(v, tag, r));
  return remark_check(r);
}

/* A reply stands where that stands which it answers, and is as private, if nothing else is said. */
static enum err read_answered(struct vault *v, const struct request *rq, struct remark *r) {
  const char *named = request_text(rq, "reply-to");
  AUTO(remark) struct remark answered = {0};
  if (!named && !request_text(rq, "at")) return err_set(ERR_USAGE, "remark add needs --at T: which frame it is about");
  if (!named) return ERR_OK;
  TRY(id_parse(ID_REMARK, named, &r->reply_to));
  TRY(remark_find(v, &r->reply_to, &answered));
  if (!id_equal(&answered.clip, &r->clip)) return err_set(ERR_USAGE, "--reply-to names a remark on another clip");
  if (request_flag(rq, "shared") && !answered.shared)
    return err_set(ERR_USAGE, "what it answers is private; share that first (clipvault remark edit)");
  r->from = answered.from;
  r->to = answered.to;
  r->shared = answered.shared;
  return ERR_OK;
}

/* ---- what is told of one */

static enum err write_author(struct vault *v, struct answer *a, const struct remark *r) {
  AUTO(bytes) struct bytes name = {0};
  struct index_account row;
  TRY(account_load(v, &r->author, &row, &name));
  answer_id(a, "author", ID_USER, &r->author);
  answer_bytes(a, "author_name", &name);
  answer_bool(a, "own", id_equal(&r->author, &v->actor.id));
  bytes_put_plain(&a->reply->text, bytes_text(&name), name.length);
  return ERR_OK;
}

static void write_tag(struct answer *a, const struct tags *tags, const struct remark *r) {
  const struct tag *tag = tags_find(tags, r->tag);
  if (r->tag[0])
    answer_text(a, "tag", r->tag);
  else
    answer_null(a, "tag");
  if (tag) answer_text(a, "layer", tags->layers[tag->layer]);
  if (tag) answer_text(a, "label", tag->label);
  if (r->tag[0]) bytes_printf(&a->reply->text, " [%s]", tag ? tag->label : r->tag);
}

static void write_life(struct answer *a, const struct remark *r) {
  bool resolved = !id_is_zero(&r->resolved_by);
  answer_time(a, "made_at", r->made_ms);
  answer_time(a, "edited_at", r->edited_ms);
  answer_bool(a, "resolved", resolved);
  if (resolved) answer_time(a, "resolved_at", r->resolved_ms);
  if (resolved) answer_id(a, "resolved_by", ID_USER, &r->resolved_by);
  bytes_printf(&a->reply->text, "%s%s", r->shared ? "" : ", private", resolved ? ", resolved" : "");
}

static enum err write_remark(struct vault *v, struct answer *a, const struct tags *tags, const struct remark *r) {
  struct bytes *text = &a->reply->text;
  char id[ID_TEXT];
  answer_id(a, "remark", ID_REMARK, &r->id);
  answer_number(a, "from_frame", r->from);
  answer_number(a, "to_frame", r->to);
  answer_text(a, "purpose", purpose_name(r->purpose));
  answer_bool(a, "shared", r->shared);
  if (id_is_zero(&r->reply_to))
    answer_null(a, "reply_to");
  else
    answer_id(a, "reply_to", ID_REMARK, &r->reply_to);
  bytes_printf(text, "%s  %lld", id_format(ID_REMARK, &r->id, id), (long long)r->from);
  if (r->to > r->from + 1) bytes_printf(text, " to %lld", (long long)r->to);
  bytes_put_text(text, "  ");
  TRY(write_author(v, a, r));
  write_tag(a, tags, r);
  write_life(a, r);
  answer_bytes(a, "text", &r->text);
  if (r->text.length) bytes_put_text(text, ": ");
  bytes_put_plain(text, bytes_text(&r->text), r->text.length);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

static enum err answer_one(struct vault *v, const struct remark *r, struct reply *reply) {
  struct tags tags;
  TRY(tags_load(v->dir, &tags, NULL));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &r->clip);
  TRY(write_remark(v, &a, &tags, r));
  return answer_end(&a);
}

/* ---- add, list */

static enum err read_purpose(struct vault *v, const struct request *rq, struct id *clip, enum purpose *purpose) {
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR, "reading and writing remarks"));
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), clip));
  TRY(purpose_parse(request_text(rq, "purpose"), purpose));
  return inquiry_require(v, &(struct inquiry_about){clip, POLICY_REMARK, *purpose, NULL}, NULL);
}

static enum err add_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  return remark_add(v, context);
}

static enum err add_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(remark) struct remark r = {0};
  TRY(read_purpose(s->vault, rq, &r.clip, &r.purpose));
  TRY(read_answered(s->vault, rq, &r));
  TRY(read_place(s->vault, rq, &r));
  TRY(read_words(s->vault, rq, &r));
  TRY(transact(s->vault, add_in, &r, rq));
  return answer_one(s->vault, &r, reply);
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(remark_list) struct remark_list l = {0};
  struct place_film film;
  struct tags tags;
  struct id clip;
  enum purpose purpose;
  char rate[32];
  TRY(read_purpose(s->vault, rq, &clip, &purpose));
  TRY(remark_list(s->vault, &clip, purpose, &l));
  TRY(film_of(s->vault, &clip, &film));
  TRY(tags_load(s->vault->dir, &tags, NULL));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &clip);
  answer_text(&a, "purpose", purpose_name(purpose));
  snprintf(rate, sizeof rate, "%u/%u", film.num, film.den);
  answer_text(&a, "frame_rate", rate);
  answer_number(&a, "frames", film.frames);
  answer_array(&a, "remarks");
  for (size_t i = 0; i < l.count; i++) {
    answer_object(&a, NULL);
    TRY(write_remark(s->vault, &a, &tags, &l.all[i]));
    answer_object_end(&a);
  }
  answer_array_end(&a);
  if (!l.count) bytes_put_text(&reply->text, "Nothing was remarked yet: clipvault remark add …\n");
  return answer_end(&a);
}

/* ---- edit, remove, resolve */

static enum err find(struct vault *v, const struct request *rq, struct remark *out) {
  struct id id;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR, "reading and writing remarks"));
  TRY(id_parse(ID_REMARK, request_text(rq, "REMARK"), &id));
  return remark_find(v, &id, out);
}

static enum err find_own(struct vault *v, const struct request *rq, struct remark *out) {
  TRY(find(v, rq, out));
  return id_equal(&out->author, &v->actor.id)
             ? ERR_OK
             : err_set(ERR_REFUSED, "this remark is somebody else's: answer it (--reply-to), or resolve it");
}

struct change {
  const struct remark *remark;
  const char *verb;
};

static enum err change_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct change *c = context;
  return remark_write(v, c->remark, c->verb);
}

static enum err edit_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(remark) struct remark r = {0};
  TRY(find_own(s->vault, rq, &r));
  TRY(read_place(s->vault, rq, &r));
  TRY(read_words(s->vault, rq, &r));
  r.edited_ms = vault_now_ms(s->vault);
  TRY(transact(s->vault, change_in, &(struct change){&r, "remark.edited"}, rq));
  return answer_one(s->vault, &r, reply);
}

static enum err remove_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  return remark_remove(v, context);
}

static enum err remove_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(remark) struct remark r = {0};
  TRY(find_own(s->vault, rq, &r));
  TRY(transact(s->vault, remove_in, &r, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "remark", ID_REMARK, &r.id);
  answer_text(&a, "state", "removed");
  bytes_put_text(&reply->text, "Removed.\n");
  return answer_end(&a);
}

static enum err resolve_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(remark) struct remark r = {0};
  static const struct id nobody;
  bool again = request_flag(rq, "reopen");
  TRY(find(s->vault, rq, &r));
  r.resolved_by = again ? nobody : s->vault->actor.id;
  r.resolved_ms = again ? CLOCK_NEVER_MS : vault_now_ms(s->vault);
  TRY(transact(s->vault, change_in, &(struct change){&r, again ? "remark.reopened" : "remark.resolved"}, rq));
  return answer_one(s->vault, &r, reply);
}

/* ---- the table */

static const struct command_option add_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"},
    {"--purpose", "P", OPTION_REQUIRED, "for which you look at it"},
    {"--at", "T", 0, "which frame: 123, or 12.480 seconds; of an answer, where that is which it answers"},
    {"--to", "T", 0, "the first frame that it is not about any more; one frame if not given"},
    {"--tag", "CODE", 0, "what is seen there (clipvault tags list)"},
    {"--text", "TEXT", 0, "in words; sealed, and gone with the clip"},
    {"--private", NULL, OPTION_SWITCH, "only you see it; so it is if nothing else is said"},
    {"--shared", NULL, OPTION_SWITCH, "whoever may view the clip sees it"},
    {"--reply-to", "REMARK", 0, "what it answers"},
    {0}};
const struct command cmd_remark_add = {
    .name = "remark add",
    .group = "Review",
    .synopsis = "CLIP --purpose P --at T [--to T] [--tag CODE] [--text TEXT] [--private|--shared] [--reply-to REMARK]",
    .summary = "say something of a moment of a clip",
    .help =
        "Pins words, a tag or both to a frame or a stretch of frames. Whoever may view the clip for that purpose may write, and "
        "reads what is shared; an officer and an administrator do not. All of it is sealed under a key of the clip and ends with "
        "it: no remark outlives what people agreed to.\n\n"
        "  clipvault remark add clp_… --purpose supervision --at 12.480 --to 14.0 --tag waiting --text \"she waits\" --shared",
    .options = add_options,
    .run = add_run};

static const struct command_option list_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"}, {"--purpose", "P", OPTION_REQUIRED, "for which you look at it"}, {0}};
const struct command cmd_remark_list = {
    .name = "remark list",
    .group = "Review",
    .synopsis = "CLIP --purpose P",
    .summary = "what was said of a clip",
    .help = "Lists your own remarks on a clip and those that are shared, by place, if you may view it for that purpose.",
    .options = list_options,
    .run = list_run};

static const struct command_option edit_options[] = {{"REMARK", NULL, OPTION_REQUIRED, "the remark"},
                                                     {"--at", "T", 0, "which frame it is about"},
                                                     {"--to", "T", 0, "the first frame that it is not about any more"},
                                                     {"--tag", "CODE", 0, "what is seen there; empty: nothing"},
                                                     {"--text", "TEXT", 0, "in words"},
                                                     {"--private", NULL, OPTION_SWITCH, "only you see it"},
                                                     {"--shared", NULL, OPTION_SWITCH, "whoever may view the clip sees it"},
                                                     {0}};
const struct command cmd_remark_edit = {.name = "remark edit",
                                        .group = "Review",
                                        .synopsis = "REMARK [--at T [--to T]] [--tag CODE] [--text TEXT] [--private|--shared]",
                                        .summary = "change a remark of yours",
                                        .help = "Changes what is given of a remark of yours; the rest stays.",
                                        .options = edit_options,
                                        .run = edit_run};

static const struct command_option remove_options[] = {{"REMARK", NULL, OPTION_REQUIRED, "the remark"}, {0}};
const struct command cmd_remark_remove = {.name = "remark remove",
                                          .group = "Review",
                                          .synopsis = "REMARK",
                                          .summary = "take back a remark of yours",
                                          .help = "Removes a remark of yours. Answers to it stay, and stand by themselves.",
                                          .options = remove_options,
                                          .run = remove_run};

static const struct command_option resolve_options[] = {
    {"REMARK", NULL, OPTION_REQUIRED, "the remark"}, {"--reopen", NULL, OPTION_SWITCH, "it is not, after all"}, {0}};
const struct command cmd_remark_resolve = {.name = "remark resolve",
                                           .group = "Review",
                                           .synopsis = "REMARK [--reopen]",
                                           .summary = "it was talked about and is settled",
                                           .help = "Marks a remark as settled, or takes that back: for whoever may read it.",
                                           .options = resolve_options,
                                           .run = resolve_run};
