#include "ingest/moment.h"

#include "ingest/newclip.h"
#include "ingest/plan.h"
#include "ingest/rendition.h"
#include "ingest/worker.h"
#include "vault/base/clock.h"
#include "vault/clip.h"
#include "vault/film.h"
#include "vault/inquiry.h"
#include "vault/object.h"
#include "vault/progress.h"
#include "vault/uses.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct moment {
  struct session *session;
  struct vault *vault;
  const struct moment_order *order;
  struct clip_facts facts; /* of the parent */
  struct bytes parents;    /* struct id: who is in the parent */
  const struct id *people; /* who is in the new clip */
  size_t people_count;
  int64_t from, to;
  struct film *film; /* the parent, open for this purpose; NULL once that is over */
  enum purpose purpose;
  struct index_clip clip;
  struct rendition copy;
  uint32_t promised; /* uses it could have had at the start */
  struct key_user user;
};

static void moment_auto(struct moment *m) {
  shred_unregister(m->vault, &m->user);
  film_close(m->film);
  rendition_free(&m->copy);
  bytes_free(&m->parents);
  sodium_memzero(&m->facts, sizeof m->facts);
}

static bool is_film(const struct moment *m) { return strncmp(m->facts.mime, "video/", 6) == 0; }
static bool is_sound(const struct moment *m) { return strncmp(m->facts.mime, "audio/", 6) == 0; }

/* ---- who is in it */
static bool contains(const struct id *ids, size_t count, const struct id *one) {
  for (size_t i = 0; i < count; i++)
    if (id_equal(&ids[i], one)) return true;
  return false;
}

static enum err choose_people(struct moment *m) {
  const struct id *all = INDEX_ROWS(struct id, m->parents);
  size_t count = INDEX_COUNT(struct id, m->parents);
  m->people = m->order->people_count ? m->order->people : all;
  m->people_count = m->order->people_count ? m->order->people_count : count;
  for (size_t i = 0; i < m->people_count; i++) {
    char text[ID_TEXT];
    const struct id *one = &m->people[i];
    if (!contains(all, count, one))
      return err_set(ERR_USAGE, "%s is not in the clip that is cut; if they are, say so first (clipvault clip people)",
                     id_format(ID_PERSON, one, text));
    if (contains(m->people, i, one)) return err_set(ERR_USAGE, "--person %s was given twice", id_format(ID_PERSON, one, text));
  }
  return ERR_OK;
}

/* Somebody may have been found in the parent meanwhile: they would be in the new clip too. */
static enum err check_people(const struct moment *m) {
  AUTO(bytes) struct bytes now = {0};
  TRY(index_clip_people(m->vault->index, &m->order->parent, &now));
  bool same = now.length == m->parents.length && memcmp(now.data, m->parents.data, now.length) == 0;
  return same ? ERR_OK : err_set(ERR_BUSY, "who is in the clip was changed while it was cut; nothing was kept, try again");
}

/* ---- the parent */
/* Only the film as filmed is cut: the frames of an obscured one would enter the new clip as if they were that. */
static struct inquiry_about about_parent(const struct moment *m) {
  return (struct inquiry_about){
      .clip = &m->order->parent, .action = POLICY_VIEW, .purpose = m->purpose, .rendition = USES_AS_FILMED};
}

static enum err open_parent(struct moment *m) {
  struct vault *v = m->vault;
  struct inquiry_about about = about_parent(m);
  TRY(inquiry_require_some(v, &about, &m->purpose));
  TRY(clip_facts(v, &m->order->parent, &m->facts));
  TRY(index_clip_people(v->index, &m->order->parent, &m->parents));
  return film_open(v, &m->order->parent, USES_AS_FILMED, m->purpose, NULL, &m->film);
}

static enum err find_places(struct moment *m) {
  const struct moment_order *o = m->order;
  struct place_film film = {.frames = (int64_t)m->facts.frames, .num = m->facts.rate_num, .den = m->facts.rate_den};
  if (is_sound(m)) film = (struct place_film){.sound = true, .frames = m->facts.duration_ms, .num = 1000, .den = 1};
  if (!is_film(m) && !is_sound(m)) return err_set(ERR_USAGE, "this is a picture; only films and sound have moments to cut out");
  if (o->still && is_sound(m)) return err_set(ERR_USAGE, "this is sound without a picture; there is no frame to keep as a still");
  if (!film.num || !film.den) return err_set(ERR_DATA, "the clip's record does not say its frame rate; run clipvault check");
  if (!o->still) return place_range(&film, &o->in, &o->out, &m->from, &m->to);
  TRY(place_frame(&film, &o->in, &m->from));
  m->to = m->from + 1;
  return ERR_OK;
}

/* ---- the new clip */
static enum err begin_clip(struct moment *m) {
  struct index_clip parent;
  struct uses uses;
  TRY(index_clip_get(m->vault->index, &m->order->parent, &parent, NULL));
  m->clip = (struct index_clip){.id = id_new(),
                                .kase = parent.kase,
                                .recorded_ms = parent.recorded_ms,
                                .ingested_ms = vault_now_ms(m->vault),
                                .expires_ms = parent.expires_ms};
  snprintf(m->clip.kind, sizeof m->clip.kind, "%s", m->order->still ? "still" : is_sound(m) ? "audio" : "clip");
  TRY(uses_allowed(m->vault, &m->clip, USES_AS_FILMED, m->people, m->people_count, &uses));
  m->promised = uses.live;
  rendition_begin(&m->copy, m->vault, &m->clip.id, USES_AS_FILMED);
  return ERR_OK;
}

