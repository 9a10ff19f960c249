#include "vault/uses.h"

#include "vault/audit.h"
#include "vault/base/clock.h"

#include <stdio.h>
#include <string.h>

/* In which order they are looked at: those that can wait in quarantine first. */
static const char *const renditions[] = {USES_AS_FILMED, USES_ORIGINAL, USES_OBSCURED};
enum { RENDITIONS = sizeof renditions / sizeof *renditions };

/* One rendition of the clip: what is allowed, and what has a wrap. */
struct standing {
  const char *name;
  bool exists, waits; /* waits: it has a quarantine wrap */
  uint32_t had;       /* purposes with a living wrap */
  struct uses uses;
};

struct state {
  struct vault *vault;
  struct index_clip clip;
  struct bytes people, wraps;
  struct standing of[RENDITIONS];
  uint32_t live, over; /* of all renditions together */
  bool quarantined;
  struct shred_job *job;
};

static void state_auto(struct state *s) {
  bytes_free(&s->people);
  bytes_free(&s->wraps);
}

static const struct id *people_of(const struct state *s) { return INDEX_ROWS(struct id, s->people); }
static size_t people_count(const struct state *s) { return INDEX_COUNT(struct id, s->people); }
static bool may_wait(const struct standing *r) { return strcmp(r->name, USES_OBSCURED) != 0; }

static bool is_of(const struct index_wrap *w, const struct standing *r) {
  return strcmp(w->state, "live") == 0 && strcmp(w->rendition, r->name) == 0;
}

/* What is there. A rendition without a living wrap does not exist any more, or its end is decided. */
static void look_at_wraps(const struct state *s, struct standing *r) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, s->wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, s->wraps)[i];
    enum purpose p;
    if (!is_of(w, r)) continue;
    r->exists = true;
    if (!w->purpose[0])
      r->waits = true;
    else if (purpose_parse(w->purpose, &p) == ERR_OK)
      r->had |= 1u << p;
  }
}

static enum err load_wraps(struct vault *v, const struct id *clip, struct shred_job *job, struct state *s) {
  s->vault = v;
  s->job = job;
  TRY(index_clip_get(v->index, clip, &s->clip, NULL));
  TRY(index_wrap_of(v->index, clip, &s->wraps));
  for (int i = 0; i < RENDITIONS; i++) {
    s->of[i].name = renditions[i];
    look_at_wraps(s, &s->of[i]);
    s->quarantined |= s->of[i].waits;
  }
  return ERR_OK;
}

static enum err ask_everyone(struct state *s) {
  s->live = s->over = 0;
  for (int i = 0; i < RENDITIONS; i++) {
    struct standing *r = &s->of[i];
    if (!r->exists) continue;
    TRY(uses_allowed(s->vault, &s->clip, r->name, people_of(s), people_count(s), &r->uses));
    s->live |= r->uses.live;
    s->over |= r->uses.over & r->had;
  }
  return ERR_OK;
}

/* A use that is over waits for the sweep: nothing that is said meanwhile may put its end off. */
static bool moves(const struct standing *r, enum purpose p, int64_t now_ms) {
  bool lives = r->uses.live >> p & 1;
  return lives ? r->uses.expires_ms[p] != now_ms : r->uses.expires_ms[p] < now_ms;
}

/* Living wraps of the rendition whose purpose is in `purposes` end (with `waiting` also its quarantine wrap); the others get
 * the expiry that holds now. */
static enum err end_wraps(const struct state *s, const struct standing *r, uint32_t purposes, bool waiting) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, s->wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, s->wraps)[i];
    enum purpose p = PURPOSE_COUNT;
    if (!is_of(w, r)) continue;
    if (w->purpose[0]) TRY(purpose_parse(w->purpose, &p));
    bool ends = p == PURPOSE_COUNT ? waiting : purposes >> p & 1;
    if (ends)
      TRY(shred_wrap(s->vault, s->job, w));
    else if (p != PURPOSE_COUNT && moves(r, p, w->expires_ms))
      TRY(index_wrap_set_expiry(s->vault->index, w, r->uses.expires_ms[p]));
  }
  return ERR_OK;
}

static enum err add_wraps(const struct state *s, const struct standing *r, const struct secret_key *dek, uint32_t purposes,
                          const struct shred_job *job) {
  return uses_wrap(s->vault, &s->clip, r->name, people_of(s), people_count(s), dek, &r->uses, purposes, job);
}

/* A quarantine that was interrupted does not begin anew. */
static int64_t quarantine_end_ms(const struct state *s) {
  struct vault *v = s->vault;
  if (s->clip.quarantine_ms > vault_now_ms(v)) return s->clip.quarantine_ms;
  return clock_add_ms(vault_now_ms(v), 0, 0, (int)v->config.quarantine_days);
}

/* Something is allowed. A quarantine key dies before the clip goes live: the wraps that replace it wait for that. */
static enum err refresh_rendition(struct state *s, struct standing *r, enum uses_end end) {
  SECRET_KEY(dek);
  uint32_t fresh = r->uses.live & ~r->had, kept = r->uses.live & r->had;
  uint32_t stays = end == USES_ENDS_BY_TIME ? r->uses.live : r->uses.live | r->uses.over;
  if (!r->exists) return ERR_OK;
  if (kept) TRY(uses_carry_on(s->vault, &s->clip, r->name, people_of(s), people_count(s), kept));
  if (fresh) TRY(uses_open_any(s->vault, &s->clip, r->name, dek));
  if (r->waits) TRY(shred_decide(s->vault, s->job));
  if (fresh) TRY(add_wraps(s, r, dek, fresh, r->waits ? s->job : NULL));
  return end_wraps(s, r, r->had & ~stays, r->waits);
}

