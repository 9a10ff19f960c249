/* ls, show, explain. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/clip.h"
#include "vault/cmd.h"
#include "vault/hold.h"
#include "vault/inquiry.h"
#include "vault/permit.h"
#include "vault/person.h"
#include "vault/reach.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/uses.h"

#include <stdio.h>
#include <string.h>

/* The state as users know it: what is over but not swept yet is "expired", what is being destroyed is gone, but for what a hold
 * keeps. */
static const char *state_of(struct vault *v, const struct index_clip *c, const struct hold_standing *s, int64_t ends_ms) {
  bool over = strcmp(c->state, "quarantined") == 0 ? c->quarantine_ms <= vault_now_ms(v) : ends_ms <= vault_now_ms(v);
  if (strcmp(c->state, "held") == 0) return c->state;
  if (!id_is_zero(&c->job)) return s->held || s->restricted ? "held" : "shredded";
  if (strcmp(c->state, "shredded") == 0) return c->state;
  return over ? "expired" : c->state;
}

/* When the clip's last use ends. */
static int64_t end_of(const struct index_clip *c, const struct bytes *wraps) {
  int64_t latest = 0;
  if (strcmp(c->state, "quarantined") == 0) return c->quarantine_ms < c->expires_ms ? c->quarantine_ms : c->expires_ms;
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    if (w->purpose[0] && w->expires_ms > latest) latest = w->expires_ms;
  }
  return latest;
}

/* One purpose may have a wrap for several renditions. */
static bool named_before(const struct bytes *wraps, size_t n) {
  const struct index_wrap *w = INDEX_ROWS(struct index_wrap, *wraps);
  for (size_t i = 0; i < n; i++)
    if (strcmp(w[i].state, "live") == 0 && strcmp(w[i].purpose, w[n].purpose) == 0) return true;
  return false;
}

static void write_purposes(struct answer *a, const struct bytes *wraps, struct bytes *text) {
  const char *comma = "";
  answer_array(a, "purposes");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    if (!w->purpose[0] || strcmp(w->state, "live") != 0 || named_before(wraps, i)) continue;
    answer_text(a, NULL, w->purpose);
    bytes_printf(text, "%s%s", comma, w->purpose);
    comma = ", ";
  }
  answer_array_end(a);
}

static enum err write_clip(struct answer *a, const struct index_clip *c, const struct bytes *wraps, const char *state,
                           const struct hold_standing *standing, struct bytes *text) {
  char id[ID_TEXT], at[CLOCK_TEXT];
  bool ended = strcmp(state, "shredded") == 0 || strcmp(state, "held") == 0;
  answer_id(a, "clip", ID_CLIP, &c->id);
  answer_id(a, "case", ID_CASE, &c->kase);
  answer_text(a, "state", state);
  answer_text(a, "kind", c->kind);
  answer_time(a, "recorded_at", c->recorded_ms);
  if (ended)
    answer_null(a, "expires_at");
  else
    answer_time(a, "expires_at", end_of(c, wraps));
  bytes_printf(text, "%s  %-11s  %-9s  %.10s  ", id_format(ID_CLIP, &c->id, id), state, c->kind,
               clock_format(c->recorded_ms, at));
  write_purposes(a, wraps, text);
  answer_bool(a, "held", standing->held);
  answer_bool(a, "restricted", standing->restricted);
  bytes_printf(text, "%s%s\n", standing->held ? "  (on hold)" : "", standing->restricted ? "  (restricted)" : "");
  return bytes_check(text);
}

struct listing {
  struct index_clip_filter filter;
  const char *state; /* as users know it, or NULL */
  int64_t before_ms;
};

static enum err read_listing(const struct request *rq, struct listing *l) {
  static const char *const states[] = {"live", "quarantined", "expired", "shredded", "held"};
  const char *before = request_text(rq, "expiring-before");
  bool known = false;
  l->state = request_text(rq, "state");
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) known |= l->state && strcmp(l->state, states[i]) == 0;
  if (l->state && !known)
    return err_set(ERR_USAGE, "--state takes live, quarantined, expired, shredded or held, not \"%.20s\"", l->state);
  if (request_text(rq, "case")) TRY(id_parse(ID_CASE, request_text(rq, "case"), &l->filter.kase));
  if (request_text(rq, "person")) TRY(id_parse(ID_PERSON, request_text(rq, "person"), &l->filter.person));
  l->before_ms = CLOCK_NEVER_MS;
  return before ? clock_parse_start(before, &l->before_ms) : ERR_OK;
}

