#include "ingest/obscure.h"

#include "ingest/remake.h"
#include "vault/audit.h"
#include "vault/base/crash.h"
#include "vault/hold.h"
#include "vault/inquiry.h"
#include "vault/object.h"
#include "vault/obscured.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct making {
  struct session *session;
  struct vault *vault;
  struct index_account actor; /* who makes it, whoever acts in the vault meanwhile */
  struct id clip;
  enum purpose purpose; /* for which the film is seen meanwhile */
  const struct marks *marks;
  struct film *film;
  struct rendition made;
  struct obscured record;
  struct obscure_result result;
  struct shred_job earlier;
  struct key_user user;
};

static void making_auto(struct making *m) {
  shred_unregister(m->vault, &m->user);
  film_close(m->film);
  rendition_free(&m->made);
  obscured_free(&m->record);
}

struct marks_film obscure_film(const struct clip_facts *f) {
  bool picture = f->width && f->height;
  return (struct marks_film){.width = f->width,
                             .height = f->height,
                             .rate_num = picture ? f->rate_num : 0,
                             .rate_den = picture ? f->rate_den : 0,
                             .frames = picture ? f->frames : 0,
                             .duration_ms = f->duration_ms};
}

enum err obscure_viewable(struct vault *v, const struct id *clip, uint32_t among, enum purpose *purpose) {
  char words[512] = "no purpose was named";
  bool first = true;
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    if (!(among >> p & 1)) continue;
    enum err e = inquiry_require(v, &(struct inquiry_about){clip, POLICY_EXPORT, p, USES_AS_FILMED}, NULL);
    if (e == ERR_OK) *purpose = p;
    if (e != ERR_REFUSED) return e;
    if (first) snprintf(words, sizeof words, "%s", err_text());
    first = false;
  }
  return err_set(ERR_REFUSED, "who marks and confirms must be allowed to see the film as it is: %s", words);
}

static bool is_among(const struct id *person, const struct bytes *people) {
  for (size_t i = 0; i < INDEX_COUNT(struct id, *people); i++)
    if (id_equal(person, &INDEX_ROWS(struct id, *people)[i])) return true;
  return false;
}

enum err obscure_check_people(struct vault *v, const struct id *clip, const struct marks *m) {
  AUTO(bytes) struct bytes people = {0};
  TRY(index_clip_people(v->index, clip, &people));
  for (uint32_t i = 0; i < m->wire.region_count; i++)
    if (!is_among(&m->person[i], &people))
      return err_set(ERR_DATA, "line %u of the marks: this person is not named as being in this clip", m->line[i]);
  for (uint32_t i = 0; i < m->heard_count; i++)
    if (!is_among(&m->heard[i], &people))
      return err_set(ERR_DATA, "line %u of the marks: this person is not named as being in this clip", m->heard_line[i]);
  return ERR_OK;
}

/* ---- ending one */

static bool is_obscured(const struct index_wrap *w) { return strcmp(w->rendition, USES_OBSCURED) == 0; }

enum err obscure_end(struct vault *v, const struct id *clip, struct shred_job *job) {
  AUTO(bytes) struct bytes wraps = {0};
  struct index_clip row;
  bool obscured = false, others = false;
  TRY(index_clip_get(v->index, clip, &row, NULL));
  TRY(index_wrap_of(v->index, clip, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (strcmp(w->state, "live") != 0) continue;
    obscured |= is_obscured(w);
    others |= !is_obscured(w);
  }
  if (!obscured) return err_set(ERR_MISSING, "this clip has no obscured rendition");
  if (!others) return shred_clip(v, job, &row);
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (strcmp(w->state, "live") == 0 && is_obscured(w)) TRY(shred_wrap(v, job, w));
  }
  return ERR_OK;
}

enum err obscure_replaceable(struct vault *v, const struct id *clip) {
  SECRET_KEY(dek);
  enum err e = hold_open(v, clip, USES_OBSCURED, dek);
  if (e == ERR_MISSING) return ERR_OK;
  TRY(e);
  return err_set(ERR_REFUSED, "a hold or restriction keeps the obscured rendition as it is; see clipvault hold list");
}

/* What was there before goes first: a clip has one obscured rendition or none, never two that could be mistaken. */
static enum err end_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct making *m = context;
  TRY(obscure_replaceable(v, &m->clip)); /* a hold that was placed while the film was made */
  enum err e = obscure_end(v, &m->clip, &m->earlier);
  return e == ERR_MISSING ? ERR_OK : e;
}

static enum err end_earlier(struct making *m) {
  m->earlier = shred_plan("the film was obscured anew", vault_now_ms(m->vault));
  TRY(transact(m->vault, end_in, m, NULL));
  return shred_run(m->vault, &m->earlier);
}

/* ---- making one */

/* What everyone would allow, if these marks were confirmed: the transaction is taken back. */
static enum err ask_everyone(struct making *m, struct uses *uses) {
  AUTO(bytes) struct bytes people = {0};
  struct vault *v = m->vault;
  struct index_clip clip;
  TRY(index_clip_get(v->index, &m->clip, &clip, NULL));
  TRY(index_clip_people(v->index, &m->clip, &people));
  TRY(uses_allowed(v, &clip, USES_OBSCURED, INDEX_ROWS(struct id, people), INDEX_COUNT(struct id, people), uses));
  if (uses->live) return ERR_OK;
  return err_set(ERR_REFUSED,
                 "even obscured, this film could be used for nothing: not everyone in it agreed to that; clipvault explain "
                 "tells who is missing for a purpose");
}

