/* Wraps of a rendition's DEK: made for what is allowed, opened for a purpose. */
#include "vault/base/clock.h"
#include "vault/commitment.h"
#include "vault/consent_shelf.h"
#include "vault/grant.h"
#include "vault/hold.h"
#include "vault/uses_scope.h"
#include "vault/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static enum err party_new(const struct uses_scope *scope, enum purpose purpose, const struct id people[], size_t count,
                          struct party *out) {
  out->people = calloc(count + 1, sizeof *out->people);
  out->keys = calloc(count + 1, sizeof(struct secret_key *));
  if (!out->people || !out->keys) return err_set(ERR_IO, "out of memory");
  for (out->count = 0; out->count < count; out->count++) {
    struct wrap_person *w = &out->people[out->count];
    struct consent_clip c = uses_scope_of(scope, &people[out->count]);
    out->keys[out->count] = secret_key_new();
    w->spk = out->keys[out->count];
    w->scope = (struct index_scope){.person = people[out->count], .kase = c.kase, .media = c.media, .ident = c.ident};
    snprintf(w->scope.purpose, sizeof w->scope.purpose, "%s", purpose_name(purpose));
  }
  return ERR_OK;
}

static enum err party_ensure(struct vault *v, const struct uses_scope *scope, enum purpose purpose, struct party *party) {
  for (size_t i = 0; i < party->count; i++) {
    const struct consent_book *book;
    const struct index_scope *s = &party->people[i].scope;
    struct consent_clip c = uses_scope_of(scope, &s->person);
    TRY(consent_shelf_take(v, &s->person, &book));
    TRY(grant_ensure(v, book, s, &c, purpose, party->keys[i]));
  }
  return ERR_OK;
}

static enum err party_open(struct vault *v, struct party *party) {
  for (size_t i = 0; i < party->count; i++) TRY(grant_open(v, &party->people[i].scope, party->keys[i]));
  return ERR_OK;
}

static struct wrap_subject subject_of(struct vault *v, const struct index_clip *clip, const char *purpose, const char *rendition,
                                      const struct bytes *objects) {
  return (struct wrap_subject){.vault = v->id,
                               .clip = clip->id,
                               .kase = clip->kase,
                               .purpose = purpose,
                               .rendition = rendition,
                               .kind = clip->kind,
                               .recorded_ms = clip->recorded_ms,
                               .expires_ms = clip->expires_ms,
                               .objects = INDEX_ROWS(struct index_object, *objects),
                               .object_count = INDEX_COUNT(struct index_object, *objects)};
}

/* What all wraps that are made at once have in common. */
struct making {
  struct vault *vault;
  const struct index_clip *clip;
  const char *rendition;
  const struct id *people;
  size_t count;
  const struct secret_key *dek;
  const struct shred_job *job; /* NULL: live at once */
};

/* One new wrap; while in quarantine the party has no keys, and only who they are is bound. */
static enum err add_wrap(const struct making *m, const char *purpose, struct party *party, keystore_leaf leaf,
                         int64_t expires_ms) {
  AUTO(bytes) struct bytes objects = {0};
  SECRET_KEY(xk);
  SECRET_KEY(bk);
  struct index_wrap row = {.clip = m->clip->id, .leaf = leaf, .expires_ms = expires_ms};
  bool waits = m->job && m->job->decided;
  snprintf(row.purpose, sizeof row.purpose, "%s", purpose);
  snprintf(row.rendition, sizeof row.rendition, "%s", m->rendition);
  snprintf(row.state, sizeof row.state, "%s", waits ? "new" : "live");
  if (waits) row.job = m->job->id;
  TRY(index_object_of(m->vault->index, &m->clip->id, &objects));
  struct wrap_subject subject = subject_of(m->vault, m->clip, row.purpose, row.rendition, &objects);
  if (*purpose) TRY(keystore_get(m->vault->keys, m->clip->leaf, xk));
  TRY(keystore_get(m->vault->keys, leaf, bk));
  TRY(wrap_seal(&subject, *purpose ? xk : NULL, bk, party->people, party->count, m->dek, row.ct));
  TRY(commitment_make(m->vault, leaf, ID_CLIP, &m->clip->id));
  return index_wrap_put(m->vault->index, &row);
}

