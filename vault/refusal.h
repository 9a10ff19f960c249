/* What a "no" ends: every key that a person's consents hold for that purpose and scope. */
#ifndef CLIPVAULT_REFUSAL_H
#define CLIPVAULT_REFUSAL_H

#include "vault/consent_book.h"
#include "vault/shred.h"

struct refusal {
  enum purpose purpose;
  struct id kase;           /* zero: in all cases */
  uint32_t media;           /* bits */
  enum purpose_ident ident; /* IDENT_OBSCURED refuses both, IDENT_AS_FILMED only that */
};

/* Inside a transaction: the yeses of `book` that the refusal touches are ended ("overridden") with the job. Of one that
 * reaches further than the refusal, the rest stands: under a new CK, with the grants that are not refused. `except` is
 * left alone (NULL: none). */
enum err refusal_apply(struct vault *v, const struct consent_book *book, const struct refusal *no, const struct id *except,
                       struct shred_job *job);

/* Inside a transaction: this verdict is taken back by who gave it ("withdrawn"), or its time is over ("expired"). */
enum err refusal_end(struct vault *v, const struct id *person, const struct index_verdict *verdict, const char *state,
                     struct shred_job *job);

#endif
