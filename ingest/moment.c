#include "ingest/moment.h"

#include "ingest/newclip.h"
#include "ingest/remake.h"
#include "vault/base/clock.h"
#include "vault/base/log.h"
#include "vault/clip.h"
#include "vault/inquiry.h"
#include "vault/object.h"
#include "vault/obscured.h"
#include "vault/uses.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of the parent's renditions, and what is cut from it. */
struct part {
  const char *rendition;
  enum purpose purpose; /* for which the parent is seen meanwhile */
  struct film *film;    /* the parent's; NULL before, after, and if it is not to be had */
  struct rendition made;
  struct wire_summary summary;
  bool cut; /* it is to be had, and nothing has stopped it */
};
enum { AS_FILMED, OBSCURED, PARTS };

struct moment {
  struct session *session;
  struct vault *vault;
  struct index_account actor; /* who cuts it, whoever acts in the vault meanwhile */
  const struct moment_order *order;
  struct clip_facts facts;  /* of the parent */
  struct obscured covering; /* of the parent's obscured rendition, if that is cut */
  struct bytes parents;     /* struct id: who is in the parent */
  const struct id *people;  /* who is in the new clip */
  size_t people_count;
  int64_t from, to;
  struct part parts[PARTS];
  struct index_clip clip;
  uint32_t promised; /* uses it could have had as filmed at the start */
  struct key_user user;
};

