#include "vault/consent_summary.h"

#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/consent_book.h"

static void note(struct consent_summary *s, enum purpose p, const struct consent_verdict *verdict) {
  const uint32_t bit = UINT32_C(1) << p;
  switch (verdict->code) {
    case CONSENT_YES:
      s->agreed |= bit;
      if (verdict->expires_ms < s->until_ms) s->until_ms = verdict->expires_ms;
      break;
    case CONSENT_NO: s->refused |= bit; break;
    case CONSENT_EXPIRED: s->over |= bit; break;
    case CONSENT_SILENT: break;
  }
}

enum err consent_summary(struct vault *v, const struct id *person, const struct id *kase, struct consent_summary *out) {
  AUTO(consent_book) struct consent_book book = {0};
  struct consent_summary s = {.until_ms = CLOCK_NEVER_MS};
  struct index_case row;
  TRY(casework_load(v, kase, &row, NULL));
  TRY(consent_book_load(v, person, &book));
  const struct consent_events events = casework_events(&row, CONSENT_UNKNOWN_MS, book.born_ms);
  struct consent_clip about = {
      .kase = *kase, .recorded_ms = CONSENT_UNKNOWN_MS, .closed_ms = events.closed_ms, .accredited_ms = events.accredited_ms};
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    for (uint32_t medium = MEDIA_RECORDING; medium <= MEDIA_NOTES; medium <<= 1)
      for (enum purpose_ident ident = IDENT_AS_FILMED; ident <= IDENT_OBSCURED; ident = (enum purpose_ident)(ident << 1)) {
        struct consent_verdict verdict;
        about.media = (enum purpose_media)medium;
        about.ident = ident;
        TRY(consent_book_ask(&book, &about, p, vault_now_ms(v), &verdict));
        note(&s, p, &verdict);
      }
  s.refused &= ~s.agreed;
  s.over &= ~(s.agreed | s.refused);
  *out = s;
  return ERR_OK;
}

bool consent_summary_is_missing(const struct consent_summary *s) { return !s->agreed && !s->refused; }

static void put_set(struct answer *a, const char *key, uint32_t set) {
  answer_array(a, key);
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (set >> p & 1) answer_text(a, NULL, purpose_name(p));
  answer_array_end(a);
}

void consent_summary_put(struct answer *a, const struct consent_summary *s) {
  put_set(a, "agreed", s->agreed);
  put_set(a, "refused", s->refused);
  put_set(a, "over", s->over);
  answer_time(a, "until", s->until_ms);
}
