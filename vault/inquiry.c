#include "vault/inquiry.h"

#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/hold.h"
#include "vault/obscured.h"
#include "vault/permit.h"
#include "vault/person.h"
#include "vault/uses.h"

#include <stdlib.h>
#include <string.h>

void inquiry_free(struct inquiry *q) {
  free(q->people);
  *q = (struct inquiry){0};
}

static enum policy_clip state_of(const struct index_clip *clip) {
  if (strcmp(clip->state, "shredded") == 0) return POLICY_CLIP_SHREDDED;
  if (!id_is_zero(&clip->job)) return POLICY_CLIP_ENDING;
  if (strcmp(clip->state, "held") == 0) return POLICY_CLIP_HELD;
  return strcmp(clip->state, "quarantined") == 0 ? POLICY_CLIP_QUARANTINED : POLICY_CLIP_LIVE;
}

static enum policy_clock clock_of(const struct vault *v) {
  if (v->clock == VAULT_CLOCK_FINE) return POLICY_CLOCK_FINE;
  return v->clock == VAULT_CLOCK_BACKWARDS ? POLICY_CLOCK_BACKWARDS : POLICY_CLOCK_UNCONFIRMED;
}

/* Whoever did not agree as filmed may have agreed to being obscured: another reason, and another way out. */
static enum err ask_person(struct vault *v, const struct index_clip *clip, const char *rendition, enum purpose purpose,
                           struct policy_person *p) {
  struct consent_verdict obscured;
  TRY(uses_verdict(v, clip, rendition, &p->id, purpose, &p->verdict));
  if (p->verdict.code != CONSENT_SILENT && p->verdict.code != CONSENT_NO) return ERR_OK;
  TRY(uses_verdict_obscured(v, clip, &p->id, purpose, &obscured));
  p->only_obscured = obscured.code == CONSENT_YES;
  return ERR_OK;
}

static enum err ask_people(struct vault *v, const struct index_clip *clip, enum purpose purpose, struct inquiry *q) {
  AUTO(bytes) struct bytes people = {0};
  TRY(index_clip_people(v->index, &clip->id, &people));
  size_t count = INDEX_COUNT(struct id, people);
  q->people = calloc(count + 1, sizeof *q->people);
  if (!q->people) return err_set(ERR_IO, "out of memory");
  for (size_t i = 0; i < count; i++) {
    q->people[i].id = INDEX_ROWS(struct id, people)[i];
    TRY(ask_person(v, clip, q->rendition, purpose, &q->people[i]));
  }
  q->question.people = q->people;
  q->question.people_count = count;
  return ERR_OK;
}

/* Role and relation. Nobody (in a vault that is to be reclaimed) has no roles, and is no account. */
static enum err ask_right(struct vault *v, const struct index_account *account, const struct index_clip *clip,
                          const struct index_case *kase, struct policy_question *q) {
  AUTO(account) struct account a = {.until_ms = CLOCK_NEVER_MS};
  enum account_standing standing = ACCOUNT_ACTS;
  if (!id_is_zero(&account->id)) {
    TRY(account_read(v, &account->id, &a));
    standing = account_standing(&a, vault_now_ms(v));
  }
  if (standing != ACCOUNT_ACTS) q->standing = standing == ACCOUNT_ENDED ? POLICY_ENDED : POLICY_DISABLED;
  TRY(permit_ask(v, &account->id, clip, &kase->practitioner, q));
  if (a.until_ms < q->right_until_ms) q->right_until_ms = a.until_ms;
  return ERR_OK;
}

static enum err ask_about(struct vault *v, const struct index_account *account, const struct inquiry_about *about,
                          const char *rendition, struct inquiry *out) {
  AUTO(inquiry) struct inquiry q = {.rendition = rendition};
  struct index_clip clip;
  struct index_case kase;
  struct hold_standing standing;
  TRY(index_clip_get(v->index, about->clip, &clip, NULL));
  TRY(casework_load(v, &clip.kase, &kase, NULL));
  TRY(hold_over(v, &clip, &standing));
  q.question = (struct policy_question){.action = about->action,
                                        .roles = account->roles,
                                        .own_case = id_equal(&kase.practitioner, &account->id),
                                        .purpose = about->purpose,
                                        .clip = state_of(&clip),
                                        .clip_expires_ms = clip.expires_ms,
                                        .restricted = standing.restricted,
                                        .held = standing.held,
                                        .clock = clock_of(v),
                                        .now_ms = vault_now_ms(v)};
  TRY(ask_right(v, account, &clip, &kase, &q.question));
  TRY(ask_people(v, &clip, about->purpose, &q));
  policy_decide(&q.question, &q.answer);
  *out = q;
  q.people = NULL;
  return ERR_OK;
}

static enum err has_wrap(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose,
                         const char *const states[2], bool *out) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(index_wrap_of(v->index, clip, &wraps));
  *out = false;
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    bool counts = strcmp(w->state, states[0]) == 0 || strcmp(w->state, states[1]) == 0;
    *out |= counts && strcmp(w->rendition, rendition) == 0 && strcmp(w->purpose, purpose_name(purpose)) == 0;
  }
  return ERR_OK;
}

