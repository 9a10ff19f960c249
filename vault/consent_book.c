#include "vault/consent_book.h"

#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/commitment.h"
#include "vault/consent_shelf.h"
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

static void put_text(struct bytes *out, const char *text) { bytes_put_field(out, text, strlen(text)); }

static void put_rule(struct bytes *out, const struct consent_rule *rule) {
  bytes_put_u8(out, (uint8_t)rule->event);
  bytes_put_u32(out, (uint32_t)rule->years);
  bytes_put_u32(out, (uint32_t)rule->months);
  bytes_put_u32(out, (uint32_t)rule->days);
  bytes_put_u64(out, (uint64_t)rule->until_ms);
}

static void put_row(struct bytes *out, const struct index_consent *row) {
  bytes_put(out, row->person.b, sizeof row->person.b);
  bytes_put(out, row->kase.b, sizeof row->kase.b);
  bytes_put_u64(out, (uint64_t)row->given_ms);
  bytes_put_u64(out, (uint64_t)row->expires_ms);
  bytes_put_u32(out, row->media);
  bytes_put_u32(out, row->ident);
}

static void put_verdict(struct bytes *out, const struct index_verdict *d) {
  put_text(out, d->purpose);
  bytes_put_u64(out, d->leaf);
  put_text(out, d->state);
  bytes_put_u64(out, (uint64_t)d->ended_after);
}

/* u8 form, u8 capacity, u8 assent, u32 granted, u32 refused, u8 refused_as, field method, field signed_by, u8 n, n × (u8 event,
 * i32 years, months, days, i64 until), form object id, its SHA-256; then what also stands in clear: person, case, i64 given,
 * i64 expires, u32 media, u32 ident, u8 n, n × (field purpose, u64 leaf, field state, i64 ended_after) */
static enum err encode(const struct consent_entry *e, struct bytes *out) {
  const struct consent_details *d = &e->details;
  bytes_put_u8(out, CONSENT_FORM);
  bytes_put_u8(out, (uint8_t)d->capacity);
  bytes_put_u8(out, (uint8_t)d->assent);
  bytes_put_u32(out, d->granted);
  bytes_put_u32(out, d->refused);
  bytes_put_u8(out, (uint8_t)d->refused_as);
  put_text(out, d->method);
  put_text(out, d->signed_by);
  bytes_put_u8(out, (uint8_t)d->rule_count);
  for (size_t i = 0; i < d->rule_count; i++) put_rule(out, &d->rules[i]);
  bytes_put(out, d->form.b, sizeof d->form.b);
  bytes_put(out, d->form_sha256, sizeof d->form_sha256);
  put_row(out, &e->row);
  bytes_put_u8(out, (uint8_t)e->verdict_count);
  for (size_t i = 0; i < e->verdict_count; i++) put_verdict(out, &e->verdicts[i]);
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

static enum err changed(void) { return err_set(ERR_DATA, "what a consent says was changed in the index; run clipvault check"); }

static void get_details(struct bytes_reader *r, struct consent_details *out) {
  if (bytes_get_u8(r) != CONSENT_FORM) r->failed = true;
  out->capacity = bytes_get_u8(r);
  out->assent = bytes_get_u8(r);
  out->granted = bytes_get_u32(r);
  out->refused = bytes_get_u32(r);
  out->refused_as = bytes_get_u8(r);
  get_text(r, out->method, sizeof out->method);
  get_text(r, out->signed_by, sizeof out->signed_by);
  out->rule_count = bytes_get_u8(r);
  if (out->rule_count > CONSENT_BOOK_MOST_RULES) r->failed = true;
  for (size_t i = 0; !r->failed && i < out->rule_count; i++) get_rule(r, &out->rules[i]);
  bytes_get(r, out->form.b, sizeof out->form.b);
  bytes_get(r, out->form_sha256, sizeof out->form_sha256);
}

static bool same_row(struct bytes_reader *r, const struct index_consent *row) {
  AUTO(bytes) struct bytes clear = {0};
  put_row(&clear, row);
  const uint8_t *sealed = bytes_get_view(r, clear.length);
  return sealed && !clear.failed && memcmp(sealed, clear.data, clear.length) == 0;
}

/* A verdict that has ended loses its leaf when its key is destroyed. */
static bool same_verdict(struct bytes_reader *r, const struct consent_entry *e) {
  struct index_verdict sealed = {0};
  get_text(r, sealed.purpose, sizeof sealed.purpose);
  sealed.leaf = bytes_get_u64(r);
  get_text(r, sealed.state, sizeof sealed.state);
  sealed.ended_after = (int64_t)bytes_get_u64(r);
  for (size_t i = 0; i < e->verdict_count; i++) {
    const struct index_verdict *d = &e->verdicts[i];
    if (strcmp(d->purpose, sealed.purpose) != 0) continue;
    bool leaf = d->leaf == sealed.leaf || (d->leaf == 0 && strcmp(d->state, "live") != 0);
    return leaf && strcmp(d->state, sealed.state) == 0 && d->ended_after == sealed.ended_after;
  }
  return false;
}

/* Reads the details and holds the rest against what stands in clear, which out->row and the verdicts have already. */
static enum err decode(const struct bytes *plain, struct consent_entry *out) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  get_details(&r, &out->details);
  if (r.failed) return err_set(ERR_DATA, "a consent's record is of an unknown form");
  if (!same_row(&r, &out->row)) return changed();
  if (bytes_get_u8(&r) != out->verdict_count) return changed();
  for (size_t i = 0; i < out->verdict_count; i++)
    if (!same_verdict(&r, out)) return changed();
  return bytes_done(&r) ? ERR_OK : err_set(ERR_DATA, "a consent's record is of an unknown form");
}

