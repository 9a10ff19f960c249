#include "vault/uses.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/consent_shelf.h"
#include "vault/grant.h"
#include "vault/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err consent_clip_of(struct vault *v, const struct index_clip *clip, struct consent_clip *out) {
  struct index_case kase;
  struct consent_clip c = {.kase = clip->kase, .ident = IDENT_AS_FILMED, .recorded_ms = clip->recorded_ms};
  TRY(purpose_kind_media(clip->kind, &c.media));
  TRY(index_case_get(v->index, &clip->kase, &kase, NULL));
  c.closed_ms = kase.closed_ms == CLOCK_NEVER_MS ? CONSENT_UNKNOWN_MS : kase.closed_ms;
  *out = c;
  return ERR_OK;
}

/* One person's answers to all purposes narrow what is allowed. */
static enum err narrow(struct vault *v, struct consent_shelf *shelf, const struct consent_clip *clip, const struct id *person,
                       struct uses *uses) {
  const struct consent_book *book;
  TRY(consent_shelf_take(shelf, v, person, &book));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    struct consent_verdict verdict;
    TRY(consent_book_ask(book, clip, p, vault_now_ms(v), &verdict));
    if (verdict.code != CONSENT_YES)
      uses->live &= ~(1u << p);
    else if (verdict.expires_ms < uses->expires_ms[p])
      uses->expires_ms[p] = verdict.expires_ms;
  }
  return ERR_OK;
}

static enum err allowed(struct vault *v, struct consent_shelf *shelf, const struct index_clip *clip, const struct id people[],
                        size_t count, struct uses *out) {
  struct consent_clip c;
  struct uses uses = {.live = count ? (1u << PURPOSE_COUNT) - 1 : 0};
  TRY(consent_clip_of(v, clip, &c));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) uses.expires_ms[p] = clip->expires_ms;
  if (clip->expires_ms <= vault_now_ms(v)) uses.live = 0;
  for (size_t i = 0; i < count && uses.live; i++) TRY(narrow(v, shelf, &c, &people[i], &uses));
  *out = uses;
  return ERR_OK;
}

enum err uses_allowed(struct vault *v, const struct index_clip *clip, const struct id people[], size_t count, struct uses *out) {
  AUTO(consent_shelf) struct consent_shelf shelf = {0};
  return allowed(v, &shelf, clip, people, count, out);
}

enum err uses_verdict(struct vault *v, const struct index_clip *clip, const struct id *person, enum purpose purpose,
                      struct consent_verdict *out) {
  AUTO(consent_book) struct consent_book book = {0};
  struct consent_clip c;
  TRY(consent_clip_of(v, clip, &c));
  TRY(consent_book_load(v, person, &book));
  return consent_book_ask(&book, &c, purpose, vault_now_ms(v), out);
}

/* Everyone's SPK for one purpose, in the arena. */
struct party {
  struct wrap_person *people;
  struct secret_key **keys;
  size_t count;
};

static void party_auto(struct party *p) {
  for (size_t i = 0; p->keys && i < p->count; i++) secret_free(p->keys[i]);
  free(p->keys);
  free(p->people);
}

static enum err party_new(const struct consent_clip *c, enum purpose purpose, const struct id people[], size_t count,
                          struct party *out) {
  out->people = calloc(count + 1, sizeof *out->people);
  out->keys = calloc(count + 1, sizeof(struct secret_key *));
  if (!out->people || !out->keys) return err_set(ERR_IO, "out of memory");
  for (out->count = 0; out->count < count; out->count++) {
    struct wrap_person *w = &out->people[out->count];
    out->keys[out->count] = secret_key_new();
    w->spk = out->keys[out->count];
    w->scope = (struct index_scope){.person = people[out->count], .kase = c->kase, .media = c->media, .ident = c->ident};
    snprintf(w->scope.purpose, sizeof w->scope.purpose, "%s", purpose_name(purpose));
  }
  return ERR_OK;
}

static enum err party_ensure(struct vault *v, const struct consent_clip *c, enum purpose purpose, struct party *party) {
  for (size_t i = 0; i < party->count; i++) {
    AUTO(consent_book) struct consent_book book = {0};
    TRY(consent_book_load(v, &party->people[i].scope.person, &book));
    TRY(grant_ensure(v, &book, &party->people[i].scope, c, purpose, party->keys[i]));
  }
  return ERR_OK;
}

static enum err party_open(struct vault *v, struct party *party) {
  for (size_t i = 0; i < party->count; i++) TRY(grant_open(v, &party->people[i].scope, party->keys[i]));
  return ERR_OK;
}