/* Whoever asks for what is held wants to know of every clip that a hold stands over, whatever else it is. */
static bool is_in_state(const char *wanted, const char *state, const struct hold_standing *s) {
  return strcmp(wanted, state) == 0 || (strcmp(wanted, "held") == 0 && s->held && strcmp(state, "shredded") != 0);
}

/* What a list of clips shows of each besides: whose, when it was taken in, how long it is, and what there is to show of it. */
static enum err write_kept(struct vault *v, struct answer *a, const struct id *clip) {
  AUTO(bytes) struct bytes objects = {0};
  TRY(index_object_of(v->index, clip, &objects));
  answer_array(a, "kept");
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, objects); i++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, objects)[i];
    if (strcmp(o->rendition, USES_AS_FILMED) == 0) answer_text(a, NULL, o->role);
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err write_case(struct vault *v, struct answer *a, const struct id *kase) {
  AUTO(bytes) struct bytes title = {0};
  AUTO(account) struct account whose = {0};
  struct index_case row;
  TRY(casework_load(v, kase, &row, &title));
  TRY(account_read(v, &row.practitioner, &whose));
  answer_bytes(a, "case_title", &title);
  answer_id(a, "practitioner", ID_USER, &row.practitioner);
  answer_bytes(a, "practitioner_name", &whose.name);
  return ERR_OK;
}

static enum err write_persons(struct vault *v, struct answer *a, const struct id *clip) {
  AUTO(bytes) struct bytes people = {0};
  TRY(index_clip_people(v->index, clip, &people));
  answer_array(a, "persons");
  for (size_t i = 0; i < INDEX_COUNT(struct id, people); i++) {
    AUTO(person) struct person p = {0};
    TRY(person_load(v, &INDEX_ROWS(struct id, people)[i], &p));
    answer_object(a, NULL);
    answer_id(a, "person", ID_PERSON, &p.id);
    if (!p.erased) answer_bytes(a, "name", &p.name);
    if (!p.erased) answer_text(a, "kind", person_kind_name(p.kind));
    answer_object_end(a);
  }
  answer_array_end(a);
  return ERR_OK;
}

static void write_measures(struct answer *a, const struct clip_facts *f) {
  char rate[32];
  snprintf(rate, sizeof rate, "%u/%u", f->rate_num, f->rate_den);
  answer_text(a, "file_name", f->file_name);
  answer_text(a, "mime", f->mime);
  if (f->width) answer_number(a, "width", f->width);
  if (f->height) answer_number(a, "height", f->height);
  if (f->duration_ms >= 0) answer_number(a, "duration_ms", f->duration_ms);
  if (f->rate_den) answer_text(a, "frame_rate", rate);
  answer_number(a, "frames", (int64_t)f->frames);
  if (!id_is_zero(&f->parent)) answer_id(a, "parent", ID_CLIP, &f->parent);
}

/* For programs alone: a page needs no second question for a line of its list. */
static enum err write_line(struct vault *v, struct answer *a, const struct index_clip *c) {
  struct clip_facts facts;
  TRY(write_case(v, a, &c->kase));
  answer_time(a, "ingested_at", c->ingested_ms);
  if (!c->leaf) return ERR_OK;
  TRY(clip_facts(v, &c->id, &facts));
  TRY(write_persons(v, a, &c->id));
  write_measures(a, &facts);
  return write_kept(v, a, &c->id);
}

static enum err list_clip(struct vault *v, const struct listing *l, const struct index_clip *c, struct answer *a,
                          struct bytes *text) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(index_wrap_of(v->index, &c->id, &wraps));
  struct hold_standing standing;
  int64_t ends = end_of(c, &wraps);
  TRY(hold_over(v, c, &standing));
  const char *state = state_of(v, c, &standing, ends);
  if (l->state && !is_in_state(l->state, state, &standing)) return ERR_OK;
  if (l->before_ms != CLOCK_NEVER_MS && (ends >= l->before_ms || strcmp(state, "shredded") == 0)) return ERR_OK;
  answer_object(a, NULL);
  TRY(write_clip(a, c, &wraps, state, &standing, text));
  TRY(write_line(v, a, c));
  answer_object_end(a);
  return ERR_OK;
}

static enum err ls_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes clips = {0};
  AUTO(reach) struct reach reach = {0};
  struct listing l = {0};
  struct vault *v = s->vault;
  TRY(account_require(v, ACCOUNT_PRACTITIONER | ACCOUNT_SUPERVISOR | ACCOUNT_OFFICER, "listing clips"));
  TRY(read_listing(rq, &l));
  TRY(reach_of(v, &reach));
  TRY(index_clip_list(v->index, &l.filter, &clips));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    const struct index_clip *c = &INDEX_ROWS(struct index_clip, clips)[i];
    if (reach_has_clip(&reach, c)) TRY(list_clip(v, &l, c, &a, &reply->text));
  }
  if (!reply->text.length) bytes_put_text(&reply->text, "No clips.\n");
  return answer_end(&a);
}