static enum err load_entry(struct vault *v, const struct id *consent, const struct secret_key *pk, struct consent_entry *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0}, verdicts = {0};
  TRY(index_consent_get(v->index, consent, &out->row, &sealed));
  TRY(seal_get(pk, "consent", consent, &sealed, &plain));
  TRY(index_verdict_of(v->index, consent, &verdicts));
  out->verdict_count = INDEX_COUNT(struct index_verdict, verdicts);
  out->verdicts = calloc(out->verdict_count + 1, sizeof *out->verdicts);
  if (!out->verdicts) return err_set(ERR_IO, "out of memory");
  if (verdicts.length) memcpy(out->verdicts, verdicts.data, verdicts.length);
  return decode(&plain, out);
}

enum err consent_book_load(struct vault *v, const struct id *person, struct consent_book *out) {
  AUTO(bytes) struct bytes rows = {0};
  AUTO(person) struct person p = {0};
  AUTO(consent_book) struct consent_book book = {.person = *person};
  SECRET_KEY(pk);
  TRY(person_load(v, person, &p));
  TRY(person_key(v, person, pk));
  book.born_ms = p.born_ms;
  book.child = p.kind == PERSON_CHILD;
  TRY(index_consent_of(v->index, person, &rows));
  size_t count = INDEX_COUNT(struct index_consent, rows);
  book.entries = calloc(count + 1, sizeof *book.entries);
  if (!book.entries) return err_set(ERR_IO, "out of memory");
  while (book.count < count) {
    size_t n = book.count++; /* counted first: what a failure leaves half loaded is freed with the book */
    TRY(load_entry(v, &INDEX_ROWS(struct index_consent, rows)[n].id, pk, &book.entries[n]));
  }
  *out = book;
  book = (struct consent_book){0};
  return ERR_OK;
}

static enum err seal_entry(struct vault *v, const struct consent_entry *e, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(pk);
  TRY(person_key(v, &e->row.person, pk));
  TRY(encode(e, &plain));
  return seal_put(pk, "consent", &e->row.id, &plain, sealed);
}

