#include "vault/consent_book.h"

#include "vault/base/clock.h"
#include "vault/person.h"
#include "vault/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CONSENT_FORM = 1 };

void consent_book_free(struct consent_book *b) {
  for (size_t i = 0; i < b->count; i++) {
    sodium_memzero(&b->entries[i].details, sizeof b->entries[i].details);
    free(b->entries[i].verdicts);
  }
  free(b->entries);
  *b = (struct consent_book){0};
}

/* u8 form, u8 capacity, u8 assent, u32 granted, u32 refused, field method, field signed_by, u8 n, n × (u8 event, i32 years,
 * months, days, i64 until), form object id, its SHA-256 */
static enum err encode(const struct consent_details *d, struct bytes *out) {
  bytes_put_u8(out, CONSENT_FORM);
  bytes_put_u8(out, (uint8_t)d->capacity);
  bytes_put_u8(out, (uint8_t)d->assent);
  bytes_put_u32(out, d->granted);
  bytes_put_u32(out, d->refused);
  bytes_put_field(out, d->method, strlen(d->method));
  bytes_put_field(out, d->signed_by, strlen(d->signed_by));
  bytes_put_u8(out, (uint8_t)d->rule_count);
  for (size_t i = 0; i < d->rule_count; i++) {
    bytes_put_u8(out, (uint8_t)d->rules[i].event);
    bytes_put_u32(out, (uint32_t)d->rules[i].years);
    bytes_put_u32(out, (uint32_t)d->rules[i].months);
    bytes_put_u32(out, (uint32_t)d->rules[i].days);
    bytes_put_u64(out, (uint64_t)d->rules[i].until_ms);
  }
  bytes_put(out, d->form.b, sizeof d->form.b);
  bytes_put(out, d->form_sha256, sizeof d->form_sha256);
  return bytes_check(out);
}

static void get_text(struct bytes_reader *r, char *out, size_t size) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, size - 1, &length);
  if (text) memcpy(out, text, length);
  out[text ? length : 0] = 0;
}

static void get_rule(struct bytes_reader *r, struct consent_rule *out) {
  out->event = bytes_get_u8(r);
  out->years = (int)bytes_get_u32(r);
  out->months = (int)bytes_get_u32(r);
  out->days = (int)bytes_get_u32(r);
  out->until_ms = (int64_t)bytes_get_u64(r);
}

static enum err decode(const struct bytes *plain, struct consent_details *out) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  uint8_t form = bytes_get_u8(&r);
  out->capacity = bytes_get_u8(&r);
  out->assent = bytes_get_u8(&r);
  out->granted = bytes_get_u32(&r);
  out->refused = bytes_get_u32(&r);
  get_text(&r, out->method, sizeof out->method);
  get_text(&r, out->signed_by, sizeof out->signed_by);
  out->rule_count = bytes_get_u8(&r);
  if (out->rule_count > CONSENT_BOOK_MOST_RULES) r.failed = true;
  for (size_t i = 0; !r.failed && i < out->rule_count; i++) get_rule(&r, &out->rules[i]);
  bytes_get(&r, out->form.b, sizeof out->form.b);
  bytes_get(&r, out->form_sha256, sizeof out->form_sha256);
  if (form != CONSENT_FORM || !bytes_done(&r)) return err_set(ERR_DATA, "a consent's record is of an unknown form");
  return ERR_OK;
}

/* Every purpose that was spoken about has its row, and none has changed sides: a yes may have ended, a no stays a no. */
static enum err check_verdicts(const struct consent_entry *e) {
  uint32_t yes = 0, no = 0;
  for (size_t i = 0; i < e->verdict_count; i++) {
    enum purpose p;
    TRY(purpose_parse(e->verdicts[i].purpose, &p));
    *(strcmp(e->verdicts[i].state, "refused") == 0 ? &no : &yes) |= 1u << p;
  }
  if (yes == e->details.granted && no == e->details.refused) return ERR_OK;
  return err_set(ERR_DATA, "what a consent says was changed in the index; run clipvault check");
}

static enum err load_entry(struct vault *v, const struct index_consent *row, const struct secret_key *pk,
                           struct consent_entry *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0}, verdicts = {0};
  TRY(index_consent_get(v->index, &row->id, &out->row, &sealed));
  TRY(seal_get(pk, "consent", &row->id, &sealed, &plain));
  TRY(decode(&plain, &out->details));
  TRY(index_verdict_of(v->index, &row->id, &verdicts));
  out->verdict_count = INDEX_COUNT(struct index_verdict, verdicts);
  out->verdicts = calloc(out->verdict_count + 1, sizeof *out->verdicts);
  if (!out->verdicts) return err_set(ERR_IO, "out of memory");
  if (verdicts.length) memcpy(out->verdicts, verdicts.data, verdicts.length);
  return check_verdicts(out);
}