enum err inquiry_has_key(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, bool *out) {
  return has_wrap(v, clip, rendition, purpose, (const char *const[2]){"live", "live"}, out);
}

enum err inquiry_keeps_key(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, bool *out) {
  return has_wrap(v, clip, rendition, purpose, (const char *const[2]){"live", "new"}, out);
}

static bool shows(const struct inquiry_about *about) {
  return about->action == POLICY_VIEW || about->action == POLICY_EXPORT || about->action == POLICY_REMARK;
}

/* An obscured rendition is asked for only where as filmed is refused or was not kept, and answers only where it is allowed: the
 * reasons that people read are those of the film as it is. */
static enum err ask_obscured(struct vault *v, const struct index_account *account, const struct inquiry_about *about,
                             struct inquiry *q) {
  AUTO(inquiry) struct inquiry other = {0};
  AUTO(obscured) struct obscured record = {0};
  enum err e = obscured_load(v, about->clip, &record);
  if (e == ERR_MISSING) return ERR_OK;
  TRY(e);
  TRY(ask_about(v, account, about, USES_OBSCURED, &other));
  if (!other.answer.allowed) return ERR_OK;
  inquiry_free(q);
  *q = other;
  other.people = NULL;
  return ERR_OK;
}

enum err inquiry_ask(struct vault *v, const struct index_account *account, const struct inquiry_about *about,
                     struct inquiry *out) {
  AUTO(inquiry) struct inquiry q = {0};
  TRY(ask_about(v, account, about, about->rendition ? about->rendition : USES_AS_FILMED, &q));
  bool kept = q.answer.allowed;
  if (kept && shows(about)) TRY(inquiry_has_key(v, about->clip, q.rendition, about->purpose, &kept));
  if (!about->rendition && shows(about) && !kept) TRY(ask_obscured(v, account, about, &q));
  *out = q;
  q.people = NULL;
  return ERR_OK;
}

enum err inquiry_reason(struct vault *v, const struct inquiry *q, size_t n, struct bytes *out) {
  AUTO(person) struct person p = {0};
  const struct id *person = &q->answer.reasons[n].person;
  bool named = !id_is_zero(person);
  if (named) TRY(person_load(v, person, &p));
  policy_put_reason(out, &q->question, &q->answer, n, named && p.name.length ? bytes_text(&p.name) : NULL);
  return bytes_check(out);
}

enum err inquiry_require(struct vault *v, const struct inquiry_about *about, struct inquiry_leave *leave) {
  AUTO(inquiry) struct inquiry q = {0};
  AUTO(bytes) struct bytes words = {0};
  TRY(inquiry_ask(v, &v->actor, about, &q));
  bool kept = true;
  if (q.answer.allowed && shows(about)) TRY(inquiry_has_key(v, about->clip, q.rendition, about->purpose, &kept));
  if (!kept)
    return err_set(ERR_MISSING, "this clip has no rendition called %s for %s; clipvault show tells which it has", q.rendition,
                   purpose_name(about->purpose));
  if (q.answer.allowed && leave) *leave = (struct inquiry_leave){q.rendition, q.answer.until_ms};
  if (q.answer.allowed) return ERR_OK;
  for (size_t i = 0; i < q.answer.count; i++) {
    if (i) bytes_put_text(&words, " ");
    policy_put_reason(&words, &q.question, &q.answer, i, NULL); /* ids, not names: an error may end up in a log */
  }
  return err_set(ERR_REFUSED, "%s", bytes_text(&words));
}

/* What has nothing to do with any person or purpose stands against them all. */
static bool is_general(const struct inquiry *q, size_t n) { return id_is_zero(&q->answer.reasons[n].person); }

static enum err refuse_all(const struct inquiry *q) {
  AUTO(bytes) struct bytes words = {0};
  for (size_t i = 0; i < q->answer.count; i++) {
    if (!is_general(q, i)) continue;
    if (words.length) bytes_put_text(&words, " ");
    policy_put_reason(&words, &q->question, &q->answer, i, NULL);
  }
  if (!words.length) bytes_put_text(&words, "There is no purpose to which everyone in this clip agrees now, as it was filmed.");
  return err_set(ERR_REFUSED, "%s", bytes_text(&words));
}

enum err inquiry_require_some(struct vault *v, const struct inquiry_about *about, enum purpose *out) {
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    AUTO(inquiry) struct inquiry q = {0};
    struct inquiry_about one = *about;
    one.purpose = p;
    TRY(inquiry_ask(v, &v->actor, &one, &q));
    bool kept = q.answer.allowed;
    if (kept && shows(about)) TRY(inquiry_has_key(v, about->clip, q.rendition, p, &kept));
    if (kept) *out = p;
    if (kept) return ERR_OK;
    if (p == PURPOSE_COUNT - 1) return refuse_all(&q);
  }
  return err_set(ERR_BUG, "there are no purposes");
}
