#include "vault/purpose.h"

#include "vault/command.h"

#include <string.h>

struct word {
  const char *name;
  uint32_t bit;
  const char *label;
};

static const char *const purposes[PURPOSE_COUNT] = {
    [PURPOSE_INTERVENTION] = "intervention",
    [PURPOSE_CASE_CONSULTATION] = "case_consultation",
    [PURPOSE_SUPERVISION] = "supervision",
    [PURPOSE_ACCREDITATION] = "accreditation",
    [PURPOSE_PEER_TRAINING] = "peer_training",
    [PURPOSE_SERVICE_TRAINING] = "service_training",
    [PURPOSE_EXTERNAL_TRAINING] = "external_training",
    [PURPOSE_RESEARCH] = "research",
    [PURPOSE_PUBLICATION] = "publication",
    [PURPOSE_QUALITY_ASSURANCE] = "quality_assurance",
    [PURPOSE_CLIENT_COPY] = "client_copy",
};
static const char purpose_list[] =
    "intervention, case_consultation, supervision, accreditation, peer_training, service_training, external_training, research, "
    "publication, quality_assurance, client_copy";

static const struct {
  const char *label, *about;
} words[PURPOSE_COUNT] = {
    [PURPOSE_INTERVENTION] = {"Work with the family", "The film is watched together with those who are in it."},
    [PURPOSE_CASE_CONSULTATION] = {"Talking with those around the child",
                                   "Shown to the school or other professionals who work with the child."},
    [PURPOSE_SUPERVISION] = {"Supervision", "The practitioner shows it to their supervisor, to learn from it."},
    [PURPOSE_ACCREDITATION] = {"Accreditation", "Shown to those who decide on the practitioner's accreditation."},
    [PURPOSE_PEER_TRAINING] = {"Training with colleagues", "Shown to fellow trainees who learn together with the practitioner."},
    [PURPOSE_SERVICE_TRAINING] = {"Training within the service", "Shown when people of this service are trained."},
    [PURPOSE_EXTERNAL_TRAINING] = {"Training and events outside",
                                   "Shown at events and conferences, to people who do not belong to this service."},
    [PURPOSE_RESEARCH] = {"Research", "Studied by researchers."},
    [PURPOSE_PUBLICATION] = {"Publication", "Published, so that anybody may see it."},
    [PURPOSE_QUALITY_ASSURANCE] = {"Quality assurance", "Looked at to see how well the service works."},
    [PURPOSE_CLIENT_COPY] = {"A copy for the family", "The family is given a copy to keep."},
};

static const struct word media[] = {{"recording", MEDIA_RECORDING, "The full recording"},
                                    {"clip", MEDIA_CLIP, "Selected clips"},
                                    {"still", MEDIA_STILL, "Still pictures"},
                                    {"audio", MEDIA_AUDIO, "Sound"},
                                    {"notes", MEDIA_NOTES, "Notes"},
                                    {NULL, 0, NULL}};

const char *purpose_name(enum purpose p) { return (unsigned)p < PURPOSE_COUNT ? purposes[p] : "unknown"; }

const char *purpose_label(enum purpose p) { return (unsigned)p < PURPOSE_COUNT ? words[p].label : "unknown"; }
const char *purpose_about(enum purpose p) { return (unsigned)p < PURPOSE_COUNT ? words[p].about : ""; }

enum err purpose_parse(const char *text, enum purpose *out) {
  for (unsigned p = 0; p < PURPOSE_COUNT; p++)
    if (strcmp(text, purposes[p]) == 0) {
      *out = (enum purpose)p;
      return ERR_OK;
    }
  if (strcmp(text, "legal_disclosure") == 0)
    return err_set(
        ERR_USAGE,
        "legal_disclosure is a duty, not something anyone consents to; it cannot be recorded or asked for as a consent");
  const char *near = command_near(text, PURPOSE_COUNT, purposes);
  return near ? err_set(ERR_USAGE, "\"%.40s\" is not a purpose; did you mean %s?", text, near)
              : err_set(ERR_USAGE, "\"%.40s\" is not a purpose; they are %s", text, purpose_list);
}

/* Calls `one` for each word of a comma list. */
static enum err each_word(const char *text, enum err (*one)(const char *word, uint32_t *bit), uint32_t *set) {
  char word[64];
  uint32_t all = 0;
  for (;;) {
    size_t length = strcspn(text, ","), left = length;
    while (left && *text == ' ') text++, left--;
    while (left && text[left - 1] == ' ') left--;
    if (!left) return err_set(ERR_USAGE, "there is an empty place in a list of words; write them as in intervention,supervision");
    uint32_t bit = 0;
    if (left >= sizeof word) left = sizeof word - 1;
    memcpy(word, text, left);
    word[left] = 0;
    TRY(one(word, &bit));
    all |= bit;
    text += strcspn(text, ",");
    if (!*text++) break;
  }
  *set = all;
  return ERR_OK;
}

static enum err purpose_bit(const char *word, uint32_t *bit) {
  enum purpose p;
  TRY(purpose_parse(word, &p));
  *bit = 1u << p;
  return ERR_OK;
}

enum err purpose_parse_set(const char *text, uint32_t *out) { return each_word(text, purpose_bit, out); }

void purpose_put_set(struct bytes *out, uint32_t set) {
  const char *comma = "";
  for (unsigned p = 0; p < PURPOSE_COUNT; p++) {
    if (!(set >> p & 1)) continue;
    bytes_printf(out, "%s%s", comma, purposes[p]);
    comma = ", ";
  }
  if (!set) bytes_put_text(out, "none");
}

static const struct word *medium(enum purpose_media one) {
  const struct word *w = media;
  while (w->name && w->bit != (uint32_t)one) w++;
  return w;
}

const char *purpose_media_name(enum purpose_media one) { return medium(one)->name ? medium(one)->name : "unknown"; }
const char *purpose_media_label(enum purpose_media one) { return medium(one)->label ? medium(one)->label : "unknown"; }

static enum err media_bit(const char *word, uint32_t *bit) {
  for (const struct word *w = media; w->name; w++)
    if (strcmp(w->name, word) == 0) {
      *bit = w->bit;
      return ERR_OK;
    }
  return err_set(ERR_USAGE, "\"%.40s\" is not a kind of media; they are recording, clip, still, audio, notes", word);
}

enum err purpose_parse_media(const char *text, uint32_t *out) { return each_word(text, media_bit, out); }

const char *purpose_ident_name(enum purpose_ident one) { return one == IDENT_AS_FILMED ? "as-filmed" : "obscured"; }

enum err purpose_parse_ident(const char *text, enum purpose_ident *out) {
  if (strcmp(text, "as-filmed") == 0)
    *out = IDENT_AS_FILMED;
  else if (strcmp(text, "obscured") == 0)
    *out = IDENT_OBSCURED;
  else
    return err_set(ERR_USAGE, "\"%.40s\" is not an identifiability; write as-filmed or obscured", text);
  return ERR_OK;
}

enum err purpose_kind_media(const char *kind, enum purpose_media *out) {
  uint32_t bit;
  if (strcmp(kind, "document") == 0) {
    *out = MEDIA_NOTES;
    return ERR_OK;
  }
  if (strcmp(kind, "notes") == 0 || media_bit(kind, &bit) != ERR_OK)
    return err_set(ERR_USAGE, "\"%.40s\" is not a kind of clip; they are recording, clip, still, audio, document", kind);
  *out = (enum purpose_media)bit;
  return ERR_OK;
}
