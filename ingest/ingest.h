/* Taking in one recording: the path of design and ARCHITECTURE.md, from its bytes to a row in the index. No plaintext
 * touches the disk; nothing exists in the index before everything is sealed. */
#ifndef CLIPVAULT_INGEST_INGEST_H
#define CLIPVAULT_INGEST_INGEST_H

#include "ingest/place.h"
#include "ingest/source.h"
#include "ingest/wire.h"
#include "vault/progress.h"
#include "vault/session.h"
#include "vault/vault.h"

struct ingest_order {
  const struct source *source; /* the recording; borrowed */
  const char *name;            /* its name as given; sealed with the clip, never parsed */
  struct id kase;
  const struct id *people; /* everyone in it, at least one */
  size_t people_count;
  const char *kind;                                  /* "" follows the content */
  int64_t recorded_ms;                               /* CONSENT_UNKNOWN_MS: as the file says, or today */
  int64_t expires_ms;                                /* the clip's own end, CLOCK_NEVER_MS if none */
  const struct place *at;                            /* of a film that becomes a still: which picture; NULL: its middle */
  bool keep_original;                                /* also the bytes as received, where everything in them may be kept */
  const struct progress_queue *queue;                /* where it stands among others, its `file` set */
  void (*how_far)(void *context, unsigned permille); /* told as well; may be NULL */
  void *how_far_context;
  uint32_t most_height; /* the shorter side of the copy gets at most so many lines; 0: the worker's own limit */
};

struct ingest_result {
  bool duplicate; /* this very file is a clip already; only .clip is set */
  struct id clip;
  uint8_t sha256[32]; /* of the bytes as received */
  bool quarantined;
  uint32_t purposes;
  bool picture_dropped, stilled;
  bool original_kept, original_denied; /* denied: asked for, but only a part of it may be kept */
  struct wire_summary made;
};

/* ERR_DATA: refused, with the reason. Inside, other commands are attended: a withdrawal that leaves nothing allowed stops it
 * with ERR_REFUSED. `s->vault` is open. */
enum err ingest_recording(struct session *s, const struct ingest_order *order, struct ingest_result *out);

#endif