static struct wrap_subject subject_of(struct vault *v, const struct index_clip *clip, const char *purpose,
                                      const struct bytes *objects) {
  return (struct wrap_subject){.vault = v->id,
                               .clip = clip->id,
                               .purpose = purpose,
                               .rendition = USES_AS_FILMED,
                               .recorded_ms = clip->recorded_ms,
                               .expires_ms = clip->expires_ms,
                               .objects = INDEX_ROWS(struct index_object, *objects),
                               .object_count = INDEX_COUNT(struct index_object, *objects)};
}

/* One new wrap; `party` NULL for quarantine. */
static enum err add_wrap(struct vault *v, const struct index_clip *clip, const char *purpose, struct party *party,
                         keystore_leaf leaf, const struct secret_key *dek, int64_t expires_ms, const struct shred_job *job) {
  AUTO(bytes) struct bytes objects = {0};
  SECRET_KEY(xk);
  SECRET_KEY(bk);
  struct index_wrap row = {.clip = clip->id, .rendition = USES_AS_FILMED, .leaf = leaf, .expires_ms = expires_ms};
  bool waits = job && job->decided;
  snprintf(row.purpose, sizeof row.purpose, "%s", purpose);
  snprintf(row.state, sizeof row.state, "%s", waits ? "new" : "live");
  if (waits) row.job = job->id;
  TRY(index_object_of(v->index, &clip->id, &objects));
  struct wrap_subject subject = subject_of(v, clip, row.purpose, &objects);
  if (party) TRY(keystore_get(v->keys, clip->leaf, xk));
  TRY(keystore_get(v->keys, leaf, bk));
  TRY(wrap_seal(&subject, party ? xk : NULL, bk, party ? party->people : NULL, party ? party->count : 0, dek, row.ct));
  return index_wrap_put(v->index, &row);
}

static enum err wrap_for(struct vault *v, const struct index_clip *clip, const struct id people[], size_t count,
                         const struct secret_key *dek, enum purpose purpose, keystore_leaf leaf, int64_t expires_ms,
                         const struct shred_job *job) {
  AUTO(party) struct party party = {0};
  struct consent_clip c;
  TRY(consent_clip_of(v, clip, &c));
  TRY(party_new(&c, purpose, people, count, &party));
  TRY(party_ensure(v, &c, purpose, &party));
  return add_wrap(v, clip, purpose_name(purpose), &party, leaf, dek, expires_ms, job);
}

enum err uses_wrap(struct vault *v, const struct index_clip *clip, const struct id people[], size_t count,
                   const struct secret_key *dek, const struct uses *uses, uint32_t purposes, const struct shred_job *job) {
  keystore_leaf leaves[PURPOSE_COUNT];
  size_t needed = (size_t)__builtin_popcount(purposes), used = 0;
  TRY(keystore_new_leaves(v->keys, needed ? needed : 1, leaves));
  if (!purposes) return add_wrap(v, clip, "", NULL, leaves[0], dek, CLOCK_NEVER_MS, job);
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (purposes >> p & 1) TRY(wrap_for(v, clip, people, count, dek, p, leaves[used++], uses->expires_ms[p], job));
  return ERR_OK;
}

/* A key that a row still names was destroyed: the row is older than the keys. */
static enum err get_living(struct vault *v, keystore_leaf leaf, struct secret_key *out) {
  enum err e = keystore_get(v->keys, leaf, out);
  if (e != ERR_MISSING) return e;
  return err_set(ERR_DATA, "the key of this use was destroyed: the index is older than the key store; run clipvault check");
}

static enum err open_wrap(struct vault *v, const struct index_clip *clip, const struct index_wrap *w, struct secret_key *dek) {
  AUTO(bytes) struct bytes objects = {0}, people = {0};
  AUTO(party) struct party party = {0};
  SECRET_KEY(xk);
  SECRET_KEY(bk);
  struct consent_clip c;
  enum purpose purpose;
  bool quarantine = w->purpose[0] == 0;
  TRY(index_object_of(v->index, &clip->id, &objects));
  struct wrap_subject subject = subject_of(v, clip, w->purpose, &objects);
  TRY(get_living(v, w->leaf, bk));
  if (quarantine) return wrap_open(&subject, NULL, bk, NULL, 0, w->ct, dek);
  TRY(purpose_parse(w->purpose, &purpose));
  TRY(consent_clip_of(v, clip, &c));
  TRY(index_clip_people(v->index, &clip->id, &people));
  TRY(party_new(&c, purpose, INDEX_ROWS(struct id, people), INDEX_COUNT(struct id, people), &party));
  TRY(party_open(v, &party));
  TRY(get_living(v, clip->leaf, xk));
  return wrap_open(&subject, xk, bk, party.people, party.count, w->ct, dek);
}

