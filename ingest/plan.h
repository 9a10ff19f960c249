/* What to make of a recording: pure, from the worker's report, the kind that was asked for, and what everyone filmed said.
 * Its table is tests/unit/test_plan.c. */
#ifndef CLIPVAULT_INGEST_PLAN_H
#define CLIPVAULT_INGEST_PLAN_H

#include "ingest/place.h"
#include "ingest/wire.h"
#include "vault/config.h"
#include "vault/purpose.h"

/* What everyone together allows for each medium, as bits of purposes. */
struct plan_consents {
  uint32_t recording, clip, still, audio, document;
};

struct plan {
  char kind[16]; /* "recording" "clip" "still" "audio" */
  struct wire_order order;
  uint32_t purposes;    /* 0: quarantine */
  bool picture_dropped; /* only the sound was agreed to */
  bool stilled;         /* one picture of a film: nobody agreed to more, or it was asked for */
  bool whole;           /* everything in it is kept: so may be the bytes as received */
};

/* Where only stills were agreed to, a film becomes one picture: that of its middle, until plan_choose says otherwise.
 * `asked` is "" where the kind follows the content. ERR_USAGE if it contradicts the content. */
enum err plan_make(const struct wire_report *report, const char *asked, const struct plan_consents *consents, struct plan *out);

/* What one file may cost, as the vault is configured. */
struct wire_limits plan_limits(const struct config *c);
/* Of a film that becomes a still: which picture. ERR_USAGE if it becomes something else, or has no such place. */
enum err plan_choose(const struct wire_report *report, const struct place *at, struct plan *plan);

#endif