enum err uses_refresh(struct vault *v, const struct id *clip, enum uses_end end, struct shred_job *job, bool *released) {
  AUTO(state) struct state s = {0};
  *released = false;
  TRY(load_wraps(v, clip, job, &s));
  if (strcmp(s.clip.state, "shredded") == 0 || strcmp(s.clip.state, "held") == 0 || !id_is_zero(&s.clip.job)) return ERR_OK;
  TRY(index_clip_people(v->index, clip, &s.people));
  TRY(ask_everyone(&s));
  bool nothing = !s.live && (end == USES_ENDS_BY_TIME || !s.over);
  if (nothing && s.quarantined) return ERR_OK;
  if (nothing) return shred_clip(v, job, &s.clip);
  for (int i = 0; i < RENDITIONS; i++) TRY(refresh_rendition(&s, &s.of[i], end));
  if (!s.quarantined) return ERR_OK;
  TRY(index_clip_set_state(v->index, clip, "live", s.clip.quarantine_ms));
  *released = true;
  return audit_append(v, "clip.released", ID_CLIP, clip, NULL);
}

enum err uses_refresh_person(struct vault *v, const struct id *person, struct shred_job *job, struct bytes *released) {
  AUTO(bytes) struct bytes clips = {0};
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.person = *person}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    const struct id *clip = &INDEX_ROWS(struct index_clip, clips)[i].id;
    bool freed;
    TRY(uses_refresh(v, clip, USES_ENDS_BY_WORD, job, &freed));
    if (freed && released) bytes_put(released, clip, sizeof *clip);
  }
  return released ? bytes_check(released) : ERR_OK;
}

/* ---- who is in it changes */
static enum err replace_people(struct vault *v, const struct id *clip, const struct id people[], size_t count) {
  AUTO(bytes) struct bytes before = {0};
  TRY(index_clip_people(v->index, clip, &before));
  for (size_t i = 0; i < INDEX_COUNT(struct id, before); i++)
    TRY(index_clip_drop_person(v->index, clip, &INDEX_ROWS(struct id, before)[i]));
  for (size_t i = 0; i < count; i++) TRY(index_clip_add_person(v->index, clip, &people[i]));
  return ERR_OK;
}

/* All wraps of the rendition anew. With no use of the film as it was, an obscured rendition ends too: its marks were confirmed
 * for other people. */
static enum err rewrap(struct state *s, struct standing *r, const struct secret_key *dek, bool clip_waits) {
  uint32_t purposes = clip_waits ? 0 : r->uses.live;
  if (purposes || may_wait(r)) TRY(add_wraps(s, r, dek, purposes, s->job));
  return end_wraps(s, r, r->had, true);
}

enum err uses_set_people(struct vault *v, const struct id *clip, const struct id people[], size_t count, struct shred_job *job) {
  AUTO(state) struct state s = {0};
  struct secret_key *deks[RENDITIONS] = {0};
  enum err e = load_wraps(v, clip, job, &s);
  for (int i = 0; i < RENDITIONS; i++) { /* while the old set of people still stands in the index */
    deks[i] = secret_key_new();
    if (e == ERR_OK && s.of[i].exists) e = uses_open_any(v, &s.clip, s.of[i].name, deks[i]);
  }
  if (e == ERR_OK) e = replace_people(v, clip, people, count);
  bytes_put(&s.people, people, count * sizeof *people);
  if (e == ERR_OK) e = bytes_check(&s.people);
  if (e == ERR_OK) e = ask_everyone(&s);
  if (e == ERR_OK) e = shred_decide(v, job);
  bool waits = !(s.of[0].exists ? s.of[0].uses.live : s.live);
  for (int i = 0; i < RENDITIONS && e == ERR_OK; i++)
    if (s.of[i].exists) e = rewrap(&s, &s.of[i], deks[i], waits);
  for (int i = 0; i < RENDITIONS; i++) secret_free(deks[i]);
  TRY(e);
  if (waits && !s.of[0].exists) return shred_clip(v, job, &s.clip); /* nothing is left that could wait */
  return index_clip_set_state(v->index, clip, waits ? "quarantined" : "live",
                              waits ? quarantine_end_ms(&s) : s.clip.quarantine_ms);
}

/* ---- a case was closed */
static enum err expire_clip(struct vault *v, const struct id *clip) {
  AUTO(state) struct state s = {0};
  TRY(load_wraps(v, clip, NULL, &s));
  TRY(index_clip_people(v->index, clip, &s.people));
  TRY(ask_everyone(&s));
  for (int i = 0; i < RENDITIONS; i++) {
    /* What is over by now already is left for the sweep, which says so on a certificate. */
    for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
      if (!(s.of[i].uses.live >> p & 1)) s.of[i].uses.expires_ms[p] = vault_now_ms(v);
    if (s.of[i].exists) TRY(end_wraps(&s, &s.of[i], 0, false));
  }
  return ERR_OK;
}

enum err uses_expire_case(struct vault *v, const struct id *kase) {
  AUTO(bytes) struct bytes clips = {0}, people = {0};
  TRY(index_person_list(v->index, kase, &people));
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, people); i++) {
    const struct index_person *p = &INDEX_ROWS(struct index_person, people)[i];
    if (p->leaf) TRY(consent_book_reckon(v, &p->id));
  }
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.kase = *kase, .state = "live"}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++)
    TRY(expire_clip(v, &INDEX_ROWS(struct index_clip, clips)[i].id));
  return ERR_OK;
}
