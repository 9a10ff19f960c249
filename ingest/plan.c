#include "ingest/plan.h"

#include <stdio.h>
#include <string.h>

static enum err contradicts(const char *asked, const char *found) {
  return err_set(ERR_USAGE, "this is %s, which cannot be taken in as --kind %s; leave --kind out", found, asked);
}

static void decide(struct plan *p, const char *kind, uint32_t purposes, bool video, bool audio) {
  snprintf(p->kind, sizeof p->kind, "%s", kind);
  p->purposes = purposes;
  p->order = (struct wire_order){.make = WIRE_MAKE_COPY,
                                 .keep_video = video,
                                 .keep_audio = audio,
                                 .may_copy = true,
                                 .verify = true,
                                 .derive = true,
                                 .to_frame = -1};
}

/* How many pictures it will have, as far as can be told before it is read. */
static struct place_film pictures_of(const struct wire_report *r) {
  struct place_film f = {.frames = 1, .num = r->rate_num ? r->rate_num : 25, .den = r->rate_num && r->rate_den ? r->rate_den : 1};
  int64_t ms = r->duration_ms > 0 ? r->duration_ms : 0;
  int64_t frames = (int64_t)((unsigned __int128)(uint64_t)ms * f.num / f.den / 1000);
  if (frames > 1) f.frames = frames;
  return f;
}

static void decide_still(const struct wire_report *r, uint32_t purposes, struct plan *p) {
  decide(p, "still", purposes, true, false);
  p->order.make = WIRE_MAKE_STILL;
  p->order.from_frame = pictures_of(r).frames / 2;
  p->order.may_copy = p->order.verify = p->order.derive = false;
  p->stilled = true;
}

/* A film is a recording unless it is said to be a clip. Where everyone agreed to the sound of it and to nothing that shows a
 * picture, the sound is what may be kept, and the picture is never sealed at all; where to single pictures and nothing more, one
 * picture is. */
static enum err plan_film(const struct wire_report *r, const char *asked, const struct plan_consents *c, struct plan *p) {
  bool as_clip = strcmp(asked, "clip") == 0, as_audio = strcmp(asked, "audio") == 0;
  if (strcmp(asked, "document") == 0) return contradicts(asked, "a film");
  if (as_audio && !r->has_audio) return err_set(ERR_USAGE, "this film has no sound, so it cannot be taken in as --kind audio");
  uint32_t shown = as_clip ? c->clip : c->recording;
  bool sound_only = as_audio || (!*asked && !shown && !c->clip && c->audio && r->has_audio);
  bool still_only = !*asked && !shown && !c->clip && !sound_only && c->still;
  if (still_only || strcmp(asked, "still") == 0) {
    decide_still(r, c->still, p);
    return ERR_OK;
  }
  if (sound_only)
    decide(p, "audio", c->audio, false, true);
  else
    decide(p, as_clip ? "clip" : "recording", shown, true, r->has_audio);
  p->picture_dropped = sound_only;
  return ERR_OK;
}

enum err plan_make(const struct wire_report *r, const char *asked, const struct plan_consents *c, struct plan *out) {
  struct plan p = {0};
  bool as_audio = !*asked || strcmp(asked, "audio") == 0, as_still = !*asked || strcmp(asked, "still") == 0;
  switch (r->media) {
    case WIRE_FILM: TRY(plan_film(r, asked, c, &p)); break;
    case WIRE_AUDIO:
      if (!as_audio) return contradicts(asked, "a sound recording");
      decide(&p, "audio", c->audio, false, true);
      break;
    case WIRE_STILL:
      if (strcmp(asked, "document") == 0)
        decide(&p, "document", c->document, true, false);
      else if (as_still)
        decide(&p, "still", c->still, true, false);
      else
        return contradicts(asked, "a picture");
      break;
  }
  p.whole = !p.picture_dropped && !p.stilled;
  *out = p;
  return ERR_OK;
}

struct wire_limits plan_limits(const struct config *c) {
  return (struct wire_limits){.most_pixels = c->most_pixels,
                              .most_streams = c->most_streams,
                              .most_duration_ms = (uint64_t)c->most_duration_seconds * 1000,
                              .most_packets = c->most_packets,
                              .most_seconds = c->most_seconds};
}

enum err plan_choose(const struct wire_report *r, const struct place *at, struct plan *plan) {
  struct place_film film = pictures_of(r);
  if (!plan->stilled)
    return err_set(ERR_USAGE, "%s chooses the picture of a film that becomes a still; this one does not", at->name);
  return place_frame(&film, at, &plan->order.from_frame);
}
