/* What is kept of a recording, row by row: the specification of ingest/plan.h. (Films of which one picture is kept:
 * test_plan_still.c.) */
#include "ingest/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What everyone agreed to, a different bit for each medium, so that a plan shows whose bits it took. */
enum { RECORDING = 1, CLIP = 2, STILL = 4, AUDIO = 8, DOCUMENT = 16 };
static const struct plan_consents nothing = {0}, all = {RECORDING, CLIP, STILL, AUDIO, DOCUMENT};
static const struct plan_consents all_but_pictures = {.audio = AUDIO}, all_but_recordings = {0, CLIP, STILL, AUDIO, DOCUMENT};
static const struct plan_consents only_stills = {.still = STILL}, stills_and_sound = {.still = STILL, .audio = AUDIO};

static const struct {
  const char *name;
  enum wire_media media;
  bool sound;
  const char *asked;
  const struct plan_consents *consents;
  const char *becomes; /* kind, purposes, then V video, A audio, D picture dropped */
} kept[] = {
    /* films */
    {"a film is a recording", WIRE_FILM, true, "", &all, "recording 1 VA"},
    {"a film without sound", WIRE_FILM, false, "", &all, "recording 1 V"},
    {"a film said to be a recording", WIRE_FILM, true, "recording", &all, "recording 1 VA"},
    {"a film said to be a clip", WIRE_FILM, true, "clip", &all, "clip 2 VA"},
    {"a film without sound said to be a clip", WIRE_FILM, false, "clip", &all, "clip 2 V"},
    {"a film said to be sound", WIRE_FILM, true, "audio", &all, "audio 8 AD"},
    {"nobody agreed to a film", WIRE_FILM, true, "", &nothing, "recording 0 VA"},
    {"nobody agreed to a clip", WIRE_FILM, true, "clip", &nothing, "clip 0 VA"},
    {"nobody agreed to sound that was asked for", WIRE_FILM, true, "audio", &nothing, "audio 0 AD"},
    {"all agreed to the sound only", WIRE_FILM, true, "", &all_but_pictures, "audio 8 AD"},
    {"sound only, but there is none", WIRE_FILM, false, "", &all_but_pictures, "recording 0 V"},
    {"sound only, but a recording was asked for", WIRE_FILM, true, "recording", &all_but_pictures, "recording 0 VA"},
    {"sound only, but a clip was asked for", WIRE_FILM, true, "clip", &all_but_pictures, "clip 0 VA"},
    {"clips were agreed to, a recording it is", WIRE_FILM, true, "", &all_but_recordings, "recording 0 VA"},
    {"clips were agreed to, a clip was asked for", WIRE_FILM, true, "clip", &all_but_recordings, "clip 2 VA"},
    {"stills, but a recording was asked for", WIRE_FILM, true, "recording", &only_stills, "recording 0 VA"},
    {"stills and sound: the sound says more", WIRE_FILM, true, "", &stills_and_sound, "audio 8 AD"},
    /* sound recordings */
    {"sound", WIRE_AUDIO, true, "", &all, "audio 8 A"},
    {"sound said to be sound", WIRE_AUDIO, true, "audio", &all, "audio 8 A"},
    {"nobody agreed to sound", WIRE_AUDIO, true, "", &only_stills, "audio 0 A"},
    /* pictures */
    {"a picture", WIRE_STILL, false, "", &all, "still 4 V"},
    {"a picture said to be a still", WIRE_STILL, false, "still", &all, "still 4 V"},
    {"a picture of a page", WIRE_STILL, false, "document", &all, "document 16 V"},
    {"nobody agreed to stills", WIRE_STILL, false, "", &all_but_pictures, "still 0 V"},
    {"a page nobody agreed to", WIRE_STILL, false, "document", &only_stills, "document 0 V"},
};

static void describe(const struct plan *p, char *out, size_t room) {
  snprintf(out, room, "%s %u %s%s%s", p->kind, p->purposes, p->order.keep_video ? "V" : "", p->order.keep_audio ? "A" : "",
           p->picture_dropped ? "D" : "");
}

/* All of it, by the worker's own settings, with all that players want. */
static bool orders_a_whole_copy(const struct wire_order *o) {
  return o->make == WIRE_MAKE_COPY && o->may_copy && o->verify && o->derive && !o->from_frame && o->to_frame == -1 &&
         !o->marked && !o->watermark[0] && !o->most_height && !o->crf;
}

static void keeps(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    struct wire_report r = {.media = kept[i].media, .has_video = kept[i].media != WIRE_AUDIO, .has_audio = kept[i].sound};
    struct plan p;
    char shown[64];
    memset(&p, 0xff, sizeof p); /* nothing of what was there may shine through */
    if (plan_make(&r, kept[i].asked, kept[i].consents, &p) != ERR_OK) fail_msg("%s: %s", kept[i].name, err_text());
    describe(&p, shown, sizeof shown);
    if (strcmp(shown, kept[i].becomes) != 0) fail_msg("%s: becomes %s, not %s", kept[i].name, shown, kept[i].becomes);
    if (!orders_a_whole_copy(&p.order)) fail_msg("%s: more was ordered than a copy of all", kept[i].name);
  }
}

static void refuses_what_contradicts_the_content(void **state) {
  (void)state;
  static const struct {
    enum wire_media media;
    bool sound;
    const char *asked, *says;
  } rows[] = {
      {WIRE_FILM, true, "document", "this is a film, which cannot be taken in as --kind document; leave --kind out"},
      {WIRE_FILM, false, "audio", "this film has no sound, so it cannot be taken in as --kind audio"},
      {WIRE_AUDIO, true, "recording",
       "this is a sound recording, which cannot be taken in as --kind recording; leave --kind out"},
      {WIRE_AUDIO, true, "clip", "this is a sound recording, which cannot be taken in as --kind clip; leave --kind out"},
      {WIRE_AUDIO, true, "still", "this is a sound recording, which cannot be taken in as --kind still; leave --kind out"},
      {WIRE_AUDIO, true, "document", "this is a sound recording, which cannot be taken in as --kind document; leave --kind out"},
      {WIRE_STILL, false, "recording", "this is a picture, which cannot be taken in as --kind recording; leave --kind out"},
      {WIRE_STILL, false, "clip", "this is a picture, which cannot be taken in as --kind clip; leave --kind out"},
      {WIRE_STILL, false, "audio", "this is a picture, which cannot be taken in as --kind audio; leave --kind out"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct wire_report r = {.media = rows[i].media, .has_video = rows[i].media != WIRE_AUDIO, .has_audio = rows[i].sound};
    struct plan p = {.purposes = 77};
    if (plan_make(&r, rows[i].asked, &all, &p) != ERR_USAGE) fail_msg("%s was accepted: %s", rows[i].asked, rows[i].says);
    if (strcmp(err_text(), rows[i].says) != 0) fail_msg("asked for %s: %s", rows[i].asked, err_text());
    if (p.purposes != 77) fail_msg("asked for %s: refused and yet planned", rows[i].asked);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps),
      cmocka_unit_test(refuses_what_contradicts_the_content),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
