/* The words of consent: purposes, kinds of media, identifiability. Stored by name; numbered here for sets (bit masks). The
 * service's list can grow; a number is never given to another word. */
#ifndef CLIPVAULT_PURPOSE_H
#define CLIPVAULT_PURPOSE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum purpose {
  PURPOSE_INTERVENTION,
  PURPOSE_CASE_CONSULTATION,
  PURPOSE_SUPERVISION,
  PURPOSE_ACCREDITATION,
  PURPOSE_PEER_TRAINING,
  PURPOSE_SERVICE_TRAINING,
  PURPOSE_EXTERNAL_TRAINING,
  PURPOSE_RESEARCH,
  PURPOSE_PUBLICATION,
  PURPOSE_QUALITY_ASSURANCE,
  PURPOSE_CLIENT_COPY,
  PURPOSE_COUNT
};
/* legal_disclosure exists as a word in the field and is *not* consent: purpose_parse says so. */

/* What of a film somebody agrees to. Agreeing to clips does not imply agreeing to the full recording. */
enum purpose_media { MEDIA_RECORDING = 1, MEDIA_CLIP = 2, MEDIA_STILL = 4, MEDIA_AUDIO = 8, MEDIA_NOTES = 16, MEDIA_ALL = 31 };

/* How recognisable. As filmed implies obscured; nothing else is implied. */
enum purpose_ident { IDENT_AS_FILMED = 1, IDENT_OBSCURED = 2 };

const char *purpose_name(enum purpose p);
/* In plain words, for people: a heading, and a sentence that says what it means. */
const char *purpose_label(enum purpose p);
const char *purpose_about(enum purpose p);
/* ERR_USAGE: lists the purposes, and suggests one where the word is nearly right. */
enum err purpose_parse(const char *text, enum purpose *out);
/* "supervision,accreditation" → bits 1 << purpose. ERR_USAGE for an empty list or word. */
enum err purpose_parse_set(const char *text, uint32_t *out);
/* Appends "supervision, accreditation", or "none". */
void purpose_put_set(struct bytes *out, uint32_t set);

const char *purpose_media_name(enum purpose_media one);
const char *purpose_media_label(enum purpose_media one);
enum err purpose_parse_media(const char *text, uint32_t *out);
const char *purpose_ident_name(enum purpose_ident one);
enum err purpose_parse_ident(const char *text, enum purpose_ident *out);

/* The medium a clip of this kind is consented as ("document" counts as notes); ERR_USAGE lists the kinds. */
enum err purpose_kind_media(const char *kind, enum purpose_media *out);

#endif