/* Called while another command's destruction lets everyone let go. */
static void recheck(void *context) {
  struct moment *m = context;
  struct uses uses;
  struct inquiry_about about = about_parent(m);
  bool shown = inquiry_require(m->vault, &about, NULL) == ERR_OK;
  bool useful = !m->promised ||
                (uses_allowed(m->vault, &m->clip, USES_AS_FILMED, m->people, m->people_count, &uses) == ERR_OK && uses.live);
  if (shown && useful) return;
  film_close(m->film);
  m->film = NULL;
  rendition_stop(&m->copy);
}

/* ---- what the worker asks and answers */
static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  struct moment *m = context;
  if (!m->film) return err_set(ERR_REFUSED, "stopped: this is not allowed any more");
  return film_read(m->film, offset, out, length, got);
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct moment *m = context;
  return rendition_take(&m->copy, which, data, length);
}

static void progress(void *context, unsigned permille) {
  struct moment *m = context;
  progress_show(m->session, m->order->still ? "still" : "cut", permille);
}

static struct wire_order order_of(const struct moment *m) {
  return (struct wire_order){.make = m->order->still ? WIRE_MAKE_STILL : WIRE_MAKE_COPY,
                             .keep_video = true,
                             .keep_audio = !m->order->still,
                             .may_copy = true,
                             .derive = true,
                             .from_frame = m->from,
                             .to_frame = m->to};
}

/* Frames are counted by the rate that the copy was made with; the worker counts by what it reads in the file. */
static enum err check_report(const struct moment *m, const struct wire_report *r) {
  bool agrees = r->has_video && (uint64_t)r->rate_num * m->facts.rate_den == (uint64_t)m->facts.rate_num * r->rate_den;
  if (is_sound(m) || agrees) return ERR_OK;
  return err_set(ERR_DATA, "the film has another frame rate than its record says; run clipvault check --deep");
}

/* ---- the commit */
static void describe(const struct moment *m, const struct wire_summary *made, struct clip_facts *f) {
  *f = (struct clip_facts){
      .source_bytes = m->facts.source_bytes, .parent = m->order->parent, .from_frame = m->from, .to_frame = m->to};
  newclip_describe(made, f);
  memcpy(f->file_name, m->facts.file_name, sizeof f->file_name);
  memcpy(f->source, m->facts.source, sizeof f->source);
  memcpy(f->source_sha256, m->facts.source_sha256, sizeof f->source_sha256);
}

static void print_details(const struct moment *m, char *out, size_t room) {
  char parent[ID_TEXT];
  id_format(ID_CLIP, &m->order->parent, parent);
  if (m->order->still)
    snprintf(out, room, "of %s, frame %lld", parent, (long long)m->from);
  else
    snprintf(out, room, "of %s, %s %lld to %lld", parent, is_sound(m) ? "milliseconds" : "frames", (long long)m->from,
             (long long)m->to);
}

static enum err commit(struct moment *m, const struct wire_summary *made, struct uses *uses) {
  struct clip_facts facts;
  char details[160];
  struct inquiry_about about = about_parent(m);
  struct newclip n = {.vault = m->vault,
                      .row = &m->clip,
                      .copy = &m->copy,
                      .people = m->people,
                      .people_count = m->people_count,
                      .verb = m->order->still ? "clip.still" : "clip.cut",
                      .details = details};
  TRY(check_people(m));
  TRY(inquiry_require(m->vault, &about, NULL));
  print_details(m, details, sizeof details);
  describe(m, made, &facts);
  enum err e = newclip_commit(&n, &facts, uses);
  sodium_memzero(&facts, sizeof facts);
  return e;
}

static enum err run_worker(struct moment *m, struct moment_result *out) {
  AUTO(worker) struct worker *w = NULL;
  const struct wire_limits most = plan_limits(&m->vault->config);
  struct worker_host host = {m, read_source, take, progress, &most};
  struct wire_order order = order_of(m);
  struct wire_report report;
  struct uses uses;
  TRY(worker_start(NULL, film_length(m->film), &host, &w));
  TRY(worker_probe(w, &report));
  TRY(check_report(m, &report));
  TRY(worker_order(w, &order));
  TRY(rendition_run(&m->copy, m->session, w));
  TRY(rendition_seal(&m->copy));
  TRY(commit(m, worker_summary(w), &uses));
  out->made = *worker_summary(w);
  out->purposes = uses.live;
  out->quarantined = !uses.live;
  return ERR_OK;
}

static enum err make(struct moment *m, struct moment_result *out) {
  TRY(open_parent(m));
  TRY(choose_people(m));
  TRY(find_places(m));
  TRY(begin_clip(m));
  shred_register(m->vault, &m->user);
  TRY(run_worker(m, out));
  out->clip = m->clip.id;
  out->from = m->from;
  out->to = m->to;
  return ERR_OK;
}

enum err moment_make(struct session *s, const struct moment_order *order, struct moment_result *out) {
  struct vault *v = s->vault;
  struct moment_result result = {0};
  AUTO(moment) struct moment m = {.session = s, .vault = v, .order = order};
  m.user = (struct key_user){.recheck = recheck, .context = &m};
  enum err e = make(&m, &result);
  rendition_made(&m.copy);
  if (e == ERR_OK) *out = result;
  return e == ERR_OK ? ERR_OK : newclip_discard(v, e);
}