static enum err wrap_for(const struct making *m, enum purpose purpose, keystore_leaf leaf, int64_t expires_ms) {
  AUTO(uses_scope) struct uses_scope scope = {0};
  AUTO(party) struct party party = {0};
  TRY(uses_scope_load(m->vault, m->clip, m->rendition, &scope));
  TRY(party_new(&scope, purpose, m->people, m->count, &party));
  TRY(party_ensure(m->vault, &scope, purpose, &party));
  return add_wrap(m, purpose_name(purpose), &party, leaf, expires_ms);
}

static enum err wrap_waiting(const struct making *m, keystore_leaf leaf) {
  AUTO(party) struct party party = {0};
  TRY(party_new(&(struct uses_scope){0}, PURPOSE_COUNT, m->people, m->count, &party));
  return add_wrap(m, "", &party, leaf, CLOCK_NEVER_MS);
}

enum err uses_wrap(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id people[], size_t count,
                   const struct secret_key *dek, const struct uses *uses, uint32_t purposes, const struct shred_job *job) {
  struct making m = {v, clip, rendition, people, count, dek, job};
  keystore_leaf leaves[PURPOSE_COUNT];
  size_t needed = (size_t)__builtin_popcount(purposes), used = 0;
  TRY(hold_keep(v, clip, rendition, dek));
  TRY(keystore_new_leaves(v->keys, needed ? needed : 1, leaves));
  if (!purposes) return wrap_waiting(&m, leaves[0]);
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (purposes >> p & 1) TRY(wrap_for(&m, p, leaves[used++], uses->expires_ms[p]));
  return ERR_OK;
}

enum err uses_carry_on(struct vault *v, const struct index_clip *clip, const char *rendition, const struct id people[],
                       size_t count, uint32_t purposes) {
  AUTO(uses_scope) struct uses_scope scope = {0};
  TRY(uses_scope_load(v, clip, rendition, &scope));
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    AUTO(party) struct party party = {0};
    if (!(purposes >> p & 1)) continue;
    TRY(party_new(&scope, p, people, count, &party));
    TRY(party_ensure(v, &scope, p, &party));
  }
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
  AUTO(uses_scope) struct uses_scope scope = {0};
  AUTO(party) struct party party = {0};
  SECRET_KEY(xk);
  SECRET_KEY(bk);
  enum purpose purpose;
  bool quarantine = w->purpose[0] == 0;
  TRY(index_object_of(v->index, &clip->id, &objects));
  struct wrap_subject subject = subject_of(v, clip, w->purpose, w->rendition, &objects);
  TRY(get_living(v, w->leaf, bk));
  TRY(index_clip_people(v->index, &clip->id, &people));
  const struct id *who = INDEX_ROWS(struct id, people);
  size_t count = INDEX_COUNT(struct id, people);
  if (quarantine) {
    TRY(party_new(&scope, PURPOSE_COUNT, who, count, &party));
    return wrap_open(&subject, NULL, bk, party.people, count, w->ct, dek);
  }
  TRY(purpose_parse(w->purpose, &purpose));
  TRY(uses_scope_load(v, clip, w->rendition, &scope));
  TRY(party_new(&scope, purpose, who, count, &party));
  TRY(party_open(v, &party));
  TRY(get_living(v, clip->leaf, xk));
  return wrap_open(&subject, xk, bk, party.people, party.count, w->ct, dek);
}

enum err uses_open(struct vault *v, const struct id *clip_id, const char *rendition, enum purpose purpose,
                   struct secret_key *dek) {
  AUTO(bytes) struct bytes wraps = {0};
  struct index_clip clip;
  TRY(index_clip_get(v->index, clip_id, &clip, NULL));
  TRY(index_wrap_of(v->index, clip_id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    bool wanted = strcmp(w->state, "live") == 0 && strcmp(w->rendition, rendition) == 0;
    if (wanted && strcmp(w->purpose, purpose_name(purpose)) == 0) return open_wrap(v, &clip, w, dek);
  }
  return err_set(ERR_REFUSED, "this clip has no key for %s, %s: not everyone in it has agreed to that", purpose_name(purpose),
                 rendition);
}

enum err uses_open_any(struct vault *v, const struct index_clip *clip, const char *rendition, struct secret_key *dek) {
  AUTO(bytes) struct bytes wraps = {0};
  TRY(index_wrap_of(v->index, &clip->id, &wraps));
  enum err e = err_set(ERR_DATA, "no key of this clip opens any more; run clipvault check");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps) && e != ERR_OK; i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (strcmp(w->state, "live") == 0 && strcmp(w->rendition, rendition) == 0) e = open_wrap(v, clip, w, dek);
  }
  return e;
}
