#include "vault/refusal.h"

#include "vault/commitment.h"
#include "vault/grant.h"

#include <stdio.h>
#include <string.h>

static bool cases_meet(const struct refusal *no, const struct index_consent *row) {
  return id_is_zero(&no->kase) || id_is_zero(&row->kase) || id_equal(&no->kase, &row->kase);
}

static bool touches(const struct refusal *no, const struct index_consent *row) {
  bool identifiability = no->ident == IDENT_OBSCURED || row->ident == IDENT_AS_FILMED;
  return cases_meet(no, row) && (no->media & row->media) && identifiability;
}

/* A scope that the refusal says nothing about. */
static bool is_kept(const void *context, const struct index_scope *scope) {
  const struct refusal *no = context;
  bool other_case = !id_is_zero(&no->kase) && !id_equal(&no->kase, &scope->kase);
  return other_case || !(no->media & scope->media) || (no->ident == IDENT_AS_FILMED && scope->ident == IDENT_OBSCURED);
}

static bool covers_all_of(const struct refusal *no, const struct index_consent *row) {
  bool every_case = id_is_zero(&no->kase) || id_equal(&no->kase, &row->kase);
  bool every_ident = no->ident == IDENT_OBSCURED; /* "as filmed" was refused: obscured, which it granted too, still stands */
  return every_case && (row->media & ~no->media) == 0 && every_ident;
}

enum err refusal_end(struct vault *v, const struct id *person, const struct index_verdict *d, const char *state,
                     struct shred_job *job) {
  struct index_verdict ended = *d;
  TRY(shred_decide(v, job));
  snprintf(ended.state, sizeof ended.state, "%s", state);
  ended.ended_ms = vault_now_ms(v);
  ended.job = job->id;
  enum err e = consent_book_set(v, person, &ended);
  if (e == ERR_MISSING) e = index_verdict_set(v->index, &ended); /* the person was erased: there is no record left to seal */
  TRY(e);
  return shred_leaf(v, job, d->leaf);
}

static enum err narrow(struct vault *v, const struct consent_book *book, const struct index_verdict *d, const struct refusal *no,
                       struct shred_job *job) {
  struct index_verdict moved = *d;
  TRY(keystore_new_leaves(v->keys, 1, &moved.leaf));
  TRY(commitment_make(v, moved.leaf, ID_CONSENT, &d->consent));
  TRY(grant_move(v, book, d->leaf, moved.leaf, is_kept, no));
  TRY(consent_book_set(v, &book->person, &moved));
  return shred_leaf(v, job, d->leaf);
}

enum err refusal_apply(struct vault *v, const struct consent_book *book, const struct refusal *no, const struct id *except,
                       struct shred_job *job) {
  for (size_t i = 0; i < book->count; i++) {
    const struct consent_entry *e = &book->entries[i];
    if ((except && id_equal(except, &e->row.id)) || !touches(no, &e->row)) continue;
    for (size_t k = 0; k < e->verdict_count; k++) {
      const struct index_verdict *d = &e->verdicts[k];
      if (!d->leaf || strcmp(d->state, "live") != 0 || strcmp(d->purpose, purpose_name(no->purpose)) != 0) continue;
      if (covers_all_of(no, &e->row))
        TRY(refusal_end(v, &book->person, d, "overridden", job));
      else
        TRY(narrow(v, book, d, no, job));
    }
  }
  return ERR_OK;
}