enum err uses_open(struct vault *v, const struct id *clip_id, enum purpose purpose, struct secret_key *dek) {
  AUTO(bytes) struct bytes wraps = {0};
  struct index_clip clip;
  TRY(index_clip_get(v->index, clip_id, &clip, NULL));
  TRY(index_wrap_of(v->index, clip_id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (strcmp(w->state, "live") == 0 && strcmp(w->purpose, purpose_name(purpose)) == 0) return open_wrap(v, &clip, w, dek);
  }
  return err_set(ERR_REFUSED, "this clip has no key for %s: not everyone in it has agreed to that", purpose_name(purpose));
}

enum err uses_open_any(struct vault *v, const struct index_clip *clip, struct secret_key *dek) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(index_wrap_of(v->index, &clip->id, &wraps));
  enum err e = err_set(ERR_DATA, "no key of this clip opens any more; run clipvault check");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps) && e != ERR_OK; i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (strcmp(w->state, "live") == 0) e = open_wrap(v, clip, w, dek);
  }
  return e;
}

/* What is there: the purposes that have a living wrap. */
static uint32_t wrapped_now(const struct bytes *wraps, bool *quarantined) {
  uint32_t set = 0;
  *quarantined = false;
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    enum purpose p;
    if (strcmp(w->state, "live") != 0) continue;
    if (!w->purpose[0])
      *quarantined = true;
    else if (purpose_parse(w->purpose, &p) == ERR_OK)
      set |= 1u << p;
  }
  return set;
}

/* Living wraps whose purpose is in `purposes` end (with quarantine: also the quarantine wrap); the others get the
 * expiry that holds now. */
static enum err end_wraps(struct vault *v, const struct bytes *wraps, uint32_t purposes, bool quarantine, const struct uses *uses,
                          struct shred_job *job) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, *wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, *wraps)[i];
    enum purpose p = PURPOSE_COUNT;
    if (strcmp(w->state, "live") != 0) continue;
    if (w->purpose[0]) TRY(purpose_parse(w->purpose, &p));
    bool ends = p == PURPOSE_COUNT ? quarantine : purposes >> p & 1;
    if (ends)
      TRY(shred_wrap(v, job, w));
    else if (p != PURPOSE_COUNT && w->expires_ms != uses->expires_ms[p])
      TRY(index_wrap_set_expiry(v->index, w, uses->expires_ms[p]));
  }
  return ERR_OK;
}

static int64_t quarantine_end_ms(struct vault *v) { return clock_add_ms(vault_now_ms(v), 0, 0, (int)v->config.quarantine_days); }

/* Nothing is allowed any more. */
static enum err empty_clip(struct vault *v, const struct index_clip *clip, enum uses_empty empty, const struct bytes *wraps,
                           uint32_t had, struct shred_job *job) {
  SECRET_KEY(dek);
  if (empty == USES_DESTROY) return shred_clip(v, job, clip);
  TRY(uses_open_any(v, clip, dek));
  TRY(shred_decide(v, job));
  TRY(uses_wrap(v, clip, NULL, 0, dek, NULL, 0, job));
  TRY(end_wraps(v, wraps, had, false, &(struct uses){0}, job));
  TRY(index_clip_set_state(v->index, &clip->id, "quarantined", quarantine_end_ms(v)));
  return audit_append(v, "clip.quarantined", ID_CLIP, &clip->id, NULL);
}