static enum err check_of_use(struct making *m) {
  struct id nothing = id_new();
  struct uses uses;
  TRY(index_begin(m->vault->index));
  enum err e = obscured_put(m->vault, &m->clip, &nothing, &m->record);
  if (e == ERR_OK) e = ask_everyone(m, &uses);
  index_rollback(m->vault->index);
  return e;
}

/* Called while another command's destruction lets everyone let go: then it is somebody else who acts. */
static void recheck(void *context) {
  struct making *m = context;
  struct index_account acts = m->vault->actor;
  enum purpose seen;
  if (!m->film) return;
  m->vault->actor = m->actor;
  enum err e = obscure_viewable(m->vault, &m->clip, 1u << m->purpose, &seen);
  m->vault->actor = acts;
  if (e == ERR_OK) return;
  film_close(m->film);
  m->film = NULL;
  rendition_stop(&m->made);
}

/* The marks count the film's frames, so what was made must have the very same ones. */
static enum err check_same(const struct making *m, const struct clip_facts *film) {
  const struct wire_summary *made = &m->result.made;
  bool same = made->frames == film->frames && made->width == film->width && made->height == film->height &&
              (!film->width || (made->rate_num == film->rate_num && made->rate_den == film->rate_den));
  return same ? ERR_OK
              : err_set(ERR_DATA, "what was made has other frames than the film (%llu, not %llu): its marks would lie elsewhere",
                        (unsigned long long)made->frames, (unsigned long long)film->frames);
}

static enum err run_worker(struct making *m, const struct clip_facts *facts) {
  AUTO(marks) struct marks *seeded = malloc(sizeof *seeded);
  struct remake work = {m->session, &m->film, &m->made, "obscuring", NULL};
  if (!seeded) return err_set(ERR_IO, "out of memory");
  *seeded = *m->marks;
  randombytes_buf(&seeded->wire.seed, sizeof seeded->wire.seed);
  struct wire_order order = {.make = WIRE_MAKE_COPY,
                             .keep_video = true,
                             .keep_audio = true,
                             .derive = true,
                             .marked = true,
                             .to_frame = -1,
                             .marks = &seeded->wire};
  TRY(film_open(m->vault, &m->clip, USES_AS_FILMED, m->purpose, NULL, &m->film));
  TRY(remake_run(&work, &order, &m->result.made));
  film_close(m->film);
  m->film = NULL;
  return check_same(m, facts);
}

static enum err put_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  AUTO(bytes) struct bytes people = {0};
  struct making *m = context;
  struct index_clip clip;
  struct uses uses;
  char details[128];
  TRY(index_clip_get(v->index, &m->clip, &clip, NULL));
  TRY(index_clip_people(v->index, &m->clip, &people));
  TRY(obscure_check_people(v, &m->clip, m->marks));
  TRY(obscured_put(v, &m->clip, rendition_body(&m->made), &m->record));
  TRY(rendition_put(&m->made));
  TRY(ask_everyone(m, &uses));
  TRY(uses_wrap(v, &clip, USES_OBSCURED, INDEX_ROWS(struct id, people), INDEX_COUNT(struct id, people), m->made.dek, &uses,
                uses.live, NULL));
  m->result.purposes = uses.live;
  snprintf(details, sizeof details, "%u regions, %u voices; seen for %s", m->marks->wire.region_count, m->marks->wire.voice_count,
           purpose_name(m->purpose));
  TRY(audit_append(v, "clip.obscured", ID_CLIP, &m->clip, details));
  crash_point("obscure-commit");
  return ERR_OK;
}

static enum err describe(struct making *m) {
  m->record.confirmed_ms = vault_now_ms(m->vault);
  m->record.confirmed_by = m->vault->actor.id;
  TRY(marks_format(m->marks, &m->record.marks));
  return marks_covered(m->marks, &m->record.covered);
}

static enum err make(struct making *m) {
  struct clip_facts facts;
  TRY(obscure_check_people(m->vault, &m->clip, m->marks));
  TRY(clip_facts(m->vault, &m->clip, &facts));
  TRY(describe(m));
  TRY(check_of_use(m));
  TRY(run_worker(m, &facts));
  snprintf(m->record.settings, sizeof m->record.settings, "%s", m->result.made.settings);
  crash_point("obscure-sealed");
  TRY(end_earlier(m));
  crash_point("obscure-ended");
  enum purpose seen; /* once more: while the film was made, other commands ran */
  TRY(obscure_viewable(m->vault, &m->clip, 1u << m->purpose, &seen));
  return transact(m->vault, put_in, m, NULL);
}

/* What was sealed and not adopted goes; a failure keeps its own words. */
static enum err tidy(const struct making *m, enum err failure) {
  char words[512];
  rendition_made(&m->made);
  if (failure == ERR_OK) return ERR_OK;
  snprintf(words, sizeof words, "%s", err_text());
  IGNORE(object_delete_doomed(m->vault));
  return err_set(failure, "%s", words);
}

enum err obscure_make(struct session *s, const struct id *clip, enum purpose purpose, const struct marks *marks,
                      struct obscure_result *out) {
  AUTO(making)
  struct making m = {
      .session = s, .vault = s->vault, .actor = s->vault->actor, .clip = *clip, .purpose = purpose, .marks = marks};
  m.user = (struct key_user){.recheck = recheck, .context = &m};
  rendition_begin(&m.made, s->vault, &m.clip, USES_OBSCURED);
  shred_register(s->vault, &m.user);
  TRY(tidy(&m, make(&m)));
  *out = m.result;
  return ERR_OK;
}
