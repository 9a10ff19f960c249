/* cut, still: moments of a film as clips of their own. */
#include "ingest/moment.h"
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/purpose.h"
#include "vault/remark.h"
#include "vault/request.h"
#include "vault/transact.h"

#include <stdio.h>

enum { MOST_PEOPLE = 200 };

struct carrying { /* remarks on the film, into what was cut from it */
  struct id parent;
  const struct moment_result *made;
  size_t carried;
};

static enum err read_people(const struct request *rq, struct id people[MOST_PEOPLE], struct moment_order *order) {
  size_t count = request_count(rq, "person");
  if (count > MOST_PEOPLE) return err_set(ERR_USAGE, "at most %d people can be named for one clip", MOST_PEOPLE);
  for (size_t i = 0; i < count; i++) TRY(id_parse(ID_PERSON, request_nth(rq, "person", i), &people[i]));
  order->people = people;
  order->people_count = count;
  return ERR_OK;
}

static void write_made(struct answer *a, const struct moment_result *r) {
  char rate[32];
  snprintf(rate, sizeof rate, "%u/%u", r->made.rate_num, r->made.rate_den);
  if (r->made.width) answer_number(a, "width", r->made.width);
  if (r->made.height) answer_number(a, "height", r->made.height);
  if (r->made.rate_den) answer_text(a, "frame_rate", rate);
  if (r->made.duration_ms >= 0) answer_number(a, "duration_ms", r->made.duration_ms);
  answer_number(a, "frames", (int64_t)r->made.frames);
  answer_text(a, "choice", r->made.choice);
}

static void write_words(struct bytes *text, const struct moment_result *r) {
  char clip[ID_TEXT];
  id_format(ID_CLIP, &r->clip, clip);
  if (r->quarantined) {
    bytes_printf(text, "%s, in quarantine: not everyone in it has agreed to any use of it.\n", clip);
    return;
  }
  bytes_printf(text, "%s, for ", clip);
  purpose_put_set(text, r->purposes);
  bytes_put_text(text, ".\n");
}

static enum err answer(struct reply *reply, const struct moment_order *order, const struct moment_result *r,
                       const struct carrying *c) {
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &r->clip);
  answer_id(&a, "parent", ID_CLIP, &order->parent);
  answer_text(&a, "state", r->quarantined ? "quarantined" : "live");
  answer_array(&a, "purposes");
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (r->purposes >> p & 1) answer_text(&a, NULL, purpose_name(p));
  answer_array_end(&a);
  answer_number(&a, "from_frame", r->from);
  answer_number(&a, "to_frame", r->to);
  if (c) answer_number(&a, "remarks", (int64_t)c->carried);
  write_made(&a, r);
  write_words(&reply->text, r);
  return answer_end(&a);
}

/* Any purpose for which the actor may read them will do: what they read is the same. */
static enum err carry_in(struct vault *v, void *context, const struct request *rq) {
  struct carrying *c = context;
  (void)rq;
  AUTO(remark_list) struct remark_list l = {0};
  enum purpose purpose;
  TRY(inquiry_require_some(v, &(struct inquiry_about){.clip = &c->parent, .action = POLICY_REMARK}, &purpose));
  TRY(remark_list(v, &c->parent, purpose, &l));
  return remark_carry(v, &l, &c->made->clip, c->made->from, c->made->to, &c->carried);
}

/* After the clip itself: where somebody took back what they agreed to meanwhile, it has none, and is whole. */
static enum err carry(struct vault *v, const struct request *rq, struct carrying *c) {
  enum err e = transact(v, carry_in, c, rq);
  return e == ERR_REFUSED || e == ERR_MISSING ? ERR_OK : e;
}

static enum err make(struct session *s, const struct request *rq, struct moment_order *order, struct reply *reply) {
  struct id people[MOST_PEOPLE];
  struct moment_result result;
  struct carrying c = {0};
  bool with_remarks = !order->still && request_flag(rq, "with-remarks");
  TRY(account_require(s->vault, ACCOUNT_PRACTITIONER, "cutting films"));
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &order->parent));
  TRY(read_people(rq, people, order));
  TRY(moment_make(s, order, &result));
  c = (struct carrying){.parent = order->parent, .made = &result};
  if (with_remarks) TRY(carry(s->vault, rq, &c));
  return answer(reply, order, &result, with_remarks ? &c : NULL);
}

static enum err run_cut(struct session *s, const struct request *rq, struct reply *reply) {
  struct moment_order order = {0};
  TRY(place_parse("--in", request_text(rq, "in"), &order.in));
  TRY(place_parse("--out", request_text(rq, "out"), &order.out));
  return make(s, rq, &order, reply);
}

static enum err run_still(struct session *s, const struct request *rq, struct reply *reply) {
  struct moment_order order = {.still = true};
  TRY(place_parse("--at", request_text(rq, "at"), &order.in));
  return make(s, rq, &order, reply);
}

static const struct command_option cut_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the film, or sound, that it is cut from"},
    {"--in", "T", OPTION_REQUIRED, "its first frame: 123, or 12.480 seconds"},
    {"--out", "T", OPTION_REQUIRED, "the first frame that is not in it any more"},
    {"--person", "PERSON", OPTION_REPEAT, "someone in it; once for everyone. Without it, everyone in the film"},
    {"--with-remarks", NULL, OPTION_SWITCH, "takes along what you may read of remarks on these frames"},
    {0}};
const struct command cmd_cut = {
    .name = "cut",
    .group = "Films",
    .synopsis = "CLIP --in T --out T [--person PERSON …] [--with-remarks]",
    .summary = "make a clip of a part of a film, exact to the frame",
    .help =
        "Makes a clip of the frames from --in up to --out, which is the first that is not in it any more. T is a frame's number "
        "(123; the first is 0) or a time in seconds, with a point (12.480): that means the frame on screen at that time. Sound "
        "without a picture is cut to the millisecond and takes only times.\n\n"
        "  clipvault cut clp_… --in 312 --out 562\n"
        "  clipvault cut clp_… --in 12.480 --out 22.480 --person per_ADA\n\n"
        "The clip belongs to the film's case, shows the same people (or those of them named with --person, if the others are "
        "neither seen nor heard in it), ends no later than the film's own date, and may be used for what they all agreed to "
        "*for clips*: agreeing to recordings does not mean that. If there is nothing it goes to quarantine. If the film also "
        "exists obscured, so does the clip. The film stays as it is; afterwards neither needs the other. Where possible, only "
        "the frames around the two ends are encoded anew. With --with-remarks it has a copy of each remark on its frames that "
        "you may "
        "read, by the same author and of the same time.",
    .options = cut_options,
    .flags = COMMAND_LASTS,
    .run = run_cut};

static const struct command_option still_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the film"},
    {"--at", "T", OPTION_REQUIRED, "which frame: 123, or 12.480 seconds"},
    {"--person", "PERSON", OPTION_REPEAT, "someone in it; once for everyone. Without it, everyone in the film"},
    {0}};
const struct command cmd_still = {
    .name = "still",
    .group = "Films",
    .synopsis = "CLIP --at T [--person PERSON …]",
    .summary = "keep one frame of a film as a picture",
    .help =
        "Makes a picture of one frame. T is the frame's number (123; the first is 0) or a time in seconds, with a point "
        "(12.480): that means the frame on screen at that time. Like a cut it inherits case, people and end from the film, and "
        "may be used for what everyone in it agreed to for stills.\n\n"
        "  clipvault still clp_… --at 312\n"
        "  clipvault still clp_… --at 12.480 --person per_ADA",
    .options = still_options,
    .flags = COMMAND_LASTS,
    .run = run_still};