enum err consent_book_load(struct vault *v, const struct id *person, struct consent_book *out) {
  AUTO(bytes) struct bytes rows = {0};
  AUTO(person) struct person p = {0};
  AUTO(consent_book) struct consent_book book = {.person = *person};
  SECRET_KEY(pk);
  TRY(person_load(v, person, &p));
  TRY(person_key(v, person, pk));
  book.born_ms = p.born_ms;
  TRY(index_consent_of(v->index, person, &rows));
  size_t count = INDEX_COUNT(struct index_consent, rows);
  book.entries = calloc(count + 1, sizeof *book.entries);
  if (!book.entries) return err_set(ERR_IO, "out of memory");
  while (book.count < count) {
    size_t n = book.count++; /* counted first: what a failure leaves half loaded is freed with the book */
    TRY(load_entry(v, &INDEX_ROWS(struct index_consent, rows)[n], pk, &book.entries[n]));
  }
  *out = book;
  book = (struct consent_book){0};
  return ERR_OK;
}

enum err consent_book_add(struct vault *v, const struct index_consent *row, const struct consent_details *details,
                          const struct index_verdict *verdicts, size_t count) {
  AUTO(bytes) struct bytes plain = {0}, sealed = {0};
  SECRET_KEY(pk);
  TRY(person_key(v, &row->person, pk));
  TRY(encode(details, &plain));
  TRY(seal_put(pk, "consent", &row->id, &plain, &sealed));
  TRY(index_consent_put(v->index, row, &sealed));
  for (size_t i = 0; i < count; i++) TRY(index_verdict_put(v->index, &verdicts[i]));
  return ERR_OK;
}

static int64_t expiry_for(const struct consent_book *b, const struct consent_entry *e, const struct consent_clip *clip) {
  struct consent_events events = {e->row.given_ms, clip->recorded_ms, clip->closed_ms, b->born_ms};
  return consent_expiry_ms(e->details.rules, e->details.rule_count, &events);
}

static struct consent_voice voice_of(const struct consent_book *b, const struct consent_entry *e, const struct index_verdict *d,
                                     const struct consent_clip *clip) {
  bool childs_no = e->details.assent == CONSENT_ASSENT_NO;
  return (struct consent_voice){
      .consent = e->row.id,
      .kase = e->row.kase,
      .capacity = childs_no ? CONSENT_SELF : e->details.capacity, /* the no is the child's, whoever signed */
      .yes = strcmp(d->state, "refused") != 0,
      .withdrawn = strcmp(d->state, "withdrawn") == 0,
      .dead = strcmp(d->state, "live") != 0,
      .media = e->row.media,
      .ident = (enum purpose_ident)e->row.ident,
      .expires_ms = expiry_for(b, e, clip),
  };
}

static const struct index_verdict *verdict_on(const struct consent_entry *e, enum purpose purpose) {
  for (size_t i = 0; i < e->verdict_count; i++)
    if (strcmp(e->verdicts[i].purpose, purpose_name(purpose)) == 0) return &e->verdicts[i];
  return NULL;
}

enum err consent_book_ask(const struct consent_book *b, const struct consent_clip *clip, enum purpose purpose, int64_t now_ms,
                          struct consent_verdict *out) {
  struct consent_use use = {clip->kase, clip->media, clip->ident, now_ms};
  struct consent_voice *voices = calloc(b->count + 1, sizeof *voices);
  size_t count = 0;
  if (!voices) return err_set(ERR_IO, "out of memory");
  for (size_t i = 0; i < b->count; i++) {
    const struct index_verdict *d = verdict_on(&b->entries[i], purpose);
    if (d) voices[count++] = voice_of(b, &b->entries[i], d, clip);
  }
  *out = consent_decide(voices, count, &use);
  free(voices);
  return ERR_OK;
}

const struct index_verdict *consent_book_yes(const struct consent_book *b, const struct consent_entry *e,
                                             const struct consent_clip *clip, enum purpose purpose, int64_t now_ms) {
  const struct index_verdict *d = verdict_on(e, purpose);
  if (!d || !d->leaf) return NULL;
  struct consent_use use = {clip->kase, clip->media, clip->ident, now_ms};
  struct consent_voice voice = voice_of(b, e, d, clip);
  return consent_decide(&voice, 1, &use).code == CONSENT_YES ? d : NULL;
}

enum err consent_book_rules_hash(const struct consent_entry *e, uint8_t hash[32]) {
  AUTO(bytes) struct bytes text = {0};
  for (size_t i = 0; i < e->details.rule_count; i++) {
    consent_rule_put(&text, &e->details.rules[i]);
    bytes_put_text(&text, "\n");
  }
  TRY(bytes_check(&text));
  crypto_generichash(hash, 32, text.data, text.length, NULL, 0);
  return ERR_OK;
}