static enum err refresh(struct vault *v, struct consent_shelf *shelf, const struct id *clip_id, enum uses_empty empty,
                        struct shred_job *job, bool *released) {
  AUTO(bytes) struct bytes people = {0}, wraps = {0};
  SECRET_KEY(dek);
  struct index_clip clip;
  struct uses uses;
  bool quarantined;
  *released = false;
  TRY(index_clip_get(v->index, clip_id, &clip, NULL));
  if (strcmp(clip.state, "shredded") == 0 || !id_is_zero(&clip.job)) return ERR_OK;
  TRY(index_clip_people(v->index, clip_id, &people));
  TRY(index_wrap_of(v->index, clip_id, &wraps));
  const struct id *who = INDEX_ROWS(struct id, people);
  size_t count = INDEX_COUNT(struct id, people);
  TRY(allowed(v, shelf, &clip, who, count, &uses));
  uint32_t had = wrapped_now(&wraps, &quarantined);
  if (!uses.live && quarantined) return ERR_OK;
  if (!uses.live) return empty_clip(v, &clip, empty, &wraps, had, job);
  if (uses.live & ~had) TRY(uses_open_any(v, &clip, dek));
  if (quarantined) TRY(shred_decide(v, job)); /* the quarantine key dies before the clip goes live: its wraps wait for that */
  if (uses.live & ~had) TRY(uses_wrap(v, &clip, who, count, dek, &uses, uses.live & ~had, quarantined ? job : NULL));
  TRY(end_wraps(v, &wraps, had & ~uses.live, quarantined, &uses, job));
  if (!quarantined) return ERR_OK;
  TRY(index_clip_set_state(v->index, clip_id, "live", 0));
  *released = true;
  return audit_append(v, "clip.released", ID_CLIP, clip_id, NULL);
}

enum err uses_refresh(struct vault *v, const struct id *clip, enum uses_empty empty, struct shred_job *job, bool *released) {
  AUTO(consent_shelf) struct consent_shelf shelf = {0};
  return refresh(v, &shelf, clip, empty, job, released);
}

enum err uses_refresh_person(struct vault *v, const struct id *person, enum uses_empty empty, struct shred_job *job,
                             struct bytes *released) {
  AUTO(consent_shelf) struct consent_shelf shelf = {0};
  AUTO(bytes) struct bytes clips = {0};
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.person = *person}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    const struct id *clip = &INDEX_ROWS(struct index_clip, clips)[i].id;
    bool freed;
    TRY(refresh(v, &shelf, clip, empty, job, &freed));
    if (freed && released) bytes_put(released, clip, sizeof *clip);
  }
  return released ? bytes_check(released) : ERR_OK;
}

static enum err replace_people(struct vault *v, const struct id *clip, const struct id people[], size_t count) {
  AUTO(bytes) struct bytes before = {0};
  TRY(index_clip_people(v->index, clip, &before));
  for (size_t i = 0; i < INDEX_COUNT(struct id, before); i++)
    TRY(index_clip_drop_person(v->index, clip, &INDEX_ROWS(struct id, before)[i]));
  for (size_t i = 0; i < count; i++) TRY(index_clip_add_person(v->index, clip, &people[i]));
  return ERR_OK;
}

enum err uses_set_people(struct vault *v, const struct id *clip_id, const struct id people[], size_t count,
                         struct shred_job *job) {
  AUTO(bytes) struct bytes wraps = {0};
  SECRET_KEY(dek);
  struct index_clip clip;
  struct uses uses;
  bool quarantined;
  TRY(index_clip_get(v->index, clip_id, &clip, NULL));
  TRY(index_wrap_of(v->index, clip_id, &wraps));
  uint32_t had = wrapped_now(&wraps, &quarantined);
  TRY(uses_open_any(v, &clip, dek)); /* while the old set of people still stands in the index */
  TRY(replace_people(v, clip_id, people, count));
  TRY(uses_allowed(v, &clip, people, count, &uses));
  TRY(shred_decide(v, job));
  TRY(uses_wrap(v, &clip, people, count, dek, &uses, uses.live, job));
  TRY(end_wraps(v, &wraps, had, true, &uses, job));
  return index_clip_set_state(v->index, clip_id, uses.live ? "live" : "quarantined", uses.live ? 0 : quarantine_end_ms(v));
}

enum err uses_expire_case(struct vault *v, const struct id *kase) {
  AUTO(bytes) struct bytes clips = {0};
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.kase = *kase, .state = "live"}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    const struct index_clip *clip = &INDEX_ROWS(struct index_clip, clips)[i];
    AUTO(bytes) struct bytes people = {0}, wraps = {0};
    struct uses uses;
    TRY(index_clip_people(v->index, &clip->id, &people));
    TRY(index_wrap_of(v->index, &clip->id, &wraps));
    TRY(uses_allowed(v, clip, INDEX_ROWS(struct id, people), INDEX_COUNT(struct id, people), &uses));
    /* What is over by now already is left for the sweep, which says so on a certificate. */
    for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
      if (!(uses.live >> p & 1)) uses.expires_ms[p] = vault_now_ms(v);
    TRY(end_wraps(v, &wraps, 0, false, &uses, NULL));
  }
  return ERR_OK;
}