static void moment_auto(struct moment *m) {
  shred_unregister(m->vault, &m->user);
  for (int i = 0; i < PARTS; i++) {
    film_close(m->parts[i].film);
    rendition_free(&m->parts[i].made);
  }
  obscured_free(&m->covering);
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
static struct inquiry_about about_parent(const struct moment *m, const struct part *p) {
  return (struct inquiry_about){
      .clip = &m->order->parent, .action = POLICY_EXPORT, .purpose = p->purpose, .rendition = p->rendition};
}

static bool is_none(enum err e) { return e == ERR_REFUSED || e == ERR_MISSING; }

/* ERR_REFUSED or ERR_MISSING: this one is not to be had. */
static enum err open_part(struct moment *m, int which, const char *rendition) {
  struct part *p = &m->parts[which];
  p->rendition = rendition;
  struct inquiry_about about = about_parent(m, p);
  TRY(inquiry_require_some(m->vault, &about, &p->purpose));
  TRY(film_open(m->vault, &m->order->parent, rendition, p->purpose, NULL, &p->film));
  p->cut = true;
  return ERR_OK;
}

/* Every rendition that the actor may see is cut: frames of the obscured one never enter the new clip as if they were as filmed.
 * It is the film as it is that a refusal speaks of. */
static enum err open_parent(struct moment *m) {
  char words[512];
  enum err as_filmed = open_part(m, AS_FILMED, USES_AS_FILMED);
  if (as_filmed != ERR_OK) snprintf(words, sizeof words, "%s", err_text());
  if (as_filmed != ERR_OK && !is_none(as_filmed)) return as_filmed;
  enum err obscured = open_part(m, OBSCURED, USES_OBSCURED);
  if (is_none(obscured) && as_filmed != ERR_OK) return err_set(as_filmed, "%s", words);
  if (!is_none(obscured)) TRY(obscured);
  if (!is_none(obscured)) TRY(obscured_load(m->vault, &m->order->parent, &m->covering));
  TRY(clip_facts(m->vault, &m->order->parent, &m->facts));
  return index_clip_people(m->vault->index, &m->order->parent, &m->parents);
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
  m->promised = m->parts[AS_FILMED].cut ? uses.live : 0;
  for (int i = 0; i < PARTS; i++)
    if (m->parts[i].cut) rendition_begin(&m->parts[i].made, m->vault, &m->clip.id, m->parts[i].rendition);
  return ERR_OK;
}

static enum err require_shown(const struct moment *m, const struct part *p) {
  struct inquiry_about about = about_parent(m, p);
  return p->cut ? inquiry_require(m->vault, &about, NULL) : ERR_OK;
}

static void stop(struct part *p) {
  if (!p->cut) return;
  film_close(p->film);
  p->film = NULL;
  rendition_stop(&p->made);
}

/* Called while another command's destruction lets everyone let go: then it is somebody else who acts. */
static void recheck(void *context) {
  struct moment *m = context;
  struct index_account acts = m->vault->actor;
  struct uses uses;
  bool useful = !m->promised ||
                (uses_allowed(m->vault, &m->clip, USES_AS_FILMED, m->people, m->people_count, &uses) == ERR_OK && uses.live);
  if (!useful) stop(&m->parts[AS_FILMED]); /* what the obscured one is good for is asked at the end */
  m->vault->actor = m->actor;
  for (int i = 0; i < PARTS; i++)
    if (require_shown(m, &m->parts[i]) != ERR_OK) stop(&m->parts[i]);
  m->vault->actor = acts;
}

/* ---- making it */
static struct wire_order order_of(const struct moment *m) {
  return (struct wire_order){.make = m->order->still ? WIRE_MAKE_STILL : WIRE_MAKE_COPY,
                             .keep_video = true,
                             .keep_audio = !m->order->still,
                             .may_copy = true,
                             .derive = true,
                             .from_frame = m->from,
                             .to_frame = m->to};
}

static enum err make_parts(struct moment *m) {
  struct wire_order order = order_of(m);
  for (int i = 0; i < PARTS; i++) {
    struct part *p = &m->parts[i];
    struct remake work = {m->session, &p->film, &p->made, m->order->still ? "still" : "cut", is_sound(m) ? NULL : &m->facts};
    enum err e = p->cut ? remake_run(&work, &order, &p->summary) : ERR_OK;
    if (!p->made.stopped) TRY(e);
  }
  return ERR_OK;
}

/* What was stopped on the way, even after it was made, is left out; ERR_REFUSED if that leaves nothing. */
static enum err drop_stopped(struct moment *m) {
  enum err stopped = ERR_OK;
  for (int i = 0; i < PARTS; i++) {
    struct part *p = &m->parts[i];
    if (!p->cut || rendition_going(&p->made) == ERR_OK) continue;
    stopped = ERR_REFUSED;
    p->cut = false;
  }
  return m->parts[AS_FILMED].cut || m->parts[OBSCURED].cut ? ERR_OK : stopped;
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

/* Whom the film's marks covered is covered in every part of it; its marks count other frames, and stay with it. */
static enum err inherit_covering(struct moment *m, struct obscured *out) {
  *out = (struct obscured){.confirmed_ms = m->covering.confirmed_ms, .confirmed_by = m->covering.confirmed_by};
  for (size_t i = 0; i < INDEX_COUNT(struct id, m->covering.covered); i++) {
    const struct id *person = &INDEX_ROWS(struct id, m->covering.covered)[i];
    if (contains(m->people, m->people_count, person)) bytes_put(&out->covered, person->b, sizeof person->b);
  }
  snprintf(out->settings, sizeof out->settings, "%s", m->parts[OBSCURED].summary.settings);
  return bytes_check(&out->covered);
}

static enum err commit(struct moment *m, const struct wire_summary *made, uint32_t *purposes) {
  AUTO(obscured) struct obscured covering = {0};
  struct clip_facts facts;
  char details[160];
  struct newclip n = {.vault = m->vault,
                      .row = &m->clip,
                      .copy = m->parts[AS_FILMED].cut ? &m->parts[AS_FILMED].made : NULL,
                      .obscured = m->parts[OBSCURED].cut ? &m->parts[OBSCURED].made : NULL,
                      .covering = &covering,
                      .people = m->people,
                      .people_count = m->people_count,
                      .verb = m->order->still ? "clip.still" : "clip.cut",
                      .details = details};
  TRY(check_people(m));
  TRY(inherit_covering(m, &covering));
  for (int i = 0; i < PARTS; i++) TRY(require_shown(m, &m->parts[i]));
  print_details(m, details, sizeof details);
  describe(m, made, &facts);
  enum err e = newclip_commit(&n, &facts, purposes);
  sodium_memzero(&facts, sizeof facts);
  return e;
}

static enum err make(struct moment *m, struct moment_result *out) {
  TRY(open_parent(m));
  TRY(choose_people(m));
  TRY(find_places(m));
  TRY(begin_clip(m));
  shred_register(m->vault, &m->user);
  TRY(make_parts(m));
  TRY(drop_stopped(m));
  out->made = m->parts[m->parts[AS_FILMED].cut ? AS_FILMED : OBSCURED].summary;
  TRY(commit(m, &out->made, &out->purposes));
  out->quarantined = !out->purposes;
  out->clip = m->clip.id;
  out->from = m->from;
  out->to = m->to;
  return ERR_OK;
}

enum err moment_make(struct session *s, const struct moment_order *order, struct moment_result *out) {
  struct vault *v = s->vault;
  struct moment_result result = {0};
  AUTO(moment) struct moment m = {.session = s, .vault = v, .actor = v->actor, .order = order};
  m.user = (struct key_user){.recheck = recheck, .context = &m};
  enum err e = make(&m, &result);
  for (int i = 0; i < PARTS; i++) rendition_made(&m.parts[i].made);
  if (e != ERR_OK) return newclip_discard(v, e);
  *out = result;
  if (object_delete_doomed(v) != ERR_OK) log_warn("what was left over could not be deleted yet: %s", err_text());
  return ERR_OK;
}