enum err consent_book_add(struct vault *v, const struct index_consent *row, const struct consent_details *details,
                          const struct index_verdict *verdicts, size_t count) {
  AUTO(bytes) struct bytes sealed = {0};
  struct consent_entry e = {.row = *row, .details = *details, .verdict_count = count};
  e.verdicts = calloc(count + 1, sizeof *e.verdicts);
  if (!e.verdicts) return err_set(ERR_IO, "out of memory");
  if (count) memcpy(e.verdicts, verdicts, count * sizeof *verdicts);
  enum err failed = seal_entry(v, &e, &sealed);
  free(e.verdicts);
  sodium_memzero(&e.details, sizeof e.details);
  TRY(failed);
  consent_shelf_clear(v->shelf);
  TRY(index_consent_put(v->index, row, &sealed));
  for (size_t i = 0; i < count; i++) {
    TRY(index_verdict_put(v->index, &verdicts[i]));
    if (verdicts[i].leaf) TRY(commitment_make(v, verdicts[i].leaf, ID_CONSENT, &row->id));
  }
  return ERR_OK;
}

const struct consent_entry *consent_book_entry(const struct consent_book *b, const struct id *consent) {
  for (size_t i = 0; i < b->count; i++)
    if (id_equal(&b->entries[i].row.id, consent)) return &b->entries[i];
  return NULL;
}

enum err consent_book_set(struct vault *v, const struct id *person, const struct index_verdict *verdict) {
  AUTO(consent_book) struct consent_book book = {0};
  AUTO(bytes) struct bytes sealed = {0};
  TRY(consent_book_load(v, person, &book));
  struct consent_entry *e = NULL;
  for (size_t i = 0; i < book.count; i++)
    if (id_equal(&book.entries[i].row.id, &verdict->consent)) e = &book.entries[i];
  struct index_verdict now = *verdict;
  if (strcmp(now.state, "live") != 0 && !now.ended_after) now.ended_after = (int64_t)book.count;
  for (size_t i = 0; e && i < e->verdict_count; i++)
    if (strcmp(e->verdicts[i].purpose, now.purpose) == 0) e->verdicts[i] = now;
  if (!e) return err_set(ERR_BUG, "a verdict of nobody's consent");
  TRY(seal_entry(v, e, &sealed));
  consent_shelf_clear(v->shelf);
  TRY(index_consent_reseal(v->index, &now.consent, &sealed));
  return index_verdict_set(v->index, &now);
}

static enum err reckon_entry(struct vault *v, const struct consent_book *b, const struct consent_entry *e) {
  struct index_case kase = CASEWORK_NONE;
  if (!id_is_zero(&e->row.kase)) TRY(casework_load(v, &e->row.kase, &kase, NULL));
  struct consent_events events = casework_events(&kase, e->row.given_ms, b->born_ms);
  int64_t due_ms = consent_expiry_ms(e->details.rules, e->details.rule_count, &events);
  return due_ms == e->row.due_ms ? ERR_OK : index_consent_set_due(v->index, &e->row.id, due_ms);
}

enum err consent_book_reckon(struct vault *v, const struct id *person) {
  AUTO(consent_book) struct consent_book book = {0};
  TRY(consent_book_load(v, person, &book));
  for (size_t i = 0; i < book.count; i++) TRY(reckon_entry(v, &book, &book.entries[i]));
  return ERR_OK;
}

static int64_t expiry_for(const struct consent_book *b, const struct consent_entry *e, const struct consent_clip *clip) {
  struct consent_events events = {e->row.given_ms, clip->recorded_ms, clip->closed_ms, b->born_ms, clip->accredited_ms};
  return consent_expiry_ms(e->details.rules, e->details.rule_count, &events);
}