/* ---- show */
static enum err write_people(struct vault *v, struct answer *a, const struct id *clip, struct bytes *text) {
  AUTO(bytes) struct bytes people = {0};
  TRY(index_clip_people(v->index, clip, &people));
  answer_array(a, "people");
  bytes_put_text(text, "  in it: ");
  for (size_t i = 0; i < INDEX_COUNT(struct id, people); i++) {
    AUTO(person) struct person p = {0};
    const struct id *id = &INDEX_ROWS(struct id, people)[i];
    char shown[ID_TEXT];
    TRY(person_load(v, id, &p));
    answer_id(a, NULL, ID_PERSON, id);
    bytes_printf(text, "%s%s (%s)", i ? ", " : "", p.erased ? "erased" : bytes_text(&p.name), id_format(ID_PERSON, id, shown));
  }
  answer_array_end(a);
  bytes_put_text(text, "\n");
  return ERR_OK;
}

static void write_damage(struct answer *a, const struct clip_facts *f, struct bytes *text) {
  uint64_t damage = f->frames_damaged + f->packets_damaged;
  answer_number(a, "frames_damaged", (int64_t)damage);
  answer_array(a, "damaged_at_ms");
  for (uint32_t i = 0; i < f->places; i++) answer_number(a, NULL, f->damaged_ms[i]);
  answer_array_end(a);
  answer_text(a, "repairs", f->repairs);
  if (f->repairs[0]) bytes_printf(text, "  put right: %s\n", f->repairs);
  if (!damage) return;
  bytes_printf(text, "  damage: %llu frames or packets were lost or patched", (unsigned long long)damage);
  for (uint32_t i = 0; i < f->places; i++)
    bytes_printf(text, "%s%lld.%03lld s", i ? ", " : ", at ", (long long)(f->damaged_ms[i] / 1000),
                 (long long)(f->damaged_ms[i] % 1000));
  bytes_put_text(text, f->places == CLIP_MOST_PLACES ? ", …\n" : "\n");
}

static void write_parent(struct answer *a, const struct clip_facts *f, struct bytes *text) {
  char id[ID_TEXT];
  if (id_is_zero(&f->parent)) return;
  answer_number(a, "from_frame", f->from_frame);
  answer_number(a, "to_frame", f->to_frame);
  bytes_printf(text, "  cut from %s, frames %lld to %lld\n", id_format(ID_CLIP, &f->parent, id), (long long)f->from_frame,
               (long long)f->to_frame);
}

static void write_made(struct answer *a, const struct clip_facts *f, struct bytes *text) {
  write_measures(a, f);
  answer_hex(a, "sha256", f->source_sha256, sizeof f->source_sha256);
  answer_number(a, "source_bytes", (int64_t)f->source_bytes);
  answer_text(a, "source", f->source);
  answer_text(a, "settings", f->settings);
  answer_text(a, "choice", f->choice);
  answer_text(a, "tools", f->tools);
  bytes_put_text(text, "  file:  ");
  bytes_put_plain(text, f->file_name, sizeof f->file_name);
  bytes_printf(text, ", %llu bytes (%s)\n", (unsigned long long)f->source_bytes, f->source);
  bytes_printf(text, "  kept:  %s, %ux%u, %lld.%03lld s, %s\n", f->mime, f->width, f->height,
               (long long)(f->duration_ms > 0 ? f->duration_ms / 1000 : 0),
               (long long)(f->duration_ms > 0 ? f->duration_ms % 1000 : 0), f->settings);
  if (f->choice[0]) bytes_printf(text, "  %s\n", f->choice);
  write_damage(a, f, text);
  write_parent(a, f, text);
}

static void write_ends(struct answer *a, const struct bytes *wraps, struct bytes *text) {
  char at[CLOCK_TEXT];
  answer_array(a, "uses");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    if (!w->purpose[0]) continue;
    answer_object(a, NULL);
    answer_text(a, "purpose", w->purpose);
    answer_text(a, "rendition", w->rendition);
    answer_time(a, "until", w->expires_ms);
    answer_object_end(a);
    bytes_printf(text, "  for %s, %s, until %s\n", w->purpose, w->rendition,
                 w->expires_ms == CLOCK_NEVER_MS ? "withdrawn" : clock_format(w->expires_ms, at));
  }
  answer_array_end(a);
}

