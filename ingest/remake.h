/* A film that is in the vault is made anew: the caged worker reads it as it would read a file, and what it makes is sealed as it
 * arrives. How a cut, a still, an obscured rendition and a copy with a watermark come to be. */
#ifndef CLIPVAULT_INGEST_REMAKE_H
#define CLIPVAULT_INGEST_REMAKE_H

#include "ingest/rendition.h"
#include "vault/clip.h"
#include "vault/film.h"

struct remake {
  struct session *session;
  struct film **film;               /* the source; whoever owns it may close it and make it NULL, which ends the work */
  struct rendition *into;           /* begun */
  const char *what;                 /* for progress */
  const struct clip_facts *counted; /* NULL, or what is remembered of the film: its frame numbers must mean the same now */
};

/* To its end, other commands being attended meanwhile; `into` is sealed then, and nothing of it is in the index. ERR_REFUSED if
 * it was stopped. ERR_DATA if the film could not be read as a whole: a frame that is missing in the source is missing in what its
 * marks mean. */
enum err remake_run(struct remake *m, const struct wire_order *order, struct wire_summary *out);

#endif
