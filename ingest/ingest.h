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

#include <poll.h>

struct ingest_order {
  const struct source *source; /* the recording; borrowed */
  const char *name;            /* its name as given; sealed with the clip, never parsed */
  struct id kase;
  const struct id *people; /* everyone in it, at least one */
  size_t people_count;
  const char *kind;                                  /* "" follows the content */
  int64_t recorded_ms;                               /* CONSENT_UNKNOWN_MS: as the file says, or today */
  bool recorded_by_then;                             /* recorded_ms is the latest it may be: an earlier date in the file counts */
  int64_t expires_ms;                                /* the clip's own end, CLOCK_NEVER_MS if none */
  const struct place *at;                            /* of a film that becomes a still: which picture; NULL: its middle */
  bool keep_original;                                /* also the bytes as received, where everything in them may be kept */
  const struct progress_queue *queue;                /* for ingest_recording: where it stands among others, its `file` set */
  void (*how_far)(void *context, unsigned permille); /* told on the way; may be NULL */
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

/* One recording on its way in, a step at a time: whoever has several goes from one to the other. Between two steps other commands
 * may run, and no transaction is open; a withdrawal that leaves nothing allowed lets go of its key at once, and its next step
 * fails with ERR_REFUSED. */
struct intake;

/* `order`, what it points to and the vault are borrowed. */
enum err ingest_begin(struct vault *v, const struct ingest_order *order, struct intake **out);
/* Whether the next step asks the vault what is allowed, or makes the clip: it is done as whoever takes it in, at a time of its
 * own (vault_begin). The others only move bytes, which belong to nobody yet. */
bool ingest_decides(const struct intake *in);
/* What is worth waiting for before the next step; .fd is -1 if there is nothing. */
struct pollfd ingest_wait(const struct intake *in);
/* The next step: a quarter of a MiB is hashed or kept, one frame of the worker's answered, what was made synced, the clip made.
 * *done: all of it is true now. ERR_DATA: refused, with the reason. After a failure it can only be freed. */
enum err ingest_step(struct intake *in, bool *done);
/* After a failure that is not ERR_DATA: it was the worker that could not be started, or did not come to its end, as it may for
 * want of memory. Neither the recording nor the vault need have anything wrong. */
bool ingest_worker_failed(const struct intake *in);
/* After *done. */
const struct ingest_result *ingest_result(const struct intake *in);
/* Ends the worker, lets go of the keys. What was sealed and is no clip's is deleted at the next chance (object_delete_doomed).
 * Takes NULL. */
void ingest_free(struct intake *in);
static inline void ingest_auto(struct intake **in) { ingest_free(*in); }

/* All of it, as whoever acts; other commands are attended between its steps. ERR_BUSY if the session was stopped. On failure
 * nothing of it stays. */
enum err ingest_recording(struct session *s, const struct ingest_order *order, struct ingest_result *out);

#endif
