/* What everyone in a clip allows: consents against one rendition. */
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/consent_shelf.h"
#include "vault/uses_scope.h"

#include <string.h>

void uses_scope_free(struct uses_scope *s) { obscured_free(&s->covering); }

enum err uses_scope_load(struct vault *v, const struct index_clip *clip, const char *rendition, struct uses_scope *out) {
  struct index_case kase;
  struct uses_scope s = {.obscures = strcmp(rendition, USES_OBSCURED) == 0};
  s.as_filmed = (struct consent_clip){.kase = clip->kase, .ident = IDENT_AS_FILMED, .recorded_ms = clip->recorded_ms};
  TRY(purpose_kind_media(clip->kind, &s.as_filmed.media));
  TRY(casework_load(v, &clip->kase, &kase, NULL));
  const struct consent_events events = casework_events(&kase, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS);
  s.as_filmed.closed_ms = events.closed_ms;
  s.as_filmed.accredited_ms = events.accredited_ms;
  if (s.obscures) TRY(obscured_load(v, &clip->id, &s.covering));
  *out = s;
  return ERR_OK;
}

struct consent_clip uses_scope_of(const struct uses_scope *s, const struct id *person) {
  struct consent_clip c = s->as_filmed;
  if (s->obscures && obscured_covers(&s->covering, person)) c.ident = IDENT_OBSCURED;
  return c;
}

/* One person's answers to all purposes narrow what is allowed. */
static enum err narrow(struct vault *v, const struct uses_scope *scope, const struct id *person, struct uses *uses) {
  const struct consent_book *book;
  struct consent_clip clip = uses_scope_of(scope, person);
  TRY(consent_shelf_take(v, person, &book));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    struct consent_verdict verdict, timeless;
    TRY(consent_book_ask(book, &clip, p, vault_now_ms(v), &verdict));
    TRY(consent_book_ask(book, &clip, p, INT64_MIN, &timeless));
    bool ends = verdict.code == CONSENT_YES || verdict.code == CONSENT_EXPIRED;
    if (verdict.code != CONSENT_YES) uses->live &= ~(1u << p);
    if (ends && verdict.expires_ms < uses->expires_ms[p]) uses->expires_ms[p] = verdict.expires_ms;
    if (timeless.code != CONSENT_YES) uses->over &= ~(1u << p);
  }
  return ERR_OK;
}

enum err uses_allowed(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id people[],
                      size_t count, struct uses *out) {
  AUTO(uses_scope) struct uses_scope scope = {0};
  uint32_t every = count ? (1u << PURPOSE_COUNT) - 1 : 0;
  struct uses uses = {.live = every, .over = every};
  TRY(uses_scope_load(v, clip, rendition, &scope));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) uses.expires_ms[p] = clip->expires_ms;
  if (clip->expires_ms <= vault_now_ms(v)) uses.live = 0;
  for (size_t i = 0; i < count && uses.over; i++) TRY(narrow(v, &scope, &people[i], &uses));
  uses.over &= ~uses.live;
  *out = uses;
  return ERR_OK;
}

static enum err ask(struct vault *v, const struct consent_clip *clip, const struct id *person, enum purpose purpose,
                    struct consent_verdict *out) {
  const struct consent_book *book;
  TRY(consent_shelf_take(v, person, &book));
  return consent_book_ask(book, clip, purpose, vault_now_ms(v), out);
}

enum err uses_verdict(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id *person,
                      enum purpose purpose, struct consent_verdict *out) {
  AUTO(uses_scope) struct uses_scope scope = {0};
  TRY(uses_scope_load(v, clip, rendition, &scope));
  struct consent_clip c = uses_scope_of(&scope, person);
  return ask(v, &c, person, purpose, out);
}

enum err uses_verdict_obscured(struct vault *v, const struct index_clip *clip, const struct id *person, enum purpose purpose,
                               struct consent_verdict *out) {
  AUTO(uses_scope) struct uses_scope scope = {0};
  TRY(uses_scope_load(v, clip, USES_AS_FILMED, &scope));
  struct consent_clip c = scope.as_filmed;
  c.ident = IDENT_OBSCURED;
  return ask(v, &c, person, purpose, out);
}
