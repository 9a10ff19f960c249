/* What a practitioner lays before a supervisor: a clip, or a cycle with its clips. It is a request and no right: who may see a
 * clip is policy's, as ever; it can only be laid before somebody who has a link or a grant for it.
 *
 * What was asked and what the supervisor said of it is sealed under MK of the clip, with which it goes, or under the key of the
 * cycle's case, together with who they are and what it is about, which must agree with the row. */
#ifndef CLIPVAULT_SUPERVISION_H
#define CLIPVAULT_SUPERVISION_H

#include "vault/vault.h"

enum { SUPERVISION_NOTE = 4000 };

struct supervision {
  struct index_supervision row;
  struct id by; /* who asked */
  int64_t asked_ms;
  int64_t done_ms;           /* CLOCK_NEVER_MS while it waits */
  struct bytes note, answer; /* owned; may be empty */
};
void supervision_free(struct supervision *s); /* wipes; takes any state */
#define supervision_auto supervision_free

/* Whether this user has a link with the practitioner of the target's case, or a grant of the clip or the case, for supervision or
 * accreditation, that stands. Consents are not asked. ERR_MISSING if there is no such target. */
enum err supervision_has_right(struct vault *v, const struct id *user, enum id_kind kind, const struct id *target, bool *out);
/* The case that the target belongs to. */
enum err supervision_case(struct vault *v, enum id_kind kind, const struct id *target, struct id *kase);

/* Inside a transaction, by the acting user. ERR_REFUSED if the supervisor is none, or has no right to it; ERR_USAGE if it waits
 * for them already, or the note is too long. */
enum err supervision_ask(struct vault *v, const struct id *supervisor, enum id_kind kind, const struct id *target,
                         const char *note, struct id *out);
/* Inside a transaction: what the supervisor says of it; then it is done, but for a cycle, which waits to be signed. */
enum err supervision_note(struct vault *v, struct supervision *s, const char *text);
/* Inside a transaction: it is done. */
enum err supervision_finish(struct vault *v, struct supervision *s);
enum err supervision_cancel(struct vault *v, const struct supervision *s);
/* ERR_MISSING, also where the clip has ended; ERR_DATA. */
enum err supervision_load(struct vault *v, const struct id *id, struct supervision *out);

#endif
