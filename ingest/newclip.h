/* A clip on its way into the index: everything of it is sealed, and now its row, the people in it, its objects, its wraps and
 * the audit entry become real in one transaction. What taking in and cutting have in common. */
#ifndef CLIPVAULT_INGEST_NEWCLIP_H
#define CLIPVAULT_INGEST_NEWCLIP_H

#include "ingest/rendition.h"
#include "ingest/wire.h"
#include "vault/clip.h"
#include "vault/obscured.h"
#include "vault/uses.h"

/* Everything borrowed. */
struct newclip {
  struct vault *vault;
  struct index_clip *row;          /* id, case, kind and dates are set; state, quarantine and leaf are filled in */
  struct rendition *copy;          /* as filmed, sealed; NULL: there is only an obscured one */
  struct rendition *original;      /* sealed; NULL: not kept */
  struct rendition *obscured;      /* sealed; NULL: there is none */
  const struct obscured *covering; /* whom it covers */
  const struct id *people;
  size_t people_count;
  const uint8_t *source_mac;  /* of 32 bytes: by which the same file is known again; NULL: made of no file of its own */
  const char *verb, *details; /* of the audit entry; what is said there dies with the clip */
};

/* What the worker says it made, as the clip will remember it. The rest of `facts` is left as it is. */
void newclip_describe(const struct wire_summary *made, struct clip_facts *facts);

/* Live for what everyone in it agrees to now (*live, bits of purposes), or (0) quarantined, as filmed. An obscured rendition is
 * for use alone: without one it is left out, and ERR_REFUSED if there is nothing else. ERR_CREATE if the same file has become a
 * clip meanwhile. On failure nothing is in the index. */
enum err newclip_commit(const struct newclip *n, const struct clip_facts *facts, uint32_t *live);

/* What was sealed so far goes; `failure` keeps its own words and is returned. */
enum err newclip_discard(struct vault *v, enum err failure);

#endif
