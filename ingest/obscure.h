/* The obscured rendition of a clip: made by the worker from the film as it is, with the marks that a person looked through and
 * confirmed. Only then do keys exist for purposes that somebody in it agreed to only if they cannot be recognised. */
#ifndef CLIPVAULT_INGEST_OBSCURE_H
#define CLIPVAULT_INGEST_OBSCURE_H

#include "ingest/marks.h"
#include "ingest/wire.h"
#include "vault/clip.h"
#include "vault/purpose.h"
#include "vault/session.h"
#include "vault/shred.h"

/* What marks of this clip are about. */
struct marks_film obscure_film(const struct clip_facts *facts);

/* A purpose for which the acting user may see the film as it is (*purpose; one of the bits of `among`): who marks and confirms
 * must have seen it. ERR_REFUSED with the reasons of the first where there is none. */
enum err obscure_viewable(struct vault *v, const struct id *clip, uint32_t among, enum purpose *purpose);

/* Everyone who is covered must be in the clip. ERR_DATA names the line. */
enum err obscure_check_people(struct vault *v, const struct id *clip, const struct marks *marks);

/* The obscured rendition that is there would have to go: ERR_REFUSED while a hold keeps it. */
enum err obscure_replaceable(struct vault *v, const struct id *clip);

struct obscure_result {
  uint32_t purposes; /* what everyone allows of it */
  struct wire_summary made;
};
/* Makes the rendition and lets it live; one that was there before is destroyed first, with a certificate. ERR_REFUSED if nobody
 * could use it, or if while it is made the film may not be seen any more, or a hold comes to keep the one before. */
enum err obscure_make(struct session *s, const struct id *clip, enum purpose purpose, const struct marks *marks,
                      struct obscure_result *out);

/* Inside a transaction: the job ends the obscured rendition; a clip that has no other ends with it. ERR_MISSING if there is none.
 */
enum err obscure_end(struct vault *v, const struct id *clip, struct shred_job *job);

#endif