/* The bytes as received, if they are kept. */
static enum err write_original(struct vault *v, struct answer *a, const struct id *clip, struct bytes *text) {
  AUTO(bytes) struct bytes objects = {0};
  bool kept = false;
  TRY(index_object_of(v->index, clip, &objects));
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, objects); i++)
    kept |= strcmp(INDEX_ROWS(struct index_object, objects)[i].role, "original") == 0;
  answer_bool(a, "original_kept", kept);
  if (kept) bytes_put_text(text, "  the file as it was received is kept, sealed, as the rendition \"original\"\n");
  return ERR_OK;
}

static enum err write_name(struct vault *v, struct answer *a, const char *key, const struct id *user) {
  AUTO(account) struct account who = {0};
  TRY(account_read(v, user, &who));
  answer_bytes(a, key, &who.name);
  return ERR_OK;
}

/* Where officers saw it together: told for ever, whatever has become of it. */
static enum err write_broken_glass(struct vault *v, struct answer *a, const struct id *clip, struct bytes *text) {
  AUTO(bytes) struct bytes permits = {0};
  char asked[ID_TEXT], confirmed[ID_TEXT], at[CLOCK_TEXT];
  TRY(permit_list(v, NULL, clip, &permits));
  answer_array(a, "break_glass");
  for (size_t i = 0; i < INDEX_COUNT(struct permit, permits); i++) {
    const struct permit *p = &INDEX_ROWS(struct permit, permits)[i];
    if (p->kind != PERMIT_BREAK_GLASS || id_is_zero(&p->confirmed_by)) continue;
    answer_object(a, NULL);
    answer_id(a, "grant", ID_GRANT, &p->id);
    answer_text(a, "state", permit_standing_word(permit_standing(p, vault_now_ms(v))));
    answer_id(a, "asked_by", ID_USER, &p->account);
    TRY(write_name(v, a, "asked_by_name", &p->account));
    answer_id(a, "confirmed_by", ID_USER, &p->confirmed_by);
    TRY(write_name(v, a, "confirmed_by_name", &p->confirmed_by));
    answer_time(a, "until", p->until_ms);
    answer_text(a, "reason", p->reason);
    answer_number(a, "seen", p->used);
    answer_object_end(a);
    bytes_printf(text, "  break-glass: %s and %s, until %s, seen %u times: ", id_format(ID_USER, &p->account, asked),
                 id_format(ID_USER, &p->confirmed_by, confirmed), clock_format(p->until_ms, at), (unsigned)p->used);
    bytes_put_plain(text, p->reason, sizeof p->reason);
    bytes_put_text(text, "\n");
  }
  answer_array_end(a);
  return ERR_OK;
}

/* For each purpose that it cannot be seen for by whoever asks: every reason, in words. */
static enum err write_denied(struct vault *v, struct answer *a, const struct id *clip) {
  answer_array(a, "denied");
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    AUTO(inquiry) struct inquiry q = {0};
    struct inquiry_about view = {clip, POLICY_VIEW, p, NULL};
    TRY(inquiry_ask(v, &v->actor, &view, &q));
    if (q.answer.allowed) continue;
    answer_object(a, NULL);
    answer_text(a, "purpose", purpose_name(p));
    answer_array(a, "reasons");
    for (size_t i = 0; i < q.answer.count; i++) {
      AUTO(bytes) struct bytes reason = {0};
      TRY(inquiry_reason(v, &q, i, &reason));
      answer_bytes(a, NULL, &reason);
    }
    answer_array_end(a);
    answer_object_end(a);
  }
  answer_array_end(a);
  return ERR_OK;
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes wraps = {0};
  struct index_clip clip;
  struct clip_facts facts;
  struct hold_standing standing;
  struct vault *v = s->vault;
  struct id id;
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &id));
  TRY(inquiry_require(v, &(struct inquiry_about){&id, POLICY_LOCATE, PURPOSE_INTERVENTION, NULL}, NULL));
  TRY(index_clip_get(v->index, &id, &clip, NULL));
  TRY(index_wrap_of(v->index, &id, &wraps));
  TRY(hold_over(v, &clip, &standing));
  const char *state = state_of(v, &clip, &standing, end_of(&clip, &wraps));
  struct answer a = answer_begin(reply);
  TRY(write_clip(&a, &clip, &wraps, state, &standing, &reply->text));
  TRY(write_broken_glass(v, &a, &id, &reply->text));
  TRY(write_case(v, &a, &clip.kase));
  answer_time(&a, "ingested_at", clip.ingested_ms);
  TRY(write_denied(v, &a, &id));
  if (clip.leaf || strcmp(clip.state, "held") == 0) {
    TRY(clip_facts(v, &id, &facts));
    TRY(write_people(v, &a, &id, &reply->text));
    TRY(write_persons(v, &a, &id));
    TRY(write_kept(v, &a, &id));
    write_ends(&a, &wraps, &reply->text);
    write_made(&a, &facts, &reply->text);
    TRY(write_original(v, &a, &id, &reply->text));
  }
  return answer_end(&a);
}