/* `n`: the entry's place in the book. */
static struct consent_voice voice_of(const struct consent_book *b, size_t n, const struct index_verdict *d,
                                     const struct consent_clip *clip) {
  const struct consent_entry *e = &b->entries[n];
  bool childs_no = e->details.assent == CONSENT_ASSENT_NO, refused = strcmp(d->state, "refused") == 0;
  bool withdrawn = strcmp(d->state, "withdrawn") == 0;
  enum purpose_ident refused_as = childs_no ? IDENT_OBSCURED : e->details.refused_as;
  return (struct consent_voice){
      .consent = e->row.id,
      .kase = e->row.kase,
      .capacity = childs_no ? CONSENT_SELF : e->details.capacity, /* the no is the child's, whoever signed */
      .signer = e->details.signed_by,
      .said = n + 1,
      .no_after = withdrawn ? (uint64_t)d->ended_after : n + 1,
      .yes = !refused,
      .withdrawn = withdrawn,
      .dead = strcmp(d->state, "live") != 0,
      .media = e->row.media,
      .ident = refused ? refused_as : (enum purpose_ident)e->row.ident,
      .expires_ms = expiry_for(b, e, clip),
  };
}

static const struct index_verdict *verdict_on(const struct consent_entry *e, enum purpose purpose) {
  for (size_t i = 0; i < e->verdict_count; i++)
    if (strcmp(e->verdicts[i].purpose, purpose_name(purpose)) == 0) return &e->verdicts[i];
  return NULL;
}

/* Everything that was said about the purpose, the caller's to free; *place (NULL: not wanted) is that of the entry `of`. */
static enum err hear(const struct consent_book *b, const struct consent_clip *clip, enum purpose purpose,
                     struct consent_voice **voices, size_t *count, const struct consent_entry *of, size_t *place) {
  struct consent_voice *heard = calloc(b->count + 1, sizeof *heard);
  size_t n = 0;
  if (!heard) return err_set(ERR_IO, "out of memory");
  for (size_t i = 0; i < b->count; i++) {
    const struct index_verdict *d = verdict_on(&b->entries[i], purpose);
    if (!d) continue;
    if (place && &b->entries[i] == of) *place = n;
    heard[n++] = voice_of(b, i, d, clip);
  }
  *voices = heard;
  *count = n;
  return ERR_OK;
}

enum err consent_book_ask(const struct consent_book *b, const struct consent_clip *clip, enum purpose purpose, int64_t now_ms,
                          struct consent_verdict *out) {
  struct consent_use use = {clip->kase, clip->media, clip->ident, now_ms};
  struct consent_voice *voices;
  size_t count;
  TRY(hear(b, clip, purpose, &voices, &count, NULL, NULL));
  *out = consent_decide(voices, count, &use);
  free(voices);
  return ERR_OK;
}

enum err consent_book_yes(const struct consent_book *b, const struct consent_entry *e, const struct consent_clip *clip,
                          enum purpose purpose, int64_t now_ms, const struct index_verdict **out) {
  const struct index_verdict *d = verdict_on(e, purpose);
  struct consent_use use = {clip->kase, clip->media, clip->ident, now_ms};
  struct consent_voice *voices;
  size_t count, place = 0;
  *out = NULL;
  if (!d || !d->leaf) return ERR_OK;
  TRY(hear(b, clip, purpose, &voices, &count, e, &place));
  if (consent_counts(voices, count, place, &use)) *out = d;
  free(voices);
  return ERR_OK;
}

enum err consent_book_refused_since(const struct consent_book *b, const struct consent_entry *e, enum purpose purpose,
                                    enum consent_since *out) {
  const struct consent_clip any = {
      .recorded_ms = CONSENT_UNKNOWN_MS, .closed_ms = CONSENT_UNKNOWN_MS, .accredited_ms = CONSENT_UNKNOWN_MS}; /* of no matter */
  struct consent_voice *voices;
  size_t count, place = 0;
  TRY(hear(b, &any, purpose, &voices, &count, e, &place));
  *out = consent_refused_since(voices, count, place);
  free(voices);
  return ERR_OK;
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
