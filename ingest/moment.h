/* A moment of a film becomes a clip of its own: a stretch of it ("clip"; of sound alone, "audio"), or one frame ("still").
 *
 * It belongs to the same case, was recorded at the same time, ends with the parent's own date, and shows the parent's people or
 * those of them who are named; what it may be used for is what they all agreed to for clips (stills, audio), not for
 * recordings. It has keys of its own: afterwards neither clip needs the other. Where the parent has an obscured rendition that
 * the actor may see, the same is cut from that, covers the same people, and is what of it may be used only obscured. */
#ifndef CLIPVAULT_INGEST_MOMENT_H
#define CLIPVAULT_INGEST_MOMENT_H

#include "ingest/place.h"
#include "ingest/wire.h"
#include "vault/session.h"
#include "vault/vault.h"

struct moment_order {
  struct id parent;
  bool still;              /* one frame, `in` */
  struct place in, out;    /* what lies between, without `out` */
  const struct id *people; /* everyone in it; none given: the parent's */
  size_t people_count;
};

struct moment_result {
  struct id clip;
  bool quarantined;
  uint32_t purposes;
  int64_t from, to; /* frames of the parent; of sound, milliseconds */
  struct wire_summary made;
};

/* The actor must be allowed to view the parent, as filmed or obscured, for some purpose; ERR_REFUSED in policy's words. ERR_USAGE
 * for places outside of it, people who are not in it, a parent that cannot be cut. Other commands are attended meanwhile; a
 * withdrawal that ends the use for which the parent was opened, or that leaves nothing for the new clip, stops it (ERR_REFUSED).
 * On failure nothing of it stays. */
enum err moment_make(struct session *s, const struct moment_order *order, struct moment_result *out);

#endif