/* ---- explain */
/* Whoever may not even know of a clip hears what stands between them and it, and nothing of who is in it. */
static enum err ask_explained(struct vault *v, const struct request *rq, struct inquiry *out) {
  AUTO(inquiry) struct inquiry q = {0};
  struct index_account account = v->actor;
  struct id clip, user;
  enum purpose purpose;
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &clip));
  TRY(purpose_parse(request_text(rq, "purpose"), &purpose));
  struct inquiry_about locate = {&clip, POLICY_LOCATE, purpose, NULL}, view = {&clip, POLICY_VIEW, purpose, NULL};
  if (request_text(rq, "as")) {
    TRY(id_parse(ID_USER, request_text(rq, "as"), &user));
    TRY(account_load(v, &user, &account, NULL));
    TRY(inquiry_require(v, &locate, NULL));
  }
  TRY(inquiry_ask(v, &v->actor, &locate, &q));
  if (q.answer.allowed) return inquiry_ask(v, &account, &view, out);
  *out = q;
  q.people = NULL;
  return ERR_OK;
}

static enum err explain_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(inquiry) struct inquiry q = {0};
  char at[CLOCK_TEXT];
  TRY(ask_explained(s->vault, rq, &q));
  const char *purpose = purpose_name(q.question.purpose);
  struct answer a = answer_begin(reply);
  answer_bool(&a, "allowed", q.answer.allowed);
  if (q.answer.allowed) answer_time(&a, "until", q.answer.until_ms);
  if (q.answer.allowed) answer_text(&a, "rendition", q.rendition);
  answer_array(&a, "reasons");
  if (q.answer.allowed)
    bytes_printf(&reply->text, "Yes, %s: everyone in it agreed to %s%s%s.\n", q.rendition, purpose,
                 q.answer.until_ms == CLOCK_NEVER_MS ? "" : ", until ",
                 q.answer.until_ms == CLOCK_NEVER_MS ? "" : clock_format(q.answer.until_ms, at));
  else
    bytes_put_text(&reply->text, "No:\n");
  for (size_t i = 0; i < q.answer.count; i++) {
    AUTO(bytes) struct bytes reason = {0};
    TRY(inquiry_reason(s->vault, &q, i, &reason));
    answer_bytes(&a, NULL, &reason);
    bytes_printf(&reply->text, "  %s\n", bytes_text(&reason));
  }
  answer_array_end(&a);
  return answer_end(&a);
}

static const struct command_option ls_options[] = {
    {"--case", "CASE", 0, "only this case's"},
    {"--person", "PERSON", 0, "only those this person is in"},
    {"--state", "S", 0, "live, quarantined, expired, shredded or held"},
    {"--expiring-before", "DATE", 0, "only those whose last use ends before that day"},
    {0}};
const struct command cmd_ls = {.name = "ls",
                               .group = "Films",
                               .synopsis = "[--case CASE] [--person PERSON] [--state S] [--expiring-before DATE]",
                               .summary = "clips, their state and what they may be used for",
                               .help = "Lists clips.",
                               .options = ls_options,
                               .run = ls_run};
static const struct command_option show_options[] = {{"CLIP", NULL, OPTION_REQUIRED, "the clip"}, {0}};
const struct command cmd_show = {.name = "show",
                                 .group = "Films",
                                 .synopsis = "CLIP",
                                 .summary = "one clip: who is in it, what for, how it was made",
                                 .help = "Shows one clip. A purpose's key is not used for that.",
                                 .options = show_options,
                                 .run = show_run};
static const struct command_option explain_options[] = {{"CLIP", NULL, OPTION_REQUIRED, "the clip"},
                                                        {"--purpose", "P", OPTION_REQUIRED, "what for"},
                                                        {"--as", "USER", 0, "as another user; explains, never acts"},
                                                        {0}};
const struct command cmd_explain = {.name = "explain",
                                    .group = "Films",
                                    .synopsis = "CLIP --purpose P [--as USER]",
                                    .summary = "may it be seen for this, and if not, why not",
                                    .help = "Says in words whether a clip may be seen for a purpose, and each reason why not.",
                                    .options = explain_options,
                                    .run = explain_run};
